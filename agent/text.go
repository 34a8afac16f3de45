package agent

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Clean makes text from outside safe to show, log and send: escape sequences,
// control characters (but newline and tab) and characters that reorder or hide
// text are taken out, and invalid UTF-8 is replaced. It is the one sanitiser:
// everything read from an agent, a log or a host goes through it.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	s = ansi.Strip(strings.ToValidUTF8(s, string(utf8.RuneError)))
	return strings.Map(func(r rune) rune {
		if hostile(r) {
			return -1
		}
		return r
	}, s)
}

// CleanLine is Clean for text that must stay on one line of at most n bytes
// (longer text is cut at a rune and ends in an ellipsis). Runs of white space
// become one space.
func CleanLine(s string, n int) string {
	if len(s) > 8*n+64 { // no need to clean what is cut off anyway
		s = s[:8*n+64]
	}
	s = strings.Join(strings.Fields(Clean(s)), " ")
	if len(s) <= n {
		return s
	}
	const dots = "…"
	cut := max(n-len(dots), 0)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + dots
}

// plain reports whether s has nothing to clean, at the cost of one pass.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || (c < 0x20 && c != '\n' && c != '\t') {
			return false
		}
	}
	return true
}

// hostile reports whether a character can move the cursor, or hide or reorder
// the text around it (Unicode TR 36, "bidirectional text spoofing").
func hostile(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20 || (r >= 0x7f && r < 0xa0):
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c:
		return true
	case r >= 0x2028 && r <= 0x2029, r == 0xfeff, r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}
