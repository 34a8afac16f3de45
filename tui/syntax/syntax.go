// Package syntax tells what the parts of a source text are: comments, strings,
// keywords, numbers, names. Start with [Lines].
//
// It reads any text in time proportional to its length and in one pass, since
// agents write the texts. It knows the look of languages, not their grammars:
// how comments and strings begin and end, and which words are reserved.
package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Class is what a part of a text is.
type Class uint8

// The classes. Plain is all that is nothing else.
const (
	Plain Class = iota
	Comment
	String
	Keyword
	Number
	Name // what is defined or set here: a function, a key, a variable of a shell
)

// Span is a part of a line: the bytes from the end of the span before, or from
// the line's start, up to End.
type Span struct {
	End   int
	Class Class
}

// Known reports whether the language of a file is known, by its name.
func Known(path string) bool { return languageOf(path) != nil }

// Lines returns the spans of each line of a text; nil where the language of
// the file is not known. The spans of a line cover it.
func Lines(path, text string) [][]Span {
	lang := languageOf(path)
	if lang == nil {
		return nil
	}
	s := scanner{lang: lang}
	out := make([][]Span, 0, strings.Count(text, "\n")+1)
	for line := range strings.SplitSeq(text, "\n") {
		out = append(out, s.scan(line))
	}
	return out
}

// scanner reads a text line by line.
type scanner struct {
	lang *language
	in   *delimiter // what is open from a line before; nil for nothing

	line  string
	i     int
	spans []Span
	prev  string // the word before, on this line
}

// add ends a span where the scanner is, and joins it to one of its class.
func (s *scanner) add(c Class) {
	if n := len(s.spans); n > 0 && s.spans[n-1].Class == c {
		s.spans[n-1].End = s.i
		return
	}
	s.spans = append(s.spans, Span{s.i, c})
}

func (s *scanner) scan(line string) []Span {
	s.line, s.i, s.spans, s.prev = line, 0, nil, ""
	if s.in == nil && s.lang.heading && strings.HasPrefix(line, "#") {
		s.i = len(line)
		s.add(Keyword)
		return s.spans
	}
	if s.in != nil {
		s.through(s.in)
	} else {
		s.start()
	}
	for s.i < len(s.line) {
		s.next()
	}
	return s.spans
}

// start reads the key that a line of settings begins with.
func (s *scanner) start() {
	if s.lang.sets == "" {
		return
	}
	body := strings.TrimLeft(s.line, " \t")
	body = strings.TrimPrefix(body, "- ")
	n := 0
	for n < len(body) && (wordly(body[n]) || body[n] == '.' || body[n] == '-' || body[n] == ' ') {
		n++
	}
	key := strings.TrimRight(body[:n], " ")
	if key == "" || n == len(body) || !strings.ContainsRune(s.lang.sets, rune(body[n])) {
		return
	}
	if s.i = len(s.line) - len(body); s.i > 0 {
		s.add(Plain)
	}
	s.i += len(key)
	s.add(Name)
}

// next reads one part.
func (s *scanner) next() {
	rest := s.line[s.i:]
	for _, c := range s.lang.comments {
		if strings.HasPrefix(rest, c) && (!s.lang.apart || s.i == 0 || s.line[s.i-1] == ' ' || s.line[s.i-1] == '\t') {
			s.i = len(s.line)
			s.add(Comment)
			return
		}
	}
	for k := range s.lang.delimiters {
		if d := &s.lang.delimiters[k]; strings.HasPrefix(rest, d.open) {
			s.i += len(d.open)
			s.through(d)
			return
		}
	}
	switch c := rest[0]; {
	case s.lang.dollar && c == '$' && len(rest) > 1:
		s.variable()
	case s.lang.options && c == '-':
		for s.i < len(s.line) && (wordly(s.line[s.i]) || s.line[s.i] == '-') {
			s.i++
		}
		s.add(Plain)
	case digit(c) || c == '.' && len(rest) > 1 && digit(rest[1]):
		s.number()
	case wordly(c):
		s.word()
	default:
		_, n := utf8.DecodeRuneInString(rest)
		s.i += n
		s.add(Plain)
	}
}

// through reads on to the end of what is open.
func (s *scanner) through(d *delimiter) {
	s.in = nil
	from := s.i
	for s.i < len(s.line) {
		switch rest := s.line[s.i:]; {
		case d.escapes && rest[0] == '\\' && len(rest) > 1:
			_, n := utf8.DecodeRuneInString(rest[1:])
			s.i += 1 + n
		case strings.HasPrefix(rest, d.end):
			s.i += len(d.end)
			s.close(d)
			return
		default:
			_, n := utf8.DecodeRuneInString(rest)
			s.i += n
		}
	}
	if d.lines {
		s.in = d
	}
	if s.i > from || s.i == len(s.line) && s.i > 0 {
		s.add(d.class)
	}
}

// close ends a string: one that a colon follows is a key, where keys are
// strings.
func (s *scanner) close(d *delimiter) {
	if s.lang.keyed && d.class == String && strings.HasPrefix(strings.TrimLeft(s.line[s.i:], " "), ":") {
		s.add(Name)
		return
	}
	s.add(d.class)
}

func (s *scanner) variable() {
	s.i++
	if s.line[s.i] == '{' {
		if n := strings.IndexByte(s.line[s.i:], '}'); n > 0 {
			s.i += n + 1
			s.add(Name)
			return
		}
	}
	for s.i < len(s.line) && wordly(s.line[s.i]) {
		s.i++
	}
	s.add(Name)
}

func (s *scanner) number() {
	for s.i < len(s.line) {
		c := s.line[s.i]
		exponent := (c == '-' || c == '+') && (s.line[s.i-1] == 'e' || s.line[s.i-1] == 'E')
		if !wordly(c) && c != '.' && !exponent {
			break
		}
		s.i++
	}
	s.add(Number)
}

func (s *scanner) word() {
	from := s.i
	for s.i < len(s.line) {
		if c := s.line[s.i]; c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s.line[s.i:])
			if !unicode.IsLetter(r) && s.i > from {
				break
			}
			s.i += n
		} else if wordly(c) {
			s.i++
		} else {
			break
		}
	}
	word := s.line[from:s.i]
	switch {
	case s.lang.words[word]:
		s.add(Keyword)
	case defines[s.prev] && s.lang.words[s.prev]:
		s.add(Name)
	default:
		s.add(Plain)
	}
	s.prev = word
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// wordly is of what words are made of. Bytes beyond ASCII are looked at as
// characters.
func wordly(c byte) bool {
	return c == '_' || digit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}
