package slurm

import (
	"fmt"
	"strconv"
	"strings"
)

// Bounds of a list: a hostile "n[0-999999999]" must not fill our memory.
const (
	maxNodes    = 4096
	maxBrackets = 4  // of a name
	maxDigits   = 10 // of a number
)

// hostlist expands the names of nodes: "h200-[001-003,7],login1".
func hostlist(s string) []string {
	s, _ = printable(s)
	var out []string
	for s != "" && len(out) < maxNodes {
		var item string
		item, s = cutBracketed(s)
		out = append(out, expandHost(item, maxNodes-len(out))...)
	}
	return out
}

// cutBracketed cuts a list at the first comma that is not in brackets.
func cutBracketed(s string) (item, rest string) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			if depth == 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

// expandHost expands one name, of which every bracket multiplies the rest. A
// name that is not well-formed stands for itself.
func expandHost(s string, most int) []string {
	if s == "" {
		return nil
	}
	open := strings.IndexByte(s, '[')
	if open < 0 || strings.Count(s, "[") > maxBrackets {
		return []string{s}
	}
	end := strings.IndexByte(s[open:], ']')
	if end < 0 {
		return []string{s}
	}
	numbers, ok := ranges(s[open+1:open+end], most)
	if !ok {
		return []string{s}
	}
	tails := []string{""}
	if rest := s[open+end+1:]; rest != "" {
		tails = expandHost(rest, most)
	}
	var out []string
	for _, n := range numbers {
		for _, t := range tails {
			if len(out) == most {
				return out
			}
			out = append(out, s[:open]+n+t)
		}
	}
	return out
}

// ranges expands "001-003,7", keeping leading zeros.
func ranges(s string, most int) ([]string, bool) {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, err := strconv.ParseUint(first, 10, 32)
		b, err2 := strconv.ParseUint(last, 10, 32)
		if err != nil || err2 != nil || b < a || len(first) > maxDigits {
			return nil, false
		}
		for n := a; n <= b && len(out) < most; n++ {
			out = append(out, fmt.Sprintf("%0*d", len(first), n))
		}
	}
	return out, true
}
