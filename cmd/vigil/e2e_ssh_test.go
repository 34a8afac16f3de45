package main_test

import (
	"path/filepath"
	"testing"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
	"vigil/remote/remotetest"
)

// sshTo starts an sshd in which tmux finds the client's server where it is
// looked for without being told.
func sshTo(t *testing.T, c *clients.Client) *remotetest.SSHD {
	t.Helper()
	return remotetest.NewSSHD(t, remotetest.SSHDOptions{
		Env: []string{"TMUX_TMPDIR=" + filepath.Dir(filepath.Dir(c.Socket))},
	})
}

// TestE2ESSHCycles is TestE2ECycles with the agent on a host behind sshd, over
// both transports.
func TestE2ESSHCycles(t *testing.T) {
	t.Parallel() // it mostly waits
	bin := buildVigil(t)
	n := knob(t, "VIGIL_E2E_CYCLES", 3)
	script := modelapi.Cycles(timelineFinals(t)...)
	for _, k := range clients.Kinds() {
		t.Run(string(k), func(t *testing.T) {
			c := clients.Start(t, clients.Options{Kind: k, Script: script})
			v := watch(t, bin, c, settings{Via: sshTo(t, c)})
			for i := 1; i <= n; i++ {
				c.Until(90*time.Second, "the next nudge", func() bool { return len(nudges(c)) >= i })
			}
			c.Until(30*time.Second, "the effect of the nudges", func() bool { return count(v, "effective") >= n })
			v.stop()
			exactlyOnce(t, c, v)
			reportLatency(t, c)
		})
	}
}

// TestE2ESSHLost has the connection break again and again while the agent
// works and stops: its endings are seen and its nudges arrive, each once.
func TestE2ESSHLost(t *testing.T) {
	t.Parallel() // it mostly waits
	bin := buildVigil(t)
	clients.Find(t, agent.Codex)
	c := clients.Start(t, clients.Options{Kind: agent.Codex, Script: modelapi.Cycles(timelineFinals(t)...)})
	d := sshTo(t, c)
	v := watch(t, bin, c, settings{Via: d})
	losses := []func(){
		d.KillConnections,
		func() { d.Stop(); d.Start() },
		d.KillConnections,
	}
	for i, lose := range losses {
		want := len(nudges(c)) + 1
		c.Until(90*time.Second, "a nudge", func() bool { return len(nudges(c)) >= want })
		t.Logf("loss %d after %d nudges", i+1, want)
		lose()
	}
	n := len(nudges(c)) + 2
	c.Until(120*time.Second, "nudges after the losses", func() bool { return len(nudges(c)) >= n })
	c.Until(30*time.Second, "their effect", func() bool { return count(v, "effective") >= n })
	v.stop()
	exactlyOnce(t, c, v)
}
