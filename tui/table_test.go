package tui

import (
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
	"vigil/themes"
)

// drawn writes a table as it is seen, its head first.
func drawnTable(t *testing.T, tab *table, left, w int) string {
	t.Helper()
	st := newStyles(themes.Dark())
	out := []string{tab.pinned(st, 0, left, w)}
	for i := range tab.lines {
		out = append(out, tab.line(st, i, left, w))
	}
	for i, l := range out {
		if lipgloss.Width(l) > w {
			t.Errorf("%q is wider than %d", l, w)
		}
		out[i] = strings.TrimRight(ansi.Strip(l), " ")
	}
	return strings.Join(out, "\n")
}

func TestTables(t *testing.T) {
	for _, c := range []struct {
		name, before, after string
		left, w             int
		want                string
	}{
		{"r.csv", "run,loss\na,3.5\n", "run,loss\na,3.5\nb,12.25\n", 0, 40, " run   loss\n a      3.5\n+b    12.25"},
		{"r.tsv", "", "run\tnote\na\tsays \"so\"\nb\n", 0, 40, " run  note\n+a    says \"so\"\n+b"},
		{
			"r.jsonl", `{"run":"a","n":1}`, "{\"run\":\"a\",\"n\":1}\nnot json\n{\"n\":null,\"run\":\"b\",\"cfg\":{\"lr\": 0.1}}", 0, 40,
			" run     n  cfg\n a       1\n+b    null  {\"lr\": 0.1}",
		},
		{"r.jsonl", "", `{"loss": 3.2821000000000002, "at": "2026-11-28T07:22:38Z", "n": 12345678901234}`, 0, 60, "   loss  at                                 n\n+3.2821  2026-11-28T07:22:38Z  12345678901234"},
		{"r.jsonl", "", `{"time": 1764316812.7345678, "x": -123456789.5000001, "y": 1.0000000000000001e300}`, 0, 60, "            time             x       y\n+1764316812.7346  -123456789.5  1e+300"},
		{"p.md", "| a |\n|---|\n| 1 |", "# Best\n\n| a |\n|---|\n| 1 |\n\ntext\n\n| b | c |\n|:-:|---|\n| 2 | x |\n", 0, 40, " a\n Best\n 1\n\n+2  x"},
		{"w.csv", "", "a,b\n" + strings.Repeat("x", 30) + "," + strings.Repeat("y", 10) + "\n", 0, 24, " a            b\n+xxxxxxxxxx…  yyyyyyyyyy"},
		{"w.csv", "", "a,b\n" + strings.Repeat("x", 30) + "," + strings.Repeat("y", 30) + "\n", 0, 12, " a         b\n+xxxxxxx…  ›"},
		{"w.csv", "", "a,b\n" + strings.Repeat("x", 30) + "," + strings.Repeat("y", 30) + "\n", 8, 12, " ‹  b\n+‹  yyyyyyy…"},
	} {
		tab := newTable(c.name, c.before, c.after)
		if tab == nil {
			t.Errorf("%s is no table", c.name)
			continue
		}
		if got := drawnTable(t, tab, c.left, c.w); got != c.want {
			t.Errorf("%s\n got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	for _, c := range []struct{ name, text string }{
		{"x.py", "a,b\n1,2\n"}, {"r.csv", "head,only\n"}, {"r.csv", ""}, {"r.jsonl", "[1]\n"}, {"p.md", "no table | here"},
	} {
		if newTable(c.name, "", c.text) != nil {
			t.Errorf("%s %q is a table", c.name, c.text)
		}
	}
}

// Scrolled to any place, a row is drawn as the part of the whole one that is
// there, with marks where there is more.
func TestScrolledRows(t *testing.T) {
	tab := newTable("w.csv", "", "a,bb,c,d\none,,three and more of it,4\n,b,,\nx,y,z,12.5\n")
	g := &tab.grids[0]
	for i, r := range g.rows {
		var whole strings.Builder
		for c, w := range g.width {
			v := at(r.cells, c)
			if c > 0 {
				whole.WriteString("  ")
			}
			if g.right[c] {
				whole.WriteString(padLeft(v, w))
			} else {
				whole.WriteString(v + pad(w-len(v)))
			}
		}
		all := diffRow{text: strings.TrimRight(whole.String(), " ")}
		for left := range 50 {
			const room = 40 // all columns have what they need
			want := strings.TrimRight(ansi.Strip(all.draw(&diffLooks{}, left, room)), " ")
			if got := strings.TrimRight(ansi.Strip(g.row(r.cells, "", left, room)), " "); got != want {
				t.Errorf("row %d from %d on is %q, want %q", i, left, got, want)
			}
		}
	}
}

// A screen of a table of many wide columns, scrolled.
func BenchmarkTable(b *testing.B) {
	st := newStyles(themes.Dark())
	row := strings.Repeat(strings.Repeat("word ", 60)+",", 50)
	t := newTable("x.csv", "", strings.Repeat(row+"\n", 100))
	for b.Loop() {
		t.widest(80)
		for i := range 50 {
			t.line(st, i, 100, 80)
		}
	}
}

// A ledger is a table, and a Markdown text a text, until a key says otherwise.
func TestToggleTable(t *testing.T) {
	src := newFake(story())
	v := &src.snap.Agents[0]
	src.versions["n1"], src.versions["n2"] = "# Notes\n", "# Notes\n\n## Best\n\n| run | loss |\n|---|---|\n| a | 3.28 |\n"
	v.Files[0] = agent.FileChange{Path: "scratchpad/notes.md", At: clock, Versions: []agent.Version{{At: clock.Add(-time.Hour), Hash: "n1"}, {At: clock, Turn: 212, Hash: "n2"}}}
	m := start(src, size{120, 40})
	press(m, "2")
	for _, c := range []struct {
		keys string
		rows bool
	}{{"", false}, {"t", true}, {"t", false}, {"j", true}, {"t", false}, {"k", false}, {"t", true}, {"j", false}, {"t", true}} {
		if c.keys != "" {
			press(m, c.keys)
		}
		if got := m.files.table() != nil; got != c.rows {
			t.Errorf("after %q a table is shown: %v, want %v", c.keys, got, c.rows)
		}
		checkPanes(t, m)
	}
}

// Of a ledger whose versions are not kept, what was appended is a table.
func TestAppendedTable(t *testing.T) {
	d := newDifference("runs.jsonl", "@@ -1,0 +2,2 @@\n+{\"run\": \"a\", \"n\": 1}\n+{\"run\": \"b\", \"n\": 22}\n", texts{})
	if got := drawnTable(t, appendedTable("runs.jsonl", d), 0, 40); got != " run   n\n+a     1\n+b    22" {
		t.Errorf("got\n%s", got)
	}
}

func FuzzTables(f *testing.F) {
	for _, s := range awkward {
		f.Add("a.csv", s+","+s+"\n"+s)
		f.Add("a.jsonl", `{"`+s+`": "`+s+`"}`)
		f.Add("a.md", "| "+s+" |\n|---|\n| "+s+" |")
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		if tab := newTable(name, "", text); tab != nil {
			for _, w := range []int{1, 7, 60} {
				harmless(t, drawnTable(t, tab, w/2, w))
			}
		}
	})
}
