package ending

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The language of phrases. A phrase is a sequence of elements, matched against
// the words of one sentence:
//
//	word      that word, in any case; "do" does not match "done"
//	notif*    any word that starts so
//	a|b|c     one of them
//	a|b?      one of them or nothing
//	#         a number (3200, 3.27, 8); e# a letter and a number (e12)
//	_         any one word
//	..        up to four words, or none
//	^  $      the start, the end of the sentence
//	?         (alone) a question mark
//	# / #     a fraction (3/8); where both are the same (8/8) it is "# = #"
//
// Words are runs of letters, digits and apostrophes; a decimal point stays in
// its number, "/" between numbers and "?" are words of their own, and all else
// separates ("re-arming" is two words, Markdown marks vanish).
const maxGap = 4

// What bounds the cost of matching: the elements of a phrase, those of them that
// branch, and the words of a sentence (longer ones are cut).
const (
	maxPhrase    = 16
	maxGaps      = 2
	maxOptional  = 4
	maxSentence  = 80
	prefixLength = 3
)

type elemKind uint8

const (
	oneOf elemKind = iota
	anyWord
	gap
	atStart
	atEnd
)

type elem struct {
	kind     elemKind
	words    []string // oneOf: full words
	prefixes []string // oneOf: beginnings
	numbers  []string // oneOf: beginnings with a digit after them
	optional bool
}

// phrase is a compiled phrase.
type phrase []elem

var (
	errEmptyPhrase = errors.New("empty phrase")
	errEndGap      = errors.New("\"..\" at the start or end of a phrase says nothing; leave it out")
	errLongPhrase  = fmt.Errorf("a phrase has at most %d elements, of them %d \"..\" and %d optional", maxPhrase, maxGaps, maxOptional)
	errNoWord      = fmt.Errorf("a phrase needs a word that must be there (of its beginnings with *, %d letters)", prefixLength)
)

// parsePhrase compiles one phrase.
func parsePhrase(s string) (phrase, error) {
	fields := strings.Fields(strings.ToLower(s))
	if len(fields) == 0 {
		return nil, errEmptyPhrase
	}
	if len(fields) > maxPhrase {
		return nil, errLongPhrase
	}
	p := make(phrase, 0, len(fields))
	gaps, optional := 0, 0
	for _, f := range fields {
		e, err := parseElem(f)
		if err != nil {
			return nil, err
		}
		if e.kind == gap {
			gaps++
		}
		if e.optional {
			optional++
		}
		p = append(p, e)
	}
	if p[0].kind == gap || p[len(p)-1].kind == gap {
		return nil, errEndGap
	}
	if gaps > maxGaps || optional > maxOptional {
		return nil, errLongPhrase
	}
	if p.anchor() == nil {
		return nil, errNoWord
	}
	return p, nil
}

// anchor returns the element by which a phrase is found: of those that must be
// there, the one whose shortest word is longest, since long words are rare.
func (p phrase) anchor() *elem {
	var best *elem
	size := 0
	for i := range p {
		e := &p[i]
		if e.kind != oneOf || e.optional || len(e.numbers) > 0 {
			continue
		}
		n := 1 << 10
		for _, w := range e.words {
			n = min(n, len(w))
		}
		for _, w := range e.prefixes {
			n = min(n, len(w))
			if len(w) < prefixLength {
				n = 0
			}
		}
		if n > size {
			best, size = e, n
		}
	}
	return best
}

func parseElem(f string) (elem, error) {
	switch f {
	case "_":
		return elem{kind: anyWord}, nil
	case "..":
		return elem{kind: gap}, nil
	case "^":
		return elem{kind: atStart}, nil
	case "$":
		return elem{kind: atEnd}, nil
	case "?", "/", "=":
		return elem{words: []string{f}}, nil
	}
	var e elem
	body, opt := strings.CutSuffix(f, "?")
	e.optional = opt
	for alt := range strings.SplitSeq(body, "|") {
		if before, ok := strings.CutSuffix(alt, "#"); ok && (before == "" || isWord(before)) {
			e.numbers = append(e.numbers, before)
			continue
		}
		word, isPrefix := strings.CutSuffix(alt, "*")
		if !isWord(word) {
			return elem{}, fmt.Errorf("%q is not a word (letters, digits and apostrophes)", alt)
		}
		if isPrefix {
			e.prefixes = append(e.prefixes, word)
		} else {
			e.words = append(e.words, word)
		}
	}
	return e, nil
}

