//go:build unix

package headnode

import (
	"os/exec"
	"syscall"
)

// ownSession makes a command a session leader, as sshd does.
func ownSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// kill ends the command and its children.
func (p *process) kill() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

// signal sends a signal by its name in the protocol.
func (p *process) signal(name string) {
	sig, ok := map[string]syscall.Signal{
		"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM,
	}[name]
	if ok {
		_ = syscall.Kill(-p.cmd.Process.Pid, sig)
	}
}

// signalOf is the number of the signal that ended a command.
func signalOf(e *exec.ExitError) int {
	if ws, ok := e.Sys().(syscall.WaitStatus); ok {
		return int(ws.Signal())
	}
	return 0
}
