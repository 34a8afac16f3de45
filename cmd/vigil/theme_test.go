package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/agent"
	"vigil/themes"
)

// ownTheme writes a theme into the person's folder.
func ownTheme(t *testing.T, e env, name, doc string) string {
	t.Helper()
	config, err := e.configPath()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(config), "themes", name+".toml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	replaceFile(t, path, doc)
	return path
}

// replaceFile writes a file as editors do, so that nobody sees a part of it.
func replaceFile(t *testing.T, path, doc string) {
	t.Helper()
	beside := path + "~"
	if err := os.WriteFile(beside, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(beside, path); err != nil {
		t.Fatal(err)
	}
}

func TestThemeCommand(t *testing.T) {
	e, out, errs := testEnv(t)
	mine := ownTheme(t, e, "mine", "base = \"dark\"\n[role]\nwarn = \"#665500\"\n")
	broken := ownTheme(t, e, "broken", "base = \"dark\"\n[role]\nwran = \"#665500\"\nshiny = \"#ffffff\"\n")
	good := filepath.Join(t.TempDir(), "good.toml")
	if err := os.WriteFile(good, []byte("base = \"light\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want []string // in the output
		err  string   // in the error, on one line
	}{
		{"theme", 0, []string{"  ansi16 ", "  broken               cannot be used: vigil theme --check broken", "  mine ", mine, "built in", "In use: auto"}, ""},
		{"--theme mine theme", 0, []string{"* mine "}, ""},
		{"theme nord", 1, nil, `theme "nord": not found; use one of ansi16, `},
		{"theme gruvbox-dark", 0, []string{"■ stopped", "▲ asking", "+    for wd in", "series 6", "target 3.28", "on_accent", "#ebdbb2", "made for the background #282828"}, ""},
		{"theme ansi16", 0, []string{"bright-black", "whose contrast cannot be checked"}, ""},
		{"theme mine", 0, []string{"The check fails (3): vigil theme --check mine"}, ""},
		{"theme broken", 1, nil, `line 3, column 1: unknown key "role.wran"`},
		{"theme --check dark", 0, []string{"dark: ok, text from 5.38:1 (muted)"}, ""},
		{"theme --check ansi16", 0, []string{"ansi16: ok; 31 of 31 colours are the terminal's own: their contrast cannot be checked"}, ""},
		{"theme --check mine", 1, []string{mine + ": warn #665500 on background #1e1e1e has contrast 2."}, ""},
		{"theme --check broken", 1, []string{broken + ": line 3, column 1: unknown key", broken + ": line 4, column 1: unknown key"}, ""},
		{"theme --check " + good, 0, []string{good + ": ok"}, ""},
		{"theme --check /nowhere.toml", 1, nil, "/nowhere.toml"},
		{"theme --check", 1, []string{"dark: ok", "tokyo-night: ok", mine, broken}, ""},
		{"theme a b", 2, nil, "vigil theme --help"},
	} {
		t.Run(c.args, func(t *testing.T) {
			out.Reset()
			errs.Reset()
			e.Args = strings.Fields(c.args)
			if code := exitCode(run(t.Context(), e)); code != c.code {
				t.Errorf("exit code %d, want %d: %s", code, c.code, errs)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
			if lines := strings.Count(errs.String(), "\n"); c.err == "" && lines > 0 || c.err != "" && (lines != 1 || !strings.Contains(errs.String(), c.err)) {
				t.Errorf("errors are %q, want %q", errs, c.err)
			}
			if strings.Contains(out.String(), "\x1b") {
				t.Error("escape sequences are sent where no terminal is")
			}
		})
	}
}

func TestThemeColours(t *testing.T) {
	for _, c := range []struct {
		name    string
		environ []string
		has     string
		not     []string
	}{
		{"true", []string{"TERM=xterm", "COLORTERM=truecolor"}, "38;2;", nil},
		{"256", []string{"TERM=xterm-256color"}, "38;5;", []string{"38;2;"}},
		{"16", []string{"TERM=xterm-color"}, "\x1b[", []string{"38;2;", "38;5;"}},
		{"none", []string{"TERM=xterm-256color", "NO_COLOR=1"}, "\x1b[1m", []string{"38;", "48;", "[31", "[32", "[9"}},
		{"none, in other words", []string{"COLORTERM=truecolor", "TERM=xterm-256color", "NO_COLOR=yes"}, "\x1b[1m", []string{"38;", "48;", "[31", "[32", "[9"}},
		{"none is not asked for", []string{"COLORTERM=truecolor", "TERM=xterm-256color", "NO_COLOR="}, "38;2;", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, out, _ := testEnv(t, "theme", "dark")
			e.Environ = append(c.environ, "TTY_FORCE=1") // as if a terminal were there
			if err := run(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), c.has) {
				t.Errorf("no %q in the output", c.has)
			}
			for _, not := range c.not {
				if strings.Contains(out.String(), not) {
					t.Errorf("%q is in the output", not)
				}
			}
		})
	}
}

func TestThemeJSON(t *testing.T) {
	e, out, _ := testEnv(t, "theme", "--json", "--check", "light")
	ownTheme(t, e, "mine", "base = \"ansi16\"\n[role]\ntext = \"#ffffff\"\n")
	read := func(args ...string) (all []checkedJSON) {
		t.Helper()
		out.Reset()
		e.Args = args
		if err := run(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		for dec := json.NewDecoder(out); dec.More(); {
			var j checkedJSON
			if err := dec.Decode(&j); err != nil {
				t.Fatal(err)
			}
			all = append(all, j)
		}
		return all
	}
	got := read("theme", "--json", "--check", "light")
	if len(got) != 1 || !got[0].OK || len(got[0].Contrast) < 40 || got[0].Faults == nil || got[0].Dark || got[0].Background != "#ffffff" {
		t.Errorf("light: %+v", got)
	}
	got = read("theme", "--json", "mine")
	if len(got) != 1 || got[0].Roles["text"].String() != "#ffffff" || got[0].Roles["bad"].String() != "red" || len(got[0].Series) < 6 || !strings.HasSuffix(got[0].File, "mine.toml") {
		t.Errorf("mine: %+v", got)
	}
	if got = read("theme", "--json"); len(got) != len(themes.Names())+1 || got[0].Name != "ansi16" || got[0].Roles != nil {
		t.Errorf("the list: %+v", got)
	}
}

// The screen gets its theme anew when the theme's file changes, keeps it while
// that is broken, and follows the configuration to another one.
func TestWatchTheme(t *testing.T) {
	e, _, _ := testEnv(t)
	config, err := e.configPath()
	if err != nil {
		t.Fatal(err)
	}
	ownTheme(t, e, "mine", "base = \"dark\"\n")
	configure := func(doc string) { replaceFile(t, config, doc) }
	configure("theme = \"mine\"\n")
	load := func() (Config, error) { return loadConfig(e, overrides{}) }
	start, err := load()
	if err != nil {
		t.Fatal(err)
	}
	shown, err := screenTheme(start)
	if err != nil || shown.Name != "mine" || !shown.Dark {
		t.Fatalf("at the start: %+v, %v", shown, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	problems, fresh, done := make(chan agent.Problem, 8), make(chan *themes.Theme, 1), make(chan struct{})
	go func() {
		watchTheme(ctx, start, shown, load, func(p agent.Problem) { problems <- p }, fresh)
		close(done)
	}()
	next := func() *themes.Theme {
		t.Helper()
		select {
		case th := <-fresh:
			return th
		case p := <-problems:
			t.Fatalf("a problem: %+v", p)
			return nil
		}
	}
	ownTheme(t, e, "mine", "base = \"dark\"\n[role]\ntext = \"#010203\"\n")
	if th := next(); th.Role.Text.String() != "#010203" || th.Name != "mine" {
		t.Errorf("after a change it is %+v", th)
	}
	ownTheme(t, e, "mine", "base = \"dark\"\n[role]\ntext = \"#0102\"\n")
	if p := <-problems; p.Where != "theme mine" || !strings.HasPrefix(p.What, `line 3, column 8: "#0102" is no colour`) || p.Do == "" {
		t.Errorf("of a broken file it says %+v", p)
	}
	ownTheme(t, e, "mine", "base = \"light\"\n")
	if p := <-problems; p.What != "" {
		t.Errorf("once the file is mended it says %+v", p)
	}
	if th := next(); th.Dark {
		t.Errorf("the mended one is %+v", th)
	}
	configure("theme = \"nord\"\n")
	if p := <-problems; p.Where != "theme nord" || !strings.HasPrefix(p.What, "not found; use one of ansi16, ") {
		t.Errorf("of a theme that is not there it says %+v", p)
	}
	configure("theme = \"tokyo-night\"\n")
	if p := <-problems; p.Where != "theme nord" || p.What != "" {
		t.Errorf("once there is one again it says %+v", p)
	}
	if th := next(); th.Name != "tokyo-night" {
		t.Errorf("the other one is %+v", th)
	}
	configure("")
	if th := next(); th != nil {
		t.Errorf("by the terminal's background it is %+v", th)
	}
	stop()
	<-done
}

func TestThemeByPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.toml")
	if err := os.WriteFile(path, []byte("base = \"light\"\nname = \"paper\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, _, _ := testEnv(t)
	c, err := loadConfig(e, overrides{theme: path})
	if err != nil {
		t.Fatal(err)
	}
	if th, err := screenTheme(c); err != nil || th.Dark {
		t.Errorf("%+v, %v", th, err)
	}
	c, err = loadConfig(e, overrides{theme: "~/nowhere.toml"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = screenTheme(c); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "--theme: theme "+e.Home) {
		t.Errorf("of a file that is not there: %v", err)
	}
}
