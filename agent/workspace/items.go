package workspace

import (
	"regexp"
	"strings"

	"vigil/agent"
)

const (
	maxItem  = 200 // bytes of an item's text
	maxItems = 2000
)

// Item is one thing that a plan says is to be done.
type Item struct {
	Text string // clean, one line, without its marks
	Done bool   // or given up
	Line int    // in the plan, from 1
}

// Plans are written by agents for themselves, so what is an item is read from
// the shapes that they share: check boxes anywhere; lists below a heading such
// as Next, Queue or Ideas; headings and lines that are an item each ("Step 2",
// "Next: ..."); and, where there is none of these, the plan's plain list.
var (
	headingRE  = regexp.MustCompile(`^ {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$`)
	labelRE    = regexp.MustCompile(`^[ \t]*(?:\*\*|__)?([A-Za-z][^:*_]{0,60}?)(?:\*\*|__)?:(?:\*\*|__)?[ \t]*(.*)$`)
	listRE     = regexp.MustCompile(`^([ \t]*)(?:[-*+•]|\(?\d{1,4}[.)])[ \t]+(.*)$`)
	boxRE      = regexp.MustCompile(`^\[([ xX~/>✓✔✗-])\][ \t]+(.*)$`)
	emptyBoxRE = regexp.MustCompile(`^\[.\]$`)
	stepRE     = regexp.MustCompile(`(?i)^(?:idea|step|phase|task|milestone|todo|stage)\s*#?\d+\b`)
	struckRE   = regexp.MustCompile(`^~~(.+?)~~(.*)$`)
	// doneRE finds a mark of being over: first, or behind a separator. The words
	// are capitals, since "done" within a sentence is a word like any other.
	doneRE = regexp.MustCompile(`^(?:\*\*)?(?:\[?(?:DONE|DROPPED|SKIPPED|CANCELL?ED|ABANDONED|REJECTED|EXHAUSTED|FAILED|CLOSED|COMPLETED?)\b|[✅✓✔❌])` +
		`|(?:^|[ \t])(?:[-–—:→|=]+>?[ \t]*(?:\*\*)?(?:DONE|DROPPED|SKIPPED|CANCELL?ED|ABANDONED|REJECTED|EXHAUSTED|FAILED|CLOSED|COMPLETED?)\b|[\[(](?i:done|dropped|skipped|cancell?ed|completed?)[\])]|[✅✔❌])` +
		`|\bDONE[.!*]*$`)
)

// Words of headings. A heading that says what is over wins over one that says
// what is next: "ideas that failed".
var (
	overRE = regexp.MustCompile(`(?i)\b(?:done|completed?|finished|tried|tested|exhausted|failed|failures|ruled out|rejected|closed|dead|abandoned|do not|don't|retest|results?|history|log)\b`)
	nextRE = regexp.MustCompile(`(?i)\b(?:next|queued?|to-?do|ideas?|backlog|untried|untested|plans?|steps?|pending|open|remaining|upcoming|candidates?|to try|hypothes[ie]s|priorit(?:y|ies)|roadmap|tasks?|action items?|in progress|running|milestones?|phases?)\b`)
	todoHd = regexp.MustCompile(`(?i)\b(?:not|be|yet)\b.*\bdone\b`)
	doneHd = regexp.MustCompile(`(?i)\b(?:done|completed?|finished)\b`)
)

// section is what a heading says of the lists below it.
type section uint8

const (
	neutral section = iota
	ahead           // what is next
	behind          // what is done
	closed          // what is over and no plan: results, dead ends
)

func sectionOf(heading string) section {
	switch {
	case todoHd.MatchString(heading):
		return ahead
	case doneHd.MatchString(heading):
		return behind
	case overRE.MatchString(heading):
		return closed
	case nextRE.MatchString(heading):
		return ahead
	}
	return neutral
}

// parser walks over a plan once.
type parser struct {
	items  []Item
	plain  []Item     // lists where no heading says what they are
	levels [7]section // by depth of heading; 0 is a label line
	depth  int
	title  int // depth of the first heading
	label  section
	fence  string // the mark that closes a block of code
	indent int    // of the list's first item; -1 outside a list
}

// Items returns what a plan says is to be done, in its order.
func Items(plan string) []Item {
	p := parser{indent: -1}
	n := 0
	for line := range strings.Lines(plan) {
		n++
		if len(p.items) >= maxItems || len(p.plain) >= maxItems {
			break
		}
		p.line(n, agent.Clean(strings.TrimRight(line, " \t\r\n")))
	}
	if len(p.items) == 0 {
		return p.plain
	}
	return p.items
}

