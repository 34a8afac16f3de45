package runlog

import (
	"bytes"
	"math"

	"vigil/remote"
)

// fieldKind says what a number of a line is.
type fieldKind uint8

const (
	fieldStep fieldKind = iota
	fieldPlan
	fieldValue
	fieldIgnored
)

// field is a number that the general reader found in a line.
type field struct {
	kind       fieldKind
	start, end int // in the line
	div        float64
	metric     int  // index, of a value
	grouped    bool // "1,075,523"
}

// line is what the general reader found.
type line struct {
	rank    int  // of the process that wrote it; -1 if not told
	whole   bool // it is read as it stands in the file
	aligned bool // more blanks before a number that has some change nothing
	fields  []field
	wallAt  int  // index of the metric that tells the time since the start; -1 if none
	doubt   bool // whether it does
	step    int64
	plan    int64
	by      stepSource
	epoch   float64 // where the step is taken from it
}

func (p *Parser) reset() {
	l := &p.line
	*l = line{rank: l.rank, whole: l.whole, fields: l.fields[:0], wallAt: -1, step: -1}
	p.mets = p.mets[:0]
}

// read reads a line in the general way.
func (p *Parser) read(b []byte) {
	length := len(b)
	b = p.printable(b)
	first := !p.Begun
	if first {
		b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) // a byte order mark
	}
	if len(b) == 0 {
		return
	}
	p.Begun = true
	if p.Source.inside(b) || p.custom(b) {
		return
	}
	b, p.line.rank = strip(b)
	if len(b) == 0 {
		return
	}
	p.line.whole = len(b) == length
	if len(p.Dicts.Held) > 0 {
		if _, ok := barOf(b); !ok {
			p.release()
		}
	}
	if p.Table.On && p.tabled(b) || digits(b) && p.values(b) {
		p.Source.On, p.Trace = false, false
		return
	}
	if p.Source.On {
		p.program(b)
		return
	}
	if p.columnNames(b, first) || p.told(b) {
		return
	}
	p.configured(b)
}

// digits reports whether there can be a value in the line.
func digits(b []byte) bool {
	for _, c := range b {
		if c-'0' <= 9 {
			return true
		}
	}
	return bytes.Contains(b, []byte("nan")) || bytes.Contains(b, []byte("inf"))
}

// values tries the formats of lines with values, and emits what the first one
// that fits finds.
func (p *Parser) values(b []byte) bool {
	if p.Block.On && p.blockLine(b) {
		return true
	}
	p.Block.On = false
	switch c := b[0]; {
	case c == '{':
		return p.dict(b)
	case c == '[':
		return p.blockHead(b)
	case c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_':
		return p.pairs(b) || p.nanogpt(b) || p.bar(b) || p.columns(b) || p.stepless(b)
	}
	return p.bar(b) || p.ledger(b)
}

// tell emits what was read of a line with values, and keeps its shape.
func (p *Parser) tell(b []byte) bool {
	if p.mine() {
		if p.line.whole && !p.slow {
			p.learn(b)
		}
		p.measured(p.line.step, p.line.plan, p.wall())
	}
	return true
}

// mine reports whether the line counts: of the ranks that tell the same, the
// first one does.
func (p *Parser) mine() bool {
	r := p.line.rank
	if r >= 0 && p.Rank < 0 {
		p.Rank = r
	}
	return r < 0 || r == p.Rank
}

// wall is the time since the start, or a date, that the metrics tell.
func (p *Parser) wall() float64 {
	l, r := &p.line, &p.Run
	if l.wallAt < 0 {
		return math.NaN()
	}
	t := p.mets[l.wallAt].Value
	if l.doubt {
		if t < r.Time && l.step > r.Last { // a clock does not go back
			r.PerStep = true
		}
		if r.Time = t; r.PerStep {
			return math.NaN()
		}
	}
	return t
}

// add adds a metric to the record. Two names that mean the same in one line
// are kept apart: the one that is the canonical name itself keeps it.
func (p *Parser) add(n *name, v float64) bool {
	if n == nil || len(p.mets) == maxPer {
		return false
	}
	canon := n.canon
	for i := range p.mets {
		if p.mets[i].Name != canon {
			continue
		}
		if n.raw == canon && p.mets[i].Raw != canon {
			p.mets[i].Name = p.mets[i].Raw
		} else if n.raw != canon {
			canon = n.raw
		} else {
			return false
		}
		break
	}
	if l := &p.line; n.wall && l.wallAt < 0 {
		l.wallAt, l.doubt = len(p.mets), n.doubt
		l.whole = l.whole && !n.doubt // what it means depends on the lines before
	}
	p.mets = append(p.mets, remote.Metric{Name: canon, Raw: n.raw, Value: v})
	return true
}

// value adds the number x of the line with its unit, and where it stands.
func (p *Parser) value(raw []byte, q quantity, at int) {
	n := p.name(raw)
	if n == nil {
		return
	}
	div := q.div
	if div == 1 {
		div = n.div
	}
	i := len(p.mets)
	if p.add(n, q.v/div) {
		p.line.fields = append(p.line.fields, field{fieldValue, at, at + q.digits, div, i, q.grouped})
	}
}

// count notes where the step or the plan of the line stands.
func (p *Parser) count(kind fieldKind, start, end int) {
	p.line.fields = append(p.line.fields, field{kind: kind, start: start, end: end})
}
