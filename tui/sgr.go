package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
)

// maxSGR bounds the colour sequences that are carried from line to line.
const maxSGR = 256

// sgrLines makes text with colours from outside fit to be drawn: of its escape
// sequences only those that set colours and attributes stay, of its characters
// only what [agent.Clean] lets through. A terminal carries colours from line
// to line; here each line begins with those in force, so that it can be drawn
// by itself. It does not reset them at its end.
func sgrLines(s string) []string {
	var lines []string
	for raw := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		carried := ""
		if n := len(lines); n > 0 {
			carried = carry(lines[n-1])
		}
		lines = append(lines, carried+sgrOnly(raw))
	}
	return lines
}

// sgrOnly strips a line of everything but printable text and SGR sequences.
func sgrOnly(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd") // a broken character would take the next one with it
	var b strings.Builder
	var state byte
	col := 0
	for len(s) > 0 {
		seq, width, n, next := ansi.DecodeSequence(s, state, nil)
		if n == 0 {
			break
		}
		s, state = s[n:], next
		switch {
		case width > 0:
			b.WriteString(agent.Clean(seq))
			col += width
		case isSGR(seq):
			b.WriteString(seq)
		case seq == "\t":
			k := 8 - col%8
			b.WriteString(pad(k))
			col += k
		}
	}
	return b.String()
}

// isSGR reports whether a control sequence sets colours and attributes only.
func isSGR(s string) bool {
	if len(s) < 3 || !strings.HasPrefix(s, "\x1b[") || s[len(s)-1] != 'm' {
		return false
	}
	return strings.Trim(s[2:len(s)-1], "0123456789;:") == ""
}

// carry returns the SGR sequences that are in force at the end of a line.
func carry(l string) string {
	out := ""
	for {
		i := strings.Index(l, "\x1b[")
		if i < 0 {
			return out
		}
		l = l[i:]
		end := strings.IndexByte(l, 'm')
		if end < 0 {
			return out
		}
		seq := l[:end+1]
		l = l[end+1:]
		params := seq[2:end]
		if params == "" || params == "0" {
			out = ""
			continue
		}
		if strings.HasPrefix(params, "0;") {
			out = ""
		}
		if len(out)+len(seq) > maxSGR {
			out = ""
		}
		out += seq
	}
}
