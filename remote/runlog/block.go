package runlog

import "bytes"

// block is a record of several lines: its head tells the step, the indented
// lines below one value each. OLMo and Composer write such:
//
//	[step=1/739328]
//	    train/CrossEntropyLoss=11.25
//	[batch=1/100]:
//	         Train loss/train/total: 10.9736
type block struct {
	On   bool  `json:",omitempty"`
	Step int64 `json:",omitempty"`
	Plan int64 `json:",omitempty"`
}

// blockHead reads the head of a record of several lines.
func (p *Parser) blockHead(b []byte) bool {
	if p.Source.On {
		return false
	}
	found := false
	for len(b) > 0 && b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		if end < 0 {
			return false
		}
		found = p.blockStep(b[1:end]) || found
		b = b[end+1:]
	}
	if len(b) > 0 && b[0] == ':' {
		b = b[1:]
	}
	evaluation := word(b, " eval on ") > 0
	if !(found && len(b) == 0) && !(evaluation && p.Block.Step > 0) {
		return false
	}
	p.Block.On = p.mine()
	return true
}

// blockStep reads "step=1/739328" or "batch=1/100", which may be followed by a
// comma and more.
func (p *Parser) blockStep(b []byte) bool {
	i := max(word(b, "step="), word(b, "batch="))
	if i == 0 {
		return false
	}
	step, n := integer(b[i:])
	if i += n; n == 0 {
		return false
	}
	plan := int64(0)
	if i < len(b) && b[i] == '/' {
		plan, n = integer(b[i+1:])
		if i += 1 + n; n == 0 {
			return false
		}
	}
	if i < len(b) && b[i] != ',' {
		return false
	}
	p.Block = block{Step: step, Plan: plan}
	return true
}

// blockLine reads a line of an open record: "    name=value" or "  name: value".
func (p *Parser) blockLine(b []byte) bool {
	if b[0] != ' ' && b[0] != '\t' {
		return false
	}
	b = bytes.TrimLeft(b, " \t")
	i := bytes.LastIndexByte(b, '=')
	if i < 0 {
		i = bytes.LastIndex(b, []byte(": "))
	}
	if i <= 0 || !named(b[:i]) {
		return true // of the record all the same
	}
	raw := b[:i]
	v := bytes.TrimLeft(b[i+1:], " ")
	q := measure(v)
	if q.digits == 0 || q.end != len(v) || !p.mine() {
		return true
	}
	p.reset()
	p.value(raw, q, 0)
	p.measured(p.Block.Step, p.Block.Plan, p.wall())
	return true
}
