package themes

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// minSeries is how many series colours a theme needs: with fewer, the runs of
// one legend could not be told apart.
const minSeries = 6

// file is the shape of a theme's file. Pointers tell "not set" from false.
type file struct {
	Base        string  `toml:"base"` // an embedded theme that has what is not set here
	Name        string  `toml:"name"`
	Dark        *bool   `toml:"dark"`
	Background  Color   `toml:"background"`
	ColourBlind *bool   `toml:"colour_blind"`
	Series      []Color `toml:"series"`
	Role        Roles   `toml:"role"`
}

// Parse reads a theme. The file's path is for error messages, and names the
// theme where it does not do so itself. An unknown key, a missing role and a
// colour that is none are errors.
func Parse(path string, data []byte) (Theme, error) {
	t, faults := Lint(path, data)
	if len(faults) > 0 {
		return Theme{}, fmt.Errorf("theme %s: %s", path, faults[0])
	}
	return t, nil
}

// Lint is Parse, but tells all that is wrong, a line each, and returns what
// could be read of the theme.
func Lint(path string, data []byte) (Theme, []string) {
	var f file
	var faults []string
	err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&f)
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		for _, e := range strict.Errors {
			row, col := e.Position()
			faults = append(faults, fmt.Sprintf("line %d, column %d: unknown key %q; take it out", row, col, strings.Join(e.Key(), ".")))
		}
	} else if err != nil { // what follows it was not read
		return Theme{}, []string{oneLine(err)}
	}
	var t Theme
	switch {
	case f.Base == "":
		if f.Dark == nil {
			faults = append(faults, "dark is missing; say whether it is for a dark background, as in dark = true")
		}
	case !slices.Contains(Names(), f.Base):
		return t, append(faults, fmt.Sprintf("base %q is no built-in theme; use one of %s", f.Base, strings.Join(Names(), ", ")))
	default:
		t = embedded(f.Base)
	}
	t.Name = strings.TrimSuffix(filepath.Base(path), suffix)
	f.over(&t)
	return t, append(faults, t.missing()...)
}

// over lays what the file sets over t.
func (f *file) over(t *Theme) {
	if f.Name != "" {
		t.Name = f.Name
	}
	if f.Dark != nil {
		t.Dark = *f.Dark
	}
	if f.ColourBlind != nil {
		t.ColourBlind = *f.ColourBlind
	}
	if f.Background.IsSet() {
		t.Background = f.Background
	}
	if f.Series != nil {
		t.Series = f.Series
	}
	to := t.Role.all()
	for i, r := range f.Role.all() {
		if r.color.IsSet() {
			*to[i].color = *r.color
		}
	}
}

// missing says what a theme lacks.
func (t *Theme) missing() []string {
	var faults, roles []string
	for _, r := range t.Role.all() {
		if !r.color.IsSet() {
			roles = append(roles, r.name)
		}
	}
	if len(roles) > 0 {
		faults = append(faults, fmt.Sprintf("role %s is missing; give each a colour, as in %s = \"#5fafff\", or name a built-in theme as base",
			strings.Join(roles, ", "), roles[0]))
	}
	if t.Background.IsSet() && !t.Background.Exact() {
		faults = append(faults, fmt.Sprintf("background %s has no contrast that is known; write it as #rrggbb", t.Background))
	}
	if len(t.Series) < minSeries {
		faults = append(faults, fmt.Sprintf("series has %d colours; give it at least %d", len(t.Series), minSeries))
	}
	return faults
}

// oneLine tells where in the file a decoder's error is.
func oneLine(err error) string {
	text := strings.ReplaceAll(strings.TrimPrefix(err.Error(), "toml: "), "\n", " ")
	if dec, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, col := dec.Position()
		return fmt.Sprintf("line %d, column %d: %s", row, col, text)
	}
	return text
}
