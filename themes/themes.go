// Package themes says which colour each role on the screen has. A theme is
// data: a TOML file, embedded here or a person's own. Nothing else in vigil
// names a colour. Start with [Load]; [Theme.Check] says whether a theme can be
// read.
package themes

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Theme gives every role its colour.
type Theme struct {
	Name string
	Dark bool // made for a dark background
	// Background is what it is made for. It is not painted: the terminal's own
	// stays. See [Theme.Ground].
	Background Color
	// ColourBlind says that it is made for all kinds of colour vision;
	// [Theme.Check] holds it to that.
	ColourBlind bool
	Role        Roles
	// Series are the colours of curves, in the order in which they are given
	// out. Neighbours must be easy to tell apart.
	Series []Color
}

// Roles are the colours by what they mean. A role is never a colour's name.
type Roles struct {
	Text     Color `toml:"text"`      // what is read
	Muted    Color `toml:"muted"`     // what is read second; where it is the terminal's default, it is dimmed
	Faint    Color `toml:"faint"`     // rules, grids, empty places; nothing that is read
	Accent   Color `toml:"accent"`    // where you are
	OnAccent Color `toml:"on_accent"` // text on Accent, Warn or Bad as a background

	Good Color `toml:"good"` // as it should be
	Warn Color `toml:"warn"` // look at it soon
	Bad  Color `toml:"bad"`  // look at it now
	Busy Color `toml:"busy"` // at work

	Border    Color `toml:"border"`
	Focus     Color `toml:"focus"`     // the border of what has the keys
	Selection Color `toml:"selection"` // the background of the row you are on

	Heading Color `toml:"heading"`
	Code    Color `toml:"code"`
	Link    Color `toml:"link"`

	Add    Color `toml:"add"`    // lines a diff adds
	Remove Color `toml:"remove"` // lines a diff removes
	Hunk   Color `toml:"hunk"`   // where in the file they are
	Mark   Color `toml:"mark"`   // changed since the last look

	Target Color `toml:"target"` // the value a run must reach
	Record Color `toml:"record"` // the result to beat
}

// Ground returns the background that the theme is made for: what it says, else
// a dark grey or white.
func (t Theme) Ground() Color {
	switch {
	case t.Background.IsSet():
		return t.Background
	case t.Dark:
		return RGB(0x1e, 0x1e, 0x1e)
	}
	return RGB(0xff, 0xff, 0xff)
}

const suffix = ".toml"

//go:embed *.toml
var builtin embed.FS

// Dark returns the theme for a dark background.
func Dark() Theme { return embedded("dark") }

// Light returns the theme for a light background.
func Light() Theme { return embedded("light") }

// Ansi16 returns the theme for a terminal with no colours but its own sixteen.
func Ansi16() Theme { return embedded("ansi16") }

// Builtin returns the embedded themes, in the order of Names.
func Builtin() []Theme {
	var out []Theme
	for _, name := range Names() {
		out = append(out, embedded(name))
	}
	return out
}

// Names lists the embedded themes.
func Names() []string {
	files, err := fs.Glob(builtin, "*"+suffix)
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return names(files)
}

func names(files []string) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = strings.TrimSuffix(filepath.Base(f), suffix)
	}
	slices.Sort(out)
	return out
}

// Own lists a person's own themes: the files NAME.toml in userDir. A folder
// that is not there has none.
func Own(userDir string) []string {
	entries, err := os.ReadDir(userDir)
	if err != nil {
		return nil
	}
	var files []string
	for _, e := range entries {
		if n := e.Name(); strings.HasSuffix(n, suffix) && !strings.HasPrefix(n, ".") {
			files = append(files, n)
		}
	}
	return names(files)
}

// IsPath reports whether a theme is named by the path of its file.
func IsPath(name string) bool {
	return strings.ContainsRune(name, filepath.Separator) || strings.HasSuffix(name, suffix)
}

// File returns where a person's own file of a theme is looked for: the path
// itself, or NAME.toml in userDir. It need not exist.
func File(name, userDir string) string {
	switch {
	case IsPath(name):
		return name
	case userDir == "" || name == "" || strings.HasPrefix(name, "."):
		return ""
	}
	return filepath.Join(userDir, name+suffix)
}

// Load returns the theme with the name: NAME.toml in userDir where there is
// one, else the embedded one; or that in the file, where the name is a path. An
// empty userDir means that there are no own themes. The error is one line that
// says what is wrong, where, and what to do.
func Load(name, userDir string) (Theme, error) {
	if path := File(name, userDir); path != "" {
		data, err := os.ReadFile(path)
		switch {
		case err == nil:
			return Parse(path, data)
		case IsPath(name) || !errors.Is(err, fs.ErrNotExist):
			return Theme{}, fmt.Errorf("theme %s: %w; give one of %s, or a file that can be read", name, err, strings.Join(Names(), ", "))
		}
	}
	if !slices.Contains(Names(), name) {
		also := ""
		if userDir != "" && name != "" {
			also = ", or write " + filepath.Join(userDir, name+suffix)
		}
		return Theme{}, fmt.Errorf("theme %q: not found; use one of %s%s", name, strings.Join(Names(), ", "), also)
	}
	return embedded(name), nil
}

// embedded returns a theme that is known to be there and right: a test loads
// each of them.
func embedded(name string) Theme {
	data, err := builtin.ReadFile(name + suffix)
	if err == nil {
		var t Theme
		if t, err = Parse(name+suffix, data); err == nil {
			return t
		}
	}
	panic(err)
}
