//go:build linux

package remotetest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// SlurmOptions vary a cluster.
type SlurmOptions struct {
	Nodes int // 2 if 0; each has 8 GPUs that are none
}

// Slurm is a running Slurm cluster: munged, slurmctld and a slurmd for each
// node, all on this machine, with their state in a folder of the test.
type Slurm struct {
	Conf  string // slurm.conf
	Env   string // "SLURM_CONF=...": what a program needs to speak with it
	Nodes []string
	Dir   string

	t        testing.TB
	programs map[string]string
	ctld     *exec.Cmd
}

// StartSlurm starts a cluster, which ends with the test. The test is skipped
// where Slurm is not installed or the user is not root.
func StartSlurm(t testing.TB, o SlurmOptions) *Slurm {
	t.Helper()
	s := &Slurm{t: t, programs: map[string]string{}}
	for _, p := range []string{"munged", "slurmctld", "slurmd", "sbatch", "sinfo", "sh"} {
		s.programs[p] = Program(t, p)
	}
	if os.Geteuid() != 0 {
		if os.Getenv("VIGIL_E2E") == "require" {
			t.Fatal("slurmd wants root, and VIGIL_E2E=require wants slurmd")
		}
		t.Skip("slurmd wants root")
	}
	dir, err := os.MkdirTemp("", "slurm") // a test's own may be too long for the sockets below it
	if err != nil {
		t.Fatal(err)
	}
	if o.Nodes == 0 {
		o.Nodes = 2
	}
	for i := range o.Nodes {
		s.Nodes = append(s.Nodes, fmt.Sprintf("gpu-%02d", i+1))
	}
	s.Dir = dir
	s.Conf = filepath.Join(s.Dir, "slurm.conf")
	s.Env = "SLURM_CONF=" + s.Conf
	s.guard()
	s.configure()
	t.Cleanup(s.logs)
	s.start()
	t.Cleanup(func() {
		s.Thaw()
		_ = s.command("scancel", "-u", "root").Run()
	})
	return s
}

