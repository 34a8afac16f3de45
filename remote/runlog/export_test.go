package runlog

// Slow makes a parser read every line in the general way.
func Slow(p *Parser) *Parser {
	p.slow = true
	return p
}
