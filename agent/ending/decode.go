package ending

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"vigil/agent"
)

// maxWeight is the largest weight a rule can have.
const maxWeight = 10

// file is a file of rules.
type file struct {
	Rule []decl `toml:"rule"`
}

// decl is a rule as written.
type decl struct {
	Name      string   `toml:"name"`
	Ending    string   `toml:"ending"`
	Weight    float64  `toml:"weight"`
	Phrases   []string `toml:"phrases"`
	Patterns  []string `toml:"patterns"`
	Unless    []string `toml:"unless"`
	Where     string   `toml:"where"`
	On        string   `toml:"on"`
	Kinds     []string `toml:"kinds"`
	MinChars  int      `toml:"min_chars"`
	MaxChars  int      `toml:"max_chars"`
	Delegated bool     `toml:"delegated"`

	at string // "file:line:column", for errors
}

var (
	ruleHeader = regexp.MustCompile(`(?m)^[ \t]*\[\[[ \t]*rule[ \t]*\]\]`)
	ruleName   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// judged lists the endings that words can tell; the others are structure's alone.
func judged(e agent.Ending) bool {
	switch e {
	case agent.Waits, agent.Terminal, agent.Question, agent.Limit, agent.Context, agent.Failed, agent.Empty:
		return true
	}
	return false
}

// decode reads a file strictly: an unknown key or a wrong type is an error.
func decode(name string, b []byte) ([]decl, error) {
	var f file
	dec := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("%s%w", position(name, err), oneLine(err))
	}
	heads := ruleHeader.FindAllIndex(b, -1)
	seen := map[string]bool{}
	for i := range f.Rule {
		d := &f.Rule[i]
		d.at = name
		if len(heads) == len(f.Rule) { // else they were written inline: then the name must do
			start := heads[i][0]
			line := 1 + bytes.Count(b[:start], []byte("\n"))
			indent := bytes.IndexByte(b[start:], '[')
			d.at = fmt.Sprintf("%s:%d:%d", name, line, 1+indent)
		}
		if seen[d.Name] {
			return nil, d.errorf("a second rule of this name; give it another")
		}
		seen[d.Name] = true
	}
	return f.Rule, nil
}

// position says where a TOML error is, as "file:line:column: ".
func position(name string, err error) string {
	var de *toml.DecodeError
	var se *toml.StrictMissingError
	if errors.As(err, &se) && len(se.Errors) > 0 {
		de = &se.Errors[0]
	}
	if de == nil && !errors.As(err, &de) {
		return name + ": "
	}
	row, col := de.Position()
	return fmt.Sprintf("%s:%d:%d: ", name, row, col)
}

// oneLine makes a TOML error one line that names the key.
func oneLine(err error) error {
	var se *toml.StrictMissingError
	if errors.As(err, &se) && len(se.Errors) > 0 {
		return fmt.Errorf("unknown key %q; the keys of a rule are in the documentation", strings.Join(se.Errors[0].Key(), "."))
	}
	var de *toml.DecodeError
	if errors.As(err, &de) {
		return errors.New(strings.TrimPrefix(de.Error(), "toml: "))
	}
	return err
}

func (d *decl) errorf(format string, a ...any) error {
	return fmt.Errorf("%s: rule %q: %w", d.at, d.Name, fmt.Errorf(format, a...))
}

// compile checks and compiles a rule.
func (d *decl) compile() (rule, []phrase, error) {
	var phrases []phrase
	r := rule{
		hasPhrases: len(d.Phrases) > 0,
		name:       d.Name, ending: agent.Ending(d.Ending), weight: d.Weight, where: place(d.Where), on: source(d.On),
		minChars: d.MinChars, maxChars: d.MaxChars, delegated: d.Delegated,
	}
	for _, k := range d.Kinds {
		r.kinds = append(r.kinds, agent.Kind(k))
	}
	if err := d.check(r); err != nil {
		return rule{}, nil, err
	}
	for _, s := range d.Phrases {
		p, err := parsePhrase(s)
		if err != nil {
			return rule{}, nil, d.errorf("phrase %q: %w", s, err)
		}
		phrases = append(phrases, p)
	}
	for _, s := range d.Unless {
		p, err := parsePhrase(s)
		if err != nil {
			return rule{}, nil, d.errorf("unless %q: %w", s, err)
		}
		r.unless = append(r.unless, p)
	}
	for _, s := range d.Patterns {
		re, err := regexp.Compile(s)
		if err != nil {
			return rule{}, nil, d.errorf("%w", err)
		}
		r.patterns = append(r.patterns, re)
	}
	return r, phrases, nil
}

// check says what is wrong with the fields of a rule, apart from its phrases.
func (d *decl) check(r rule) error {
	switch {
	case !ruleName.MatchString(d.Name):
		return d.errorf("name: want small letters, digits and single dashes")
	case !judged(r.ending):
		return d.errorf("ending %q: want waiting, terminal, question, limit, context, error or empty", d.Ending)
	case !(d.Weight >= 0 && d.Weight <= maxWeight): // also refuses nan
		return d.errorf("weight %v: want 0 to %d", d.Weight, maxWeight)
	case r.where != anywhere && r.where != atHead && r.where != atTail:
		return d.errorf("where %q: want \"start\" or \"end\", or leave it out", d.Where)
	case r.on != onText && r.on != onCall:
		return d.errorf("on %q: want \"call\", or leave it out", d.On)
	case d.MinChars < 0 || d.MaxChars < 0:
		return d.errorf("min_chars and max_chars can't be negative")
	case d.Weight > 0 && len(d.Phrases) == 0 && len(d.Patterns) == 0 && d.MinChars == 0 && d.MaxChars == 0:
		return d.errorf("nothing to match; give phrases, patterns, min_chars or max_chars")
	case d.Delegated && r.ending != agent.Waits:
		return d.errorf("delegated is for the ending waiting")
	}
	return nil
}
