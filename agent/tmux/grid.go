package tmux

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"vigil/agent"
)

// row is one line of a screen: its text, clean, and for each byte of it whether
// that is dim or inverse. CLIs show placeholders dim and, where they draw the
// cursor themselves, the cell under it inverse.
type row struct {
	text string
	mark []mark
}

type mark uint8

const (
	dim mark = 1 << iota
	inverse
)

// style is the state of SGR (ECMA-48 8.3.117), in the form in which it is
// written again: colours are kept as their parameters.
type style struct {
	bold, dim, italic, underline, blink, inverse, hidden, strike, over bool
	fg, bg, line                                                       string
}

// String returns the sequence that sets the style whatever was set before.
func (s style) String() string {
	var b strings.Builder
	b.WriteString("\x1b[0")
	for _, f := range []struct {
		on   bool
		code string
	}{
		{s.bold, "1"},
		{s.dim, "2"},
		{s.italic, "3"},
		{s.underline, "4"},
		{s.blink, "5"},
		{s.inverse, "7"},
		{s.hidden, "8"},
		{s.strike, "9"},
		{s.over, "53"},
		{s.fg != "", s.fg},
		{s.bg != "", s.bg},
		{s.line != "", s.line},
	} {
		if f.on {
			b.WriteByte(';')
			b.WriteString(f.code)
		}
	}
	b.WriteByte('m')
	return b.String()
}

// grid reads what capture-pane -e prints: text, SGR sequences whose effect lasts
// over the ends of lines, and in newer versions OSC 8 links and shifts to the
// line-drawing character set. Of all else nothing is kept. styled is the same
// with SGR sequences only; each of its lines stands on its own.
func grid(text string) (rows []row, styled string) {
	var (
		out      strings.Builder
		line     row
		plain    strings.Builder
		now      style
		drawn    style // as last written to out
		graphics bool  // the line-drawing character set is shifted in
	)
	put := func(s string) {
		if graphics {
			s = lineDrawing.Replace(s)
		}
		// A tab's width depends on the column; screens rarely hold one.
		s = strings.ReplaceAll(agent.Clean(s), "\t", "    ")
		if s == "" {
			return
		}
		if now != drawn {
			out.WriteString(now.String())
			drawn = now
		}
		out.WriteString(s)
		plain.WriteString(s)
		var m mark
		if now.dim {
			m |= dim
		}
		if now.inverse {
			m |= inverse
		}
		for range len(s) {
			line.mark = append(line.mark, m)
		}
	}
	end := func() {
		if drawn != (style{}) {
			out.WriteString("\x1b[0m")
			drawn = style{}
		}
		line.text = plain.String()
		plain.Reset()
		rows = append(rows, line)
		line = row{}
	}
	for text != "" {
		n := strings.IndexAny(text, "\x1b\n\x0e\x0f")
		if n < 0 {
			n = len(text)
		}
		put(text[:n])
		if text = text[n:]; text == "" {
			break
		}
		switch text[0] {
		case '\n':
			end()
			out.WriteByte('\n')
			text = text[1:]
		case '\x0e', '\x0f':
			graphics = text[0] == '\x0e'
			text = text[1:]
		default:
			var params string
			params, text = escape(text)
			now.apply(params)
		}
	}
	end()
	return rows, out.String()
}

// escape cuts an escape sequence off the text. params are those of an SGR
// sequence ("0" for an empty one); empty for every other sequence.
func escape(text string) (params, rest string) {
	if len(text) < 2 {
		return "", ""
	}
	switch text[1] {
	case '[':
		for i := 2; i < len(text); i++ {
			switch c := text[i]; {
			case c >= 0x40 && c <= 0x7e:
				p := text[2:i]
				if c != 'm' || strings.Trim(p, "0123456789;:") != "" {
					return "", text[i+1:]
				}
				if p == "" {
					p = "0"
				}
				return p, text[i+1:]
			case c < 0x20 || c > 0x7e:
				return "", text[i:] // broken off
			}
		}
		return "", ""
	case ']', 'P', 'X', '^', '_': // strings, up to BEL or ST, on one line
		for i := 2; i < len(text); i++ {
			switch {
			case text[i] == '\a':
				return "", text[i+1:]
			case text[i] == '\n':
				return "", text[i:]
			case strings.HasPrefix(text[i:], "\x1b\\"):
				return "", text[i+2:]
			}
		}
		return "", ""
	}
	_, size := utf8.DecodeRuneInString(text[1:])
	if text[1] == '\n' || text[1] == '\x1b' {
		size = 0
	}
	return "", text[1+size:]
}

// apply changes the style by the parameters of one SGR sequence.
func (s *style) apply(params string) {
	if params == "" {
		return
	}
	fields := strings.Split(params, ";")
	for i := 0; i < len(fields); i++ {
		code, sub, hasSub := strings.Cut(fields[i], ":")
		n, err := strconv.Atoi(code)
		if err != nil {
			n = 0 // an empty parameter
		}
		switch n {
		case 38, 48, 58:
			value := fields[i]
			if !hasSub { // the colour is in the parameters that follow
				size := colourSize(fields[i+1:])
				value = strings.Join(fields[i:i+1+size], ";")
				i += size
			}
			s.colour(n, value)
		case 4:
			s.underline = sub != "0"
		default:
			s.set(n, fields[i])
		}
	}
}

// colourSize returns how many parameters after 38, 48 or 58 belong to it.
func colourSize(rest []string) int {
	size := 1
	if len(rest) > 0 {
		switch rest[0] {
		case "5":
			size = 2
		case "2":
			size = 4
		}
	}
	return min(size, len(rest))
}

func (s *style) colour(n int, value string) {
	if parts := strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ':' }); len(parts) < 3 || len(value) > 24 {
		return // cut off, or no colour
	}
	switch n {
	case 38:
		s.fg = value
	case 48:
		s.bg = value
	case 58:
		s.line = value
	}
}

func (s *style) set(n int, value string) {
	switch {
	case n == 0:
		*s = style{}
	case n == 1:
		s.bold = true
	case n == 2:
		s.dim = true
	case n == 3:
		s.italic = true
	case n == 5 || n == 6:
		s.blink = true
	case n == 7:
		s.inverse = true
	case n == 8:
		s.hidden = true
	case n == 9:
		s.strike = true
	case n == 21:
		s.underline = true
	case n == 22:
		s.bold, s.dim = false, false
	case n == 23:
		s.italic = false
	case n == 24:
		s.underline = false
	case n == 25:
		s.blink = false
	case n == 27:
		s.inverse = false
	case n == 28:
		s.hidden = false
	case n == 29:
		s.strike = false
	case n >= 30 && n <= 37 || n >= 90 && n <= 97:
		s.fg = value
	case n == 39:
		s.fg = ""
	case n >= 40 && n <= 47 || n >= 100 && n <= 107:
		s.bg = value
	case n == 49:
		s.bg = ""
	case n == 53:
		s.over = true
	case n == 55:
		s.over = false
	case n == 59:
		s.line = ""
	}
}

// lineDrawing is the VT100's second character set (DEC special graphics).
var lineDrawing = strings.NewReplacer(
	"`", "◆", "a", "▒", "f", "°", "g", "±", "j", "┘", "k", "┐", "l", "┌", "m", "└", "n", "┼", "o", "⎺", "p", "⎻",
	"q", "─", "r", "⎼", "s", "⎽", "t", "├", "u", "┤", "v", "┴", "w", "┬", "x", "│", "y", "≤", "z", "≥", "{", "π",
	"|", "≠", "}", "£", "~", "·",
)
