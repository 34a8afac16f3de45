package runlog

import "bytes"

// columns reads lines of named values after a step, set apart by bars, blanks
// or commas, as build-nanogpt, nanochat, torchtitan and Megatron-LM print them:
//
//	step     0 | loss: 10.837882 | lr: 6.0000e-05 | dt: 259741.99ms | tok/sec: 252.31
//	step 00003/21400 (0.01%) | loss: 9.449214 | tok/sec: 1,075,523 | epoch: 1 pq: 0
//	step: 20  loss: 11.83506  memory: 48.87GiB(51.44%)  tps: 4,376  mfu: N/A
//	iteration       10/  500000 | consumed samples:        10240 | lm loss: 1.192634E+01 |
//	validation loss at iteration 7000 | lm loss value: 7.174200E+00 |
func (p *Parser) columns(b []byte) bool {
	p.reset()
	i, validated := p.columnsHead(b)
	if i == 0 {
		return false
	}
	for i < len(b) {
		i = p.column(b, i, validated)
	}
	return p.line.step >= 0 && len(p.mets) > 0 && p.tell(b)
}

// heads are the words before the step.
var heads = []struct {
	word      string
	by        stepSource
	validated bool
}{
	{"step", stepItself, false},
	{"iteration", stepOther, false},
	{"iter", stepOther, false},
	{"epoch", stepEpoch, false},
	{"validate step", stepItself, true},
	{"validation loss at iteration", stepItself, true},
}

// columnsHead reads the step and the plan. It returns where the columns begin,
// 0 if this is no such line, and whether they are a validation's.
func (p *Parser) columnsHead(b []byte) (n int, validated bool) {
	for _, h := range heads {
		k := word(b, h.word)
		if k == 0 {
			continue
		}
		i := k
		if i < len(b) && (b[i] == ':' || b[i] == '=') {
			i++
		}
		i = blanks(b, i)
		if i == k {
			continue
		}
		q := p.counted(b, i)
		if q == 0 {
			continue
		}
		p.line.by = h.by
		return q, h.validated
	}
	return 0, false
}

// counted reads "10", "10/  500000", "00003/21400 (0.01%)" at i and returns
// its end, or 0.
func (p *Parser) counted(b []byte, i int) int {
	step, n := integer(b[i:])
	if n == 0 {
		return 0
	}
	p.line.step = step
	p.count(fieldStep, i, i+n)
	i += n
	p.line.aligned = !bytes.HasPrefix(b[i:], []byte(": ")) // or it is nanoGPT's, but for a blank
	if i < len(b) && b[i] == '/' {
		at := blanks(b, i+1)
		plan, n := integer(b[at:])
		if n == 0 {
			return 0
		}
		p.line.plan = plan
		p.count(fieldPlan, at, at+n)
		i = at + n
	}
	if at := blanks(b, i); at < len(b) && b[at] == '(' {
		q := measure(b[at+1:])
		end := at + 1 + q.end
		if q.digits > 0 && end < len(b) && b[end] == ')' {
			p.count(fieldIgnored, at+1, at+1+q.digits)
			i = end + 1
		}
	}
	if i < len(b) && !between(b[i]) && b[i] != ':' {
		return 0 // "10th"
	}
	return i
}

// column reads the column at i, if it is one, and returns where the next may
// begin.
func (p *Parser) column(b []byte, i int, validated bool) int {
	for i < len(b) && (between(b[i]) || b[i] == ':') {
		i++
	}
	start, end := i, i
	for ; end < len(b) && b[end] != ':' && b[end] != '='; end++ {
		switch {
		case b[end] == '|' || b[end] == ',':
			p.spoken(b, start, end)
			return end
		case b[end] == ' ' && end+1 < len(b) && b[end+1] == ' ':
			start = blanks(b, end)
			end = start - 1
		}
	}
	if end >= len(b) {
		p.spoken(b, start, len(b))
		return len(b)
	}
	v := blanks(b, end+1)
	q := measure(b[v:])
	next := v + q.end
	if q.digits == 0 || next < len(b) && !between(b[next]) && b[next] != '(' {
		for next < len(b) && !between(b[next]) {
			next++
		}
		return max(next, end+1) // a word
	}
	if raw := b[start:end]; named(raw) {
		p.columnValue(raw, q, v, validated)
	}
	if next < len(b) && b[next] == '(' { // "30.99GiB(32.62%)"
		if k := bytes.IndexByte(b[next:], ')'); k > 0 {
			p.parenthesis(b, next, next+k)
			next += k + 1
		}
	}
	return next
}

// spoken reads a column without a sign between name and value: "val loss 3.5".
// So stands many a sentence: the name must be one that is known.
func (p *Parser) spoken(b []byte, start, end int) {
	col := bytes.TrimRight(b[start:end], " ")
	i := bytes.LastIndexByte(col, ' ')
	if i <= 0 || !p.familiar(col[:i]) {
		return
	}
	if q := measure(col[i+1:]); q.digits > 0 && i+1+q.end == len(col) {
		p.value(col[:i], q, start+i+1)
	}
}

// columnValue takes a value by its name. The loss that a line tells of a
// validation is no training loss.
func (p *Parser) columnValue(raw []byte, q quantity, at int, validated bool) {
	if by := stepName(raw); by != stepNone && p.line.by == stepEpoch {
		p.line.plan, p.line.whole = 0, false // the first number meant something else
		p.takeStep(by, q.v)
		return
	}
	if validated && string(raw) == "loss" {
		raw = []byte(validateLoss)
	}
	p.value(raw, q, at)
}

// parenthesis notes a number in parentheses, which tells nothing new, so that
// the line's shape does not depend on it.
func (p *Parser) parenthesis(b []byte, open, end int) {
	if q := measure(b[open+1 : end]); q.digits > 0 && open+1+q.end == end {
		p.count(fieldIgnored, open+1, open+1+q.digits)
	}
}

// between reports whether c stands between two columns.
func between(c byte) bool { return c == ' ' || c == '|' || c == ',' || c == '\t' }

func blanks(b []byte, i int) int {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	return i
}

// named reports whether b can be the name of a metric: it begins with a letter
// and has what names have.
func named(b []byte) bool {
	if len(b) == 0 || len(b) > maxKey || b[0]|0x20 < 'a' || b[0]|0x20 > 'z' {
		return false
	}
	for _, c := range b {
		if c < ' ' || c == '"' || c == '\'' || c == '{' || c == '}' || c == '[' || c == ']' {
			return false
		}
	}
	return b[len(b)-1] != ' '
}
