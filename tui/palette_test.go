package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// typeIn writes into the open line.
func typeIn(m *Model, text string) {
	for _, r := range text {
		k := string(r)
		if k == " " {
			k = "space"
		}
		msg := keyMsg(k)
		if k == "space" {
			msg.Text = " "
		}
		_, cmd := m.Update(msg)
		follow(m, cmd)
	}
}

// Every action of every key table is in the palette, with the keys that do it.
// What floats is left out: its actions are about what the palette takes the
// place of.
func TestPaletteIsComplete(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, ":")
	for _, z := range m.zones() {
		for _, b := range z.keys {
			if !slices.ContainsFunc(m.palette.all, func(e entry) bool {
				return e.kind == z.name && e.text == b.Help().Desc && e.right == b.Help().Key
			}) {
				t.Errorf("%s: %q (%s) is not in the palette", z.name, b.Help().Desc, b.id)
			}
		}
	}
	for _, z := range m.zones() {
		if len(z.keys) == 0 {
			t.Errorf("%s has no keys", z.name)
		}
	}
}

// An action that is found is done where it works, whatever had the keys
// before; nothing is lost without a yes.
func TestPalette(t *testing.T) {
	for _, c := range []struct {
		name  string
		keys  []string // before
		query string
		want  func(*Model, *fake) bool
	}{
		{"an action of another tab", nil, "older revision", func(m *Model, _ *fake) bool { return m.tab == 0 && m.plan.back == 1 }},
		{"of the open one", []string{"3"}, "log x", func(m *Model, _ *fake) bool { return m.curves.logX }},
		{"of a face that is not seen", []string{"1"}, "first one frontier", func(m *Model, _ *fake) bool { return m.tab == 2 && m.curves.frontier }},
		{"of the fleet", []string{"4", "z"}, "agents last agent", func(m *Model, _ *fake) bool { return m.fleetFocused() && m.fleet.sel == "a3" }},
		{"a line to write", nil, "write nudge", func(m *Model, _ *fake) bool { return m.input.what == forNudge }},
		{"help", nil, "everywhere keys", func(m *Model, _ *fake) bool { return m.over.title == "keys" }},
		{"itself", nil, "find and do anything", func(m *Model, _ *fake) bool { return m.input.what == forPalette && len(m.palette.all) > 0 }},
		{"an agent", nil, "codex-v3 agent", func(m *Model, _ *fake) bool { return m.fleet.sel == "a2" }},
		{"an agent that the filter hides", []string{"/", "n", "o", "v", "enter"}, "agent opus-v3", func(m *Model, _ *fake) bool { return m.fleet.sel == "a1" }},
		{"a plan", []string{"J", "4"}, "plan.md", func(m *Model, _ *fake) bool { return m.tab == 0 && m.fleet.sel == "a1" && !m.plan.goal }},
		{"a goal", nil, "goal.md", func(m *Model, _ *fake) bool { return m.tab == 0 && m.plan.goal }},
		{"a file", []string{"J"}, "runsjsonl", func(m *Model, _ *fake) bool {
			return m.tab == 1 && m.fleet.sel == "a1" && m.files.file().Path == "scratchpad/runs.jsonl"
		}},
		{"a run of another agent", nil, "run ts3025-s2 codex", func(m *Model, _ *fake) bool {
			return m.tab == 2 && m.fleet.sel == "a2" && m.curves.picked[m.curves.at].run.Name == "ts3025-s2"
		}},
		{"a job of others", nil, "4713 sweep", func(m *Model, _ *fake) bool { return m.tab == 5 && m.jobs.selects(jobID{"head", "4713"}) }},
		{"a cancellation asks first", []string{"J", "6"}, "cancel the job", func(m *Model, src *fake) bool {
			return m.over.title == "cancel this job?" && len(src.cancelled) == 0
		}},
		{"nothing", nil, "qqqqzzzz", func(m *Model, _ *fake) bool { return strings.Contains(m.note, "nothing matches") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := newFake(story())
			src.cluster = cluster()
			m := start(src, size{80, 24})
			press(m, c.keys...)
			press(m, ":")
			typeIn(m, c.query)
			seen := screenText(m)
			press(m, "enter")
			if !c.want(m, src) {
				t.Errorf("it found\n%s\nand did\n%s", seen, screenText(m))
			}
		})
	}
}

// The confirmation cannot be found.
func TestPaletteConfirmsNothing(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, ":")
	for _, e := range m.palette.all {
		for _, a := range m.confirm {
			if e.text == a.Help().Desc && e.kind != "everywhere" {
				t.Errorf("%q is in the palette", e.text)
			}
		}
	}
}

func TestPaletteMoves(t *testing.T) {
	m := start(newFake(story()), size{80, 24})
	press(m, "ctrl+p", "down", "down", "ctrl+p")
	if m.palette.at != 1 {
		t.Errorf("entry %d is selected", m.palette.at)
	}
	press(m, "pgdown", "pgdown")
	if p := &m.palette; p.top == 0 || p.at != 21 || p.at >= p.top+m.paletteRows() {
		t.Errorf("entry %d from %d on", p.at, p.top)
	}
	typeIn(m, "z")
	if m.palette.at != 0 || m.palette.top != 0 {
		t.Error("the best match is not selected")
	}
	press(m, "esc", ":")
	m.Update(tea.PasteMsg{Content: "zoom the\ndetail"})
	if found := m.palette.found; len(found) == 0 || m.palette.all[found[0].entry].text != "zoom the detail" {
		t.Errorf("a paste finds %d entries", len(found))
	}
	press(m, "esc")
	if m.over.open() || m.input.open() {
		t.Error("it does not close")
	}
}

