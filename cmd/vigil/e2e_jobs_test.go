//go:build linux

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/remote"
	"vigil/remote/remotetest"
)

// TestE2EJobs asks a real Slurm, on this machine and through a real sshd.
func TestE2EJobs(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no end-to-end tests")
	}
	s := remotetest.StartSlurm(t, remotetest.SlurmOptions{Nodes: 1})
	d := remotetest.NewSSHD(t, remotetest.SSHDOptions{Env: []string{s.Env}})
	id := s.Sbatch(t.TempDir(), "sleep 300", "--gres=gpu:3", "-J", "one two")
	s.Wait("job", func() bool { return strings.TrimSpace(s.Run("squeue", "-h", "-o", "%T")) == "RUNNING" })
	key, value, _ := strings.Cut(s.Env, "=")
	for _, host := range []string{local, d.Alias} {
		e, out, errs := testEnv(t, "jobs", "--json", "--host", host)
		if host == local {
			t.Setenv(key, value)
		} else {
			t.Setenv(key, "")
			path := filepath.Join(e.Home, "config.toml")
			text := "[[host]]\nname = \"" + host + "\"\nssh_config = \"" + d.Config + "\"\n"
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			e.Getenv = func(k string) string { return map[string]string{"VIGIL_CONFIG": path}[k] }
		}
		if err := run(t.Context(), e); err != nil {
			t.Fatalf("%s: %v %s", host, err, errs)
		}
		var c clusterLine
		if err := json.Unmarshal(out.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v in %s", host, err, out)
		}
		if len(c.Jobs) != 1 || len(c.Nodes) != 1 || c.Host != host || c.RPCs == 0 || c.Problem != "" || c.Nodes[0].GPUsUsed != 3 {
			t.Fatalf("%s: %+v", host, c)
		}
		if j := c.Jobs[0]; j.ID != id || j.Name != "one two" || j.State != remote.JobRunning || j.GPUs != 3 || j.ExitCode != nil {
			t.Errorf("%s: %+v", host, j)
		}
	}
}
