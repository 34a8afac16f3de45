package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"vigil/agent"
	"vigil/agent/workspace"
	"vigil/themes"
)

// hotOf writes a line with what changed in it in brackets.
func hotOf(s string, parts []part) string {
	var b strings.Builder
	from := 0
	for _, p := range parts {
		b.WriteString(s[from:p.from] + "[" + s[p.from:p.to] + "]")
		from = p.to
	}
	return b.String() + s[from:]
}

func TestChangedParts(t *testing.T) {
	for _, c := range []struct{ a, b, wantA, wantB string }{
		{"lr = 0.02", "lr = 0.03", "lr = 0.[02]", "lr = 0.[03]"},
		{"run(lr, wd=0.1)", "run(lr, wd)", "run(lr, wd[=0.1])", "run(lr, wd)"},
		{"seed 1 is running now", "seed 1 is done now", "seed 1 is [running] now", "seed 1 is [done] now"},
		{"a b c d", "a x y d", "a [b c] d", "a [x y] d"},
		{"nothing alike", "whatever else", "nothing alike", "whatever else"},
		{"学习率 0.1", "学习率 0.2", "学习率 0.[1]", "学习率 0.[2]"},
		{"", "x", "", "x"},
		{"same", "same", "same", "same"},
	} {
		a, b := changedParts(c.a, c.b)
		if hotOf(c.a, a) != c.wantA || hotOf(c.b, b) != c.wantB {
			t.Errorf("%q to %q: %q, %q", c.a, c.b, hotOf(c.a, a), hotOf(c.b, b))
		}
	}
}

func TestNewDifference(t *testing.T) {
	before := "import torch\n\nlr = 0.02\n'''\na b\n'''\nx = 1\n"
	after := "import torch\n\nlr = 0.03\nwd = 0.1\n'''\na c\n'''\n"
	unified, _, _ := workspace.Diff("x.py", before, after)
	d := newDifference("x.py", unified, texts{before, after, true})
	var got []string
	for _, r := range d.rows {
		if r.kind != '@' {
			got = append(got, fmt.Sprintf("%d %d %c%s", r.old, r.now, r.kind, hotOf(r.text, r.hot)))
		}
	}
	want := strings.Split("1 1  import torch|2 2  |3 0 -lr = 0.[02]|0 3 +lr = 0.[03]|0 4 +wd = 0.1|4 5  '''|5 0 -a [b]|0 6 +a [c]|6 7  '''|7 0 -x = 1", "|")
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("rows are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	st := newStyles(themes.Dark())
	for i := range d.rows {
		if r := &d.rows[i]; r.text == "a c" && !strings.Contains(r.painted(st.diff['+']), string(st.code)) {
			t.Errorf("%q is in a string that began before the line: %q", r.text, r.painted(st.diff['+']))
		}
	}
	var pairs []string
	for i := range d.beside {
		l := ansi.Strip(d.pairRow(st, i, 0, 80))
		if lipgloss.Width(l) != 80 {
			t.Errorf("%q is %d cells wide", l, lipgloss.Width(l))
		}
		a, b, _ := strings.Cut(l, "│")
		pairs = append(pairs, strings.TrimSpace(a)+"|"+strings.TrimSpace(b))
	}
	if got := strings.Join(pairs[3:5], "\n"); got != "3 -lr = 0.02|3 +lr = 0.03\n|4 +wd = 0.1" {
		t.Errorf("side by side:\n%s", got)
	}
}

// A text that is wider than its room is cut with marks, and scrolled.
func TestDiffRowIsCut(t *testing.T) {
	d := newDifference("x.txt", "@@ -1 +1 @@\n+0123456789abcdefghij\n", texts{})
	st := newStyles(themes.Dark())
	for left, want := range map[int]string{0: "+012345678›", 4: "+‹456789ab›", 15: "+‹fghij", 40: "+‹"} {
		if got := strings.TrimRight(ansi.Strip(d.line(st, 1, left, 11)), " "); got != want {
			t.Errorf("from %d on it is %q, want %q", left, got, want)
		}
	}
}

// A long line of a text that has not changed is cut as one of a diff is: each
// frame goes through all of it.
func TestAsItIsIsCut(t *testing.T) {
	d := asItIs("x.json", "{\n"+strings.Repeat("é", 1<<19)+"\n}")
	if n := len(d.rows[1].text); n > 4<<10 || !strings.HasSuffix(d.rows[1].text, "é…") {
		t.Errorf("a line of 1 MiB has %d bytes", n)
	}
	if d.rows[0].text != "{" || d.rows[2].text != "}" || d.rows[2].now != 3 {
		t.Errorf("the lines around it are %q and %q", d.rows[0].text, d.rows[2].text)
	}
}

// A terminal of 256 colours has no two backgrounds that are faint enough: the
// text says what is added.
func TestDiffOfFewColours(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "2")
	add, _, _ := m.st.theme.Tints()
	tint := string(ground(add))
	if !strings.Contains(m.View().Content, tint) {
		t.Error("there are no backgrounds")
	}
	m.Update(tea.ColorProfileMsg{Profile: colorprofile.ANSI256})
	if strings.Contains(m.View().Content, tint) {
		t.Error("there are backgrounds on a terminal of few colours")
	}
}

