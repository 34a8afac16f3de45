package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync"

	"vigil/cmd/vigil/internal/headnode"
	"vigil/cmd/vigil/internal/simcluster"
	"vigil/remote"
	"vigil/remote/curve"
	"vigil/tui"
)

// demoHead is the demo's head node: an SSH server on loopback, and behind it a
// cluster that is played.
type demoHead struct {
	cluster *simcluster.World
	server  *headnode.Server
	play    sync.WaitGroup
	stop    context.CancelFunc
	err     error // of the play
}

// openHead starts the head node in a folder of the demo. Without a shell, which
// an SSH server needs, there is none, and why tells so.
func openHead(ctx context.Context, e env, root string, speed float64, endless bool) (h *demoHead, why string, err error) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		return nil, "this system has no /bin/sh for an SSH server to run", nil
	}
	dir := filepath.Join(root, "head")
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return nil, "", fmt.Errorf("demo's head node: %w", err)
	}
	for _, name := range simcluster.Tools() {
		script := "#!/bin/sh\nexec " + remote.Quote(e.Exe, "demo-tool", dir, name) + " \"$@\"\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
			return nil, "", fmt.Errorf("demo's head node: %w", err)
		}
	}
	h = &demoHead{}
	h.cluster, err = simcluster.New(simcluster.Options{Dir: dir, User: userName(e), Speed: speed, Endless: endless})
	if err != nil {
		return nil, "", err
	}
	// First the demo's programs, last those of any system.
	path := strings.Join([]string{bin, e.Getenv("PATH"), "/usr/local/bin:/usr/bin:/bin"}, ":")
	environ := append(e.Environ[:len(e.Environ):len(e.Environ)], "PATH="+path)
	if h.server, err = headnode.Start(headnode.Options{Dir: dir, Env: environ}); err != nil {
		return nil, "", err
	}
	ctx, h.stop = context.WithCancel(ctx)
	h.play.Go(func() { h.err = h.cluster.Run(ctx) }) // ends with close
	return h, "", nil
}

// userName is whose the jobs are: the user that `id -un` names there.
func userName(e env) string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if name := e.Getenv("USER"); name != "" {
		return name
	}
	return "researcher"
}

// entry configures vigil to reach the head node, and to leave this machine's
// own jobs and GPUs, and the agents that it would find here a second time by
// way of the head node, alone.
func (h *demoHead) entry() string {
	s := "\n[[host]]\nname = \"local\"\ngpus = false\n"
	if h == nil {
		return s
	}
	return s + fmt.Sprintf("\n[[host]]\nname = %s\nslurm = true\nagents = false\nssh_config = %s\ntransport = \"native\"\n",
		quote(headnode.Alias), quote(h.server.Config()))
}

func (h *demoHead) close() error {
	h.stop()
	err := h.server.Close()
	h.play.Wait()
	return errors.Join(h.err, err)
}

// headStory is what the headless demo has seen of the head node.
type headStory struct {
	states            map[string]map[remote.JobState]bool // by job
	gpus              int                                 // the most seen busy at once
	ended             bool                                // all that can run has run
	written, followed int                                 // points
	differ            int                                 // logs of which not all points, or more, were followed
}

// look takes in what vigil knows by now, and what is true.
func (s *headStory) look(cluster *tui.Cluster, runs *curve.Set, world *simcluster.World) {
	if s.states == nil {
		s.states = map[string]map[remote.JobState]bool{}
	}
	for _, c := range cluster.Clusters {
		for _, j := range c.Jobs {
			if s.states[j.ID] == nil {
				s.states[j.ID] = map[remote.JobState]bool{}
			}
			s.states[j.ID][j.State] = true
		}
	}
	busy := 0
	for _, g := range cluster.GPUs {
		if g.Host == headnode.Alias && g.Util > 0 {
			busy++
		}
	}
	s.gpus = max(s.gpus, busy)
	s.ended = world.Told() // before the points: none is written after
	seen := map[string]int{}
	s.followed, s.written, s.differ = 0, 0, 0
	for _, r := range runs.All() {
		if m := r.Metric(demoMetric); r.Host == headnode.Alias && m != nil {
			seen[r.Path] += m.Len()
			s.followed += m.Len()
		}
	}
	for name, n := range world.Points() {
		s.written += n
		if seen[name] != n {
			s.differ++
		}
	}
}

// demoMetric is what the demo's training runs are measured by.
const demoMetric = "val_loss"

// missing lists what has not been seen yet.
func (s *headStory) missing() []string {
	var out []string
	if n := simcluster.Jobs(); len(s.states) < n {
		out = append(out, fmt.Sprintf("%d of %d jobs of the head node seen", len(s.states), n))
	}
	switch {
	case !s.ended:
		out = append(out, "the jobs on the head node have not come to their end")
	case s.differ > 0 || s.followed != s.written:
		out = append(out, fmt.Sprintf("%d points followed over SSH of %d written, %d logs differ", s.followed, s.written, s.differ))
	}
	if s.gpus == 0 {
		out = append(out, "no busy GPU seen on the head node's cluster")
	}
	return out
}

func (s *headStory) String() string {
	by := map[remote.JobState]int{}
	for _, states := range s.states {
		for st := range states {
			by[st]++
		}
	}
	return fmt.Sprintf("%d jobs seen over SSH, %d of them running, %d pending at some time; %d points followed of %d written; up to %d GPUs busy",
		len(s.states), by[remote.JobRunning], by[remote.JobPending], s.followed, s.written, s.gpus)
}
