package liveness

import "strings"

// word is one word of a shell's command line, or an operator.
type word struct {
	text     string
	operator bool // one of ; & && | || ( ) < > >> and the end of a line
	quoted   bool // part of it stood in quotes
}

// maxScript bounds how much of a command line is read, in bytes.
const maxScript = 16 << 10

// lex splits a shell's command line into words. It is no shell: it knows quotes,
// operators, comments and that a command substitution holds commands, and leaves
// variables as they stand. What it does not understand comes as words.
func lex(script string) []word {
	l := lexer{in: script[:min(len(script), maxScript)]}
	l.run()
	return l.out
}

type lexer struct {
	in  string
	at  int
	cur strings.Builder
	has bool // a word has begun
	q   bool // part of it stood in quotes
	out []word
	// double tells, for each command substitution that is open, whether it stands
	// in double quotes.
	double []bool
}

func (l *lexer) end() {
	if l.has {
		l.out = append(l.out, word{text: l.cur.String(), quoted: l.q})
	}
	l.cur.Reset()
	l.has, l.q = false, false
}

func (l *lexer) operator(s string) {
	l.end()
	l.out = append(l.out, word{text: s, operator: true})
}

func (l *lexer) add(s string) {
	l.cur.WriteString(s)
	l.has = true
}

func (l *lexer) run() {
	quotes := false // within double quotes
	for l.at < len(l.in) {
		c := l.in[l.at]
		l.at++
		switch {
		case c == '\\' && l.at < len(l.in):
			if l.in[l.at] != '\n' {
				l.add(l.in[l.at : l.at+1])
			}
			l.at++
		case c == '$' && l.at < len(l.in) && l.in[l.at] == '(':
			l.at++
			l.double = append(l.double, quotes)
			quotes = false
			l.operator("(")
		case c == '"':
			quotes = !quotes
			l.has, l.q = true, true
		case quotes:
			l.add(l.in[l.at-1 : l.at])
		case c == '\'':
			text, _, _ := strings.Cut(l.in[l.at:], "'")
			l.at = min(l.at+len(text)+1, len(l.in))
			l.add(text)
			l.q = true
		case c == '`':
			l.operator("(") // either end of one: commands stand between
		case c == '#' && !l.has:
			_, rest, _ := strings.Cut(l.in[l.at:], "\n")
			l.at = len(l.in) - len(rest)
			l.operator(";")
		case c == ' ' || c == '\t' || c == '\r':
			l.end()
		case c == '(':
			l.operator("(")
			l.double = append(l.double, false)
		case c == ')':
			l.operator(")")
			if n := len(l.double); n > 0 {
				quotes, l.double = l.double[n-1], l.double[:n-1]
			}
		case c == '\n' || c == ';':
			l.operator(";")
		case strings.IndexByte("&|<>", c) >= 0:
			l.redirect(c)
		default:
			l.add(l.in[l.at-1 : l.at])
		}
	}
	l.end()
}

// redirect reads an operator that may be two bytes long. The number before a
// redirection is no word.
func (l *lexer) redirect(c byte) {
	op := string(c)
	if (c == '<' || c == '>') && len(l.cur.String()) == 1 && l.cur.String()[0] <= '9' && !l.q {
		l.cur.Reset()
		l.has = false
	}
	if l.at < len(l.in) && (l.in[l.at] == c || l.in[l.at] == '&' || l.in[l.at] == '|' && c == '>') {
		op += l.in[l.at : l.at+1]
		l.at++
	}
	if op == "&" && l.at < len(l.in) && l.in[l.at] == '>' { // &>
		op, l.at = ">", l.at+1
	}
	l.operator(op)
}
