package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"vigil/agent/nudge"
)

// headless runs the resume commands of CLIs. Such a command is a whole turn of
// an agent, so it goes on when vigil ends: it has a session of its own, and
// what it prints goes to a file.
type headless struct{ log string }

var _ nudge.Runner = headless{}

// resumeTail is how much of a resume command's output is read back, in bytes.
const resumeTail = 4 << 10

// Run runs argv in dir until it ends, and returns the end of what it printed.
// When ctx ends first, the command is left alone.
func (h headless) Run(ctx context.Context, dir string, argv ...string) ([]byte, error) {
	out, err := os.OpenFile(h.log, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep the output of %s: %w", argv[0], err)
	}
	defer out.Close()
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx // it outlives ctx on purpose
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }() // ends with the command
	select {
	case err = <-done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	end, serr := out.Seek(0, 2)
	if serr != nil {
		return nil, err
	}
	tail := make([]byte, min(end, resumeTail))
	n, _ := out.ReadAt(tail, end-int64(len(tail)))
	return tail[:n], err
}
