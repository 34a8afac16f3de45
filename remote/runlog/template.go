package runlog

import (
	"bytes"
	"math"

	"vigil/remote"
)

// slot is a number of a shape, and the bytes before it.
type slot struct {
	lit       string
	pad       bool // more blanks follow lit, one or more
	kind      fieldKind
	wall      bool
	grouped   bool
	div       float64
	name, raw string
}

// shape is a line with its numbers taken out. All lines of the same shape tell
// the same metrics in the same order.
type shape struct {
	slots []slot
	end   string // what follows the last number, up to the end of the line
}

// shapes are the shapes that a file has shown. Few files have more than three.
type shapes struct {
	all  [8]shape
	n    int
	hot  int // the one that fitted last
	next int // the one to give up for a new one
	hits int // since the last one was learnt
	seen int // learnt so far
}

// learn keeps the shape of the line that was just read in the general way.
// Lines that never repeat must not cost more than that: there is a budget.
func (p *Parser) learn(b []byte) {
	s := &p.shapes
	const free, earn = 32, 100
	if s.seen >= free && s.hits < earn {
		return
	}
	for i := range s.n {
		if s.all[i].fits(b, &p.line) {
			return // known: a number in the line was not in its plain form
		}
	}
	sh := shape{slots: make([]slot, 0, len(p.line.fields))}
	at := 0
	for _, f := range p.line.fields {
		lit, pad := p.line.literal(b, at, f)
		sl := slot{lit: string(lit), pad: pad, kind: f.kind, div: f.div, grouped: f.grouped}
		if f.kind == fieldValue {
			m := p.mets[f.metric]
			sl.name, sl.raw, sl.wall = m.Name, m.Raw, f.metric == p.line.wallAt
		}
		sh.slots = append(sh.slots, sl)
		at = f.end
	}
	sh.end = string(b[at:])
	i := s.n
	if i == len(s.all) {
		i = s.next
		s.next = (s.next + 1) % len(s.all)
	} else {
		s.n++
	}
	s.all[i], s.hot, s.hits = sh, i, 0
	s.seen++
}

// literal returns what stands from at to a number and whether that goes on with
// blanks, which are not part of it: where numbers are aligned, their count
// varies. Elsewhere a second blank can end a name.
func (l *line) literal(b []byte, at int, f field) (lit []byte, pad bool) {
	lit = b[at:f.start]
	trimmed := bytes.TrimRight(lit, " ")
	k := len(trimmed)
	if !l.aligned || k == len(lit) || f.kind != fieldStep && (k == 0 || bytes.IndexByte([]byte(":=/"), trimmed[k-1]) < 0) {
		return lit, false
	}
	return trimmed, true
}

// fits reports whether the line, in which the general reader has found the
// fields, has this shape.
func (sh *shape) fits(b []byte, l *line) bool {
	if len(l.fields) != len(sh.slots) {
		return false
	}
	at := 0
	for i, f := range l.fields {
		sl := &sh.slots[i]
		if lit, pad := l.literal(b, at, f); string(lit) != sl.lit || pad != sl.pad || f.grouped && !sl.grouped {
			return false
		}
		at = f.end
	}
	return string(b[at:]) == sh.end
}

// fast reads the line at the start of b by a shape that is known. It returns
// how many bytes the line has with its end, or 0 if no shape fits: then nothing
// has happened.
func (p *Parser) fast(b []byte) int {
	s := &p.shapes
	if s.n == 0 || p.engaged() {
		return 0
	}
	for k := range s.n {
		i := s.hot + k
		if i >= s.n {
			i -= s.n
		}
		n, step, plan, wall := p.match(&s.all[i], b)
		if n == 0 {
			continue
		}
		s.hot = i
		s.hits++
		p.point(step, plan, wall)
		return n
	}
	return 0
}

// engaged reports whether the next line depends on those before it, so that
// its shape alone does not tell what it means.
func (p *Parser) engaged() bool {
	return p.Source.On || p.Source.Probe || p.Trace || p.Block.On || p.Table.On ||
		len(p.Dicts.Held) > 0 || len(p.patterns) > 0
}

// match reads the line at the start of b by a shape into p.mets.
func (p *Parser) match(sh *shape, b []byte) (n int, step, plan int64, wall float64) {
	mets := p.mets[:0]
	wall = math.NaN()
	at := 0
	for i := range sh.slots {
		sl := &sh.slots[i]
		if len(b)-at < len(sl.lit) || string(b[at:at+len(sl.lit)]) != sl.lit {
			return 0, 0, 0, 0
		}
		at += len(sl.lit)
		if sl.pad {
			was := at
			if at = blanks(b, at); at == was {
				return 0, 0, 0, 0
			}
		}
		if sl.kind == fieldStep || sl.kind == fieldPlan {
			v, n := integer(b[at:])
			if n == 0 {
				return 0, 0, 0, 0
			}
			at += n
			if sl.kind == fieldStep {
				step = v
			} else {
				plan = v
			}
			continue
		}
		v, n := decimal(b[at:])
		if n == 0 || sl.grouped || at+n < len(b) && b[at+n]|0x20 == 'e' {
			v, n = sl.number(b[at:])
			if n == 0 || odd(sl.name, v) { // which may be worth a remark
				return 0, 0, 0, 0
			}
		}
		at += n
		if sl.kind == fieldIgnored {
			continue
		}
		if v /= sl.div; sl.wall {
			wall = v
		}
		mets = append(mets, remote.Metric{Name: sl.name, Raw: sl.raw, Value: v})
	}
	if len(b)-at <= len(sh.end) || string(b[at:at+len(sh.end)]) != sh.end {
		return 0, 0, 0, 0
	}
	at += len(sh.end)
	if b[at] != '\n' && b[at] != '\r' || at > maxLine {
		return 0, 0, 0, 0
	}
	p.mets = mets
	return at + 1, step, plan, wall
}

// number reads the number of a slot in any form but the plain one.
func (sl *slot) number(b []byte) (v float64, n int) {
	if sl.grouped {
		if v, n = groups(b); n > 0 {
			return v, n
		}
	}
	return number(b)
}
