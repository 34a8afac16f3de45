package runlog

import (
	"bytes"
	"math"

	"vigil/remote"
)

// reader is a cursor on a line of JSON, or of a Python dict as print shows it:
// {'loss': '0.7359', 'epoch': 0.2}. It takes what Python writes as JSON: NaN
// and Infinity too.
type reader struct {
	b      []byte
	i      int
	path   []byte // the keys down to here, with "/" between
	python bool   // strings may be in single quotes, and numbers within them
}

const maxDepth = 16

// dict reads a line that is one object: every number in it is a metric.
func (p *Parser) dict(b []byte) bool {
	p.reset()
	p.line.whole = false
	r := reader{b: b, path: p.key[:0], python: bytes.HasPrefix(b, []byte("{'"))}
	ok := p.object(&r, 0)
	p.key = r.path[:0]
	r.blanks()
	if !ok || r.i != len(b) || len(p.mets) == 0 {
		return false
	}
	if p.line.step >= 0 && p.line.by != stepEpoch {
		return p.tell(b)
	}
	return p.undated(r.python)
}

func (r *reader) blanks() {
	for r.i < len(r.b) && (r.b[r.i] == ' ' || r.b[r.i] == '\t') {
		r.i++
	}
}

// next skips blanks and takes c if it is there.
func (r *reader) next(c byte) bool {
	r.blanks()
	if r.i < len(r.b) && r.b[r.i] == c {
		r.i++
		return true
	}
	return false
}

// str takes a string and returns what is between its quotes, escapes as they
// are: a key with escapes is only odd to read.
func (r *reader) str() ([]byte, bool) {
	quote := byte('"')
	if !r.next(quote) {
		if quote = '\''; !r.python || !r.next(quote) {
			return nil, false
		}
	}
	start := r.i
	for ; r.i < len(r.b); r.i++ {
		switch r.b[r.i] {
		case '\\':
			r.i++
		case quote:
			r.i++
			return r.b[start : r.i-1], true
		}
	}
	return nil, false
}

func (p *Parser) object(r *reader, depth int) bool {
	if depth == maxDepth || !r.next('{') {
		return false
	}
	if r.next('}') {
		return true
	}
	for {
		k, ok := r.str()
		if !ok || !r.next(':') {
			return false
		}
		was := len(r.path)
		if was > 0 {
			r.path = append(r.path, '/')
		}
		r.path = append(r.path, k...)
		if !p.member(r, depth+1, true) {
			return false
		}
		r.path = r.path[:was]
		if r.next('}') {
			return true
		}
		if !r.next(',') {
			return false
		}
	}
}

// member takes any value; keep is false within lists, whose numbers have no
// name.
func (p *Parser) member(r *reader, depth int, keep bool) bool {
	r.blanks()
	if r.i == len(r.b) {
		return false
	}
	switch c := r.b[r.i]; c {
	case '{':
		if !keep { // read for its form only
			l, n := p.line, len(p.mets)
			ok := p.object(r, depth)
			p.line, p.mets = l, p.mets[:n]
			return ok
		}
		return p.object(r, depth)
	case '[':
		return p.list(r, depth)
	case '"', '\'':
		s, ok := r.str()
		if ok && keep && r.python {
			if v, n := number(s); n > 0 && n == len(s) {
				p.leaf(r.path, v)
			}
		}
		return ok
	}
	if v, n := number(r.b[r.i:]); n > 0 {
		r.i += n
		if keep {
			p.leaf(r.path, v)
		}
		return true
	}
	for _, w := range []string{"true", "null", "false", "True", "None", "False"} {
		if bytes.HasPrefix(r.b[r.i:], []byte(w)) {
			r.i += len(w)
			return true
		}
	}
	return false
}

func (p *Parser) list(r *reader, depth int) bool {
	if depth >= maxDepth || !r.next('[') {
		return false
	}
	if r.next(']') {
		return true
	}
	for {
		if !p.member(r, depth+1, false) {
			return false
		}
		if r.next(']') {
			return true
		}
		if !r.next(',') {
			return false
		}
	}
}

