package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	"vigil/agent"
	"vigil/remote"
)

// agentHost gives agents the host that they run on.
type agentHost struct{ remote.Host }

var _ agent.Host = agentHost{}

// Start starts a command that streams.
func (h agentHost) Start(ctx context.Context, argv ...string) (io.ReadWriteCloser, error) {
	p, err := h.Host.Start(ctx, remote.Cmd{Args: argv})
	if err != nil {
		return nil, err
	}
	in := p.Stdin()
	return stream{p.Stdout(), in, p, sync.OnceFunc(func() { _ = in.Close() })}, nil // an ended command has none to close
}

// Run runs a command to its end.
func (h agentHost) Run(ctx context.Context, stdin string, argv ...string) ([]byte, error) {
	return h.Host.Run(ctx, remote.Cmd{Args: argv, Stdin: strings.NewReader(stdin)})
}

// Open opens a file for reading.
func (h agentHost) Open(name string) (agent.File, error) { return h.Host.Open(name) }

// stream is a command's input and output.
type stream struct {
	io.Reader
	in     io.WriteCloser
	p      remote.Process
	closed func() // in, once: SSH's own is not for two goroutines
}

func (s stream) Write(b []byte) (int, error) { return s.in.Write(b) }

// Close ends the command, and tells why it had failed if it had ended by itself.
func (s stream) Close() error {
	s.closed()
	s.p.Kill()
	if failed, ok := errors.AsType[*remote.ExitError](s.p.Wait()); ok && failed.Code > 0 {
		return failed
	}
	return nil
}
