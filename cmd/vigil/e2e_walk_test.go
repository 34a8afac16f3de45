package main_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/cmd/vigil/internal/clients"
	"vigil/tui"
)

// walk is the demo's screen in a private tmux server.
type walk struct {
	t    *testing.T
	w, h int
	mark int // of the last step

	to   io.Writer // a client of tmux in control mode: no process a step
	from *bufio.Reader
}

// TestE2EWalk presses every key of every tab of the demo, and clicks whatever
// the mouse can mean, in a real terminal of two sizes. After each step the
// program lives and its frame fills the terminal.
func TestE2EWalk(t *testing.T) {
	x := startWalk(t, 80, 24, buildVigil(t), "demo", "--speed", "10")
	began := time.Now()
	x.until("agents", func(s string) bool { return strings.Contains(s, "3 agents") && strings.Contains(s, "1 plan") })
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		x.resize(size[0], size[1])
		x.walkKeys()
		x.walkMouse()
	}
	x.resize(80, 24)
	x.ask("send-keys -t w q")
	x.until("its end", func(string) bool { return strings.HasPrefix(x.ask("display-message -p -t w '#{pane_dead}'"), "1") })
	report(t, "%d steps in %s", x.mark, time.Since(began).Round(time.Second))
}

// startWalk runs a program in a private tmux server, whose home is an empty
// folder.
func startWalk(t *testing.T, w, h int, argv ...string) *walk {
	t.Helper()
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		if os.Getenv("VIGIL_E2E") == "require" {
			t.Fatal("tmux is not installed")
		}
		t.Skip("tmux is not installed")
	}
	dir, err := os.MkdirTemp("", "vglw") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	server := []string{"-S", filepath.Join(dir, "tmux"), "-f", os.DevNull}
	start := append(slices.Clone(server), "new-session", "-d", "-s", "w", "-x", fmt.Sprint(w), "-y", fmt.Sprint(h),
		"-e", "HOME="+dir, "-e", "TMPDIR="+dir, "-e", "LANG=C.UTF-8")
	if out, err := exec.Command(tmux, append(append(start, argv...), ";",
		"set-option", "-t", "w", "remain-on-exit", "on")...).CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command(tmux, append(server, "kill-server")...).Run() }) // it may have ended
	x := &walk{t: t, w: w, h: h}
	x.attach(exec.Command(tmux, append(server, "-C", "attach-session", "-f", "no-output,ignore-size", "-t", "w")...))
	return x
}

// attach starts the client.
func (x *walk) attach(cmd *exec.Cmd) {
	x.t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		x.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		x.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { in.Close(); _ = cmd.Wait() }) // it ends with its input
	x.to, x.from = in, bufio.NewReader(out)
	x.answer() // to its own start
}

// ask sends commands, one a line, and returns the answer to the last one.
func (x *walk) ask(commands ...string) string {
	x.t.Helper()
	if _, err := io.WriteString(x.to, strings.Join(commands, "\n")+"\n"); err != nil {
		x.t.Fatal(err)
	}
	out := ""
	for range commands {
		out = x.answer()
	}
	return out
}

// answer reads the answer to one command, and leaves out what tmux tells of
// its own accord.
func (x *walk) answer() string {
	x.t.Helper()
	var b strings.Builder
	inside := false
	for {
		l, err := x.from.ReadString('\n')
		switch {
		case err != nil:
			x.t.Fatalf("tmux: %v", err)
		case strings.HasPrefix(l, "%error "):
			x.t.Fatalf("tmux: %s", b.String())
		case strings.HasPrefix(l, "%begin "):
			inside = true
		case strings.HasPrefix(l, "%end "):
			return b.String()
		case inside:
			b.WriteString(l)
		}
	}
}

// until waits for a screen, and returns it.
func (x *walk) until(what string, ok func(string) bool) string {
	x.t.Helper()
	last := ""
	if !clients.Poll(30*time.Second, func() bool {
		last = x.ask("capture-pane -p -t w")
		return ok(last)
	}) {
		x.t.Fatalf("%s: it never came:\n%s", what, last)
	}
	return last
}

// walkKeys presses every key of every table, from the place where it works.
func (x *walk) walkKeys() {
	opens := map[string][]string{
		"frontier": {"3", "f"}, "box": {"3", "B"}, "in a box of text": {"?"}, "while a line is written": {"/"}, "in the palette": {":"},
		"before a job is cancelled": {":", "j", "o", "b", "space", "4", "1", "enter", "x"},
	}
	for _, a := range tui.Actions(nil) {
		if tab, ok := strings.CutPrefix(a.ID, "tab-"); ok {
			opens[tab] = a.Keys[:1]
		}
	}
	for _, a := range tui.Actions(nil) {
		var commands []string
		for _, k := range a.Keys {
			// Left out: what ends it, or would where nothing asks, and the Escape that
			// is one with the key behind it.
			if a.ID == "quit" || k == "ctrl+c" || k == "esc" || a.ID == "confirm-no" && k == "q" {
				continue
			}
			commands = append(commands, press(append(slices.Clone(opens[a.Zone]), k)...))
		}
		if len(commands) > 0 {
			x.seen(fmt.Sprintf("%s: %q", a.ID, a.Keys), commands...)
		}
	}
}

