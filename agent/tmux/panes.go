package tmux

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vigil/agent"
)

// Pane is one pane of a tmux server.
type Pane struct {
	ID      string // "%3"
	Target  string // "session:window.pane", for people only
	PID     int    // of the process that the pane was started with
	TTY     string // "/dev/pts/4"
	Command string // name of the foreground process, as tmux sees it
	Path    string // its folder
	Title   string // as set by a program
	Dead    bool   // its process has ended and the pane remains
	Mode    bool   // in copy mode or another mode
	Width   int    // in cells
	Height  int

	SessionAttached int // people's clients on its session; control-mode clients do not count
}

// What is asked for stands between words that nobody can know, SEP here, so that
// a folder's or a title's text fakes no field and, with a newline in it, no pane.
// They are printable: some versions write a control character as an escape.
const (
	paneFormat = "SEP#{pane_id}SEP#{session_id}SEP#{pane_pid}SEP#{pane_tty}SEP#{pane_dead}SEP#{pane_in_mode}" +
		"SEP#{pane_width}SEP#{pane_height}SEP#{window_index}.#{pane_index}SEP#{session_name}SEP#{pane_title}" +
		"SEP#{pane_current_command}SEP#{pane_current_path}SEP"
	paneFields   = 13
	clientFormat = "SEP#{client_control_mode}SEP#{client_readonly}SEP#{client_activity}SEP#{session_id}SEP"
	clientFields = 4
)

// Panes lists the panes of all sessions, each once however many sessions show
// it.
func (s *Server) Panes(ctx context.Context) ([]Pane, error) {
	b, c, err := s.ask(ctx, "list the panes", `list-panes -a -F "`+paneFormat+`"`, `list-clients -F "`+clientFormat+`"`)
	if err != nil {
		return nil, err
	}
	attached := map[string]int{}
	for _, f := range fields(b[1], c.nonce, clientFields) {
		if f[0] == "0" {
			attached[f[3]]++
		}
	}
	var ps []Pane
	at := map[string]int{} // index in ps by pane id
	for _, f := range fields(b[0], c.nonce, paneFields) {
		n := attached[f[1]]
		if i, ok := at[f[0]]; ok {
			ps[i].SessionAttached += n
			continue
		}
		at[f[0]] = len(ps)
		ps = append(ps, Pane{
			ID: f[0], PID: number(f[2]), TTY: f[3],
			Dead: f[4] == "1", Mode: on(f[5]), Width: number(f[6]), Height: number(f[7]),
			Target: agent.CleanLine(f[9], 100) + ":" + f[8],
			Title:  agent.CleanLine(f[10], 200), Command: agent.CleanLine(f[11], 100), Path: f[12],
			SessionAttached: n,
		})
	}
	return ps, nil
}

// Capture is what a pane shows at one moment, as tmux tells it.
type Capture struct {
	At     time.Time
	Text   string // the visible lines with SGR sequences; hostile
	Title  string // of the pane; hostile
	TTY    string
	Mode   bool // in copy mode or another mode; Text is what lies under it
	Dead   bool // the pane's process has ended
	Width  int  // in cells; zero if not known
	Height int

	Cursor        bool // whether X and Y are known
	X, Y          int  // of the cursor, from 0 at the top left
	CursorVisible bool
}

const (
	captureFormat = "SEP#{pane_in_mode}SEP#{pane_dead}SEP#{cursor_x}SEP#{cursor_y}SEP#{cursor_flag}" +
		"SEP#{pane_width}SEP#{pane_height}SEP#{pane_tty}SEP#{pane_title}SEP"
	captureFields = 9
)

