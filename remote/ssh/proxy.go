package ssh

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"
)

// proxyConn is a ProxyCommand, whose input and output are the connection.
type proxyConn struct {
	io.ReadCloser
	in     io.WriteCloser
	cmd    *exec.Cmd
	stderr *tail
	once   sync.Once
}

var _ net.Conn = (*proxyConn)(nil)

func runProxy(command string) (net.Conn, error) {
	c := &proxyConn{cmd: exec.Command("/bin/sh", "-c", "exec "+command), stderr: &tail{}}
	c.cmd.Stderr, c.cmd.WaitDelay = c.stderr, time.Second
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if c.ReadCloser, err = c.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	return c, nil
}

// proxyProblem says what a ProxyCommand said, if a connection through one
// failed for no better reason.
func proxyProblem(nc net.Conn, err error) error {
	c, ok := nc.(*proxyConn)
	if !ok || c.stderr.line() == "" {
		return err
	}
	if _, ok := errors.AsType[*problem](err); ok {
		return err
	}
	return &problem{what: "ProxyCommand: " + c.stderr.line(), do: "try the command by hand, or mend ProxyCommand in ssh_config", err: err}
}

func (c *proxyConn) Write(p []byte) (int, error) { return c.in.Write(p) }

// proxyGrace is what a ProxyCommand has to end by itself, and to say why.
const proxyGrace = 500 * time.Millisecond

// Close ends the process and waits for it.
func (c *proxyConn) Close() error {
	c.once.Do(func() {
		_ = c.in.Close()
		late := time.AfterFunc(proxyGrace, func() { _ = c.cmd.Process.Kill() })
		defer late.Stop()
		_ = c.cmd.Wait() // what matters it has said
	})
	return nil
}

// LocalAddr is nobody's.
func (c *proxyConn) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero} }

// RemoteAddr is known to the process only.
func (c *proxyConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero} }

// SetDeadline has none: who waits too long closes the connection.
func (c *proxyConn) SetDeadline(time.Time) error { return os.ErrNoDeadline }

// SetReadDeadline has none.
func (c *proxyConn) SetReadDeadline(time.Time) error { return os.ErrNoDeadline }

// SetWriteDeadline has none.
func (c *proxyConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
