package themes_test

import (
	"image/color"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"vigil/themes"
)

func TestBuiltin(t *testing.T) {
	names := themes.Names()
	if len(names) < 2 {
		t.Fatalf("themes are %q", names)
	}
	for _, name := range names {
		th, err := themes.Load(name, "")
		if err != nil {
			t.Fatal(err)
		}
		if th.Name != name {
			t.Errorf("%s.toml calls itself %q", name, th.Name)
		}
	}
	if !themes.Dark().Dark || themes.Light().Dark {
		t.Error("dark is light, or light is dark")
	}
}

// Text that people read must stand out from the background that the theme is
// made for; the pure background is the easiest case, so the bar is that of
// small text (WCAG AA, 4.5), and 3 for what is only seen.
func TestContrast(t *testing.T) {
	for _, th := range []themes.Theme{themes.Dark(), themes.Light()} {
		back := color.RGBA{0x1e, 0x1e, 0x1e, 0xff}
		if !th.Dark {
			back = color.RGBA{0xff, 0xff, 0xff, 0xff}
		}
		roles := reflect.ValueOf(th.Role)
		for i := range roles.NumField() {
			name, c := roles.Type().Field(i).Name, roles.Field(i).Interface().(themes.Color)
			min := 4.5
			switch name {
			case "Faint", "Border", "Selection": // never read
				min = 1.15
			case "OnAccent": // read on other grounds
				if got := contrast(c, th.Role.Accent); got < 4.5 {
					t.Errorf("%s: on_accent on accent has contrast %.1f", th.Name, got)
				}
				continue
			}
			if got := contrast(c, back); got < min {
				t.Errorf("%s: %s has contrast %.1f, want %.1f", th.Name, name, got, min)
			}
		}
		for i, c := range th.Series {
			if got := contrast(c, back); got < 3 {
				t.Errorf("%s: series %d has contrast %.1f", th.Name, i, got)
			}
		}
		if got := contrast(th.Role.Text, th.Role.Selection); got < 7 {
			t.Errorf("%s: text on selection has contrast %.1f", th.Name, got)
		}
	}
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	lin := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.03928 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
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
		{"no colour", swap("#8fd18b", "green"), `"green" is no colour`},
		{"bad hex", swap("#8fd18b", "#8fd18g"), `"#8fd18g" is no colour`},
		{"wrong type", swap("dark = true", "dark = 3"), "line 3"},
		{"few series", swap(dark[strings.Index(dark, "series"):strings.Index(dark, "[role]")], "series = [\"#ffffff\"]\n"), "at least 6"},
		{"no name", swap(`name = "dark"`, ""), "name is missing"},
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
	for _, name := range []string{"", "nope", "../dark", ".hidden", "a/b"} {
		if _, err := themes.Load(name, t.TempDir()); err == nil || !strings.Contains(err.Error(), "dark, light") {
			t.Errorf("Load(%q): %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("name = \"x\"\n[role]\ntext = \"#ffffff\""))
	f.Add([]byte("series = [1]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := themes.Parse("f", data); err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("error of two lines: %q", err)
		}
	})
}
