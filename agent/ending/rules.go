package ending

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sync"

	"vigil/agent"
)

//go:embed rules/*.toml
var embedded embed.FS

// Rules is a set of compiled rules. It is immutable and may be shared.
type Rules struct {
	rules []rule
	index map[string][]int // word -> candidates
	heads map[string][]int // first letters of a word -> candidates
	cands []candidate
}

// candidate is one phrase of one rule; the index finds it by its anchor.
type candidate struct {
	rule int
	p    phrase
	text string // as it was written
}

// where in a text a rule may match.
type place string

const (
	anywhere place = ""
	atHead   place = "start" // the first two sentences; of a pattern, 400 bytes
	atTail   place = "end"   // the last three sentences; of a pattern, 400 bytes
)

// source is what a rule is applied to.
type source string

const (
	onText source = ""     // the final message
	onCall source = "call" // the tool call that a turn ends with
)

// rule is one compiled rule.
type rule struct {
	name       string
	ending     agent.Ending
	weight     float64
	where      place
	on         source
	kinds      []agent.Kind // none: all
	minChars   int
	maxChars   int  // 0: no bound
	delegated  bool // about work that no list of background tasks shows
	hasPhrases bool
	unless     []phrase
	patterns   []*regexp.Regexp
}

// fits reports whether the rule is for this kind of agent and size of text.
func (r *rule) fits(k agent.Kind, size int) bool {
	if len(r.kinds) > 0 && !slices.Contains(r.kinds, k) {
		return false
	}
	return size >= r.minChars && (r.maxChars == 0 || size <= r.maxChars)
}

// Default returns the embedded rules. They are compiled once.
func Default() *Rules { return defaultRules() }

// defaultRules makes the table of embedded rules once. A fault in it is a fault
// of the build, which every test would show.
var defaultRules = sync.OnceValue(func() *Rules {
	r := &Rules{}
	names, err := fs.Glob(embedded, "rules/*.toml")
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("ending: no embedded rules: %v", err)) // the binary is built wrong
	}
	for _, name := range names {
		b, err := embedded.ReadFile(name)
		if err == nil {
			r, err = r.Extend(name, b)
		}
		if err != nil {
			panic("ending: embedded rules: " + err.Error())
		}
	}
	return r
})

// Extend returns the rules with those of a TOML file added; name is the file's
// name in errors, which say line and column. A rule with the name of one that
// is there replaces it, and a weight of 0 switches it off.
//
//	[[rule]]
//	name = "night-shift"             # letters, digits and "-"
//	ending = "waiting"               # waiting, terminal, question, limit, context, error or empty
//	weight = 4.0                     # 0 to 10; the embedded rules use 1 (a hint) to 5 (says it outright)
//	phrases = ["parked until .. dawn"] # see phrase.go for the language
//	patterns = ['^E\d+ is queued']   # RE2, over the text; costly in long ones without where or max_chars
//	unless = ["nothing|no .. parked"]# not in a sentence that matches one of these
//	where = "end"                    # "start", "end", or left out
//	on = "call"                      # the call a turn ends with, instead of the final message
//	kinds = ["codex"]                # left out: all
//	min_chars = 0                    # of the whole message, in bytes
//	max_chars = 400
//	delegated = true                 # holds though no background task is known to be alive
func (r *Rules) Extend(name string, toml []byte) (*Rules, error) {
	decls, err := decode(name, toml)
	if err != nil {
		return nil, err
	}
	b := builder{rules: slices.Clone(r.rules), cands: slices.Clone(r.cands)}
	for _, d := range decls {
		if err := b.add(d); err != nil {
			return nil, err
		}
	}
	return b.build(), nil
}

// Len returns how many rules there are.
func (r *Rules) Len() int { return len(r.rules) }

// builder gathers rules and makes the index anew.
type builder struct {
	rules []rule
	cands []candidate
}

func (b *builder) add(d decl) error {
	ru, phrases, err := d.compile()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(b.rules, func(x rule) bool { return x.name == ru.name })
	if at < 0 {
		at = len(b.rules)
		b.rules = append(b.rules, ru)
	} else {
		b.rules[at] = ru
		b.cands = slices.DeleteFunc(b.cands, func(c candidate) bool { return c.rule == at })
	}
	for i, p := range phrases {
		b.cands = append(b.cands, candidate{at, p, d.Phrases[i]})
	}
	return nil
}

func (b *builder) build() *Rules {
	r := &Rules{rules: b.rules, cands: b.cands, index: map[string][]int{}, heads: map[string][]int{}}
	for i, c := range r.cands {
		e := c.p.anchor()
		for _, w := range e.words {
			r.index[w] = append(r.index[w], i)
		}
		for _, w := range e.prefixes {
			h := w[:prefixLength]
			if !slices.Contains(r.heads[h], i) {
				r.heads[h] = append(r.heads[h], i)
			}
		}
	}
	return r
}
