package grind

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// nothing is a command that does nothing but pass for one.
var nothing = regexp.MustCompile(`^\s*(echo( +['"]?[\w .,!…-]{0,40}['"]?)?|true|:|sleep +[\d.]+[smh]?)\s*;?\s*$`)

// shells are the tools that run a command.
var shells = []string{"Bash", "PowerShell", "exec_command", "shell", "local_shell", "run_shell_command"}

// call takes the use of a tool in.
func (w *Watch) call(l Limits, e agent.Event) {
	w.failed = nil
	w.bursts[retryStorm] = burst{}
	b := &w.bursts[keepAlive]
	if !slices.Contains(shells, e.Call.Name) || !nothing.MatchString(e.Call.Summary) {
		if b.n = 0; !b.holds {
			*b = burst{}
		}
		return
	}
	if b.n == 0 && !b.holds {
		b.from, b.size = e.At, 0
	}
	b.n++
	b.size++
	if b.n >= l.KeepAlives {
		b.holds, b.last, b.example = true, e.At, e.Call.Summary
	}
}

// fail takes a failed turn in.
func (w *Watch) fail(l Limits, at time.Time) {
	w.failed = append(w.failed, at)
	if n := len(w.failed); n > max(l.Failures, 1) {
		w.failed = slices.Delete(w.failed, 0, n-max(l.Failures, 1))
	}
	b := &w.bursts[retryStorm]
	b.add(at)
	if !b.holds && len(w.failed) >= l.Failures && at.Sub(w.failed[0]) <= l.Within {
		b.holds, b.from = true, w.failed[0]
		b.n = len(w.failed)
	}
}

// declared is a result that the agent said to be its last.
type declared struct {
	what string
	n    int
}

// Declared takes in that the agent declared a result, by a tool or as the last
// words of a turn. The same one again and again, with no new best between, is
// a loop.
func (w *Watch) Declared(l Limits, at time.Time, what string) {
	b := &w.bursts[reproposing]
	if what == "" || what != w.said.what {
		w.said = declared{what: what}
		*b = burst{}
		if what == "" {
			return
		}
	}
	w.said.n++
	b.add(at)
	b.example = what
	b.holds = b.n >= l.Proposals
}

var figure = regexp.MustCompile(`\d[\d.,]*\d`)

// Result returns what a final message declares, by which the same result is
// known again: the first number of at least three digits in its first words;
// empty if there is none.
func Result(text string) string {
	text = agent.CleanLine(text, 200)
	for _, m := range figure.FindAllString(text, -1) {
		if len(strings.Trim(m, ".,")) >= 4 && !strings.Contains(m, ".") {
			return strings.ReplaceAll(m, ",", "")
		}
	}
	return ""
}

// prose are the endings of files that hold no code.
var prose = []string{".md", ".txt", ".rst", ".log", ".csv", ".jsonl", ".html", ".out"}

// code reports whether a file holds code, by its name.
func code(name string) bool { return !slices.Contains(prose, strings.ToLower(path.Ext(name))) }
