package simagent

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"

	"vigil/agent"
)

// screen draws an actor as its CLI looks, and reads what is typed or pasted
// into its composer.
type screen struct {
	a    *Actor
	in   *os.File
	out  io.Writer
	quit func() // ctrl+c, or the terminal is gone
	sent chan string

	mu     sync.Mutex // guards what follows
	lines  []string
	draft  string
	busy   bool
	shells int
}

const (
	pasteOn, pasteOff = "\x1b[?2004h", "\x1b[?2004l"
	pasteBegin        = "\x1b[200~"
	pasteEnd          = "\x1b[201~"
	keptLines         = 500
	waitingPrompts    = 16
)

// newScreen starts to read; the goroutine ends when in is closed or at the
// process's end.
func newScreen(a *Actor, in *os.File, out io.Writer, quit func()) *screen {
	s := &screen{a: a, in: in, out: out, quit: quit, sent: make(chan string, waitingPrompts)}
	fmt.Fprint(out, pasteOn+"\x1b[2J")
	go s.read(bufio.NewReader(in))
	return s
}

func (s *screen) leave() { fmt.Fprint(s.out, pasteOff+"\r\n") }

func (s *screen) prompts() <-chan string { return s.sent }

func (s *screen) show(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, strings.Split(text, "\n")...)
	s.lines = append(s.lines, "")
	s.lines = s.lines[max(0, len(s.lines)-keptLines):]
	s.draw()
}

func (s *screen) state(busy bool, shells int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy, s.shells = busy, shells
	s.draw()
}

// read takes keys and pastes in. Enter submits outside a paste only; inside
// one it is a line break.
func (s *screen) read(in *bufio.Reader) {
	defer s.quit()
	pasting, seq := false, ""
	for {
		r, _, err := in.ReadRune()
		if err != nil || (r == 3 && !pasting) {
			return
		}
		if r == 0x1b || seq != "" {
			seq += string(r)
			switch {
			case seq == pasteBegin, seq == pasteEnd:
				pasting, seq = seq == pasteBegin, ""
				s.redraw()
			case !strings.HasPrefix(pasteBegin, seq) && !strings.HasPrefix(pasteEnd, seq):
				seq = "" // another key: the composer has no use for it
			}
			continue
		}
		s.key(r, pasting)
	}
}

func (s *screen) key(r rune, pasting bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r == '\r' && !pasting:
		if text := strings.TrimSpace(s.draft); text != "" {
			select {
			case s.sent <- text:
				s.draft = ""
			default: // too many wait: the draft stays, as if Enter was lost
			}
		}
	case r == '\r' || r == '\n':
		s.draft += "\n"
	case r == 0x7f || r == 8:
		if n := len([]rune(s.draft)); n > 0 {
			s.draft = string([]rune(s.draft)[:n-1])
		}
	case r == 0x15:
		s.draft = ""
	case r >= 0x20 || r == '\t':
		s.draft += string(r)
	}
	if !pasting { // a paste is drawn once, at its end
		s.draw()
	}
}

func (s *screen) redraw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draw()
}

// draw repaints the screen. The caller holds the lock.
func (s *screen) draw() {
	w, h, err := term.GetSize(s.in.Fd())
	if err != nil || w < 20 || h < 8 {
		w, h = 80, 24
	}
	var foot []string
	var row int // of the composer within foot
	if s.a.Kind == agent.Codex {
		foot, row = s.codexFoot(w)
	} else {
		foot, row = s.claudeFoot(w)
	}
	room := max(0, h-len(foot))
	var body []string
	for _, l := range s.lines {
		body = append(body, strings.Split(ansi.Wrap(l, w, ""), "\n")...)
	}
	body = body[max(0, len(body)-room):]
	fill := make([]string, room-len(body))
	var b strings.Builder
	b.WriteString("\x1b[?25l\x1b[H")
	all := append(append(fill, body...), foot...)
	if s.a.Kind == agent.Codex { // it draws from the top
		all = append(append(body, fill...), foot...)
	}
	for i, l := range all {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(l + "\x1b[K")
	}
	last := lastLine(s.draft)
	fmt.Fprintf(&b, "\x1b[%d;%dH\x1b[?25h", room+row+1, min(w, 3+ansi.StringWidth(last)))
	title := filepath.Base(s.a.Workspace)
	switch {
	case s.a.Kind == agent.Claude:
		title = "✳ Claude Code"
	case s.busy:
		title = "⠋ " + title
	}
	fmt.Fprintf(&b, "\x1b]2;%s\x07", title)
	fmt.Fprint(s.out, b.String())
}

func lastLine(s string) string { return s[strings.LastIndexByte(s, '\n')+1:] }

// composer returns the draft's lines after the mark, wrapped and indented.
func composer(mark, draft string, w int) []string {
	lines := strings.Split(ansi.Wrap(draft, w-3, ""), "\n")
	for i := range lines {
		if i == 0 {
			lines[i] = mark + lines[i]
		} else {
			lines[i] = "  " + lines[i]
		}
	}
	return lines
}

// claudeFoot is Claude Code's composer between two rules, and its footer. The
// mark is followed by a no-break space.
func (s *screen) claudeFoot(w int) ([]string, int) {
	rule := "\x1b[38;5;244m" + strings.Repeat("─", w) + "\x1b[39m"
	box := composer("❯\u00a0", s.draft, w)
	if s.draft == "" {
		box[0] += "\x1b[7m \x1b[0m"
	}
	foot := "  \x1b[38;5;211m⏵⏵ bypass permissions on\x1b[38;5;246m (shift+tab to cycle)"
	if s.busy {
		foot += " · esc to interrupt"
	}
	if s.shells > 0 {
		foot += fmt.Sprintf(" · %d shell", s.shells)
	}
	out := append([]string{rule}, box...)
	return append(out, rule, foot+"\x1b[39m"), len(box)
}

// codexFoot is Codex's composer with its dim placeholder, and its footer.
func (s *screen) codexFoot(w int) ([]string, int) {
	status := ""
	if s.busy {
		status = "• \x1b[2mWorking\x1b[0m \x1b[2m(1s • \x1b[0mesc\x1b[2m to interrupt)\x1b[0m"
	}
	box := composer("\x1b[1m›\x1b[0m ", s.draft, w)
	if s.draft == "" {
		box[0] += "\x1b[2mAsk Codex to do anything\x1b[0m"
	}
	out := append([]string{status, ""}, box...)
	return append(out, "", "  gpt-5.5 default · "+s.a.Workspace), 1 + len(box)
}
