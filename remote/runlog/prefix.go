package runlog

import "bytes"

// strip takes what launchers and loggers put before a line off it: ranks
// ("[rank0]:", "[default7]:", "[Rank 3]", srun's "0: "), times, levels and the
// place in the code. It returns the rank, or -1.
func strip(b []byte) (rest []byte, rank int) {
	rank = -1
	if len(b) > 1 && b[0] == ' ' && (b[1] == '[' || b[1] == 'v') { // Megatron-LM's lines
		b = b[1:]
	}
	for range 6 {
		n, r := prefix(b)
		if n == 0 {
			break
		}
		if r >= 0 {
			rank = r
		}
		b = b[n:]
	}
	return b, rank
}

// prefix returns the length of one prefix at the start of b, with the blanks
// behind it, and the rank it tells or -1.
func prefix(b []byte) (n, rank int) {
	if len(b) < 3 {
		return 0, -1
	}
	switch c := b[0]; {
	case c == '[':
		return bracket(b)
	case c >= '0' && c <= '9':
		if n = stamp(b); n > 0 {
			return n + fillers(b[n:]), -1
		}
		v, n := integer(b)
		if n > 0 && n <= 5 && n+1 < len(b) && b[n] == ':' && b[n+1] == ' ' {
			return n + 2, int(v)
		}
	case c >= 'D' && c <= 'W':
		return level(b), -1
	case c == '>' && bytes.HasPrefix(b, []byte(">> ")):
		return 3, -1
	}
	return 0, -1
}

// level returns the length of "INFO     " or "INFO:module:" at the start of b.
func level(b []byte) int {
	for _, w := range []string{"INFO", "WARNING", "DEBUG"} {
		if !bytes.HasPrefix(b, []byte(w)) {
			continue
		}
		n := len(w)
		if n < len(b) && b[n] == ':' {
			k := key(b[n+1:])
			if end := n + 1 + k; k > 0 && end < len(b) && b[end] == ':' {
				return blanks(b, end+1)
			}
			return blanks(b, n+1)
		}
		if at := blanks(b, n); at > n {
			return at
		}
	}
	return 0
}

func bracket(b []byte) (n, rank int) {
	const longest = 64
	end := bytes.IndexByte(b[:min(len(b), longest)], ']')
	if end < 2 {
		return 0, -1
	}
	in := b[1:end]
	if rank = rankOf(in); rank < 0 && stamp(in) != len(in) && !place(in) {
		return 0, -1
	}
	n = end + 1
	if n < len(b) && b[n] == ':' {
		n++
	}
	return n + fillers(b[n:]), rank
}

// rankOf returns the rank that is in brackets: "rank0", "default7", "Rank 3",
// "olmo.train:816, rank=0"; -1 if there is none.
func rankOf(in []byte) int {
	const last = ", rank="
	if i := bytes.LastIndex(in, []byte(last)); i > 0 && place(in[:i]) {
		in = in[i+2:]
	}
	for _, w := range []string{"rank=", "rank ", "rank", "default"} {
		if k := word(in, w); k > 0 && k < len(in) {
			if v, n := integer(in[k:]); n == len(in)-k {
				return int(min(v, 1<<30))
			}
			break
		}
	}
	return -1
}

// place reports whether b is a word, or a place in a program as loggers name
// it: "INFO", "titan", "olmo.train:816", "INFO|trainer.py:2243".
func place(b []byte) bool {
	for i, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c-'0' > 9 && c != '.' && c != ':' && c != '|' && c != '_') {
			return false
		}
	}
	return len(b) > 0
}

// stamp returns the length of "2024-01-15 10:03:21,451" at the start of b,
// with or without fractions, "T" and a zone of "Z".
func stamp(b []byte) int {
	const form = "dddd-dd-dd dd:dd:dd"
	if len(b) < len(form) {
		return 0
	}
	for i := range len(form) {
		switch c := b[i]; form[i] {
		case 'd':
			if c < '0' || c > '9' {
				return 0
			}
		case ' ':
			if c != ' ' && c != 'T' {
				return 0
			}
		default:
			if c != form[i] && (form[i] != '-' || c != '/') {
				return 0
			}
		}
	}
	n := len(form)
	if n+1 < len(b) && (b[n] == ',' || b[n] == '.') {
		_, k := integer(b[n+1:])
		n += 1 + k
	}
	if n < len(b) && b[n] == 'Z' {
		n++
	}
	return n
}

// fillers returns the length of what stands between a prefix and the line:
// a blank or " - name - LEVEL - ".
func fillers(b []byte) int {
	n := 0
	for range 4 {
		if !bytes.HasPrefix(b[n:], []byte(" - ")) {
			break
		}
		n += 3
		i := n
		for i < len(b) && (b[i]|0x20 >= 'a' && b[i]|0x20 <= 'z' || b[i] == '.' || b[i] == '_') {
			i++
		}
		if !bytes.HasPrefix(b[i:], []byte(" - ")) {
			return n
		}
		n = i
	}
	if n < len(b) && b[n] == ' ' {
		n++
	}
	return n
}
