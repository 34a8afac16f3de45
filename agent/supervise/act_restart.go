package supervise

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/nudge"
	"vigil/agent/tmux"
)

// refusal is why a restart in a pane is given up: another way is taken.
type refusal string

// The refusals.
const (
	refusedNoPane refusal = "its pane is gone"
	refusedLeft   refusal = "a person ended it"
)

// Error makes a refusal an error.
func (r refusal) Error() string { return string(r) }

// startAgain starts an agent's CLI again in its pane: by the shell that started
// it, or in the dead pane itself.
func (s *Supervisor) startAgain(ctx context.Context, a Send) (nudge.Result, error) {
	held := func(why string, err error) (nudge.Result, error) {
		return nudge.Result{Status: agent.Planned, Note: why}, err
	}
	d, ok := s.panes.was(a.Agent.ID)
	if !ok {
		return held(string(refusedNoPane), refusedNoPane)
	}
	argv, err := d.again(a.Agent.SessionID)
	if err != nil {
		return held(agent.CleanLine(err.Error(), 160), nil)
	}
	panes, err := d.server.Panes(ctx)
	if err != nil {
		return held("its pane cannot be read", err)
	}
	i := slices.IndexFunc(panes, func(p tmux.Pane) bool { return p.ID == d.Pane.ID })
	if i < 0 {
		return held(string(refusedNoPane), refusedNoPane)
	}
	sent := func() { s.observe(Entered{a.Agent.ID, a.Nudge.Key}) }
	if panes[i].Dead {
		well, err := d.server.EndedWell(ctx, d.Pane.ID)
		switch {
		case err != nil:
			return held("its pane cannot be read", err)
		case well && !a.Always:
			return held(string(refusedLeft), refusedLeft)
		}
		if err := d.server.Respawn(ctx, d.Pane.ID, d.proc.Dir, argv); err != nil {
			return held("it cannot be started in its pane", err)
		}
		sent()
		return nudge.Result{Status: agent.Sent}, nil
	}
	return s.inShell(ctx, d, a, panes[i], argv, sent)
}

// inShell has the pane's shell start the CLI again.
func (s *Supervisor) inShell(ctx context.Context, d desk, a Send, p tmux.Pane, argv []string, sent func()) (nudge.Result, error) {
	held := func(why string, err error) (nudge.Result, error) {
		return nudge.Result{Status: agent.Planned, Note: why}, err
	}
	sh := &shell{desk: d, pane: p.PID}
	idle, hold, err := sh.idle(ctx)
	if err != nil || hold != "" {
		return held(hold, err)
	}
	c, err := d.server.Capture(ctx, d.Pane.ID)
	switch {
	case err != nil:
		return held("its pane cannot be read", err)
	case !a.Always && saidGoodbye(c, a.Agent.SessionID):
		return held(string(refusedLeft), refusedLeft)
	}
	line, err := tmux.ShellLine(idle.Shell, argv)
	if err != nil {
		return held(agent.CleanLine(err.Error(), 160), nil)
	}
	where, err := d.preface(ctx, idle)
	if err != nil {
		return held("its shell cannot be read", err)
	}
	return nudge.Restart(ctx, sh, where+line, a.Typed, sent, time.Now)
}

// preface is what must precede the command so that the CLI finds its session:
// its folder and the place of its files, where the shell has others.
func (d desk) preface(ctx context.Context, idle tmux.Idle) (string, error) {
	env, err := d.machine.Env(ctx, idle.PID, agent.HomeVars()...)
	if err != nil {
		return "", err
	}
	var words []string
	for _, k := range agent.HomeVars() {
		if v := d.env[k]; v != "" && v != env[k] {
			words = append(words, k+"="+v)
		}
	}
	out := ""
	if len(words) > 0 {
		line, err := tmux.ShellLine(idle.Shell, append([]string{"env"}, words...))
		if err != nil {
			return "", err
		}
		out = line + " "
	}
	if d.proc.Dir != "" && idle.Dir != d.proc.Dir {
		line, err := tmux.ShellLine(idle.Shell, []string{"cd", d.proc.Dir})
		if err != nil {
			return "", err
		}
		out = line + " && " + out
	}
	return out, nil
}

// goodbye are the words with which a CLI that was ended in good order tells how
// to go on; the session's id follows within two rows.
var goodbye = regexp.MustCompile(`^\s*(?:Resume this session with:|To continue this session, run)`)

// goodbyeRows is how far above the prompt those words stand at most.
const goodbyeRows = 8

// saidGoodbye reports whether the last that the pane shows above its shell's
// prompt is a CLI's farewell for the session.
func saidGoodbye(c tmux.Capture, session string) bool {
	rows := slices.DeleteFunc(c.BeforeCursor(), func(r string) bool { return strings.TrimSpace(r) == "" })
	rows = rows[max(len(rows)-goodbyeRows, 0):]
	for i, r := range rows {
		if goodbye.MatchString(r) && session != "" && strings.Contains(strings.Join(rows[i:min(i+3, len(rows))], ""), session) {
			return true
		}
	}
	return false
}

// again is the command line by which the CLI is started again.
func (d desk) again(session string) ([]string, error) {
	if len(d.restart) > 0 {
		return withSession(d.restart, session), nil
	}
	return tmux.Again(d.proc, session)
}

// shell is the shell of a pane as a nudge.Shell.
type shell struct {
	desk
	pane  int          // the process that the pane was started with
	known tmux.Process // the shell, once it was seen
}

var _ nudge.Shell = (*shell)(nil)

// idle looks whether the shell that started the agent has the pane and does
// nothing.
func (s *shell) idle(ctx context.Context) (tmux.Idle, string, error) {
	t, err := s.machine.Processes(ctx)
	if err != nil {
		return tmux.Idle{}, "its pane's processes cannot be read", err
	}
	idle, hold := t.IdleShell(s.pane)
	switch {
	case hold != "":
		return idle, hold, nil
	case idle.PID != s.proc.PPID && idle.PID != s.pane:
		return idle, "its pane's shell is another one than started it", nil
	case s.known.PID != 0 && (s.known.PID != idle.PID || s.known.StartTicks != idle.StartTicks):
		return idle, "its pane's shell is another one now", nil
	}
	s.known = idle.Process
	return idle, "", nil
}

// Look is of [nudge.Shell].
func (s *shell) Look(ctx context.Context) (nudge.ShellLook, error) {
	c, err := s.server.Capture(ctx, s.Pane.ID)
	if err != nil {
		return nudge.ShellLook{}, doubtful(err)
	}
	typed, err := s.server.LastTyped(ctx, s.Pane.ID)
	if err != nil {
		return nudge.ShellLook{}, doubtful(err)
	}
	l := nudge.ShellLook{Before: c.BeforeCursor(), Typed: typed}
	if c.Mode {
		l.Hold = "the pane is in copy mode"
		return l, nil
	}
	_, l.Hold, err = s.idle(ctx)
	return l, err
}

// Kill is of [nudge.Shell].
func (s *shell) Kill(ctx context.Context) error {
	return doubtful(s.server.KillLine(ctx, s.Pane.ID))
}

// Type is of [nudge.Shell].
func (s *shell) Type(ctx context.Context, line string) error {
	return doubtful(s.server.Line(ctx, s.Pane.ID, line))
}

// refused is why a delivery was refused, if it was.
func refused(err error) refusal {
	var r refusal
	if errors.As(err, &r) {
		return r
	}
	return ""
}
