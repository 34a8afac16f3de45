package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
)

// The screen's own bounds: below the first it says that it is too small, from
// the second on it has its full shape.
const (
	leastW, leastH = 80, 24
	fullW, fullH   = 100, 30
)

// escLate is from when on a key after Esc is felt to come late, in milliseconds.
const escLate = 100

func checkTerminal(ctx context.Context, e env) []finding {
	if !e.Terminal {
		return found(note, "no terminal on stdin and stdout: nothing was looked at", "run it in the terminal in which you want the screen")
	}
	var out []finding
	if f, ok := e.Stdout.(*os.File); ok {
		w, h, err := term.GetSize(f.Fd())
		if err != nil {
			out = append(out, finding{Level: bad, What: "its size is not known: " + err.Error(), Do: "use another terminal"})
		} else {
			out = append(out, sizeFinding(w, h))
		}
	}
	out = append(out, colourFinding(colorprofile.Detect(e.Stdout, e.Environ), e), utf8Finding(e))
	if e.Getenv("TMUX") != "" {
		out = append(out, checkInside(ctx, e)...)
	}
	return out
}

func sizeFinding(w, h int) finding {
	f := finding{Level: fine, What: fmt.Sprintf("%d columns, %d rows", w, h)}
	switch {
	case w < leastW || h < leastH:
		f.Level, f.Do = note, fmt.Sprintf("make it %dx%d or larger; below that the screen leaves things out", leastW, leastH)
	case w < fullW || h < fullH:
		f.Do = fmt.Sprintf("from %dx%d on, the list of agents stands beside the detail", fullW, fullH)
	}
	return f
}

func colourFinding(p colorprofile.Profile, e env) finding {
	switch {
	case e.Getenv("NO_COLOR") != "":
		return finding{Level: fine, What: "no colours, as NO_COLOR asks"}
	case p >= colorprofile.ANSI256:
		return finding{Level: fine, What: map[bool]string{true: "true colours", false: "256 colours"}[p == colorprofile.TrueColor]}
	case p == colorprofile.ANSI:
		return finding{Level: note, What: "16 colours", Do: "set TERM to a type with 256 (xterm-256color, tmux-256color), or COLORTERM=truecolor if the terminal has them"}
	}
	return finding{Level: note, What: "no colours: TERM is " + cmp.Or(e.Getenv("TERM"), "not set"), Do: "set TERM to what your terminal is, like xterm-256color"}
}

// utf8Finding goes by the locale, in the order in which C programs do.
func utf8Finding(e env) finding {
	locale := cmp.Or(e.Getenv("LC_ALL"), e.Getenv("LC_CTYPE"), e.Getenv("LANG"))
	low := strings.ReplaceAll(strings.ToLower(locale), "-", "")
	if strings.Contains(low, "utf8") {
		return finding{Level: fine, What: "UTF-8 (" + locale + ")"}
	}
	return finding{Level: note, What: "the locale is " + cmp.Or(locale, "not set") + ", not UTF-8: curves and signs may look broken", Do: "set LANG=C.UTF-8 (and start tmux anew, or attach with tmux -u)"}
}

// inside asks for what of a tmux around vigil matters to its screen.
const insideFormat = "#{client_utf8}|#{escape-time}|#{allow-passthrough}|#{set-clipboard}|#{focus-events}|#{extended-keys}"

// checkInside looks at the tmux server that vigil runs in.
func checkInside(ctx context.Context, e env) []finding {
	socket, _, _ := strings.Cut(e.Getenv("TMUX"), ",")
	args := []string{"-S", socket, "display-message", "-p", insideFormat}
	if pane := e.Getenv("TMUX_PANE"); pane != "" {
		args = []string{"-S", socket, "display-message", "-p", "-t", pane, insideFormat}
	}
	cmd := exec.CommandContext(ctx, "tmux", args...)
	cmd.Stderr = io.Discard
	out, err := cmd.Output()
	if err != nil {
		return []finding{{Level: note, What: "the tmux around it does not answer", Do: "see the lines on tmux below"}}
	}
	return insideFindings(strings.Split(strings.TrimSpace(string(out)), "|"))
}

func insideFindings(v []string) []finding {
	if len(v) != strings.Count(insideFormat, "|")+1 {
		return nil
	}
	on := func(s string) bool { return s != "" && s != "off" && s != "0" }
	var out []finding
	if v[0] == "0" {
		out = append(out, finding{Level: bad, What: "tmux draws no UTF-8 here", Do: "attach with tmux -u, or set LANG=C.UTF-8 before tmux starts"})
	}
	if ms, err := strconv.Atoi(v[1]); err == nil && ms >= escLate {
		out = append(out, finding{Level: note, What: fmt.Sprintf("tmux holds Esc back for %d ms", ms), Do: "in .tmux.conf: set -sg escape-time 10"})
	}
	if v[2] != "" && !on(v[2]) { // before 3.3 there is no such option, and all passes
		out = append(out, finding{Level: note, What: "allow-passthrough is off: notices do not reach the desktop (the bell does)", Do: "in .tmux.conf: set -g allow-passthrough on"})
	}
	words := func(name, s string) string {
		if on(s) {
			return name + " " + strings.Replace(s, "1", "on", 1)
		}
		return name + " off"
	}
	return append(out, finding{Level: fine, What: "in tmux: " + words("set-clipboard", v[3]) + ", " + words("focus-events", v[4]) + ", " +
		words("extended-keys", v[5]) + " (the screen needs none of them)"})
}
