package runlog

import "bytes"

// nanogpt reads nanoGPT's two lines, and those of its many forks:
//
//	step 0: train loss 4.2874, val loss 4.2823
//	iter 10: loss 3.1459, time 220.50ms, mfu 1.69%
func (p *Parser) nanogpt(b []byte) bool {
	p.reset()
	i := max(word(b, "step "), word(b, "iter "))
	if i == 0 {
		return false
	}
	step, n := integer(b[i:])
	if n == 0 || !bytes.HasPrefix(b[i+n:], []byte(": ")) {
		return false
	}
	p.line.step = step
	p.count(fieldStep, i, i+n)
	for i += n + 2; i < len(b); {
		end := bytes.Index(b[i:], []byte(", "))
		if end < 0 {
			end = len(b)
		} else {
			end += i
		}
		v := bytes.LastIndexByte(b[i:end], ' ') + 1 + i
		if v == i || b[v-2] == ' ' || key(b[i:v-1]) == 0 || len(p.mets) == 0 && !p.familiar(b[i:v-1]) {
			return false // the last: a sentence
		}
		q := measure(b[v:end])
		if q.digits == 0 || v+q.end != end {
			return false
		}
		p.item(b[i:v-1], q, v)
		i = end + 2
	}
	return len(p.mets) > 0 && p.tell(b)
}

// item adds one value of a nanoGPT line.
func (p *Parser) item(raw []byte, q quantity, at int) {
	switch string(raw) {
	case "time":
		raw = []byte(iterTime)
	case "mfu":
		if q.v <= -100 { // not known yet
			return
		}
	}
	p.value(raw, q, at)
}
