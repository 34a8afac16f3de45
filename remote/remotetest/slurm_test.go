//go:build linux

package remotetest_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/remote/remotetest"
)

func TestSlurm(t *testing.T) {
	s := remotetest.StartSlurm(t, remotetest.SlurmOptions{Nodes: 3})
	dir := t.TempDir()
	id := s.Sbatch(dir, "echo $SLURM_JOB_GPUS; hostname", "--gres=gpu:2", "-o", "out")
	s.Wait("the job's output", func() bool {
		b, _ := os.ReadFile(filepath.Join(dir, "out"))
		return strings.HasPrefix(string(b), "0,1\n")
	})
	if out := s.Run("squeue", "-h", "-t", "all", "-o", "%i"); out != id+"\n" {
		t.Errorf("jobs: %q", out)
	}
}

// TestSlurmOfKilledTest kills a test that has a cluster with a job: nothing of
// it stays.
func TestSlurmOfKilledTest(t *testing.T) {
	if dir := os.Getenv("VIGIL_KILLED_TEST"); dir != "" {
		s := remotetest.StartSlurm(t, remotetest.SlurmOptions{Nodes: 1})
		s.Sbatch(dir, "sleep 600", "-o", filepath.Join(dir, "log"))
		s.Wait("the job", func() bool { return strings.TrimSpace(s.Run("squeue", "-h", "-o", "%T")) == "RUNNING" })
		if err := os.WriteFile(filepath.Join(dir, "env"), []byte(s.Env), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed, or the test is
		return
	}
	remotetest.Program(t, "slurmctld")
	if os.Geteuid() != 0 {
		t.Skip("slurmd wants root")
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSlurmOfKilledTest$")
	cmd.Env = append(os.Environ(), "VIGIL_KILLED_TEST="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	env := ""
	eventually(t, "cluster", func() bool {
		b, _ := os.ReadFile(filepath.Join(dir, "env"))
		env = string(b)
		return env != ""
	})
	// munged, slurmctld, slurmd, slurmstepd and the job
	eventually(t, "job", func() bool { return holders(env) >= 5 })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	eventually(t, "end of all", func() bool {
		_, err := os.Stat(strings.TrimPrefix(env, "SLURM_CONF="))
		return holders(env) == 0 && os.IsNotExist(err)
	})
}

// holders counts the processes that have a line in their environment.
func holders(env string) (n int) {
	names, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range names {
		b, _ := os.ReadFile(name)
		if strings.Contains("\x00"+string(b), "\x00"+env+"\x00") {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.After(90 * time.Second)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("no %s in a minute and a half", what)
		}
	}
}
