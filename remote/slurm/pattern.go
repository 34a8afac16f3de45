package slurm

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// script is what the name of a batch script's log depends on, as Slurm tells
// it.
type script struct {
	job, array, task, name, user, dir, node string
}

// output is the path of a log, from the pattern that squeue tells: it expands
// none in any version. ok is false where the name is not known: before the job
// has a node, or by a letter that only newer versions replace, of which
// scontrol knows.
func (s script) output(pattern string) (file string, ok bool) {
	switch pattern {
	case "", "/dev/null":
		return "", true
	case path.Join(s.dir, "slurm-"+s.job+".out"):
		// What squeue tells where no pattern was given, though the log of an
		// array's task has another name.
		if s.array != "" {
			pattern = "slurm-%A_%a.out"
		}
	}
	if pattern[0] != '/' {
		pattern = s.dir + "/" + pattern
	}
	if strings.Contains(pattern, `\`) {
		return printable(unescape(pattern)) // a backslash anywhere: nothing is replaced
	}
	var b strings.Builder
	for {
		text, rest, more := strings.Cut(pattern, "%")
		b.WriteString(text)
		if !more {
			return printable(b.String())
		}
		width := 0
		for rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			width = min(width*10+int(rest[0]-'0'), 10) // Slurm pads no further
			rest = rest[1:]
		}
		if rest == "" {
			return "", false
		}
		v, number := s.letter(rest[0])
		if v == "" {
			return "", false
		}
		if number && len(v) < width {
			v = strings.Repeat("0", width-len(v)) + v
		}
		b.WriteString(v)
		pattern = rest[1:]
	}
}

// letter is what a letter of a pattern stands for, empty where it is not
// known, and whether it is a number, which can be padded.
func (s script) letter(c byte) (v string, number bool) {
	switch c {
	case '%':
		return "%", false
	case 'j', 'J':
		return s.job, true
	case 'A':
		if s.array != "" {
			return s.array, true
		}
		return s.job, true
	case 'a':
		switch {
		case s.array == "":
			return "4294967294", true // so Slurm says "none"
		case isNumber(s.task):
			return s.task, true
		}
	case 'n', 't':
		return "0", true
	case 'N':
		short, _, _ := strings.Cut(s.node, ".")
		return short, false
	case 's':
		return "batch", false
	case 'u':
		return s.user, false
	case 'x':
		return s.name, false
	}
	return "", false
}

// printable refuses a path that a person could not be shown as it is.
func printable(p string) (string, bool) {
	for _, r := range p {
		if !unicode.IsPrint(r) {
			return "", false
		}
	}
	return p, utf8.ValidString(p)
}

// unescape drops backslashes as slurmd does: two stand for one.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			if i++; i == len(s) {
				break
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