func (p *parser) line(n int, s string) {
	if p.code(s) {
		return
	}
	if m := headingRE.FindStringSubmatch(s); m != nil {
		p.heading(n, len(m[1]), m[2])
		return
	}
	if m := listRE.FindStringSubmatch(s); m != nil {
		p.listed(n, width(m[1]), m[2])
		return
	}
	if s == "" {
		return
	}
	if s[0] != ' ' && s[0] != '\t' { // a paragraph ends the list; a continuation does not
		p.indent, p.label = -1, neutral
		p.labelled(n, s)
	}
}

// code reports whether the line belongs to a fenced block of code.
func (p *parser) code(s string) bool {
	t := strings.TrimLeft(s, " ")
	if p.fence != "" {
		if strings.HasPrefix(t, p.fence) && strings.Trim(t, p.fence[:1]) == "" {
			p.fence = ""
		}
		return true
	}
	for _, f := range []string{"```", "~~~"} {
		if strings.HasPrefix(t, f) {
			p.fence = f
			return true
		}
	}
	return false
}

func (p *parser) heading(n, depth int, text string) {
	p.indent, p.label = -1, neutral
	if stepRE.MatchString(strip(text)) { // an experiment or step of its own; what is below are its details
		p.add(&p.items, n, text, false)
		p.set(depth, closed)
		return
	}
	s := sectionOf(text)
	// "High priority" below "Queue" is ahead too, but the title of a plan says
	// nothing of its chapters.
	if above := p.above(depth); s == neutral && above > 0 && above != p.title {
		s = p.levels[above]
	}
	if p.title == 0 {
		p.title = depth
	}
	p.set(depth, s)
}

// above returns the depth of the heading that one of this depth is below.
func (p *parser) above(depth int) int { return min(p.depth, depth-1) }

// set notes what the heading at this depth says; the gaps above it inherit.
func (p *parser) set(depth int, s section) {
	for d := p.depth + 1; d < depth; d++ {
		p.levels[d] = p.levels[p.depth]
	}
	p.levels[depth], p.depth = s, depth
}

// labelled reads a line such as "Next: try X" or "**Queue:**".
func (p *parser) labelled(n int, s string) {
	m := labelRE.FindStringSubmatch(s)
	if m == nil || len(strings.Fields(m[1])) > 4 {
		return
	}
	k := sectionOf(m[1])
	if m[2] == "" {
		p.label = k
		return
	}
	if k == ahead {
		p.add(&p.items, n, m[2], false)
	}
}

// listed reads an item of a list. Below an item, only check boxes are items.
func (p *parser) listed(n, indent int, text string) {
	if p.indent < 0 || indent < p.indent {
		p.indent = indent
	}
	if m := boxRE.FindStringSubmatch(text); m != nil {
		p.add(&p.items, n, m[2], !strings.ContainsAny(m[1], " ~/>"))
		return
	}
	if indent > p.indent+1 || emptyBoxRE.MatchString(text) {
		return
	}
	where := p.label
	if where == neutral {
		where = p.levels[p.depth]
	}
	switch where {
	case ahead:
		p.add(&p.items, n, text, false)
	case behind:
		p.add(&p.items, n, text, true)
	case neutral:
		p.add(&p.plain, n, text, false)
	}
}

func (p *parser) add(to *[]Item, n int, text string, done bool) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "~~") {
		if m := struckRE.FindStringSubmatch(text); m != nil {
			done, text = true, m[1]+m[2]
		}
	}
	done = done || over(text)
	if text = agent.CleanLine(strip(text), maxItem); text != "" {
		*to = append(*to, Item{Text: text, Done: done, Line: n})
	}
}

// over reports whether an item says that it is done or given up. Most items
// hold nothing that could, which is far cheaper to see than to match.
func over(text string) bool {
	for i := 1; i < len(text); i++ {
		was, c := text[i-1], text[i]
		word := 'A' <= was && was <= 'Z' && 'A' <= c && c <= 'Z'
		bracket := (was == '(' || was == '[') && overWord(text[i:])
		mark := was == 0xe2 && (c == 0x9c || c == 0x9d) // of ✅ ✓ ✔ ❌
		if word || bracket || mark {
			return doneRE.MatchString(text)
		}
	}
	return false
}

// overWord reports whether a text may begin with a word that doneRE has in
// brackets.
func overWord(s string) bool {
	if len(s) < len("done") {
		return false
	}
	switch strings.ToLower(s[:2]) {
	case "do", "dr", "sk", "ca", "co":
		return true
	}
	return false
}

// strip takes the marks of emphasis off the ends, and pairs from within.
func strip(s string) string {
	for _, mark := range []string{"**", "__", "~~"} {
		s = strings.ReplaceAll(s, mark, "")
	}
	return strings.TrimSpace(s)
}

// width counts the columns of leading white space; a tab is four.
func width(s string) int { return len(s) + 3*strings.Count(s, "\t") }

// Open returns the texts of the items that are not done.
func Open(items []Item) []string {
	var out []string
	for _, it := range items {
		if !it.Done {
			out = append(out, it.Text)
		}
	}
	return out
}