// press presses keys from where nothing floats.
func press(keys ...string) string {
	command := clean
	for _, k := range keys {
		command += " '" + tmuxKey(k) + "'"
	}
	return command
}

// clean leaves whatever floats or is written.
const clean = "send-keys -t w C-g C-g C-g"

// seen sends commands, then a number: where that is seen, as a count or in the
// line that is written, what came before has been done. It looks at the screen
// then.
func (x *walk) seen(what string, commands ...string) string {
	x.t.Helper()
	x.mark++
	mark := fmt.Sprint(90000 + x.mark)
	x.ask(append(commands, "send-keys -t w -l "+mark)...)
	return x.until(what, func(s string) bool {
		if strings.Contains(s, "panic:") || strings.Contains(s, "Pane is dead") {
			x.t.Fatalf("%s ended it:\n%s", what, s)
		}
		lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
		return strings.Contains(s, mark) && len(lines) == x.h && x.whole(lines)
	})
}

// whole reports whether a frame fills the terminal: its header is in the first
// row, its footer in the last one, and its edges where the terminal ends.
func (x *walk) whole(lines []string) bool {
	last := []rune(strings.TrimRight(lines[x.h-1], " "))
	return strings.HasPrefix(lines[0], " vigil") && len([]rune(lines[0])) <= x.w && len(last) > 0 && len(last) <= x.w
}

// resize changes the terminal's size, and waits until the frame fills it.
func (x *walk) resize(w, h int) {
	x.t.Helper()
	x.w, x.h = w, h
	x.ask(fmt.Sprintf("resize-window -t w -x %d -y %d", w, h))
	x.seen(fmt.Sprintf("%dx%d", w, h), clean)
}

// walkMouse clicks, clicks again, turns the wheel and drags in every part of
// the screen, tab by tab, in the help and in the palette.
func (x *walk) walkMouse() {
	s := x.seen("the screen", clean+" 3")
	var titles []int // where each tab's title is
	row := 0
	for y, l := range strings.Split(s, "\n") {
		if i := strings.Index(l, "1 plan"); i >= 0 {
			row = y
			for n := 1; ; n++ {
				j := strings.Index(l[i:], fmt.Sprintf("%d ", n))
				if j < 0 {
					break
				}
				titles = append(titles, len([]rune(l[:i+j])))
			}
			break
		}
	}
	if len(titles) < 6 {
		x.t.Fatalf("the titles of the tabs are at %v:\n%s", titles, s)
	}
	places := [][2]int{
		{x.w - 10, 0}, {5, 1}, {5, 5}, {32, 10}, {x.w / 2, 4}, {x.w / 2, x.h / 2}, {x.w - 8, x.h / 3}, {x.w / 2, x.h - 4}, {x.w - 4, x.h - 1}, {x.w - 12, x.h - 1},
	}
	for half := range slices.Chunk(places, (len(places)+1)/2) {
		for i, from := range titles {
			x.point(fmt.Sprintf("tab %d, at %v", i+1, half), "", click(from, row), half)
		}
		for _, key := range []string{"?", ":"} {
			x.point(fmt.Sprintf("over the screen (%s), at %v", key, half), key, "", half)
		}
	}
}

// point does all that the mouse can do at some places, after a key and a click.
func (x *walk) point(what, key, first string, places [][2]int) {
	x.t.Helper()
	var commands []string
	for _, p := range places {
		commands = append(commands, clean+" "+key, "send-keys -t w -H "+fmt.Sprintf("% x", first+use(p[0], p[1])))
	}
	x.seen(what, commands...)
}

// sgr is what a terminal sends for the mouse: a button (32 and more: moving, 64
// and more: the wheel) pressed or let go at a cell.
func sgr(button, x, y int, end string) string {
	return fmt.Sprintf("\x1b[<%d;%d;%d%s", button, x+1, y+1, end)
}

func click(x, y int) string { return sgr(0, x, y, "M") + sgr(0, x, y, "m") }

// use is all that the mouse can do at a place.
func use(x, y int) string {
	s := sgr(35, x, y, "M") // it comes
	for _, wheel := range []int{64, 65, 65, 68, 81, 66, 67} {
		s += sgr(wheel, x, y, "M")
	}
	s += sgr(0, x, y, "M") // dragged
	for d := range 5 {
		s += sgr(32, max(x-d, 0), max(y-d/2, 0), "M")
	}
	return s + sgr(0, max(x-5, 0), max(y-2, 0), "m") + click(x, y) + click(x, y) + sgr(2, x, y, "M") + sgr(2, x, y, "m")
}

// tmuxKey is what tmux calls a key.
func tmuxKey(k string) string {
	for _, mod := range [][2]string{{"ctrl+", "C-"}, {"alt+", "M-"}, {"shift+", "S-"}} {
		if rest, ok := strings.CutPrefix(k, mod[0]); ok {
			return mod[1] + tmuxKey(rest)
		}
	}
	if name, ok := map[string]string{
		"up": "Up", "down": "Down", "left": "Left", "right": "Right", "enter": "Enter", "esc": "Escape", "tab": "Tab", "space": "Space",
		"pgup": "PPage", "pgdown": "NPage", "home": "Home", "end": "End", "backspace": "BSpace", "delete": "DC",
	}[k]; ok {
		return name
	}
	return k
}
