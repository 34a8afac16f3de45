package runlog

import "bytes"

// printable cuts blanks at the end, and takes out escape sequences and NUL
// bytes (which network file systems leave in half-written files).
func (p *Parser) printable(b []byte) []byte {
	if bytes.IndexByte(b, 0x1b) >= 0 || bytes.IndexByte(b, 0) >= 0 {
		p.clean = p.clean[:0]
		for i := 0; i < len(b); i++ {
			switch b[i] {
			case 0:
			case 0x1b:
				i += escape(b[i:]) - 1
			default:
				p.clean = append(p.clean, b[i])
			}
		}
		b = p.clean
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// escape returns the length of the escape sequence at the start of b: CSI
// (ECMA-48 5.4), OSC and the other strings up to BEL or ST, or two bytes.
func escape(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	switch b[1] {
	case '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
		}
		return len(b)
	case ']', 'P', 'X', '^', '_':
		for i := 2; i < len(b); i++ {
			if b[i] == 0x07 {
				return i + 1
			}
			if b[i] == 0x1b {
				return min(i+2, len(b))
			}
		}
		return len(b)
	}
	return 2
}
