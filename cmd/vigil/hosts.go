package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/follow"
	"vigil/remote/gpu"
	"vigil/remote/slurm"
	"vigil/remote/ssh"
	"vigil/tui"
)

// asker gets a person's answer to a question of a host.
type asker func(context.Context, remote.Question) (string, error)

// hosts are this machine and the configured ones, with what is read of them
// beside agents: connections, jobs and GPUs.
type hosts struct {
	all     []*machine // this one first
	changed chan struct{}
	problem func(agent.Problem) // set before run

	questions *questions
	now       atomic.Pointer[tui.Cluster]
	building  sync.Mutex // one build of now at a time
}

// machine is one host. What it has not is nil.
type machine struct {
	HostConfig
	guessed bool // nobody said that it has a scheduler
	host    remote.Host
	link    *ssh.Host
	slurm   *slurm.Poller
	gpus    *gpu.Watcher
	logs    *follow.Follower // this and what follows is set by runs
	saved   *curveCache
}

// newHosts makes the hosts of the configuration. None is connected to before
// something is asked of it. With watched, a person at the screen looks at what
// they tell and answers what they ask; else the terminal is asked.
func newHosts(e env, c Config, log *slog.Logger, watched bool) *hosts {
	hs := &hosts{changed: make(chan struct{}, 1)}
	hs.questions = newQuestions(hs.refresh)
	ask := e.ask
	if watched {
		ask = hs.questions.ask
	}
	here := &machine{HostConfig: HostConfig{Name: local, Slurm: hasSlurm(), GPUs: onPath("nvidia-smi")}, guessed: true, host: remote.Local{}}
	for _, hc := range c.Hosts {
		if hc.Name == local {
			here.HostConfig, here.guessed = hc, false
		}
	}
	hs.add(here, watched)
	for _, hc := range c.Hosts {
		if hc.Name != local {
			link := connect(hc, ask, log)
			hs.add(&machine{HostConfig: hc, host: link, link: link}, watched)
		}
	}
	hs.refresh()
	return hs
}

// connect makes an SSH host; it connects when something is asked of it.
func connect(hc HostConfig, ask asker, log *slog.Logger) *ssh.Host {
	return ssh.New(hc.Name, ssh.Options{Config: hc.SSHConfig, Transport: hc.Transport, Ask: ask, Log: log})
}

func (hs *hosts) add(m *machine, watched bool) {
	if m.Slurm {
		m.slurm = slurm.New(m.host, slurm.Options{})
		m.slurm.Watch(watched)
	}
	if m.GPUs {
		m.gpus = gpu.New(m.host, gpu.Options{Problem: func(node, what, do string) {
			hs.problem(agent.Problem{Where: "GPUs of " + cmp.Or(node, m.Name), What: what, Do: do})
		}})
		m.watchGPUs()
	}
	hs.all = append(hs.all, m)
}

// agents are the hosts on which agents are looked for beside this one.
func (hs *hosts) agents() []agent.Host {
	var out []agent.Host
	for _, m := range hs.all {
		if m.link != nil && m.Agents {
			out = append(out, agentHost{m.host})
		}
	}
	return out
}

// find returns the host of that name, or nil.
func (hs *hosts) find(name string) *machine {
	if i := slices.IndexFunc(hs.all, func(m *machine) bool { return m.Name == name }); i >= 0 {
		return hs.all[i]
	}
	return nil
}

// run reads the hosts until ctx ends, and closes their connections then.
func (hs *hosts) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, m := range hs.all {
		var links, jobs, gpus <-chan struct{}
		if m.link != nil {
			links = m.link.Changed()
		}
		if m.slurm != nil {
			jobs = m.slurm.Changed()
			wg.Go(func() { _ = m.slurm.Run(ctx) })
		}
		if m.gpus != nil {
			gpus = m.gpus.Changed()
			wg.Go(func() { m.gpus.Run(ctx) })
		}
		wg.Go(func() {
			for {
				select {
				case <-links:
				case <-jobs:
					m.watchGPUs()
				case <-gpus:
				case <-ctx.Done():
					if m.link != nil {
						_ = m.link.Close() // nothing is written to a host
					}
					return
				}
				hs.refresh()
			}
		})
	}
}

// watchGPUs follows the host itself and the nodes on which the person's jobs
// run.
func (m *machine) watchGPUs() {
	if m.gpus == nil {
		return
	}
	targets := []gpu.Target{{Node: m.Name, Local: true}}
	var jobs []remote.Job
	if m.slurm != nil {
		jobs = m.slurm.Cluster().Jobs
	}
	for _, j := range jobs {
		if j.State != remote.JobRunning || j.GPUs == 0 {
			continue
		}
		for _, n := range j.Nodes {
			targets = append(targets, gpu.Target{Node: n, Job: j.Number})
		}
	}
	m.gpus.SetNodes(targets)
}

// refresh makes what cluster returns anew.
func (hs *hosts) refresh() {
	hs.building.Lock()
	defer hs.building.Unlock()
	next := &tui.Cluster{Version: 1, Questions: hs.questions.open()}
	if old := hs.now.Load(); old != nil {
		next.Version = old.Version + 1
	}
	for _, m := range hs.all {
		if m.link != nil {
			next.Links = append(next.Links, m.link.Link())
		}
		if m.slurm != nil {
			c := m.slurm.Cluster()
			if !m.guessed || !c.At.IsZero() { // else there are the programs, and no cluster
				next.Clusters = append(next.Clusters, c)
			}
		}
		if m.gpus != nil {
			next.GPUs = append(next.GPUs, m.gpus.GPUs()...)
		}
	}
	hs.now.Store(next)
	select {
	case hs.changed <- struct{}{}:
	default:
	}
}

// cluster is what the hosts last told. It never changes.
func (hs *hosts) cluster() *tui.Cluster { return hs.now.Load() }

// cancel cancels a job.
func (hs *hosts) cancel(ctx context.Context, host, job string) error {
	m := hs.find(host)
	if m == nil || m.slurm == nil {
		return fmt.Errorf("cancel job %s: %s has no scheduler: check [[host]] in the configuration", job, host)
	}
	return m.slurm.Cancel(ctx, job)
}

// hasSlurm reports whether this machine belongs to a cluster, as far as files
// tell: asking would start a process on every machine that has the programs.
func hasSlurm() bool {
	if !onPath("squeue") {
		return false
	}
	for _, name := range []string{os.Getenv("SLURM_CONF"), "/etc/slurm/slurm.conf", "/etc/slurm-llnl/slurm.conf", "/run/slurm/conf/slurm.conf"} {
		if _, err := os.Stat(name); err == nil {
			return true
		}
	}
	return false
}

// onPath reports whether this machine has the program.
func onPath(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// openHost makes one host for a command that asks something once: this
// machine, a configured one or any alias of the user's ssh_config. Close it.
func openHost(e env, c Config, name string) (remote.Host, func() error) {
	if name == local || name == "" {
		return remote.Local{}, func() error { return nil }
	}
	hc := HostConfig{Name: name, Transport: "auto"}
	if i := slices.IndexFunc(c.Hosts, func(h HostConfig) bool { return h.Name == name }); i >= 0 {
		hc = c.Hosts[i]
	}
	h := connect(hc, e.ask, slog.New(slog.DiscardHandler))
	return h, h.Close
}
