package hook

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// child is the place of one child of an object or array.
type child struct{ start, end int }

func (n *node) children() []child {
	var out []child
	for _, m := range n.members {
		out = append(out, child{m.start, m.val.end})
	}
	for _, e := range n.elems {
		out = append(out, child{e.start, e.end})
	}
	return out
}

// without returns the text less the i-th child of n.
func (n *node) without(data []byte, i int) []byte {
	c := n.children()
	from, to := c[i].start, c[i].end
	switch {
	case len(c) == 1:
		from, to = n.start+1, n.end-1
	case i == len(c)-1:
		from = c[i-1].end
	default:
		to = c[i+1].start
	}
	return splice(data, from, to, nil)
}

// with returns the text with one child more at the end of n: a value, behind a
// key if n is an object. It is written the way that the children are.
func (n *node) with(data []byte, key string, value any) []byte {
	l := layoutOf(data)
	c := n.children()
	own := indentAt(data, n.start)
	if len(c) > 0 && !bytes.Contains(data[n.start:c[0].start], []byte("\n")) && n.start > 0 { // all on one line
		return splice(data, c[len(c)-1].end, c[len(c)-1].end, []byte(", "+render(key, value, "", "")))
	}
	indent := own + l.unit
	if len(c) > 0 && bytes.Contains(data[n.start:c[0].start], []byte("\n")) {
		indent = indentAt(data, c[0].start)
	}
	text := l.newline + indent + strings.ReplaceAll(render(key, value, indent, l.unit), "\n", l.newline)
	if len(c) > 0 {
		at := c[len(c)-1].end
		return splice(data, at, at, []byte(","+text))
	}
	return splice(data, n.start+1, n.end-1, []byte(text+l.newline+own))
}

// render writes a value, behind a key if there is one.
func render(key string, value any, prefix, unit string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // > and & stand in commands
	if unit != "" {
		e.SetIndent(prefix, unit)
	}
	_ = e.Encode(value) // only plain values come here
	text := strings.TrimSuffix(b.String(), "\n")
	if key != "" {
		k, _ := json.Marshal(key)
		text = string(k) + ": " + text
	}
	return text
}

func splice(data []byte, from, to int, text []byte) []byte {
	return slices.Concat(data[:from], text, data[to:])
}

// layout is how a text is set.
type layout struct{ unit, newline string }

// layoutOf finds how a text is set by its first line that is not the first.
func layoutOf(data []byte) layout {
	l := layout{unit: "  ", newline: "\n"}
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		return l
	}
	if i > 0 && data[i-1] == '\r' {
		l.newline = "\r\n"
	}
	if in := blanks(data[i+1:]); in != "" {
		l.unit = in
	}
	return l
}

// indentAt is the indentation of the line in which a place is.
func indentAt(data []byte, at int) string {
	return blanks(data[bytes.LastIndexByte(data[:at], '\n')+1 : at])
}

// blanks is the blanks and tabs that a line begins with.
func blanks(line []byte) string {
	n := 0
	for n < len(line) && (line[n] == ' ' || line[n] == '\t') {
		n++
	}
	return string(line[:n])
}
