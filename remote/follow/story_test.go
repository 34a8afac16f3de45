package follow

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/remote"
)

// story is what happens to some logs, to the line and to the follower, as
// chance has it. Each line of a log has a number of its own, so that in the end
// it can be told whether all of them are in the sink, once.
type story struct {
	t    *testing.T
	w    *world
	h    *far
	f    *Follower
	pick func(n int) int // 0 to n-1
	logs []*tale
	kept map[remote.Source]Position
}

// tale is what happens to one log.
type tale struct {
	path  string
	lives [][]int64 // the numbers of each file that had the name
	next  int64
	half  string // of a line, that is there
	from  int    // the life that the sink begins with
	moved int
}

func newStory(t *testing.T, files int, pick func(n int) int) *story {
	s := &story{t: t, w: newWorld(t), h: newFar(time.Duration(pick(300)) * time.Millisecond), pick: pick, kept: map[remote.Source]Position{}}
	s.h.rude = pick(2) == 0
	for i := range files {
		s.logs = append(s.logs, &tale{path: fmt.Sprintf("/w/logs/%d.log", i), lives: [][]int64{nil}})
	}
	s.w.onReset = func(path string) {
		for _, l := range s.logs {
			if l.path == path {
				l.from = len(l.lives) - 1
			}
		}
	}
	s.begin()
	return s
}

// begin starts a follower that goes on where the one before ended.
func (s *story) begin() {
	if s.w.stop != nil {
		s.w.stop()
	}
	s.f = s.w.start(Options{
		Host:   s.h,
		Resume: func(src remote.Source) (Position, bool) { p, ok := s.kept[src]; return p, ok },
		Checkpoint: func(all []Position) {
			for _, p := range all {
				s.kept[p.Source] = p
			}
		},
	}, usual)
	s.f.Add("k", "/w")
}

func (l *tale) size(h *far) (n int) {
	h.do(func() {
		if f := h.nodes[l.path]; f != nil {
			n = len(f.data)
		}
	})
	return n
}

// text is n more whole lines, the rest of a half one first.
func (l *tale) text(n int) string {
	var b strings.Builder
	for range n {
		line := fmt.Sprintln(l.next)
		b.WriteString(strings.TrimPrefix(line, l.half))
		l.half = ""
		last := len(l.lives) - 1
		l.lives[last] = append(l.lives[last], l.next)
		l.next++
	}
	return b.String()
}

// dies is the end of the file; the next one that has the name begins like it.
func (l *tale) dies() (header string) {
	if l.half != "" {
		l.half = ""
		l.next++
	}
	l.lives = append(l.lives, nil)
	return strings.Repeat("# as all of them begin\n", 9)
}

// read reports whether the follower has all of the file: what is destroyed
// before that is lost to everybody.
func (s *story) read(l *tale) bool {
	fact, ok := s.f.File(l.path)
	return ok && fact.Offset == int64(l.size(s.h)) && s.known(l)
}

// known reports whether the follower has seen that the file is the one that it
// is now, and not the one before.
func (s *story) known(l *tale) bool {
	life := l.lives[len(l.lives)-1]
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return len(life) > 0 && slices.Contains(s.w.got[l.path], life[0])
}

