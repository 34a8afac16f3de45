//go:build linux

package gpu

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/remote"
	"vigil/remote/remotetest"
	"vigil/remote/ssh"
)

// On a real Slurm the GPUs of running jobs' nodes are told, with their jobs,
// while the jobs keep all that they have; when a job ends, nothing of vigil
// holds it up. It is asked here, and through a real sshd whose connection
// breaks.
func TestSlurm(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no end-to-end tests")
	}
	cl := remotetest.StartSlurm(t, remotetest.SlurmOptions{Nodes: 2})
	for _, name := range []string{"local", "ssh"} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			// The process that computes is the one of the job that says so.
			f.program("nvidia-smi", strings.Replace(smi, "*compute-apps*)", `*compute-apps*)
  while read -r pid; do echo "GPU-a, $pid"; done <"$FAKE/computes"; exit ;;
never)`, 1))
			t.Setenv("SLURM_CONF", cl.Conf)
			// A step has the environment of srun; the daemons' PATH is not that
			// of the fake.
			line := `echo $$ >` + filepath.Join(f.dir, "computes") + `; sleep 3
srun --gres=gpu:2 -n1 sh -c 'echo got $CUDA_VISIBLE_DEVICES'; sleep 1000`
			one := cl.Sbatch(f.dir, line, "--gres=gpu:2", "-w", cl.Nodes[0], "-o", "one.out")
			two := cl.Sbatch(f.dir, "sleep 1000", "--gres=gpu:8", "-n4", "-w", cl.Nodes[1], "-o", "two.out")
			cl.Wait("both jobs run", func() bool { return strings.Count(cl.Run("squeue", "-h", "-t", "R", "-o", "%i"), "\n") == 2 })

			h, broken := remote.Host(remote.Local{}), func() {}
			if name == "ssh" {
				d := remotetest.NewSSHD(t, remotetest.SSHDOptions{Env: []string{cl.Env, "FAKE=" + f.dir, "PATH=" + os.Getenv("PATH")}})
				host := ssh.New(d.Alias, ssh.Options{Config: d.Config, Transport: "native"})
				t.Cleanup(func() { host.Close() })
				h, broken = host, d.KillConnections
			}
			w := start(t, h, Target{Node: cl.Nodes[0], Job: one}, Target{Node: cl.Nodes[1], Job: two})
			soon(t, "the GPUs of both nodes and the job of one", func() bool {
				a, b := w.of(cl.Nodes[0]), w.of(cl.Nodes[1])
				return len(a) == 2 && len(b) == 2 && len(a[0].Jobs) == 1
			})
			if g := w.of(cl.Nodes[0]); g[0].Jobs[0] != one || g[0].Power != 576.06 {
				t.Errorf("%+v", g)
			}
			soon(t, "the job's own step got its GPUs", func() bool {
				b, _ := os.ReadFile(filepath.Join(f.dir, "one.out"))
				return strings.Contains(string(b), "got 0,1")
			})
			if broken(); name == "ssh" {
				seen := w.of(cl.Nodes[0])[0].At
				soon(t, "the GPUs are seen again", func() bool { return w.of(cl.Nodes[0])[0].At.After(seen) })
			}
			cl.Run("scancel", one)
			soon(t, "the job is gone", func() bool { return !strings.Contains(cl.Run("squeue", "-h", "-o", "%i"), one+"\n") })
			w.SetNodes([]Target{{Node: cl.Nodes[1], Job: two}})
			w.stop()
			soon(t, "no step of vigil is left", func() bool { return !strings.Contains(cl.Run("squeue", "-s", "-h", "-o", "%j"), "vigil") })
			for node, p := range w.problems {
				if p != "" {
					t.Errorf("%s: %s", node, p)
				}
			}
			cl.Run("scancel", two)
			soon(t, "nothing runs", func() bool { return strings.TrimSpace(cl.Run("squeue", "-h", "-o", "%i")) == "" })
		})
	}
}
