package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// palette is what the command palette finds: every action of the key tables,
// and every agent, file, job and run that is known. What it lists is taken once
// it opens, so that nothing moves under the person's hands.
type palette struct {
	all     []entry
	found   []found // best first
	at, top int
	fuzzy   fuzzy
	marks   []bool // room for those of any entry
}

// entry is a line of the palette.
type entry struct {
	kind, text, more string // what is searched; more tells alike ones apart
	right            string // the keys of an action
	do               func(*Model) tea.Cmd

	low    []rune // what is searched, in lower case, one text
	textAt int    // where text begins in it
	starts []bool
}

// found is an entry with how well it matched.
type found struct {
	entry int
	score int
}

// add lists an entry.
func (p *palette) add(e entry) {
	e.low, e.starts = lower(e.kind + " " + e.text + " " + e.more)
	e.textAt = utf8.RuneCountInString(e.kind) + 1
	p.all = append(p.all, e)
	if n := len(e.low); n > len(p.marks) {
		p.marks = make([]bool, 2*n)
	}
}

// begun is what it is worth that a text begins with the query: "curves" is the
// tab before it is each action there.
const begun = 3 * lateStart

// search finds the entries with all words of a query.
func (p *palette) search(query string) {
	p.found, p.at, p.top = p.found[:0], 0, 0
	words := wordsOf(query)
	whole, _ := lower(strings.TrimSpace(query))
	for i := range p.all {
		e := &p.all[i]
		if score, ok := p.match(e, words); ok {
			if rest := e.low[e.textAt:]; len(whole) > 0 && len(rest) >= len(whole) && slices.Equal(rest[:len(whole)], whole) {
				score += begun
			}
			p.found = append(p.found, found{i, score})
		}
	}
	if len(words) > 0 {
		slices.SortStableFunc(p.found, func(a, b found) int {
			return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(len(p.all[a.entry].low), len(p.all[b.entry].low)))
		})
	}
}

// match finds the words in an entry, and marks what matched.
func (p *palette) match(e *entry, words [][]rune) (score int, ok bool) {
	return p.fuzzy.match(words, e.low, e.starts, p.marks[:len(e.low)])
}

// movePalette moves the selection.
func (m *Model) movePalette(n int) {
	p := &m.palette
	p.at = max(min(p.at+n, len(p.found)-1), 0)
	p.top = clampTop(p.top, p.at, len(p.found), m.paletteRows())
	m.over.note = fmt.Sprintf("%s of %s%s", thousands(min(p.at+1, len(p.found))), thousands(len(p.found)),
		m.named.say("", "palette-do", ", % does it", "palette-close", ", % closes"))
}

// paletteRows is how many entries are seen.
func (m *Model) paletteRows() int {
	const around, most = 6, 18 // the box's edges and what is left of the screen, the line and the rule
	return max(min(m.h-around, most), 1)
}

// openPalette lists everything.
func (m *Model) openPalette() {
	m.palette = palette{}
	m.listActions()
	m.listAgents()
	m.listJobs()
	m.listRuns()
	m.palette.search("")
	m.input.ask(forPalette, "›", "", "")
	m.over = overlay{title: "find and do", body: m.paletteBody, click: func(_, line int) tea.Cmd {
		const head = 2 // the line that is written, and the rule
		if i := m.palette.top + line - head; line >= head && i < len(m.palette.found) {
			m.palette.at = i
			return m.acceptInput()
		}
		return nil
	}}
	m.movePalette(0)
}

// choose does what is selected.
func (m *Model) choose() tea.Cmd {
	p := &m.palette
	m.closeOverlay()
	if p.at >= len(p.found) {
		return m.say(m.st.muted, "nothing matches, nothing done")
	}
	do := p.all[p.found[p.at].entry].do
	m.palette = palette{}
	return do(m)
}

// listActions lists every action, those of the zone that has the keys first.
// One of another zone opens that first.
func (m *Model) listActions() {
	here := m.tabs[m.tab].pane.Keys()
	if m.fleetFocused() {
		here = m.fleet.Keys()
	}
	zones := m.zones()
	slices.SortStableFunc(zones, func(a, b zone) int {
		first := func(z zone) int {
			if z.keys[0].id == here[0].id {
				return 0
			}
			return 1
		}
		return first(a) - first(b)
	})
	for _, z := range zones {
		for _, b := range z.keys {
			h := b.Help()
			m.palette.add(entry{kind: z.name, text: h.Desc, right: h.Key, do: func(m *Model) tea.Cmd {
				z.open()
				m.show()
				cmd := b.do(0)
				m.show()
				return m.after(cmd)
			}})
		}
	}
}

// The palette's columns, in cells.
const (
	kindWidth = 11
	keysWidth = 18
)

// paletteBody draws the line that is written and what it finds.
func (m *Model) paletteBody(w int, st *styles) []string {
	p := &m.palette
	rows := m.paletteRows()
	out := []string{m.input.View(w), st.faint.Render(strings.Repeat("─", w))}
	words := wordsOf(m.input.value())
	for i := clampTop(p.top, p.at, len(p.found), rows); i < len(p.found) && len(out) < rows+2; i++ {
		e := &p.all[p.found[i].entry]
		p.match(e, words)
		l := fit(e.line(w, p.marks, i == p.at, st), w)
		if i == p.at {
			l = st.selected(l)
		}
		out = append(out, l)
	}
	if len(p.found) == 0 {
		out = append(out, st.muted.Render(cut(" Nothing matches."+m.named.say("", "palette-close", " % closes."), w)))
	}
	for len(out) < rows+2 { // the box stays as it is while one writes
		out = append(out, "")
	}
	return out
}

// line draws an entry with the runes marked that matched.
func (e *entry) line(w int, at []bool, selected bool, st *styles) string {
	mark, look := " ", st.text
	if selected {
		mark, look = st.accent.Render("▌"), st.strong
	}
	kind, rest := marked(e.kind, at, st.muted, st.title)
	text, rest := marked(e.text, rest[1:], look, st.title)
	more, _ := marked(e.more, rest[1:], st.muted, st.title)
	if e.more != "" {
		text += "  " + more
	}
	right := st.accent.Render(cut(e.right, min(keysWidth, w/3)))
	return mark + fit(kind, kindWidth) + " " + spread(text, right, w-kindWidth-3) + " "
}

// marked paints a text, those of its characters that matched in another paint,
// and returns the marks behind it. A character may be several runes, which are
// painted as one: apart they would have other widths.
func marked(s string, at []bool, look, hit paint) (string, []bool) {
	var b strings.Builder
	from, hits := 0, false // what has not been painted yet
	flush := func(to int) {
		switch {
		case from == to:
		case hits:
			b.WriteString(hit.Render(s[from:to]))
		default:
			b.WriteString(look.Render(s[from:to]))
		}
		from = to
	}
	for i := 0; i < len(s); {
		c, _ := ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
		if c == "" { // never, and never for ever
			c = s[i:]
		}
		n := utf8.RuneCountInString(c)
		if is := slices.Contains(at[:n], true); is != hits {
			flush(i)
			hits = is
		}
		i, at = i+len(c), at[n:]
	}
	flush(len(s))
	return b.String(), at
}
