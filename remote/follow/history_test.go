package follow

import (
	"strings"
	"testing"
	"time"
)

// TestHistory is what may become of a file that is followed. What was true of
// it once stands; nothing is told twice; nothing that could be read is lost.
func TestHistory(t *testing.T) {
	const a = "/w/a.log"
	header := strings.Repeat("import something that every run starts with\n", 20)
	for _, c := range []struct {
		name string
		do   func(h *far)
		want []int64
	}{
		{"half lines", func(h *far) {
			for _, part := range []string{"1", "2\n3", "\n", "4"} {
				h.append(a, part)
				settle(3 * time.Second)
			}
		}, []int64{12, 3}},

		{"a half line that goes on when the file was taken for finished", func(h *far) {
			h.append(a, "1\n2")
			settle(time.Hour)
			h.append(a, "3\n4\n")
			settle(10 * time.Minute)
		}, []int64{1, 23, 4}},

		{"a line of a million bytes", func(h *far) {
			h.append(a, "1\n"+strings.Repeat("x", 1<<20)+"\n2\n")
			settle(10 * time.Second)
			h.append(a, "3\n")
			settle(10 * time.Second)
		}, []int64{1, 2, 3}},

		{"truncated, seen empty, written anew", func(h *far) {
			h.append(a, "1\n2\n")
			settle(10 * time.Second)
			h.truncate(a, 0)
			settle(5 * time.Second)
			h.append(a, "3\n")
			settle(10 * time.Second)
		}, []int64{1, 2, 3}},

		{"truncated, and grown past where it was before anybody looked", func(h *far) {
			h.append(a, lines(0, 100))
			settle(10 * time.Second)
			h.truncate(a, 0)
			h.append(a, lines(100, 300))
			settle(10 * time.Second)
		}, steps(0, 300)},

		{"begun anew with the same header", func(h *far) {
			h.append(a, header+lines(0, 100))
			settle(10 * time.Second)
			h.truncate(a, 0)
			h.append(a, header)
			settle(5 * time.Second)
			h.append(a, "100\n")
			settle(time.Minute)
			h.append(a, "101\n")
			settle(10 * time.Second)
		}, steps(0, 102)},

		{"a copy of itself written over it, with more", func(h *far) {
			text := header + lines(0, 400)
			h.append(a, text[:2000])
			settle(10 * time.Second)
			h.truncate(a, 0)
			for i := 0; i < len(text); i += 500 { // slower than it is looked at
				h.append(a, text[i:min(i+500, len(text))])
				settle(time.Second)
			}
			settle(10 * time.Second)
		}, steps(0, 400)},

		{"replaced by a longer copy", func(h *far) {
			h.append(a, lines(0, 100))
			settle(10 * time.Second)
			h.append("/w/tmp", lines(0, 101))
			h.rename("/w/tmp", a)
			settle(10 * time.Second)
		}, steps(0, 101)},

		{"removed, and back as it was with more", func(h *far) {
			h.append(a, lines(0, 100))
			settle(10 * time.Second)
			h.remove(a)
			settle(time.Hour)
			h.append(a, lines(0, 101))
			settle(time.Minute)
		}, steps(0, 101)},

		{"moved aside with its end unread", func(h *far) {
			h.append(a, lines(0, 50))
			settle(10 * time.Second)
			h.append(a, lines(50, 100))
			h.rename(a, a+".1")
			h.append(a, lines(100, 110))
			settle(20 * time.Second)
		}, steps(0, 110)},

		{"copied aside with its end unread, and truncated", func(h *far) {
			h.append(a, lines(0, 50))
			settle(10 * time.Second)
			h.append(a, lines(50, 60_000)) // more than a batch
			h.copy(a, a+"-20261122")
			h.truncate(a, 0)
			settle(5 * time.Second)
			h.append(a, lines(60_000, 60_010))
			settle(20 * time.Second)
		}, steps(0, 60_010)},

		{"an old file aside, with the same header, is not its end", func(h *far) {
			h.append(a+".1", header+lines(900, 950))
			settle(10 * time.Second)
			h.append(a, header)
			settle(10 * time.Second)
			h.truncate(a, 0)
			h.append(a, "0\n"+header+lines(1, 100))
			settle(10 * time.Second)
		}, steps(0, 100)},

		{"a log beside it that is followed itself is not its end", func(h *far) {
			h.append(a, header)
			settle(10 * time.Second)
			h.append(a+".1.log", header+lines(900, 950))
			h.truncate(a, 0)
			h.append(a, "0\n"+header+lines(1, 100))
			settle(20 * time.Second)
		}, steps(0, 100)},

		{"truncated under a writer that keeps its place", func(h *far) {
			text := lines(0, 200)
			h.append(a, text)
			settle(10 * time.Second)
			h.truncate(a, 0)
			settle(3 * time.Second)
			h.writeAt(a, len(text), lines(200, 205))
			settle(time.Second)
			h.append(a, lines(205, 210))
			settle(2 * time.Minute)
			h.append(a, lines(210, 215))
			settle(time.Minute)
		}, steps(0, 215)},

		{"a later part is there before an earlier one", func(h *far) {
			text := lines(0, 10_000)
			h.append(a, text[:4096])
			settle(5 * time.Second)
			h.writeAt(a, 8192, text[8192:])
			settle(8 * time.Second)
			h.writeAt(a, 4096, text[4096:8192])
			settle(20 * time.Second)
		}, steps(0, 10_000)},

		{"a part that never comes", func(h *far) {
			h.append(a, "1\n2\n"+strings.Repeat("\x00", 300_000)+"\n3\n")
			settle(20 * time.Second)
			h.append(a, "4\n")
			settle(time.Minute)
			h.append(a, "5\n")
			settle(10 * time.Second)
		}, []int64{1, 2, 3, 4, 5}},

		{"NUL bytes at the end, filled after they were given up", func(h *far) {
			h.append(a, lines(0, 100)+strings.Repeat("\x00", 200))
			settle(2 * time.Minute)
			at := len(lines(0, 100))
			h.writeAt(a, at, strings.Repeat("#", 199)+"\n")
			h.append(a, "100\n")
			settle(time.Minute)
		}, steps(0, 101)},
	} {
		t.Run(c.name, func(t *testing.T) {
			inTime(t, 50*time.Millisecond, func(t *testing.T, w *world, h *far, f *Follower) {
				c.do(h)
				w.check(t, a, c.want)
				if len(w.errs) > 0 {
					t.Errorf("told %v", w.errs)
				}
			})
		})
	}
}
