package liveness

import (
	"path"
	"slices"
	"strings"

	"vigil/agent"
)

// Command is what a command line says that a process does.
type Command struct {
	Text string // as the agent gave it: clean, one line
	// Loops: it goes round until something is seen (a loop with sleep, a tail -f).
	Loops  bool
	Sleeps bool // it waits for a time to pass
	// Ends: what it looks for is the end of a process or of a job, so it ends with
	// it by itself.
	Ends bool
	// Files are the paths and glob patterns that it reads, as they stand there, at
	// most maxFiles.
	Files []string
	// Serves: it is a server or a helper, whose life says nothing of an agent's
	// work.
	Serves bool
	// Remote: it stands for work elsewhere (ssh, srun) and ends with it, though it
	// uses no time here.
	Remote bool
}

// Limits of what is read of a command line.
const (
	maxFiles = 8
	maxText  = 200
	maxNest  = 3 // shells within shells
)

// ReadCommand reads the arguments of a process. They come from an agent and are
// only ever looked at.
func ReadCommand(args []string) Command {
	var c Command
	if len(args) == 0 {
		return c
	}
	script, isShell := scriptOf(args)
	if !isShell {
		script = strings.Join(args, " ")
		c.Text = agent.CleanLine(script, maxText)
		words := make([]word, len(args))
		for i, a := range args {
			words[i] = word{text: a, quoted: true}
		}
		c.read(words, 0)
		return c
	}
	c.Text = agent.CleanLine(script, maxText)
	c.read(lex(script), 0)
	return c
}

// scriptOf returns what a shell was given to run ("bash -lc SCRIPT"), out of
// what agent CLIs put around it.
func scriptOf(args []string) (string, bool) {
	if !slices.Contains(shells, strings.TrimPrefix(path.Base(args[0]), "-")) {
		return "", false
	}
	for i, a := range args[1:] {
		if !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "+") {
			return "", false
		}
		if !strings.HasPrefix(a, "--") && strings.HasSuffix(a, "c") && i+2 < len(args) {
			return unwrap(args[i+2]), true
		}
	}
	return "", false
}

// unwrap takes an agent's command out of the line that Claude Code runs: it
// reads a snapshot of the shell, evaluates the command and notes the folder.
func unwrap(script string) string {
	const eval = "&& eval "
	i := strings.Index(script, eval)
	if i < 0 || !strings.Contains(script[:i], "shell-snapshots/") {
		return script
	}
	if ws := lex(script[i+len(eval):]); len(ws) > 0 && !ws[0].operator {
		return ws[0].text
	}
	return script
}

// state of reading a script.
type reader struct {
	c     *Command
	vars  map[string]string
	cond  bool // between while and do
	sleep bool
	loop  bool
	ended bool // a command that sees the end of a process or job stands in a condition
	looks bool // ... or anywhere
	out   bool // there is a break or an exit
}

func (c *Command) read(words []word, depth int) {
	r := &reader{c: c, vars: map[string]string{}}
	for from := 0; from < len(words); {
		to := from
		for to < len(words) && !words[to].operator {
			to++
		}
		r.command(words[from:to], depth)
		from = to + 1
		if to < len(words) && to+1 < len(words) && strings.ContainsAny(words[to].text, "<>") && !words[to+1].operator {
			if strings.HasPrefix(words[to].text, "<") && words[to].text != "<<" {
				r.file(words[to+1].text, true)
			}
			from = to + 2 // what it writes is not what it waits for
			end := from
			for end < len(words) && !words[end].operator {
				end++
			}
			r.args("", words[from:end]) // arguments may follow a redirection
			from = end + 1
		}
	}
	c.Loops = c.Loops || r.loop && r.sleep
	c.Sleeps = c.Sleeps || r.sleep
	c.Ends = c.Ends || r.ended || r.looks && r.out
}

// command reads one simple command, with what a shell lets stand before it.
func (r *reader) command(ws []word, depth int) {
	for len(ws) > 0 {
		w := ws[0]
		if w.quoted {
			break
		}
		switch w.text {
		case "while", "until":
			r.loop, r.cond = true, true
		case "if", "elif":
			r.cond = true
		case "for", "select":
			r.loop = true
			r.args("", ws[1:])
			return
		case "do", "then", "else":
			r.cond = false
		case "!", "{", "}", "done", "fi", "time", "in", "esac", "case":
		case "break", "exit", "return":
			r.out = true
		default:
			if name, value, ok := strings.Cut(w.text, "="); ok && variable(name) {
				r.vars[name] = value
				break
			}
			r.program(ws, depth)
			return
		}
		ws = ws[1:]
	}
	if len(ws) > 0 {
		r.program(ws, depth)
	}
}

