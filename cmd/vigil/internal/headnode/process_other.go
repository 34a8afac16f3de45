//go:build !unix

package headnode

import "os/exec"

func ownSession(*exec.Cmd) {}

func (p *process) kill() { _ = p.cmd.Process.Kill() }

func (p *process) signal(string) { p.kill() }

func signalOf(*exec.ExitError) int { return 0 }
