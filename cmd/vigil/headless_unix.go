//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// detach gives the command a session of its own: no key typed into vigil's
// terminal reaches it.
func detach(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
