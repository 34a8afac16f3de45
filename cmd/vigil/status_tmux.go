package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/journal"
)

// statusTmux prints one line for tmux's status line, from what a vigil that
// watches has written down. It looks at no agent itself, so that it costs little
// more than the start of a program, however many there are.
func statusTmux(ctx context.Context, e env) error {
	state, err := e.stateDir()
	if err != nil {
		return err
	}
	now := e.Now()
	st, lease, err := standings(ctx, filepath.Join(state, "journal.db"), now)
	if err != nil {
		return err
	}
	_, err = io.WriteString(e.Stdout, tmuxLine(st, lease.Holder != "")+"\n")
	return err
}

// standings reads how the agents stand: by the word of who does auto-resume,
// else of whoever looked last. It is nil if nobody watches.
func standings(ctx context.Context, path string, now time.Time) (*standing, journal.Lease, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, journal.Lease{}, nil // vigil has never run
	}
	j, err := journal.OpenToRead(ctx, path)
	if err != nil {
		return nil, journal.Lease{}, err
	}
	defer j.Close()
	lease, err := j.Lease(ctx, now)
	if err != nil {
		return nil, lease, err
	}
	all, err := j.Standings(ctx, now.Add(-standFresh))
	if err != nil || len(all) == 0 {
		return nil, lease, err
	}
	newest := all[max(slices.IndexFunc(all, func(s journal.Standing) bool { return s.Holder == lease.Holder }), 0)]
	var st standing
	if err := json.Unmarshal([]byte(newest.Data), &st); err != nil {
		return nil, lease, nil // another version's: as good as none
	}
	return &st, lease, nil
}

// tmuxStates are the states in the order of the screen's header, with its signs
// and tmux's own colours.
var tmuxStates = []struct {
	state        agent.State
	sign, colour string
}{
	{agent.Asking, "▲", "yellow"},
	{agent.Stopped, "■", "red"},
	{agent.Exited, "×", "red"},
	{agent.Limited, "◆", "yellow"},
	{agent.Working, "●", "cyan"},
	{agent.Waiting, "○", "green"},
	{agent.Unknown, "·", "default"},
}

// tmuxLine draws the line: how many agents are in which state, who needs a
// person, and whether auto-resume is on.
func tmuxLine(st *standing, auto bool) string {
	if st == nil {
		return "vigil off"
	}
	var parts []string
	for _, s := range tmuxStates {
		if n := st.Counts[s.state]; n > 0 {
			parts = append(parts, fmt.Sprintf("#[fg=%s]%s%d#[fg=default]", s.colour, s.sign, n))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "no agent")
	}
	for i, n := range st.Needs {
		if i == 1 {
			parts = append(parts, fmt.Sprintf("#[fg=yellow]+%d#[fg=default]", len(st.Needs)-1))
			break
		}
		parts = append(parts, fmt.Sprintf("#[fg=yellow,bold]%s: %s#[fg=default,nobold]", tmuxText(n.Agent), tmuxText(string(n.Type))))
	}
	if auto {
		parts = append(parts, "#[fg=green]auto#[fg=default]")
	} else {
		parts = append(parts, "auto off")
	}
	return strings.Join(parts, " ")
}

// tmuxText is text in which tmux finds nothing to expand.
func tmuxText(s string) string {
	return strings.ReplaceAll(agent.CleanLine(s, 24), "#", "##")
}