// configure writes the cluster's files. Several slurmd on one machine differ
// in their ports and spool folders.
func (s *Slurm) configure() {
	s.t.Helper()
	key := make([]byte, 128)
	_, _ = rand.Read(key) // never fails
	s.write("munge.key", string(key), 0o600)
	host, err := os.Hostname()
	if err != nil {
		s.t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	ports := freePorts(s.t, 1+len(s.Nodes))
	lines := []string{
		"ClusterName=test",
		"SlurmctldHost=" + host + "(127.0.0.1)",
		fmt.Sprintf("SlurmctldPort=%d", ports[0]),
		"SlurmUser=root",
		"SlurmdUser=root",
		"AuthType=auth/munge",
		"AuthInfo=socket=" + s.path("munge"),
		"CommunicationParameters=NoCtldInAddrAny,NoInAddrAny", // loopback only
		"StateSaveLocation=" + s.folder("state"),
		"SlurmdSpoolDir=" + s.folder("spool") + "/%n",
		"SlurmctldPidFile=" + s.path("slurmctld.pid"),
		"SlurmdPidFile=" + s.path("slurmd-%n.pid"),
		"ProctrackType=proctrack/linuxproc", // needs no cgroup
		"TaskPlugin=task/none",
		"JobAcctGatherType=jobacct_gather/none",
		"AccountingStorageType=accounting_storage/none",
		"MpiDefault=none",
		"SelectType=select/cons_tres",
		"SelectTypeParameters=CR_Core",
		"SchedulerType=sched/backfill",
		"SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0",
		"PriorityType=priority/basic",
		"GresTypes=gpu",
		"ReturnToService=2",
		"KillWait=2",
		"SlurmdParameters=config_overrides", // a node may claim more than this machine has
	}
	gres := s.devices()
	for i, n := range s.Nodes {
		lines = append(lines, fmt.Sprintf("NodeName=%s NodeHostname=%s NodeAddr=127.0.0.1 Port=%d "+
			"CPUs=32 Boards=1 SocketsPerBoard=2 CoresPerSocket=16 ThreadsPerCore=1 RealMemory=8000 Gres=gpu:h200:8 State=UNKNOWN",
			n, host, ports[1+i]))
	}
	lines = append(lines,
		"PartitionName=gpu Nodes="+strings.Join(s.Nodes, ",")+" Default=YES MaxTime=2-00:00:00 DefaultTime=01:00:00 State=UP",
		"PartitionName=debug Nodes="+s.Nodes[0]+" MaxTime=00:30:00 State=UP",
	)
	s.write("slurm.conf", strings.Join(lines, "\n")+"\n", 0o644)
	s.write("gres.conf", "NodeName="+strings.Join(s.Nodes, ",")+" Name=gpu Type=h200 "+gres+"\n", 0o644)
	s.write("cgroup.conf", "CgroupPlugin=cgroup/v1\n", 0o644) // looked for, and not used
}

// devices makes the GPUs' files and returns how gres.conf names them. slurmd
// wants character devices, and takes a GPU's index from the name.
func (s *Slurm) devices() string {
	const null = 1<<8 | 3 // /dev/null's number
	for i := range 8 {
		if err := syscall.Mknod(s.path(fmt.Sprintf("nvidia%d", i)), syscall.S_IFCHR|0o666, null); err != nil {
			return "Count=8" // no such right here; jobs are told no indices then
		}
	}
	return "File=" + s.path("nvidia") + "[0-7]"
}

// guard starts a process that outlives the test, even a killed one, and ends
// all that it leaves behind: the daemons, the jobs that they started, which it
// finds by their environment, and their files.
func (s *Slurm) guard() {
	s.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(s.programs["sh"], "-c", `cat >/dev/null
while files=$(grep -slzxF "$0" /proc/[0-9]*/environ) || [ "$files" ]; do # a child may be born meanwhile
	for f in $files; do
		f=${f#/proc/} && kill -9 "${f%/environ}"
	done
done 2>/dev/null
rm -rf "$1"`, s.Env, s.Dir)
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	r.Close()
	s.t.Cleanup(func() {
		w.Close()
		_ = cmd.Wait() // its last kill may have been too late
	})
}

func (s *Slurm) start() {
	s.t.Helper()
	s.daemon("munged", "-F", "--force", // in a folder that only we may enter
		"--key-file="+s.path("munge.key"), "--socket="+s.path("munge"),
		"--pid-file="+s.path("munged.pid"), "--log-file="+s.path("munged.log"), "--seed-file="+s.path("munge.seed"))
	s.Wait("munged", func() bool {
		c, err := net.Dial("unix", s.path("munge"))
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	s.ctld = s.daemon("slurmctld", "-D", "-f", s.Conf)
	for _, n := range s.Nodes {
		s.daemon("slurmd", "-D", "-f", s.Conf, "-N", n)
	}
	s.Wait("idle nodes", func() bool {
		out, err := s.command("sinfo", "-h", "-N", "-p", "gpu", "-o", "%T").Output()
		return err == nil && strings.Count(string(out), "idle\n") == len(s.Nodes)
	})
}

// daemon starts a program whose output goes to its log.
func (s *Slurm) daemon(program string, args ...string) *exec.Cmd {
	s.t.Helper()
	log, err := os.OpenFile(s.path(program+".out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	cmd := s.command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// logs tells what the daemons said, if the test failed.
func (s *Slurm) logs() {
	for _, name := range []string{"munged.out", "slurmctld.out", "slurmd.out"} {
		if b, err := os.ReadFile(s.path(name)); err == nil && s.t.Failed() {
			s.t.Logf("%s:\n%s", name, b[max(0, len(b)-4<<10):])
		}
	}
}

// Freeze stops slurmctld, as a machine that hangs would: it keeps its
// connections and answers nothing. Thaw lets it go on.
func (s *Slurm) Freeze() { _ = s.ctld.Process.Signal(syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (s *Slurm) Thaw() { _ = s.ctld.Process.Signal(syscall.SIGCONT) }

// Run runs a Slurm program to its end and returns what it printed; it must
// succeed.
func (s *Slurm) Run(program string, args ...string) string {
	s.t.Helper()
	cmd := s.command(program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%s %q: %v\n%s", program, args, err, stderr.Bytes())
	}
	return string(out)
}

// Sbatch submits a job that runs a line of shell in a folder, and returns its
// ID.
func (s *Slurm) Sbatch(dir, line string, args ...string) string {
	s.t.Helper()
	args = append([]string{"--parsable", "-D", dir}, append(args, "--wrap", line)...)
	return strings.TrimSpace(s.Run("sbatch", args...))
}

// Wait waits until something is so, and ends the test if it never is.
func (s *Slurm) Wait(what string, ok func() bool) {
	s.t.Helper()
	limit := time.After(time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			s.t.Fatalf("%s: not in a minute", what)
		}
	}
}

func (s *Slurm) command(program string, args ...string) *exec.Cmd {
	if p := s.programs[program]; p != "" {
		program = p
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), s.Env)
	cmd.Dir = s.Dir
	return cmd
}

func (s *Slurm) path(name string) string { return filepath.Join(s.Dir, name) }

func (s *Slurm) folder(name string) string {
	s.t.Helper()
	if err := os.MkdirAll(s.path(name), 0o755); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}

func (s *Slurm) write(name, text string, mode os.FileMode) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
}

// freePorts returns ports that are all free at the same time.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	var out []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		out = append(out, l.Addr().(*net.TCPAddr).Port)
	}
	return out
}
