package workspace

import (
	"fmt"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name, before, after, want string
		added, removed            int
	}{
		{"same", "a\n", "a\n", "", 0, 0},
		{"append", "a\n", "a\nb\n", "--- a/p.md\n+++ b/p.md\n@@ -1 +1,2 @@\n a\n+b\n", 1, 0},
		{"new", "", "a\nb\n", "--- a/p.md\n+++ b/p.md\n@@ -0,0 +1,2 @@\n+a\n+b\n", 2, 0},
		{"flip", "x\nRUNNING\ny\n", "x\n3.28\ny\n", "--- a/p.md\n+++ b/p.md\n@@ -1,3 +1,3 @@\n x\n-RUNNING\n+3.28\n y\n", 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, added, removed := Diff("p.md", c.before, c.after)
			if got != c.want || added != c.added || removed != c.removed {
				t.Errorf("+%d -%d\n%s\nwant +%d -%d\n%s", added, removed, got, c.added, c.removed, c.want)
			}
		})
	}
}

func TestDiffIsCapped(t *testing.T) {
	var after strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&after, "line %d of many that are new\n", i)
	}
	after.WriteString(strings.Repeat("é", 100000))
	got, added, _ := Diff("p.md", "", after.String())
	if len(got) > maxDiff+maxDiffLine+200 || added != 10001 {
		t.Errorf("%d bytes, %d lines", len(got), added)
	}
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "\\ ") || !strings.HasSuffix(last, "more lines of this diff are not kept") {
		t.Errorf("last line %q", last)
	}
	if got, _, _ = Diff("p.md", "", strings.Repeat("é", 100000)); len(got) > maxDiffLine+200 {
		t.Errorf("a long line keeps %d bytes", len(got))
	}
}

// apply is what patch does.
func apply(diff, before string) (string, error) {
	old := strings.SplitAfter(before, "\n")
	var out []string
	at := 0 // lines of old that are used up
	lines := strings.SplitAfter(diff, "\n")
	var last byte
	for _, l := range lines[2 : len(lines)-1] {
		switch l[0] {
		case '@':
			var from int
			if _, err := fmt.Sscanf(l, "@@ -%d", &from); err != nil {
				return "", fmt.Errorf("hunk %q: %w", l, err)
			}
			for at < from-1 {
				out = append(out, old[at])
				at++
			}
		case '+':
			out = append(out, l[1:])
		case '-', ' ':
			if strings.TrimSuffix(old[at], "\n") != strings.TrimSuffix(l[1:], "\n") {
				return "", fmt.Errorf("line %d is %q, the diff has %q", at+1, old[at], l)
			}
			if l[0] == ' ' {
				out = append(out, old[at])
			}
			at++
		case '\\':
			if last == '+' {
				out[len(out)-1] = strings.TrimSuffix(out[len(out)-1], "\n")
			}
		default:
			return "", fmt.Errorf("line %q", l)
		}
		last = l[0]
	}
	return strings.Join(append(out, old[at:]...), ""), nil
}

// Applying the diff gives the new text, and its signs are the counts.
func FuzzDiff(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nc\nd")
	f.Add("", "x")
	f.Add("no end", "no end\n")
	f.Add("a\nb\nc\n", "a\n"+strings.Repeat("\x8d", maxDiffLine+9)) // cut to less than it seems
	f.Fuzz(func(t *testing.T, before, after string) {
		got, added, removed := Diff("f", before, after)
		if before == after {
			if got != "" || added+removed != 0 {
				t.Fatalf("a diff of equal texts: %q", got)
			}
			return
		}
		n := func(s string) int {
			return strings.Count(s, "\n") + map[bool]int{true: 1}[s != "" && !strings.HasSuffix(s, "\n")]
		}
		if n(before)+added-removed != n(after) {
			t.Fatalf("%d lines +%d -%d are not %d", n(before), added, removed, n(after))
		}
		if len(before)+len(after) > maxDiffLine/2 { // a line of it may be cut
			return
		}
		plus, minus := 0, 0
		for _, l := range strings.Split(got, "\n")[2:] {
			switch {
			case strings.HasPrefix(l, "+"):
				plus++
			case strings.HasPrefix(l, "-"):
				minus++
			}
		}
		if plus != added || minus != removed {
			t.Fatalf("+%d -%d, the diff shows +%d -%d:\n%s", added, removed, plus, minus, got)
		}
		if made, err := apply(got, before); err != nil || made != after {
			t.Fatalf("applied: %q, %v, want %q\n%s", made, err, after, got)
		}
	})
}

func BenchmarkDiffAppend(b *testing.B) {
	before := strings.Repeat("E314 queued: scalars lr 0.04, mean 3.27834, log cf2b288c\n", 3000)
	b.SetBytes(int64(len(before)))
	for b.Loop() {
		Diff("THREAD.md", before, before+"E315 result: 3.27811\n")
	}
}
