package themes_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"vigil/themes"
)

func TestBuiltin(t *testing.T) {
	names := themes.Names()
	for _, want := range []string{"dark", "light", "high-contrast", "high-contrast-light", "colour-blind", "ansi16"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no theme %s among %q", want, names)
		}
	}
	for _, name := range names {
		th, err := themes.Load(name, "")
		if err != nil {
			t.Fatal(err)
		}
		if th.Name != name {
			t.Errorf("%s.toml calls itself %q", name, th.Name)
		}
		if strings.HasSuffix(name, "light") == th.Dark {
			t.Errorf("%s: dark = %v", name, th.Dark)
		}
	}
	if !themes.Dark().Dark || themes.Light().Dark {
		t.Error("dark is light, or light is dark")
	}
}

func TestLoadOwn(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile("dark.toml")
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(string(data), `"#d7dae0"`, `"#ABCDEF"`, 1)
	if err := os.WriteFile(filepath.Join(dir, "dark.toml"), []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	th, err := themes.Load("dark", dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := th.Role.Text.String(); got != "#abcdef" {
		t.Errorf("text is %s: the person's own theme does not win", got)
	}
	if th, err = themes.Load("light", dir); err != nil || th.Name != "light" {
		t.Errorf("light = %v, %v", th.Name, err)
	}
}

func TestErrors(t *testing.T) {
	data, err := os.ReadFile("dark.toml")
	if err != nil {
		t.Fatal(err)
	}
	dark := string(data)
	swap := func(old, new string) string {
		if !strings.Contains(dark, old) {
			t.Fatalf("dark.toml has no %q", old)
		}
		return strings.Replace(dark, old, new, 1)
	}
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", swap("[role]\n", "[role]\nfancy = \"#ffffff\"\n"), `unknown key "role.fancy"`},
		{"missing role", swap("good = \"#8fd18b\"\n", ""), "role good is missing"},
		{"no colour", swap("#8fd18b", "puce"), `"puce" is no colour`},
		{"bad hex", swap("#8fd18b", "#8fd18g"), `"#8fd18g" is no colour`},
		{"wrong type", swap("dark = true", "dark = 3"), "line 3"},
		{"few series", swap(dark[strings.Index(dark, "series"):strings.Index(dark, "[role]")], "series = [\"#ffffff\"]\n"), "at least 6"},
		{"no side", swap("dark = true", ""), "dark is missing"},
		{"unknown base", "base = \"mine\"\n", `base "mine" is no built-in theme; use one of ansi16`},
		{"no toml", "{", "line 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := themes.Parse("mine.toml", []byte(c.text))
			if err == nil {
				t.Fatal("no error")
			}
			got := err.Error()
			if !strings.Contains(got, c.want) || !strings.HasPrefix(got, "theme mine.toml: ") || strings.Contains(got, "\n") {
				t.Errorf("error is %q, want %q in it", got, c.want)
			}
		})
	}
	fields := reflect.TypeFor[themes.Roles]()
	for i := range fields.NumField() {
		key := fields.Field(i).Tag.Get("toml")
		var kept []string
		for line := range strings.Lines(dark) {
			if f := strings.Fields(line); len(f) == 0 || f[0] != key {
				kept = append(kept, line)
			}
		}
		_, err := themes.Parse("mine.toml", []byte(strings.Join(kept, "")))
		if err == nil || !strings.Contains(err.Error(), "role "+key+" is missing") {
			t.Errorf("without %s: %v", key, err)
		}
	}
	for _, name := range []string{"", "nope", "../dark", ".hidden", "a/b", "nope.toml"} {
		if _, err := themes.Load(name, t.TempDir()); err == nil || !strings.Contains(err.Error(), "dark, gruvbox-dark") {
			t.Errorf("Load(%q): %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("name = \"x\"\n[role]\ntext = \"#ffffff\""))
	f.Add([]byte("series = [1]"))
	f.Add([]byte("base = \"dark\"\ncolour_blind = true\n[role]\ngood = \"bright-red\""))
	f.Fuzz(func(t *testing.T, data []byte) {
		th, err := themes.Parse("f", data)
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("error of two lines: %q", err)
		}
		for _, f := range th.Check().Faults {
			if strings.Contains(f, "\n") {
				t.Fatalf("fault of two lines: %q", f)
			}
		}
	})
}
