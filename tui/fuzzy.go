package tui

import (
	"strings"
	"unicode"
)

// fuzzy finds words in texts whose letters need not stand together, as fzf
// does: of all ways to find the letters of a word in their order, the one that
// scores best counts. It keeps its buffers, and so is for one goroutine.
type fuzzy struct {
	score []int32 // by letter of the word, then by rune of the text
	from  []int32 // where the letter before stands
}

// The scores: letters that begin a word or follow the one before are worth
// more, gaps cost.
const (
	hit       = 16
	wordStart = 10
	together  = 8
	gapOpens  = 3
	gapGoesOn = 1
	lateStart = 8    // the most that a match loses by standing far from the start
	nowhere   = -1e6 // no match
	mostText  = 200  // runes of a text that are looked at
	mostWord  = 40   // letters of a word
)

// match returns how well all words are found in text, and marks in at the runes
// that matched. The words and text are in lower case; starts says which runes
// of text begin a word. A text without a word does not match.
func (f *fuzzy) match(words [][]rune, text []rune, starts, at []bool) (score int, ok bool) {
	clear(at)
	for _, w := range words {
		n, found := f.word(w, text[:min(len(text), mostText)], starts, at)
		if !found {
			return 0, false
		}
		score += n
	}
	return score, true
}

// word finds one word.
func (f *fuzzy) word(word, text []rune, starts, at []bool) (int, bool) {
	word = word[:min(len(word), mostWord)]
	if !has(word, text) {
		return 0, false
	}
	n := len(text)
	f.score, f.from = grown(f.score, len(word)*n), grown(f.from, len(word)*n)
	for i, c := range word {
		// best is what a gap that ends here is worth, and to where it reaches.
		best, to := int32(nowhere), int32(-1)
		for j := range n {
			here := i*n + j
			f.score[here] = nowhere
			if i > 0 && j > 1 {
				best -= gapGoesOn
				if s := f.score[here-n-2] - gapOpens; s > best {
					best, to = s, int32(j-2)
				}
			}
			if text[j] != c {
				continue
			}
			var s int32 = hit
			if starts[j] {
				s += wordStart
			}
			switch {
			case i == 0:
				f.score[here], f.from[here] = s-int32(min(j, lateStart)), -1
				continue
			case j == 0:
				continue
			}
			if next := f.score[here-n-1] + together; next >= best {
				f.score[here], f.from[here] = s+next, int32(j-1)
			} else {
				f.score[here], f.from[here] = s+best, to
			}
		}
	}
	last := (len(word) - 1) * n
	end := 0
	for j := range n {
		if f.score[last+j] > f.score[last+end] {
			end = j
		}
	}
	score := f.score[last+end]
	for i, j := len(word)-1, end; i >= 0; i-- {
		at[j] = true
		j = int(f.from[i*n+j])
	}
	return int(score), true
}

// has reports whether the letters of word are in text, in their order.
func has(word, text []rune) bool {
	i := 0
	for _, c := range text {
		if i < len(word) && c == word[i] {
			i++
		}
	}
	return i == len(word) && i > 0
}

func grown(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n)
	}
	return s[:n]
}

// lower returns the runes of a text in lower case, and which of them begin a
// word.
func lower(s string) (text []rune, starts []bool) {
	text, starts = make([]rune, 0, len(s)), make([]bool, 0, len(s))
	before := ' '
	for _, c := range s {
		letter := unicode.IsLetter(c) || unicode.IsDigit(c)
		inWord := unicode.IsLetter(before) || unicode.IsDigit(before)
		camel := unicode.IsUpper(c) && unicode.IsLower(before)
		text = append(text, unicode.ToLower(c))
		starts = append(starts, letter && (!inWord || camel))
		before = c
	}
	return text, starts
}

// wordsOf returns the words of a query in lower case.
func wordsOf(query string) [][]rune {
	var out [][]rune
	for _, w := range strings.Fields(query) {
		text, _ := lower(w)
		out = append(out, text)
	}
	return out
}
