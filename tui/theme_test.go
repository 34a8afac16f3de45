package tui

import (
	"fmt"
	"image/color"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"vigil/themes"
)

// in returns a frame as a terminal with the profile is sent it.
func in(t *testing.T, p colorprofile.Profile, frame string) string {
	t.Helper()
	var b strings.Builder
	w := colorprofile.Writer{Forward: &b, Profile: p}
	if _, err := w.WriteString(frame); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func themed(th themes.Theme) *Model {
	src := newFake(story())
	src.cluster = cluster()
	done := make(chan struct{})
	close(done)
	m := New(src, Options{Now: at0, Done: done, Theme: &th})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	press(m, "3")
	return m
}

// TestThemes keeps a picture of a screen with curves in each theme, and of one
// without colours.
func TestThemes(t *testing.T) {
	for _, th := range themes.Builtin() {
		t.Run(th.Name, func(t *testing.T) {
			golden.RequireEqual(t, themed(th).View().Content)
		})
	}
	t.Run("no-colour", func(t *testing.T) {
		got := in(t, colorprofile.ASCII, themed(themes.Dark()).View().Content)
		for _, seq := range strings.Split(got, "\x1b[")[1:] {
			params, _, _ := strings.Cut(seq, "m")
			for p := range strings.SplitSeq(params, ";") {
				if len(p) > 1 {
					t.Fatalf("a colour is left: %q", params)
				}
			}
		}
		golden.RequireEqual(t, got)
	})
}

// Which zone has the keys is seen without colour.
func TestFocusWithoutColour(t *testing.T) {
	for _, s := range []size{{120, 40}, {80, 24}} {
		m := start(newFake(story()), s)
		before := ansi.Strip(m.View().Content)
		press(m, "tab")
		if after := ansi.Strip(m.View().Content); after == before {
			t.Errorf("at %dx%d nothing but colours tells which zone has the keys", s.w, s.h)
		}
	}
}

// Only what is painted differs between themes and profiles, never what is
// written.
func TestThemesSayTheSame(t *testing.T) {
	want := ansi.Strip(themed(themes.Dark()).View().Content)
	for _, th := range themes.Builtin() {
		frame := themed(th).View().Content
		for _, p := range []colorprofile.Profile{colorprofile.NoTTY, colorprofile.ASCII, colorprofile.ANSI, colorprofile.ANSI256} {
			if got := ansi.Strip(in(t, p, frame)); got != want {
				t.Errorf("%s in %s says something else", th.Name, p)
			}
		}
	}
}

// Nearest colours of sixteen can coincide, so a terminal with no more gets the
// theme that is made for it, unless the person chose one.
func TestFewColours(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	for _, c := range []struct {
		profile colorprofile.Profile
		want    string
	}{{colorprofile.ANSI, "ansi16"}, {colorprofile.ANSI256, "dark"}, {colorprofile.ASCII, "dark"}} {
		m.Update(tea.ColorProfileMsg{Profile: c.profile})
		if got := m.st.theme.Name; got != c.want {
			t.Errorf("with %s the theme is %s, want %s", c.profile, got, c.want)
		}
	}
	m = themed(themes.Light())
	m.Update(tea.ColorProfileMsg{Profile: colorprofile.ANSI})
	if got := m.st.theme.Name; got != "light" {
		t.Errorf("the chosen theme gave way to %s", got)
	}
}

// The terminal's own colours stay its own: the ansi16 theme sends no others.
func TestAnsi16(t *testing.T) {
	th := themes.Ansi16()
	for _, frame := range []string{themed(th).View().Content, Sample(th)} {
		for _, other := range []string{"38;2", "38;5", "48;2", "48;5"} {
			if strings.Contains(frame, other) {
				t.Errorf("it sends a colour of another kind (%s)", other)
			}
		}
	}
}

// A theme that is changed while the program runs is the one that is seen, in
// every tab, as if it had been there from the start.
func TestRestyle(t *testing.T) {
	for _, tab := range []string{"1", "2", "3", "4", "5", "6"} {
		m, want := themed(themes.Dark()), themed(themes.Light())
		press(m, tab, "tab")
		press(want, tab, "tab")
		light := themes.Light()
		m.Update(restyled{&light})
		if m.View().Content != want.View().Content {
			t.Errorf("tab %s is not drawn in the new theme", tab)
		}
		m.Update(restyled{nil})
		m.Update(tea.BackgroundColorMsg{Color: color.Black})
		if m.st.theme.Name != "dark" {
			t.Errorf("by the terminal's background the theme is %s", m.st.theme.Name)
		}
	}
}

// The key goes through all themes and comes back to the first.
func TestNextTheme(t *testing.T) {
	m := themed(themes.Dark())
	seen := map[string]bool{}
	for range themes.Names() {
		press(m, "T")
		name := m.st.theme.Name
		seen[name] = true
		if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "theme "+name) {
			t.Errorf("it does not say that the theme is %s", name)
		}
	}
	if len(seen) != len(themes.Names()) || m.st.theme.Name != "dark" {
		t.Errorf("it went through %d of %d themes, and ends with %s", len(seen), len(themes.Names()), m.st.theme.Name)
	}
	own := themes.Light()
	own.Name = "mine"
	m.o.Themes = []themes.Theme{own}
	press(m, "T")
	if m.st.theme.Name != "mine" {
		t.Errorf("after the last one comes %s", m.st.theme.Name)
	}
	own.Role.Text = themes.RGB(1, 2, 3)
	m.Update(restyled{&own})
	press(m, "T")
	if m.st.theme.Role.Text != own.Role.Text {
		t.Error("the key brings a theme back as it was before it changed")
	}
}

// What arrives by the channel is shown.
func TestRestyleChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(quiet()), &terminal{}
		src.changed = make(chan struct{}, 1)
		done, fresh := make(chan struct{}), make(chan *themes.Theme, 1)
		dark := themes.Dark()
		m := New(src, Options{Theme: &dark, Restyle: fresh, Done: done})
		p := tea.NewProgram(m, tea.WithInput(nil), tea.WithOutput(out), tea.WithWindowSize(120, 40),
			tea.WithColorProfile(colorprofile.TrueColor), tea.WithEnvironment(env), tea.WithoutSignalHandler())
		ended := make(chan error, 1)
		go func() { _, err := p.Run(); ended <- err }()
		for _, name := range []string{"nord-like", "another"} {
			time.Sleep(time.Second)
			synctest.Wait()
			out.take()
			th := themes.Light()
			th.Name, th.Role.Text = name, themes.RGB(1, 2, uint8(len(name)))
			fresh <- &th
			time.Sleep(time.Second)
			synctest.Wait()
			if want := fmt.Sprintf("38;2;1;2;%d", len(name)); !strings.Contains(out.take(), want) {
				t.Errorf("the screen was not drawn in the theme %s", name)
			}
		}
		p.Quit()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		close(done)
	})
}

// TestSample keeps the picture that `vigil theme NAME` shows.
func TestSample(t *testing.T) {
	for _, th := range themes.Builtin() {
		got := Sample(th)
		for i, l := range strings.Split(got, "\n") {
			if n := ansi.StringWidth(l); n > SampleWidth {
				t.Errorf("%s: line %d is %d cells wide", th.Name, i, n)
			}
		}
		if th.Name == "dark" {
			golden.RequireEqual(t, got)
		}
	}
}
