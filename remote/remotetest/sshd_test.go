//go:build unix

package remotetest_test

import (
	"os/exec"
	"testing"

	"vigil/remote/remotetest"
)

func TestSSHD(t *testing.T) {
	bastion := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{Via: bastion, UserCA: true})
	s.Certify()
	ssh := remotetest.Program(t, "ssh")
	run := func() (string, error) {
		out, err := exec.Command(ssh, "-F", s.Config, "-o", "BatchMode=yes", s.Alias, "echo", "here").CombinedOutput()
		return string(out), err
	}
	// The bastion knows the other's key only by the client's known_hosts.
	if out, err := run(); err != nil || out != "here\n" {
		t.Fatalf("%q, %v", out, err)
	}
	s.Stop()
	if out, err := run(); err == nil {
		t.Fatalf("a stopped server answers %q", out)
	}
	s.Start()
	if out, err := run(); err != nil {
		t.Fatalf("%q, %v", out, err)
	}
	s.NewHostKey()
	s.Stop()
	s.Start()
	if out, err := run(); err == nil {
		t.Fatalf("a server with another key answers %q", out)
	}
}
