package runlog

import "bytes"

// source knows whether the lines of a log are Python source that the program
// printed, and there, whether they are inside a string that spans lines. Such
// strings may hold anything, sample output of the program too; the rest of a
// source cannot start a line with what we read.
type source struct {
	Probe bool `json:",omitempty"` // the next line that is not blank decides
	On    bool `json:",omitempty"`
	Quote byte `json:",omitempty"` // of the string that is open, or 0
	Class bool `json:",omitempty"` // in the class that holds the run's configuration
}

// inside takes the next line and reports whether it is inside such a string.
func (s *source) inside(b []byte) bool {
	if !s.On && !s.Probe && b[0] != '=' {
		return false
	}
	if n := run(b, '='); n == len(b) && (n >= 80 || n >= 30 && s.Quote == 0) {
		*s = source{Probe: true} // no Python, but what programs print around it
		return true
	}
	if s.Probe {
		s.Probe = false
		s.On = code(b)
	}
	if !s.On {
		return false
	}
	was := s.Quote != 0
	s.scan(b)
	return was
}

// code reports whether a line looks like the first one of a program.
func code(b []byte) bool {
	for _, w := range []string{"import ", "from ", `"""`, "'''", "#", "def ", "class ", "@", "with open("} {
		if bytes.HasPrefix(b, []byte(w)) {
			return true
		}
	}
	return false
}

// scan follows the strings of a line of Python.
func (s *source) scan(b []byte) {
	if s.Quote == 0 && !bytes.Contains(b, []byte(`"""`)) && !bytes.Contains(b, []byte("'''")) {
		return
	}
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case s.Quote != 0:
			if c == '\\' {
				i++
			} else if c == s.Quote && triple(b[i:]) {
				s.Quote = 0
				i += 2
			}
		case c == '#':
			return
		case c == '"' || c == '\'':
			if triple(b[i:]) {
				s.Quote = c
				i += 2
				continue
			}
			for i++; i < len(b) && b[i] != c; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		}
	}
}

func triple(b []byte) bool { return len(b) >= 3 && b[1] == b[0] && b[2] == b[0] }

// run returns how often c stands at the start of b.
func run(b []byte, c byte) int {
	for i := range b {
		if b[i] != c {
			return i
		}
	}
	return len(b)
}