// Capture reads the visible screen of a pane, its cursor and its title, all of
// the same moment.
func (s *Server) Capture(ctx context.Context, paneID string) (Capture, error) {
	if err := checkPane(paneID); err != nil {
		return Capture{}, err
	}
	what := "capture pane " + paneID
	b, c, err := s.ask(ctx, what,
		fmt.Sprintf(`display-message -p -t %s "%s" ; capture-pane -p -e -t %s`, paneID, captureFormat, paneID))
	if err != nil {
		return Capture{}, err
	}
	f := fields(b[0], c.nonce, captureFields)
	if len(f) != 1 || len(b) < 2 {
		return Capture{}, fmt.Errorf("%s: %w", what, errProtocol)
	}
	v := f[0]
	return Capture{
		At: time.Now(), Text: b[1].text(), Title: v[8], TTY: v[7],
		Mode: on(v[0]), Dead: v[1] == "1", Width: number(v[5]), Height: number(v[6]),
		Cursor: v[2] != "" && v[3] != "", X: number(v[2]), Y: number(v[3]), CursorVisible: v[4] == "1",
	}, nil
}

// LastTyped returns when a person last used (typed into, clicked in, or attached)
// a client on a session that holds this pane: to the second, the zero time if no
// such client is attached. Control-mode clients, ours above all, and read-only
// ones do not count.
func (s *Server) LastTyped(ctx context.Context, paneID string) (time.Time, error) {
	if err := checkPane(paneID); err != nil {
		return time.Time{}, err
	}
	b, c, err := s.ask(ctx, "list the clients", `list-panes -a -F "SEP#{pane_id}SEP#{session_id}SEP"`, `list-clients -F "`+clientFormat+`"`)
	if err != nil {
		return time.Time{}, err
	}
	shows := map[string]bool{} // by session id
	for _, f := range fields(b[0], c.nonce, 2) {
		if f[0] == paneID {
			shows[f[1]] = true
		}
	}
	if len(shows) == 0 {
		return time.Time{}, fmt.Errorf("pane %s: %w", paneID, ErrNoPane)
	}
	var last int64
	for _, f := range fields(b[1], c.nonce, clientFields) {
		if f[0] == "0" && f[1] == "0" && shows[f[3]] {
			at, _ := strconv.ParseInt(f[2], 10, 64) // of our own format; else it is never
			last = max(last, at)
		}
	}
	if last == 0 {
		return time.Time{}, nil
	}
	return c.ourTime(time.Unix(last, 0)), nil
}

// ask sends lines, in which SEP stands for a word that nobody can know, and
// returns the answers to our own commands: one at least for each line.
func (s *Server) ask(ctx context.Context, what string, lines ...string) ([]block, *conn, error) {
	c, err := s.current()
	if err != nil {
		return nil, nil, err
	}
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], "SEP", c.nonce)
	}
	all, err := c.do(ctx, s.o.Timeout, lines...)
	if err == nil {
		err = firstError(all)
	}
	var ours []block
	for _, b := range all {
		if b.ours {
			ours = append(ours, b)
		}
	}
	if err == nil && len(ours) < len(lines) {
		err = errProtocol
	}
	if err != nil {
		if strings.HasPrefix(err.Error(), "can't find pane") {
			err = ErrNoPane
		}
		return nil, nil, fmt.Errorf("%s on tmux server %s: %w", what, s.socket, err)
	}
	return ours, c, nil
}

// fields finds the runs of n fields between separators in an answer.
func fields(b block, sep string, n int) [][]string {
	var fs [][]string
	for _, line := range b.lines {
		if f := strings.Split(line, sep); len(f) == n+2 && f[0] == "" && f[n+1] == "" {
			fs = append(fs, f[1:n+1])
		}
	}
	return fs
}

// checkPane refuses what is no pane id, before it becomes part of a command.
func checkPane(id string) error {
	if n, ok := strings.CutPrefix(id, "%"); ok && n != "" && strings.Trim(n, "0123456789") == "" {
		return nil
	}
	return fmt.Errorf("pane %q: %w", id, ErrNoPane)
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // of our own format; else it is not known
	return n
}

// on reads a flag that some versions count up.
func on(s string) bool { return s != "" && s != "0" }
