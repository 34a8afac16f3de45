package tui

import "strings"

// shortcuts tells the key of each action, as help writes it: the person's own
// where they chose one, nothing where the action has none. Every text that
// names a key takes it from here.
type shortcuts map[string]string

// named collects the first key of every action of the tables.
func named(zones []zone) shortcuts {
	out := shortcuts{}
	for _, z := range zones {
		for _, b := range z.keys {
			out[b.id] = firstKey(b.Binding)
		}
	}
	return out
}

// say writes texts that name a key where "%" stands, each with its action
// before it; one whose action has no key is left out.
func (s shortcuts) say(sep string, pairs ...string) string {
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if k := s[pairs[i]]; k != "" {
			out = append(out, strings.Replace(pairs[i+1], "%", k, 1))
		}
	}
	return strings.Join(out, sep)
}

// hint writes the key of an action, which is the word's first letter or stands
// before it; nothing where the action has no key.
func (s shortcuts) hint(st *styles, id, word string) string {
	k := s[id]
	if k == "" {
		return ""
	}
	if rest, ok := strings.CutPrefix(word, k); ok {
		word = rest
	} else {
		word = " " + word
	}
	return st.muted.Render("[") + st.accent.Render(k) + st.muted.Render("]"+word+" ")
}