func isWord(s string) bool {
	if s == "" {
		return false
	}
	for _, r := range s {
		if !wordRune(r) {
			return false
		}
	}
	return true
}

func (e *elem) matches(w string) bool {
	if e.kind == anyWord {
		return true
	}
	for _, x := range e.words {
		if x == w {
			return true
		}
	}
	for _, x := range e.prefixes {
		if strings.HasPrefix(w, x) {
			return true
		}
	}
	for _, x := range e.numbers {
		if len(w) > len(x) && isDigit(w[len(x)]) && strings.HasPrefix(w, x) {
			return true
		}
	}
	return false
}

// matchAt reports whether p matches the sentence's words from index i on. Gaps
// and optional elements branch, but each by a constant, and a phrase is short.
func (p phrase) matchAt(words []string, i int) bool {
	for k := range p {
		e := &p[k]
		switch e.kind {
		case atStart:
			if i != 0 {
				return false
			}
			continue
		case atEnd:
			if i != len(words) {
				return false
			}
			continue
		case gap:
			for n := 0; n <= maxGap && i+n <= len(words); n++ {
				if p[k+1:].matchAt(words, i+n) {
					return true
				}
			}
			return false
		}
		if e.optional && p[k+1:].matchAt(words, i) {
			return true
		}
		if i >= len(words) || !e.matches(words[i]) {
			return false
		}
		i++
	}
	return true
}

// in reports whether p matches anywhere in the sentence.
func (p phrase) in(words []string) bool {
	for i := range len(words) + 1 {
		if p.matchAt(words, i) {
			return true
		}
	}
	return false
}

// sentence is one sentence of a text: its words, and where it stands.
type sentence struct {
	words      []string
	start, end int // bytes in the text
}

// split cuts a text into sentences. A sentence ends at a line's end and at ".",
// "!", "?", ";" or ":" before white space; the words are lower case.
func split(text string) []sentence {
	var out []sentence
	cur := sentence{}
	flush := func(end int) {
		if len(cur.words) > 0 {
			cur.end = end
			out = append(out, cur)
		}
		cur = sentence{start: end}
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if wordRune(r) {
			w, size := word(text[i:])
			cur.words = append(cur.words, w)
			if n := len(cur.words); n > 2 && cur.words[n-2] == "/" && cur.words[n-3] == w {
				cur.words[n-2] = "="
			}
			i += size
			if len(cur.words) == maxSentence {
				flush(i)
			}
			continue
		}
		next := i + n
		switch {
		case r == '\n':
			flush(next)
		case r == '/' && len(cur.words) > 0 && i > 0 && isDigit(text[i-1]) && next < len(text) && isDigit(text[next]):
			cur.words = append(cur.words, "/")
		case r == '?':
			cur.words = append(cur.words, "?")
			if breaks(text[next:]) {
				flush(next)
			}
		case strings.ContainsRune(".!;:", r) && breaks(text[next:]):
			flush(next)
		}
		i = next
	}
	flush(len(text))
	return out
}

// breaks reports whether a sentence can end before rest.
func breaks(rest string) bool {
	rest = strings.TrimLeft(rest, "*_`\"')]”’")
	return rest == "" || rest[0] == ' ' || rest[0] == '\n' || rest[0] == '\t'
}

// word reads the word at the start of s and returns it with its size in bytes.
func word(s string) (string, int) {
	i := 0
	curly := false
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		decimal := r == '.' && i > 0 && isDigit(s[i-1]) && i+1 < len(s) && isDigit(s[i+1])
		if !wordRune(r) && !decimal {
			break
		}
		curly = curly || r == '’'
		i += n
	}
	w := s[:i]
	if curly {
		w = strings.ReplaceAll(w, "’", "'")
	}
	return strings.ToLower(w), i
}

func wordRune(r rune) bool {
	return r == '\'' || r == '’' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
