package themes_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"vigil/themes"
)

// Every embedded theme passes the check that a person's own goes through.
func TestBuiltinCheck(t *testing.T) {
	for _, th := range themes.Builtin() {
		r := th.Check()
		for _, f := range r.Faults {
			t.Errorf("%s: %s", th.Name, f)
		}
		roles := len(themes.RoleNames()) + len(th.Series)
		if th.Name == "ansi16" {
			if len(r.Contrast) > 0 || len(r.Unknown) != roles {
				t.Errorf("ansi16: %d measures, %d of %d colours unknown", len(r.Contrast), len(r.Unknown), roles)
			}
			continue
		}
		if !th.Background.IsSet() {
			t.Errorf("%s does not say what background it is for", th.Name)
		}
		if len(r.Contrast) < roles || len(r.Unknown) > 0 {
			t.Errorf("%s: %d measures of %d colours, %q unknown", th.Name, len(r.Contrast), roles, r.Unknown)
		}
	}
}

// The themes that promise more keep it: level AAA, and all kinds of vision.
func TestPromises(t *testing.T) {
	for _, name := range []string{"high-contrast", "high-contrast-light"} {
		th, err := themes.Load(name, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range th.Check().Contrast {
			need := 7.0
			switch {
			case m.On != "background" || m.Role == "selection":
				continue
			case m.Role == "border" || m.Role == "faint" || strings.HasPrefix(m.Role, "series"):
				need = 3
			}
			if m.Ratio < need {
				t.Errorf("%s: %s has contrast %.2f, want %.0f", name, m.Role, m.Ratio, need)
			}
		}
	}
	th, err := themes.Load("colour-blind", "")
	if err != nil || !th.ColourBlind {
		t.Errorf("colour-blind: claims %v, %v", th.ColourBlind, err)
	}
}

// Ratios that are published: the ends of the scale, and the greys around 4.5:1.
func TestContrast(t *testing.T) {
	white := themes.RGB(0xff, 0xff, 0xff)
	for _, c := range []struct {
		a    themes.Color
		want float64
	}{
		{themes.RGB(0, 0, 0), 21},
		{white, 1},
		{themes.RGB(0x76, 0x76, 0x76), 4.54},
		{themes.RGB(0x77, 0x77, 0x77), 4.48},
		{themes.RGB(0xff, 0, 0), 4.00},
		{themes.RGB(0, 0, 0xff), 8.59},
	} {
		a, ok := themes.Contrast(c.a, white)
		b, _ := themes.Contrast(white, c.a)
		if !ok || a != b || math.Abs(a-c.want) > 0.005 {
			t.Errorf("%s on white: %.3f and %.3f, want %.2f", c.a, a, b, c.want)
		}
	}
	var own themes.Color
	if err := own.UnmarshalText([]byte("red")); err != nil {
		t.Fatal(err)
	}
	if _, ok := themes.Contrast(own, white); ok {
		t.Error("the terminal's red has a known contrast")
	}
}

func TestCheckFaults(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"too dark", "base = \"dark\"\n[role]\nwarn = \"#776600\"\n", "warn #776600 on background #1e1e1e has contrast 2."},
		{"too light", "base = \"light\"\n[role]\nmuted = \"#999999\"\n", "so choose a darker one"},
		{"another background", "base = \"dark\"\nbackground = \"#666666\"\n", "text #d7dae0 on background #666666"},
		{"chip", "base = \"dark\"\n[role]\non_accent = \"#ffffff\"\n", "on_accent #ffffff on accent"},
		{"selection", "base = \"dark\"\n[role]\nselection = \"#aaaaaa\"\n", "text #d7dae0 on selection #aaaaaa"},
		{"series", "base = \"dark\"\nseries = [\"#61afef\", \"#61afee\", \"#98c379\", \"#c678dd\", \"#e06c75\", \"#56b6c2\"]\n", "series 1 #61afef and series 2 #61afee look alike ("},
		{"states", "base = \"dark\"\n[role]\nbad = \"#f0c675\"\n", "warn #f0c674 and bad #f0c675 look alike ("},
		{"colour-blind", "base = \"dark\"\ncolour_blind = true\n", "look alike with protanopia"},
		{"the terminal's own", "base = \"ansi16\"\n[role]\nbad = \"yellow\"\n", "warn yellow and bad yellow are the same"},
	} {
		t.Run(c.name, func(t *testing.T) {
			th, err := themes.Parse("mine.toml", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			r := th.Check()
			if !slices.ContainsFunc(r.Faults, func(f string) bool { return strings.Contains(f, c.want) && !strings.Contains(f, "\n") }) {
				t.Errorf("faults are %q, want one with %q", r.Faults, c.want)
			}
		})
	}
}

// A theme over another one changes what it says and nothing else.
func TestBase(t *testing.T) {
	th, err := themes.Parse("/x/mine.toml", []byte("base = \"nothing\""))
	if err == nil {
		t.Errorf("a base that is not there gave %+v", th)
	}
	th, err = themes.Parse("/x/mine.toml", []byte("base = \"light\"\n[role]\ngood = \"bright-green\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := themes.Light()
	want.Name = "mine"
	if got := th.Role.Good.String(); got != "bright-green" {
		t.Errorf("good is %s", got)
	}
	th.Role.Good = want.Role.Good
	if !slices.Equal(th.Series, want.Series) || th.Role != want.Role || th.Name != want.Name || th.Dark != want.Dark || th.Background != want.Background {
		t.Errorf("the rest is %+v, want %+v", th, want)
	}
}

// Contrast is measured against the background, so that must be known.
func TestBackground(t *testing.T) {
	_, err := themes.Parse("mine.toml", []byte("base = \"dark\"\nbackground = \"black\"\n"))
	if err == nil || !strings.Contains(err.Error(), "background black has no contrast that is known") {
		t.Errorf("of a background that is the terminal's own: %v", err)
	}
}

// Lint tells all that is wrong at once.
func TestLint(t *testing.T) {
	_, faults := themes.Lint("mine.toml", []byte("fancy = 1\ndark = true\n[role]\ntext = \"#ffffff\"\nshiny = \"#ffffff\"\n"))
	for i, want := range []string{`line 1, column 1: unknown key "fancy"`, `line 5, column 1: unknown key "role.shiny"`, "role muted, faint,", "series has 0 colours"} {
		if i >= len(faults) || !strings.Contains(faults[i], want) {
			t.Fatalf("faults are %q, want %q", faults, want)
		}
	}
}

func TestColor(t *testing.T) {
	for _, s := range []string{"#01a2ff", "default", "black", "white", "bright-black", "bright-white"} {
		var c themes.Color
		if err := c.UnmarshalText([]byte(s)); err != nil || c.String() != s {
			t.Errorf("%s is read as %s, %v", s, c, err)
		}
	}
	for _, s := range []string{"", "#12345", "#1234567", "Red", "bright-", "bright-bright-red", "bright-default", "16"} {
		var c themes.Color
		if err := c.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q is read as %s", s, c)
		}
	}
}
