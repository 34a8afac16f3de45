package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/tmux"
)

// tmuxVersion finds the number in "tmux 3.4", "tmux next-3.6" or "tmux 3.3a".
var tmuxVersion = regexp.MustCompile(`(\d+)\.(\d+)`)

// leastTmux is the oldest major version that vigil can attach to.
const leastTmux = 3

// versionFinding judges what `tmux -V` printed.
func versionFinding(said string) finding {
	said = agent.CleanLine(said, 60)
	m := tmuxVersion.FindStringSubmatch(said)
	if m == nil { // OpenBSD's own says "tmux openbsd-7.4", which is newer
		return finding{Level: fine, What: said}
	}
	if major, err := strconv.Atoi(m[1]); err == nil && major < leastTmux {
		return finding{Level: bad, What: said + " is too old", Do: fmt.Sprintf("install tmux %d.0 or newer", leastTmux)}
	}
	return finding{Level: fine, What: said}
}

// checkTmux looks for the program and attaches to each server.
func checkTmux(ctx context.Context, configured []string) []finding {
	said, err := exec.CommandContext(ctx, "tmux", "-V").Output()
	if err != nil {
		return found(note, "tmux cannot be run: "+err.Error(), "install tmux 3.0 or newer: agents outside tmux are watched, and hardly ever nudged")
	}
	out := []finding{versionFinding(string(said))}
	if out[0].Level == bad {
		return out
	}
	sockets := configured
	if len(sockets) == 0 {
		sockets = tmux.Sockets()
	}
	if len(sockets) == 0 {
		return append(out, finding{Level: note, What: "no tmux server of yours runs", Do: "start an agent in one: tmux new -s opus claude"})
	}
	lines := make([]chan finding, len(sockets))
	for i, socket := range sockets {
		lines[i] = make(chan finding, 1)
		go func() { lines[i] <- attachTo(ctx, socket) }() // ends with ctx
	}
	for _, l := range lines {
		out = append(out, <-l)
	}
	return out
}

// attachWithin bounds the wait for a tmux server: less than the check has, so
// that the others are told of.
const attachWithin = checkWithin - time.Second

// attachTo attaches a control client as the supervisor does, and lists the panes.
func attachTo(ctx context.Context, socket string) finding {
	ctx, cancel := context.WithTimeout(ctx, attachWithin)
	defer cancel()
	srv := tmux.NewServer(socket, tmux.Options{})
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Run(ctx) }() // ends with ctx
	defer func() { cancel(); <-done }()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-srv.Changes():
		case <-look.C:
		case <-ctx.Done():
			return finding{Level: bad, What: socket + ": no answer within " + attachWithin.String(), Do: "attach to it yourself; a stopped or hanging server does not answer"}
		}
		if srv.Connected() {
			panes, err := srv.Panes(ctx)
			if err != nil {
				return finding{Level: bad, What: socket + ": " + err.Error(), Do: "its agents are not nudged until it answers"}
			}
			return finding{Level: fine, What: fmt.Sprintf("%s: attached, %s", socket, counted(len(panes), "pane"))}
		}
		if err := srv.Problem(); err != nil {
			what := strings.TrimPrefix(err.Error(), "tmux server ")
			if strings.Contains(what, "has no session") {
				return finding{Level: note, What: what, Do: "start a session in it"}
			}
			return finding{Level: bad, What: what, Do: "start tmux, or name its socket: [tmux] sockets in the configuration"}
		}
	}
}
