package workspace

import (
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"vigil/agent"
)

const (
	maxDiff     = 64 << 10 // bytes of a unified diff that are kept
	maxDiffLine = 2 << 10  // bytes of one of its lines
)

// Diff returns the unified diff of two texts and how many lines were added and
// removed. Equal texts give an empty diff. A long diff is cut after 64 KiB and
// a long line after 2 KiB; the counts are always of the whole, and a last line
// that starts with a backslash (which patch ignores) says what is missing.
func Diff(path, before, after string) (unified string, added, removed int) {
	return DiffUpTo(maxDiff, path, before, after)
}

// DiffUpTo is Diff for one who has room for a diff of so many bytes.
func DiffUpTo(most int, path, before, after string) (unified string, added, removed int) {
	if before == after {
		return "", 0, 0
	}
	name := agent.CleanLine(path, 512)
	u, err := udiff.ToUnifiedDiff("a/"+name, "b/"+name, before, udiff.Lines(before, after), udiff.DefaultContextLines)
	if err != nil { // the edits are of these two texts, so that they fit
		return "\\ no diff: " + agent.CleanLine(err.Error(), 200) + "\n", 0, 0
	}
	for _, h := range u.Hunks {
		for _, l := range h.Lines {
			switch l.Kind {
			case udiff.Insert:
				added++
			case udiff.Delete:
				removed++
			}
		}
	}
	return shorten(u.String(), most), added, removed
}

// shorten cuts a diff to what is worth keeping.
func shorten(s string, most int) string {
	if len(s) <= maxDiffLine {
		return s
	}
	var b strings.Builder
	b.Grow(min(len(s), most+128))
	for s != "" {
		if b.Len() >= most {
			fmt.Fprintf(&b, "\\ %d more lines of this diff are not kept\n", strings.Count(s, "\n"))
			break
		}
		line, rest, _ := strings.Cut(s, "\n")
		b.WriteString(CutLine(line))
		b.WriteByte('\n')
		s = rest
	}
	return b.String()
}

// CutLine cuts a line where a diff cuts it.
func CutLine(line string) string {
	if len(line) <= maxDiffLine {
		return line
	}
	return strings.ToValidUTF8(line[:maxDiffLine], "") + "…"
}
