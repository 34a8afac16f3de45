package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"vigil/agent"
	"vigil/themes"
)

// themeFile is a theme and where it was read.
type themeFile struct {
	themes.Theme
	path   string   // empty: built in
	faults []string // why it cannot be used
}

// themesDir is where a person's own themes are.
func themesDir(c Config) string { return filepath.Join(filepath.Dir(c.Path), "themes") }

// readTheme reads a theme, with all that is wrong in its file.
func readTheme(c Config, name string) (themeFile, error) {
	path := themes.File(name, themesDir(c))
	data, err := os.ReadFile(path)
	if err == nil {
		t, faults := themes.Lint(path, data)
		if !themes.IsPath(name) {
			t.Name = name // by which it is chosen
		}
		return themeFile{t, path, faults}, nil
	}
	t, err := themes.Load(name, themesDir(c))
	return themeFile{Theme: t}, err
}

// allThemes are the built-in ones and the person's own, by name.
func allThemes(c Config) []themeFile {
	names := append(themes.Names(), themes.Own(themesDir(c))...)
	slices.Sort(names)
	var all []themeFile
	for _, name := range slices.Compact(names) {
		t, err := readTheme(c, name)
		if err != nil {
			t = themeFile{themes.Theme{Name: name}, themes.File(name, themesDir(c)), []string{err.Error()}}
		}
		all = append(all, t)
	}
	return all
}

// choosable are the themes that the screen goes through. One that cannot be
// read is left out: the person is told when they choose it.
func choosable(c Config) []themes.Theme {
	var out []themes.Theme
	for _, t := range allThemes(c) {
		if len(t.faults) == 0 {
			out = append(out, t.Theme)
		}
	}
	return out
}

// inUse reports whether the configuration names the theme.
func (t themeFile) inUse(c Config) bool {
	if themes.IsPath(c.Theme) {
		return t.path == c.Theme
	}
	return t.Name == c.Theme
}

// screenTheme is the configured theme; nil to go by the terminal's background.
func screenTheme(c Config) (*themes.Theme, error) {
	if c.Theme == "" || c.Theme == defaultTheme {
		return nil, nil
	}
	t, err := themes.Load(c.Theme, themesDir(c))
	if err != nil {
		if o := c.Origins["theme"]; o != "" {
			err = fmt.Errorf("%s: %w", o, err)
		}
		return nil, err
	}
	t.Name = c.Theme // by which it is chosen
	return &t, nil
}

// watchTheme hands the screen its theme anew each time the configuration names
// another one or the theme's own file changes, until ctx ends. While that
// cannot be read, the old theme stays and the screen says why.
// start is the configuration that shown was made from, load reads it anew.
func watchTheme(ctx context.Context, start Config, shown *themes.Theme, load func() (Config, error), tell func(agent.Problem), to chan *themes.Theme) {
	told, name := "", start.Theme // told is where a problem was told of
	say := func(where, what, do string) {
		if told != "" && told != where {
			tell(agent.Problem{Where: told})
		}
		if told = where; where != "" {
			tell(agent.Problem{Where: where, What: agent.CleanLine(what, 200), Do: do})
		}
	}
	paths := func() []string {
		if own := themes.File(name, themesDir(start)); own != "" {
			return []string{start.Path, own}
		}
		return []string{start.Path}
	}
	err := watchFiles(ctx, paths, func() {
		c, err := load()
		if err != nil {
			return // the watch over the configuration tells it
		}
		name = c.Theme
		t, err := screenTheme(c)
		if err != nil {
			f, err := readTheme(c, name)
			if err != nil {
				f.faults = []string{strings.TrimPrefix(err.Error(), fmt.Sprintf("theme %q: ", name))}
			}
			if len(f.faults) > 0 { // else it was mended just now
				say("theme "+clean(filepath.Base(name)), f.faults[0], "the old theme stays until this one is mended")
			}
			return
		}
		say("", "", "")
		if reflect.DeepEqual(t, shown) {
			return
		}
		shown = t
		renew(to, t)
	})
	if err != nil {
		say("theme", err.Error(), "restart vigil after a change")
	}
}
