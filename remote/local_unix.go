//go:build unix

package remote

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a command's children die with it, not only itself.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