// leaf takes a number by its name.
func (p *Parser) leaf(raw []byte, v float64) {
	switch by := stepName(raw); {
	case by != stepNone:
		p.takeStep(by, v)
		return
	case planName(raw):
		p.takePlan(v)
		return
	}
	switch string(raw) {
	case "seed", "rank", "timestamp", "_timestamp":
		return
	case "epoch":
		p.takeStep(stepEpoch, math.Round(v*1000)) // kept as a metric too
		p.line.epoch = v
	}
	if n := p.name(raw); n != nil {
		p.add(n, v/n.div)
	}
}

// stepping says what gives the dicts without a step theirs.
type stepping uint8

const (
	byNothing stepping = iota // not known yet
	byBar                     // the progress bar beside them
	byTotal                   // the epoch, as the steps of an epoch are known
	byEpoch                   // the epoch itself, in thousandths
)

// dicts is what is known of the dicts of a run that tell no step.
type dicts struct {
	Step   stepping `json:",omitempty"`
	Epochs float64  `json:",omitempty"` // planned, as the header told
	Steps  float64  `json:",omitempty"`
	Held   []held   `json:",omitempty"` // a record that waits for the bar to tell its step
}

// held is a metric of a record that waits. Bits holds its value, which JSON
// may not be able to write.
type held struct {
	Name, Raw string
	Bits      uint64
}

// undated emits a record that tells no step: that of a trainer which shows
// the steps on a progress bar, or nowhere.
func (p *Parser) undated(python bool) bool {
	epoch := p.line.by == stepEpoch
	ended := p.has("train_runtime")
	if !epoch && (!python || p.Run.Index < 0) || !p.mine() {
		return false
	}
	d := &p.Dicts
	if d.Step == byNothing && !p.dated(epoch) {
		return false
	}
	if d.Step == byBar && !ended {
		p.hold()
		return true
	}
	step := p.lately()
	switch {
	case d.Step == byBar:
		step = p.Bar.N
	case epoch && d.Step == byTotal:
		step = int64(math.Round(p.line.epoch / d.Epochs * d.Steps))
		p.line.plan = int64(d.Steps)
	case epoch:
		step = p.line.step
	}
	if ended { // the loss is the mean of the whole run
		for i := range p.mets {
			if p.mets[i].Name == "train_loss" {
				p.mets[i].Name = "mean_train_loss"
			}
		}
	}
	p.measured(step, p.line.plan, math.NaN())
	if ended {
		p.end()
	}
	return true
}

// dated finds what gives the dicts of this file their steps.
func (p *Parser) dated(epoch bool) bool {
	d := &p.Dicts
	switch {
	case p.Bar.Total > 0:
		d.Step = byBar
	case !epoch:
		return false
	case d.Epochs > 0 && d.Steps > 0:
		d.Step = byTotal
	default:
		d.Step = byEpoch
		p.setting("step", "thousandths of an epoch")
	}
	return true
}

// has reports whether the record has a metric that the log calls raw.
func (p *Parser) has(raw string) bool {
	for _, m := range p.mets {
		if m.Raw == raw {
			return true
		}
	}
	return false
}

// hold keeps the record until the progress bar, which is drawn anew right
// after it, tells its step.
func (p *Parser) hold() {
	for _, m := range p.mets {
		p.Dicts.Held = append(p.Dicts.Held, held{m.Name, m.Raw, math.Float64bits(m.Value)})
	}
}

// release emits the record that was held, at the step of the bar.
func (p *Parser) release() {
	d := &p.Dicts
	if len(d.Held) == 0 {
		return
	}
	p.mets = p.mets[:0]
	for _, h := range d.Held {
		p.mets = append(p.mets, remote.Metric{Name: h.Name, Raw: h.Raw, Value: math.Float64frombits(h.Bits)})
	}
	d.Held = d.Held[:0]
	p.measured(p.Bar.N, p.Bar.Total, math.NaN())
}
