// Package themes says which colour each role on the screen has. A theme is
// data: a TOML file, embedded here or in a person's own themes folder. Nothing
// else in vigil names a colour. Start with [Load].
package themes

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Theme gives every role its colour.
type Theme struct {
	Name string `toml:"name"`
	Dark bool   `toml:"dark"` // made for a dark background
	Role Roles  `toml:"role"`
	// Series are the colours of curves, in the order in which they are given
	// out. Neighbours must be easy to tell apart.
	Series []Color `toml:"series"`
}

// Roles are the colours by what they mean. A role is never a colour's name.
type Roles struct {
	Text     Color `toml:"text"`      // what is read
	Muted    Color `toml:"muted"`     // what is read second
	Faint    Color `toml:"faint"`     // rules, grids, empty places
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

// minSeries is how many series colours a theme needs: with fewer, the runs of
// one legend could not be told apart.
const minSeries = 6

//go:embed *.toml
var builtin embed.FS

// Dark returns the theme for a dark background.
func Dark() Theme { return embedded("dark") }

// Light returns the theme for a light background.
func Light() Theme { return embedded("light") }

// Names lists the embedded themes.
func Names() []string {
	files, err := fs.Glob(builtin, "*.toml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".toml")
	}
	slices.Sort(files)
	return files
}

// Load returns the theme with the name: NAME.toml in userDir where there is
// one, else the embedded one. An empty userDir means that there are no own
// themes. The error is one line that says what is wrong, where, and what to do.
func Load(name, userDir string) (Theme, error) {
	if name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return Theme{}, fmt.Errorf("theme %q: a theme is named without folders; the built-in ones are %s",
			name, strings.Join(Names(), ", "))
	}
	if userDir != "" {
		path := filepath.Join(userDir, name+".toml")
		data, err := os.ReadFile(path)
		switch {
		case err == nil:
			return Parse(path, data)
		case !errors.Is(err, fs.ErrNotExist):
			return Theme{}, fmt.Errorf("theme %s: %w", name, err)
		}
	}
	if !slices.Contains(Names(), name) {
		return Theme{}, fmt.Errorf("theme %q: not found; use one of %s, or write %s",
			name, strings.Join(Names(), ", "), filepath.Join(userDir, name+".toml"))
	}
	return embedded(name), nil
}

// Parse reads a theme. The file's path is for error messages. An unknown key, a
// missing role and a colour that is none are errors.
func Parse(path string, data []byte) (Theme, error) {
	var t Theme
	d := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return Theme{}, fmt.Errorf("theme %s: %s", path, oneLine(err))
	}
	if err := t.check(); err != nil {
		return Theme{}, fmt.Errorf("theme %s: %w", path, err)
	}
	return t, nil
}

// embedded returns a theme that is known to be there and right: a test loads
// each of them.
func embedded(name string) Theme {
	data, err := builtin.ReadFile(name + ".toml")
	if err == nil {
		var t Theme
		if t, err = Parse(name+".toml", data); err == nil {
			return t
		}
	}
	panic(err)
}

func (t *Theme) check() error {
	if t.Name == "" {
		return errors.New(`name is missing; give it one, as in name = "mine"`)
	}
	var missing []string
	for _, r := range t.Role.all() {
		if !r.color.IsSet() {
			missing = append(missing, r.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("role %s is missing; give each a colour, as in %s = \"#5fafff\"",
			strings.Join(missing, ", "), missing[0])
	}
	if len(t.Series) < minSeries {
		return fmt.Errorf("series has %d colours; give it at least %d", len(t.Series), minSeries)
	}
	return nil
}

// oneLine tells where in the file a decoder's error is.
func oneLine(err error) string {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		e := strict.Errors[0]
		row, col := e.Position()
		return fmt.Sprintf("line %d, column %d: unknown key %q; take it out", row, col, strings.Join(e.Key(), "."))
	}
	var dec *toml.DecodeError
	if errors.As(err, &dec) {
		row, col := dec.Position()
		return fmt.Sprintf("line %d, column %d: %s", row, col, strings.TrimPrefix(dec.Error(), "toml: "))
	}
	return strings.ReplaceAll(strings.TrimPrefix(err.Error(), "toml: "), "\n", " ")
}