// In every theme what is added and removed is told by its sign, and no text
// has the colour of its background.
func TestDiffLooks(t *testing.T) {
	for _, th := range themes.Builtin() {
		st := newStyles(th)
		_, _, tinted := th.Tints()
		for _, kind := range []byte("+-") {
			for c, p := range st.diff[kind].class {
				if tinted == !strings.Contains(string(p), "48;2;") {
					t.Errorf("%s: class %d of %c is %q", th.Name, c, kind, p)
				}
			}
		}
	}
}

// TestDiffThemes keeps a picture of a diff in each theme, and of one without
// colours.
func TestDiffThemes(t *testing.T) {
	show := func(th themes.Theme, profile colorprofile.Profile) string {
		m := start(newFake(story()), size{100, 30})
		m.o.Theme = &th
		m.Update(tea.ColorProfileMsg{Profile: profile})
		press(m, "2", "j", "j", "s")
		return m.View().Content
	}
	for _, th := range themes.Builtin() {
		t.Run(th.Name, func(t *testing.T) { golden.RequireEqual(t, show(th, colorprofile.TrueColor)) })
	}
	t.Run("no-colour", func(t *testing.T) {
		golden.RequireEqual(t, in(t, colorprofile.ASCII, show(themes.Dark(), colorprofile.ASCII)))
	})
	t.Run("256", func(t *testing.T) {
		golden.RequireEqual(t, in(t, colorprofile.ANSI256, show(themes.Dark(), colorprofile.ANSI256)))
	})
}

// Whatever the texts, a diff's lines are those of the texts by their numbers,
// and are drawn within their room.
func FuzzDifference(f *testing.F) {
	for _, s := range awkward {
		f.Add("x.py", s+"\na\nb", "a\n"+s)
	}
	c := contents()
	f.Add("x.py", c["c1"], c["c2"])
	f.Add("x.md", c["t1"], c["t3"])
	st := newStyles(themes.Dark())
	f.Fuzz(func(t *testing.T, path, before, after string) {
		before, after = agent.Clean(before), agent.Clean(after) // as they are kept
		unified, _, _ := workspace.Diff(path, before, after)
		d := newDifference(path, unified, texts{before, after, true})
		old, now := strings.Split(block(before), "\n"), strings.Split(block(after), "\n")
		is := func(lines []string, n int, text string) bool {
			return n == 0 || n <= len(lines) && (lines[n-1] == text || strings.HasSuffix(text, "…"))
		}
		for i, r := range d.rows {
			if r.kind != '@' && r.kind != '\\' && unified != "" && (!is(old, r.old, r.text) || !is(now, r.now, r.text)) {
				t.Fatalf("row %d is %q, lines %d and %d\n%s", i, r.text, r.old, r.now, unified)
			}
			for _, w := range []int{3, 40} {
				l := d.line(st, i, w/3, w)
				if lipgloss.Width(l) > w {
					t.Fatalf("%q is wider than %d", l, w)
				}
				harmless(t, l)
			}
		}
		for i := range d.beside {
			if l := d.pairRow(st, i, 1, 80); lipgloss.Width(l) > 80 {
				t.Fatalf("%q is wider than 80", l)
			}
		}
	})
}
