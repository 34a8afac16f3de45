package hook

import (
	"encoding/json"
	"errors"
	"fmt"
)

// node is a value of a JSON text with its place there, so that a text can be
// changed in one place and stay what it was in all others.
type node struct {
	start, end int // of the value in the text
	kind       byte
	members    []member // of an object, '{'
	elems      []*node  // of an array, '['
}

type member struct {
	key   string
	start int // of the key
	val   *node
}

var errDeep = errors.New("it is nested too deep")

// maxDepth bounds the nesting.
const maxDepth = 200

// parse reads a text that holds one JSON value.
func parse(data []byte) (*node, error) {
	var any json.RawMessage
	if err := json.Unmarshal(data, &any); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	p := parser{data: data}
	n := p.value(0)
	return n, p.err
}

// parser walks a text that is known to be valid.
type parser struct {
	data []byte
	at   int
	err  error
}

func (p *parser) space() {
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

// skip goes on behind the next character, which is known.
func (p *parser) skip() { p.space(); p.at++ }

func (p *parser) next() byte {
	p.space()
	if p.at >= len(p.data) {
		return 0
	}
	return p.data[p.at]
}

func (p *parser) value(depth int) *node {
	n := &node{kind: p.next(), start: p.at}
	if depth > maxDepth {
		p.err = errDeep
	}
	if p.err != nil {
		p.at = len(p.data)
		return n
	}
	switch n.kind {
	case '{':
		p.object(n, depth)
	case '[':
		p.skip()
		for p.next() != ']' && p.err == nil {
			n.elems = append(n.elems, p.value(depth+1))
			if p.next() == ',' {
				p.skip()
			}
		}
		p.skip()
	case '"':
		p.text()
	default:
		for p.at < len(p.data) && !ends(p.data[p.at]) {
			p.at++
		}
	}
	n.end = p.at
	return n
}

func (p *parser) object(n *node, depth int) {
	p.skip()
	seen := map[string]bool{}
	for p.next() != '}' && p.err == nil {
		m := member{start: p.at}
		m.key = p.text()
		p.next()
		p.skip() // the colon
		m.val = p.value(depth + 1)
		if seen[m.key] && p.err == nil {
			p.err = fmt.Errorf("the key %q stands twice in one object", m.key)
		}
		seen[m.key] = true
		n.members = append(n.members, m)
		if p.next() == ',' {
			p.skip()
		}
	}
	p.skip()
}

// text reads a string.
func (p *parser) text() string {
	start := p.at
	for p.at++; p.at < len(p.data) && p.data[p.at] != '"'; p.at++ {
		if p.data[p.at] == '\\' {
			p.at++
		}
	}
	p.at++
	var s string
	_ = json.Unmarshal(p.data[start:min(p.at, len(p.data))], &s)
	return s
}

// ends reports whether a character ends a number or a word.
func ends(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', ',', ']', '}':
		return true
	}
	return false
}

// get returns the value of a key; nil if there is none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if m.key == key {
			return m.val
		}
	}
	return nil
}

// str is the value of a key if it is a string.
func (n *node) str(data []byte, key string) string {
	v := n.get(key)
	if v == nil || v.kind != '"' {
		return ""
	}
	var s string
	_ = json.Unmarshal(data[v.start:v.end], &s)
	return s
}
