package headnode

import (
	"errors"
	"io"
	"os/exec"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// session serves one channel: a command, or SFTP. As with sshd, a command
// outlives its channel if it likes, and holds the session's slot as long.
func (s *Server) session(nc ssh.NewChannel) {
	ch, requests, err := nc.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	var p *process
	ended := make(chan int, 1)
	for {
		select {
		case code := <-ended:
			_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(code)}))
			ch.Close()
			s.work.Go(func() { ssh.DiscardRequests(requests) })
			return
		case r, open := <-requests:
			if !open {
				if p != nil {
					<-ended
				}
				return
			}
			ok := false
			switch {
			case r.Type == "exec" && p == nil:
				if p = s.start(ch, payload(r.Payload), ended); p != nil {
					ok = true
				}
			case r.Type == "subsystem" && p == nil && payload(r.Payload) == "sftp":
				ok = true
				s.work.Go(func() { s.files(ch) })
			case r.Type == "signal" && p != nil:
				p.signal(payload(r.Payload))
				ok = true
			}
			if r.WantReply {
				_ = r.Reply(ok, nil)
			}
		}
	}
}

// payload is the string that a request carries; empty if it carries none.
func payload(b []byte) string {
	var v struct{ Text string }
	_ = ssh.Unmarshal(b, &v)
	return v.Text
}

// files serves SFTP until the client ends it.
func (s *Server) files(ch ssh.Channel) {
	defer ch.Close()
	srv, err := sftp.NewServer(ch, sftp.ReadOnly(), sftp.WithServerWorkingDirectory(s.o.Dir))
	if err == nil {
		_ = srv.Serve() // ends with the channel, for whatever reason
	}
}

// process is a running command in a session and process group of its own.
type process struct{ cmd *exec.Cmd }

// start starts a command; its exit code goes to ended. It is nil if it cannot.
func (s *Server) start(ch ssh.Channel, line string, ended chan<- int) *process {
	cmd := exec.Command("/bin/sh", "-c", line) //nolint:noctx // it ends with Close, as sshd's with the machine
	cmd.Dir, cmd.Env = s.o.Dir, s.o.Env
	cmd.Stdout, cmd.Stderr = ch, ch.Stderr()
	ownSession(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil
	}
	p := &process{cmd}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || cmd.Start() != nil {
		return nil
	}
	s.procs[p] = true
	s.work.Go(func() { // ends with the channel
		_, _ = io.Copy(in, ch)
		in.Close()
	})
	s.work.Go(func() { // ends with the command, which Close kills
		err := cmd.Wait()
		s.mu.Lock()
		delete(s.procs, p)
		s.mu.Unlock()
		ended <- exitCode(err)
	})
	return p
}

// exitCode is what a shell makes of how a command ended.
func exitCode(err error) int {
	ee, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil || !ok: // the client took its output no more
		return 0
	case ee.ExitCode() < 0:
		return 128 + signalOf(ee)
	}
	return ee.ExitCode()
}