func variable(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// program reads the use of a program.
func (r *reader) program(ws []word, depth int) {
	name := path.Base(ws[0].text)
	args := ws[1:]
	if slices.Contains(before, name) { // it runs what follows
		for len(args) > 0 && (strings.HasPrefix(args[0].text, "-") || number(args[0].text) || strings.Contains(args[0].text, "=")) {
			args = args[1:]
		}
		if len(args) > 0 {
			r.command(args, depth)
		}
		return
	}
	c := r.c
	switch {
	case slices.Contains(shells, name) && depth < maxNest:
		texts := make([]string, len(ws))
		for i, w := range ws {
			texts[i] = w.text
		}
		if script, ok := scriptOf(texts); ok {
			c.read(lex(script), depth+1)
			return
		}
		if len(args) > 0 && !strings.HasPrefix(args[0].text, "-") { // it may stand for the program that it is named after
			r.program(args, depth+1)
			return
		}
	case name == "eval" && len(args) > 0 && depth < maxNest:
		c.read(lex(args[0].text), depth+1)
		return
	case name == "sleep":
		r.sleep = true
		return
	case slices.Contains(remotes, name):
		c.Remote = true
	}
	if slices.Contains(seesEnd, name) && (name != "kill" || has(args, "-0")) || has(args, "--pid") {
		r.looks = true
		r.ended = r.ended || r.cond || name == "wait" || has(args, "--pid")
	}
	if follows(name, args) {
		c.Loops = true
	}
	c.Serves = c.Serves || serves(name, args)
	r.args(name, args)
}

// has reports whether one of the arguments is the flag, or begins with it and "=".
func has(args []word, flag string) bool {
	return slices.ContainsFunc(args, func(w word) bool { return w.text == flag || strings.HasPrefix(w.text, flag+"=") })
}

// follows reports whether a program goes on for ever to show what comes.
func follows(name string, args []word) bool {
	switch name {
	case "inotifywait", "watch", "entr":
		return true
	case "tail", "journalctl":
		return slices.ContainsFunc(args, func(w word) bool {
			return w.text == "--follow" || strings.HasPrefix(w.text, "--follow=") || w.text == "--retry" ||
				len(w.text) > 1 && w.text[0] == '-' && w.text[1] != '-' && strings.ContainsAny(w.text, "fF")
		})
	}
	return false
}

// args notes the files among a program's arguments.
func (r *reader) args(name string, args []word) {
	pattern := slices.Contains(patterns, name) && !has(args, "-e") && !has(args, "-f")
	test := name == "[" || name == "[[" || name == "test"
	for i, w := range args {
		switch {
		case strings.HasPrefix(w.text, "-"):
		case pattern:
			pattern = false // it is what is looked for
		case test:
			r.file(w.text, i > 0 && slices.Contains([]string{"-f", "-s", "-e", "-d", "-r"}, args[i-1].text))
		default:
			r.file(w.text, slices.Contains(readers, name))
		}
	}
}

// file notes a word that names a file: one that is surely one, or looks so.
func (r *reader) file(text string, sure bool) {
	text = r.expand(text)
	looks := strings.Contains(text, "/") || slices.Contains(kindsOfFile, strings.ToLower(strings.TrimPrefix(path.Ext(text), ".")))
	switch {
	case text == "" || strings.Trim(text, "*?./") == "" || len(text) > 1024 || strings.ContainsAny(text, "\x00\n:{"):
	case number(text) || strings.HasPrefix(text, "/dev/") || strings.HasPrefix(text, "/proc/"):
	case !sure && !looks, len(r.c.Files) >= maxFiles, slices.Contains(r.c.Files, text):
	default:
		r.c.Files = append(r.c.Files, text)
	}
}

// expand puts in the variables that the script itself has set. Of another the
// place is left open, as in a glob pattern.
func (r *reader) expand(text string) string {
	var b strings.Builder
	for {
		head, rest, ok := strings.Cut(text, "$")
		b.WriteString(head)
		if !ok {
			return b.String()
		}
		name := ""
		if inner, after, braced := strings.Cut(strings.TrimPrefix(rest, "{"), "}"); strings.HasPrefix(rest, "{") && braced {
			name, text = inner, after
		} else {
			n := 0
			for n < len(rest) && variable(rest[:n+1]) {
				n++
			}
			name, text = rest[:n], rest[n:]
		}
		if v, known := r.vars[name]; name == "HOME" {
			b.WriteByte('~')
		} else if known && !strings.Contains(v, "$") {
			b.WriteString(v)
		} else {
			b.WriteByte('*')
		}
	}
}

func number(s string) bool {
	return s != "" && strings.Trim(strings.TrimRight(s, "smhd"), "0123456789.") == ""
}