func TestFuzzy(t *testing.T) {
	for _, c := range []struct {
		query string
		texts []string // best first; those after "" do not match
	}{
		{"zo", []string{"zoom in", "pan to the zone", "fuzzy x o", "", "oz"}},
		{"cur", []string{"curves zoom", "the cursor", "c over u and r", "", "curious"[:2]}},
		{"rj", []string{"run join", "runs.jsonl", "error j", "", "jr"}},
		{"runs.j", []string{"scratchpad/runs.jsonl", "runs of every job.j", ""}},
		{"in zoom", []string{"zoom in", "zoom further in", "", "zoom out"}},
		{"ÄH", []string{"ähnlich", "an äh", "", "ahnlich"}},
		{"学", []string{"学习率", "扫描学", "", "x"}},
		{"", []string{"anything"}},
	} {
		var f fuzzy
		last := 1 << 30
		matching := true
		for _, text := range c.texts {
			if text == "" && c.query != "" {
				matching = false
				continue
			}
			low, starts := lower(text)
			score, ok := f.match(wordsOf(c.query), low, starts, make([]bool, len(low)))
			if ok != matching {
				t.Errorf("%q in %q: %v", c.query, text, ok)
			}
			if ok && score > last {
				t.Errorf("%q: %q scores %d, the one before it %d", c.query, text, score, last)
			}
			if ok {
				last = score
			}
		}
	}
}

// What is marked spells the words, and the quick way scores as the slow one.
func FuzzFuzzy(f *testing.F) {
	f.Add("zi", "zoom in")
	f.Add("aab", "a-ab aab")
	for i, s := range awkward {
		f.Add(s, awkward[(i+1)%len(awkward)]+s)
	}
	f.Fuzz(func(t *testing.T, query, text string) {
		low, starts := lower(text)
		low, starts = low[:min(len(low), 40)], starts[:min(len(starts), 40)]
		for _, w := range wordsOf(query) {
			w = w[:min(len(w), 6)]
			at := make([]bool, len(low))
			var fz fuzzy
			score, ok := fz.match([][]rune{w}, low, starts, at)
			want, can := slow(w, low, starts, 0, -1)
			if ok != can || ok && score != want {
				t.Fatalf("%q in %q scores %d (%v), want %d (%v)", string(w), string(low), score, ok, want, can)
			}
			var spelt []rune
			for i, c := range low {
				if at[i] {
					spelt = append(spelt, c)
				}
			}
			if ok && string(spelt) != string(w) {
				t.Fatalf("%q in %q marks %q", string(w), string(low), string(spelt))
			}
		}
	})
}

// slow tries all ways to find a word from rune j on; before is where the letter
// before it stands.
func slow(word, text []rune, starts []bool, j, before int) (best int, ok bool) {
	if len(word) == 0 {
		return 0, true
	}
	for ; j < len(text); j++ {
		if text[j] != word[0] {
			continue
		}
		rest, found := slow(word[1:], text, starts, j+1, j)
		if !found {
			continue
		}
		s := hit + rest
		if starts[j] {
			s += wordStart
		}
		switch {
		case before < 0:
			s -= min(j, lateStart)
		case before == j-1:
			s += together
		default:
			s -= gapOpens + gapGoesOn*(j-before-2)
		}
		if !ok || s > best {
			best, ok = s, true
		}
	}
	return best, ok
}

// What a letter costs in the palette with 10,000 runs and 5,000 files.
func BenchmarkPalette(b *testing.B) {
	src := newFake(huge(50))
	src.runs = runs(5000, "a1", "a2")
	m := start(src, size{200, 60})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			m.Update(keyMsg(":"))
			_ = m.View()
			m.Update(keyMsg("esc"))
		}
	})
	m.Update(keyMsg(":"))
	b.Run("letter", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.palette.search("run s")
			_ = m.View()
		}
	})
	if len(m.palette.all) < 15_000 {
		b.Fatal(fmt.Sprint(len(m.palette.all), " entries"))
	}
}

// What matched is marked by whole characters, whose width stays what it is.
func TestMarkedKeepsCharacters(t *testing.T) {
	look, hit := start(newFake(nil), size{80, 24}).st.muted, start(newFake(nil), size{80, 24}).st.title
	for _, s := range []string{"a☑\ufe0fb", "e\u0301x", "👩‍👩‍👧‍👦z", "🇩🇪🇫🇷"} {
		n := len([]rune(s))
		for i := range n {
			at := make([]bool, n+2)
			at[i] = true
			got, rest := marked(s, at, look, hit)
			if cells(got) != cells(s) || ansi.Strip(got) != s || len(rest) != 2 {
				t.Errorf("%q with rune %d marked: %q, %d cells of %d", s, i, got, cells(got), cells(s))
			}
		}
	}
}

// What begins with the query comes before what stands in a place of that name.
func TestPaletteNames(t *testing.T) {
	for query, want := range map[string]string{
		"curves": "everywhere curves", "report": "everywhere report", "timeline": "everywhere timeline", "opus": "agent opus-v3",
	} {
		m := start(newFake(story()), size{120, 40})
		press(m, ":")
		press(m, strings.Split(query, "")...)
		e := m.palette.all[m.palette.found[m.palette.at].entry]
		if got := e.kind + " " + e.text; got != want {
			t.Errorf("%s finds %q first, want %q", query, got, want)
		}
	}
}
