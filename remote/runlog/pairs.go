package runlog

import (
	"bytes"
	"strings"

	"vigil/remote"
)

// pairs reads lines of "key:value" pairs, as the speedruns print them:
//
//	step:125/2900 val_loss:4.46544 train_time:96.315s step_avg:770.52ms
//	s:0 trl:11.0091 lr:0.000001 norm:15.37
//	tailavg step:2720 tau:25 lambda:0.25 val_loss:3.28153
//	trial:1/25 seed:0
func (p *Parser) pairs(b []byte) bool {
	p.reset()
	head := words(b)
	i, n := head, 0
	for i < len(b) {
		k := key(b[i:])
		if k == 0 || i+k+1 >= len(b) || b[i+k] != ':' || b[i+k+1] == ' ' || b[i+k+1] == '{' {
			break
		}
		v := i + k + 1
		end := bytes.IndexByte(b[v:], ' ')
		if end < 0 {
			end = len(b)
		} else {
			end += v
		}
		if !p.pair(b, i, k, v, end) {
			return false
		}
		n++
		for i = end; i < len(b) && b[i] == ' '; i++ {
		}
	}
	switch {
	case n == 0:
		return false
	case head == 0 && word(b, "trial:") > 0 && p.line.step < 0:
		p.announce(b)
		return true
	case p.line.step < 0:
		return false
	case head > 0:
		if p.mine() {
			p.aside(b, head)
		}
		return true
	}
	return i == len(b) && len(p.mets) > 0 && p.tell(b)
}

// pair takes one pair: the key of k bytes at i, the value from v to end. It
// reports false if the line cannot be what it seemed.
func (p *Parser) pair(b []byte, i, k, v, end int) bool {
	val := b[v:end]
	switch string(b[i : i+k]) {
	case "step", "s", "iter":
		if p.line.step >= 0 {
			return true // said already
		}
		step, n := integer(val)
		if n == 0 {
			return false
		}
		p.line.step = step
		p.count(fieldStep, v, v+n)
		if n == len(val) {
			return true
		}
		plan, m := integer(val[n+1:])
		if val[n] != '/' || m == 0 || n+1+m != len(val) {
			return false
		}
		p.line.plan = plan
		p.count(fieldPlan, v+n+1, end)
		return true
	case "trial", "seed":
		return true // a number, but no measurement
	}
	if q := measure(val); q.digits > 0 && q.end == len(val) {
		p.value(b[i:i+k], q, v)
	}
	return true // if not: a word, a path, a quotient
}

// words returns the length of the words before the first pair, blanks
// included: at most three.
func words(b []byte) int {
	i := 0
	for range 3 {
		n := key(b[i:])
		if n == 0 || i+n >= len(b) || b[i+n] != ' ' {
			break
		}
		i += n + 1
	}
	return i
}

// key returns the length of the name at the start of b.
func key(b []byte) int {
	for i, c := range b {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '.' || c == '/' || c == '-'):
		default:
			return i
		}
	}
	return len(b)
}

// announce notes that a run starts with the next point.
func (p *Parser) announce(b []byte) {
	p.Run.Fresh = true
	p.Run.Label = remote.Line(strings.ReplaceAll(string(b), ":", " "), 80)
}

// aside emits what a line with a word before its pairs tells: losses that were
// measured at an earlier step (of averaged weights, say) under a name of their
// own, anything else as a remark.
func (p *Parser) aside(b []byte, head int) {
	if p.Run.Index < 0 {
		return
	}
	losses := p.mets[:0]
	for _, m := range p.mets {
		if m.Name != "val_loss" && m.Name != "train_loss" {
			continue
		}
		p.key = append(p.key[:0], bytes.TrimRight(b[:head], " ")...)
		p.key = append(append(p.key, '/'), m.Name...)
		if n := p.name(p.key); n != nil {
			losses = append(losses, remote.Metric{Name: n.canon, Raw: m.Raw, Value: m.Value})
		}
	}
	if len(losses) == 0 {
		p.event(remote.Note, p.line.step, remote.Line(string(b), maxText))
		return
	}
	p.emit(remote.Record{
		Kind: remote.Aside, Run: p.Run.Index, Step: p.line.step, Plan: p.Run.Plan, Wall: remote.NoWall(), Metrics: losses,
	})
}