// step is one thing that happens.
func (s *story) step() {
	l, h := s.logs[s.pick(len(s.logs))], s.h
	switch s.pick(20) {
	case 0: // while the file is read, if it so happens
		s.f.Focus(l.path)
		h.append(l.path, l.text(1))
		time.Sleep(time.Duration(s.pick(1000)) * time.Millisecond)
		h.cut()
		if s.pick(2) == 0 { // back before anybody asks again
			h.mend()
		}
	case 1, 2:
		h.mend()
	case 3:
		s.begin()
	case 4, 5, 6:
		time.Sleep(time.Duration(s.pick(4000)) * time.Millisecond)
	case 7:
		time.Sleep(time.Duration(s.pick(60)) * time.Second)
	case 8: // a half line, or more of it
		whole := fmt.Sprint(l.next)
		part := whole[len(l.half):][:s.pick(len(whole)-len(l.half)+1)]
		l.half += part
		h.append(l.path, part)
	case 9: // more than is read at once, now and then
		n := 1000
		if s.pick(8) == 0 {
			n = 50_000
		}
		h.append(l.path, l.text(n))
	case 10, 11: // a job that runs again
		if s.read(l) {
			header := l.dies()
			h.truncate(l.path, 0)
			if s.pick(2) == 0 {
				settle(time.Duration(s.pick(5000)) * time.Millisecond)
			}
			h.append(l.path, header+l.text(s.pick(200)))
		}
	case 12: // a writer that keeps its place
		if s.read(l) {
			at := l.size(h)
			l.dies()
			h.truncate(l.path, 0)
			h.writeAt(l.path, at, l.text(1+s.pick(5)))
		}
	case 13, 14: // moved or copied aside
		if s.known(l) {
			l.moved++
			aside := fmt.Sprintf("%s.%d", l.path, l.moved)
			if s.pick(2) == 0 {
				h.rename(l.path, aside)
			} else {
				h.copy(l.path, aside)
				h.truncate(l.path, 0)
			}
			h.append(l.path, l.dies()+l.text(s.pick(100)))
		}
	case 15: // copied over itself
		if s.read(l) {
			var text string
			h.do(func() { text = string(h.nodes[l.path].data) })
			h.truncate(l.path, 0)
			for n := len(text)/3 + 1; len(text) > 0; text = text[min(n, len(text)):] {
				h.append(l.path, text[:min(n, len(text))])
				time.Sleep(time.Duration(s.pick(2000)) * time.Millisecond)
			}
		}
	case 16: // replaced by a copy of itself
		if l.size(h) > 0 {
			h.copy(l.path, "/w/tmp")
			h.rename("/w/tmp", l.path)
		}
	case 17: // a part that comes late
		text, at := l.text(200), l.size(h)
		h.writeAt(l.path, at+400, text[400:])
		time.Sleep(time.Duration(s.pick(10_000)) * time.Millisecond)
		h.writeAt(l.path, at, text[:400])
	default:
		h.append(l.path, l.text(1+s.pick(30)))
	}
}

// end lets all that happened come through, and compares.
func (s *story) end() {
	s.h.mend()
	settle(time.Minute)
	for _, l := range s.logs {
		s.h.append(l.path, l.text(1))
	}
	settle(5 * time.Minute)
	for _, l := range s.logs {
		want := slices.Concat(l.lives[l.from:]...)
		s.w.mu.Lock()
		got := s.w.got[l.path]
		if !slices.Equal(got, want) {
			s.t.Errorf("%s: %d points, not %d of %d lives; %s", l.path, len(got), len(want), len(l.lives)-l.from, differ(got, want))
		}
		s.w.mu.Unlock()
	}
}

func differ(got, want []int64) string {
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			return fmt.Sprintf("from %d on: got %v, want %v", i, got[i:min(len(got), i+8)], want[i:min(len(want), i+8)])
		}
	}
	return fmt.Sprintf("more: %v", got[len(want):min(len(got), len(want)+8)])
}

// TestStories is that nothing of what may happen to fifty logs, to the line and
// to the follower loses or repeats a point.
func TestStories(t *testing.T) {
	stories := 6
	if testing.Short() {
		stories = 1
	}
	for seed := range stories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(uint64(seed), 1))
				s := newStory(t, 50, rnd.IntN)
				for range 1000 {
					s.step()
				}
				s.end()
			})
		})
	}
}

// FuzzRead is the same for one log, as the fuzzer has it.
func FuzzRead(f *testing.F) {
	f.Add([]byte("\x00\x01\x13\x05\x0a\x00\x13\x04"))
	f.Add([]byte("\x63\x00\x09\xff\xff\x0d\x01\x0c\x00\x03\x0f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = data[:min(len(data), 400)]
		bubble(t, func(t *testing.T) {
			s := newStory(t, 1, func(n int) int {
				if n < 2 || len(data) == 0 {
					return 0
				}
				v := int(data[0])
				if data = data[1:]; n > 256 && len(data) > 0 {
					v = v<<8 | int(data[0])
					data = data[1:]
				}
				return v % n
			})
			for len(data) > 0 {
				s.step()
			}
			s.end()
		})
	})
}
