package runlog

import "bytes"

// alone are the values that programs print on a line of their own, without the
// step, and what they print at the end of a run.
var alone = []struct {
	name string
	last bool
}{
	{"validation loss", false},
	{"val loss", false},
	{"val_loss", false},
	{"validation bpb", false},
	{"val_bpb", false},
	{"hellaswag accuracy", false},
	{"minimum validation bpb", true},
}

// stepless reads a value that stands alone on its line:
//
//	validation loss: 10.8561
//	HellaSwag accuracy: 2460/10042=0.2450
//	Minimum validation bpb: 0.812345
//
// It belongs to the step that was told last.
func (p *Parser) stepless(b []byte) bool {
	if p.Source.On {
		return false
	}
	for _, a := range alone {
		k := word(b, a.name)
		if k == 0 || !bytes.HasPrefix(b[k:], []byte(": ")) {
			continue
		}
		p.reset()
		v := b[k+1:]
		if i := bytes.IndexByte(v, '='); i >= 0 { // after the quotient
			v = v[i+1:]
		}
		v = bytes.TrimLeft(v, " ")
		q := measure(v)
		if q.digits == 0 || q.end != len(v) || !p.mine() {
			return false
		}
		p.value(b[:k], q, 0)
		p.measured(p.lately(), 0, p.wall())
		if a.last {
			p.end()
		}
		return true
	}
	return false
}

// ledger reads the lines of build-nanogpt's log file: "250 val 5.6312".
func (p *Parser) ledger(b []byte) bool {
	step, n := integer(b)
	if n == 0 || n+1 >= len(b) || b[n] != ' ' {
		return false
	}
	rest := b[n+1:]
	for _, w := range []string{"train", "val", "hella"} {
		k := word(rest, w)
		if k == 0 || k+1 >= len(rest) || rest[k] != ' ' {
			continue
		}
		q := measure(rest[k+1:])
		if q.digits == 0 || k+1+q.end != len(rest) {
			return false
		}
		p.reset()
		p.line.step = step
		p.count(fieldStep, 0, n)
		p.value(append(append(p.key[:0], "ledger "...), w...), q, n+1+k+1)
		return p.tell(b)
	}
	return false
}
