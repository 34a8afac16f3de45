//go:build unix

package ssh_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"vigil/remote"
	"vigil/remote/remotetest"
	"vigil/remote/ssh"
)

// The program is what the others are measured against: a process and a session
// for each command, over a ControlMaster that is there.
func BenchmarkProgram(b *testing.B) {
	s := remotetest.NewSSHD(b, remotetest.SSHDOptions{})
	socket := filepath.Join(b.TempDir(), "c")
	args := []string{"-F", s.Config, "-S", socket}
	if err := exec.Command("ssh", append(args, "-f", "-N", "-M", s.Alias)...).Run(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = exec.Command("ssh", append(args, "-O", "exit", s.Alias)...).Run() })
	for b.Loop() {
		if err := exec.Command("ssh", append(args, s.Alias, "true")...).Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmark(b *testing.B, f func(b *testing.B, s *remotetest.SSHD, h *ssh.Host)) {
	s := remotetest.NewSSHD(b, remotetest.SSHDOptions{})
	for _, transport := range []string{"native", "ssh"} {
		b.Run(transport, func(b *testing.B) {
			h := connect(b, s, ssh.Options{Transport: transport})
			if _, err := h.Run(b.Context(), remote.Cmd{Args: []string{"true"}}); err != nil {
				b.Fatal(err)
			}
			f(b, s, h)
		})
	}
}

func BenchmarkRun(b *testing.B) {
	benchmark(b, func(b *testing.B, _ *remotetest.SSHD, h *ssh.Host) {
		for b.Loop() {
			if _, err := h.Run(b.Context(), remote.Cmd{Args: []string{"true"}}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkStart(b *testing.B) {
	benchmark(b, func(b *testing.B, _ *remotetest.SSHD, h *ssh.Host) {
		for b.Loop() {
			p, err := h.Start(b.Context(), remote.Cmd{Args: []string{"true"}})
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, p.Stdout())
			if err := p.Wait(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkStat(b *testing.B) {
	benchmark(b, func(b *testing.B, s *remotetest.SSHD, h *ssh.Host) {
		for b.Loop() {
			if _, err := h.Stat(s.Config); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReadAt(b *testing.B) {
	benchmark(b, func(b *testing.B, s *remotetest.SSHD, h *ssh.Host) {
		name := filepath.Join(b.TempDir(), "log")
		if err := os.WriteFile(name, make([]byte, 1<<20), 0o600); err != nil {
			b.Fatal(err)
		}
		f, err := h.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		buf := make([]byte, 1<<20)
		b.SetBytes(int64(len(buf)))
		for b.Loop() {
			if _, err := f.ReadAt(buf, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}
