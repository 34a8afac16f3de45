package nudge

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"vigil/agent"
)

// Limits of a message. Longer or taller texts are taken as pastes by the CLIs
// and arrive wrapped, or are not submitted at all.
const (
	maxLines = 3
	maxBytes = 500
	maxField = 120
)

// Fields is what a message can tell. Text that comes from an agent's files is
// quoted: one line, clean and short; the templates get it so.
type Fields struct {
	Ending     agent.Ending
	Count      int      // of nudges to this agent, with this one
	Wasted     int      // in a row before this one
	Goal       string   // what its goal says first
	Open       []string // the plan's open items
	Best       string   // best result so far
	Record     string   // the record to beat
	Tried      []string // families of runs, and directions that its notes call closed
	Died       []string // what it waited for and is dead
	Overdue    []string
	GPUs       string   // the GPUs that are free, in words
	Conditions []string // evidence of what is wrong with how it works
	Change     bool     // it is to change direction, however its nudges fared
	Notes      []string // files of the workspace that a fresh session should read
	Line       string   // the judge's own line; see FreeLine
}

//go:embed messages/*.tmpl
var embedded embed.FS

// Templates holds the message templates of a configuration over the built-in
// ones. It is immutable.
type Templates struct {
	t        *template.Template
	wordings map[string][]string // family -> its templates, in the order of preference
}

// families are the names under which messages are written, each in one wording
// or several: NAME, NAME-2, NAME-3, ...
func families() []string {
	return []string{"plain", "question", "stalled", "error", "limit", "empty", "exited", "context", "plan", "change", "handover"}
}

// NewTemplates parses the person's templates over the built-in ones. A name is
// one of families, with -2 to -9 for further wordings of it; the person's wordings
// of a name stand in place of all built-in ones of that name.
func NewTemplates(own map[string]string) (*Templates, error) {
	t := template.New("messages").Funcs(template.FuncMap{"join": strings.Join})
	t, err := t.ParseFS(embedded, "messages/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("built-in messages: %w", err)
	}
	out := &Templates{t: t, wordings: map[string][]string{}}
	for _, x := range t.Templates() {
		if f, ok := family(x.Name()); ok {
			out.wordings[f] = append(out.wordings[f], x.Name())
		}
	}
	replaced := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		f, ok := family(name)
		if !ok {
			return nil, fmt.Errorf("message template %q: unknown name; known are %s, each also with -2 to -9", name, strings.Join(families(), ", "))
		}
		if _, err := t.New(name).Parse(own[name]); err != nil {
			return nil, fmt.Errorf("message template %q: %w", name, err)
		}
		if !replaced[f] {
			replaced[f], out.wordings[f] = true, nil
		}
		out.wordings[f] = append(out.wordings[f], name)
	}
	for f, names := range out.wordings {
		slices.Sort(names)
		for _, name := range names { // a template that fails is found now, not at night
			if err := t.ExecuteTemplate(&bytes.Buffer{}, name, Fields{Count: 1, Open: []string{"x"}, Died: []string{"x"}, Tried: []string{"x"}}); err != nil {
				return nil, fmt.Errorf("message template %q of %s: %w", name, f, err)
			}
		}
	}
	return out, nil
}

// family returns the family of a template's name.
func family(name string) (string, bool) {
	f, n, more := strings.Cut(name, "-")
	return f, slices.Contains(families(), f) && (!more || len(n) == 1 && n[0] >= '2' && n[0] <= '9')
}

// compose fills one template: at most three lines and 500 bytes, and nothing
// that a CLI would read as a command. As much of the lists is told as fits.
func (t *Templates) compose(name string, f Fields) (string, error) {
	f = f.clean()
	for {
		var b bytes.Buffer
		if err := t.t.ExecuteTemplate(&b, name, f); err != nil {
			return "", fmt.Errorf("message %q: %w", name, err)
		}
		text := tidy(b.String())
		if len(text) <= maxBytes && strings.Count(text, "\n") < maxLines || !f.shrink() {
			return text, Check(text)
		}
	}
}

// tidy takes out the blanks and empty lines that a template leaves where a
// field is not there.
func tidy(s string) string {
	var lines []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

// clean makes what comes from outside safe inside a message.
func (f Fields) clean() Fields {
	f.Goal, f.Line = quoted(f.Goal, maxField), quoted(f.Line, maxLine)
	f.Best, f.Record, f.GPUs = field(f.Best, maxField), field(f.Record, maxField), field(f.GPUs, maxField)
	for _, l := range f.lists() {
		out := make([]string, 0, len(*l))
		for _, s := range *l {
			if s = quoted(s, maxField); s != "" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
		*l = out
	}
	return f
}

func (f *Fields) lists() []*[]string {
	return []*[]string{&f.Open, &f.Tried, &f.Died, &f.Overdue, &f.Conditions, &f.Notes}
}

// shrink leaves something out, first of what there is most of. It reports
// whether there was anything.
func (f *Fields) shrink() bool {
	var longest *[]string
	for _, l := range f.lists() {
		if len(*l) > 1 && (longest == nil || size(*l) > size(*longest)) {
			longest = l
		}
	}
	if longest != nil {
		*longest = (*longest)[:len(*longest)-1]
		return true
	}
	for _, s := range []*string{&f.Goal, &f.GPUs, &f.Line} {
		if *s != "" {
			*s = ""
			return true
		}
	}
	for _, l := range []*[]string{&f.Conditions, &f.Overdue, &f.Died, &f.Tried, &f.Open, &f.Notes} {
		if len(*l) > 0 {
			*l = nil
			return true
		}
	}
	return false
}

func size(list []string) int {
	n := 0
	for _, s := range list {
		n += len(s)
	}
	return n
}

// Errors of Check.
var (
	ErrTooLong = fmt.Errorf("a nudge is at most %d lines and %d bytes: a CLI takes more as a paste", maxLines, maxBytes)
	ErrCommand = errors.New("a nudge must not begin with ! or /, hold an @, or end in \\: a CLI would read it as something else")
	ErrEmpty   = errors.New("a nudge needs a text")
	ErrHostile = errors.New("a nudge must not hold control characters or escape sequences")
)

// Check reports why a text cannot be sent as a nudge; nil if it can.
func Check(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return ErrEmpty
	case len(text) > maxBytes || strings.Count(text, "\n") >= maxLines:
		return ErrTooLong
	case agent.Clean(text) != text || strings.Contains(text, "\t"):
		return ErrHostile
	case strings.ContainsAny(text[:1], "!/") || strings.TrimSpace(text) != text ||
		strings.Contains(text, "@") || strings.HasSuffix(text, `\`):
		return ErrCommand
	}
	return nil
}

// field makes foreign text safe inside a message.
func field(s string, n int) string {
	s = agent.CleanLine(s, n)
	s = strings.NewReplacer("@", "(at)", `\`, "/").Replace(s)
	return strings.Trim(s, "!/ .")
}

// quoted is field for what an agent's files or a model say: in quotation marks,
// of which it holds none, so that it cannot pass for vigil's own words.
func quoted(s string, n int) string {
	s = strings.NewReplacer(`"`, "'", "“", "'", "”", "'", "„", "'").Replace(s)
	if s = field(s, n); s == "" {
		return ""
	}
	return `"` + s + `"`
}
