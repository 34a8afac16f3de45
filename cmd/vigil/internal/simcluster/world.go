package simcluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"vigil/cmd/vigil/internal/simagent"
)

// Options say how a world is played.
type Options struct {
	Dir     string  // an existing folder for the world's files
	User    string  // whose the jobs are
	Speed   float64 // story seconds in one real second
	Endless bool    // go on after the story
}

// World is a cluster that is played.
type World struct {
	o Options

	mu      sync.Mutex
	state   state
	plays   map[int]*play // by job
	encores int
	points  map[string]int // written, by log
	clock   time.Duration  // story time
}

// play is what the world knows of a job beyond what it tells.
type play struct {
	part
	lines []string
	next  int           // of lines
	begun time.Duration // story time of its start; while it waits, no start before
}

// tick is how often the world moves on, in real time.
const tick = 100 * time.Millisecond

// New makes a world at the beginning of its story.
func New(o Options) (*World, error) {
	w := &World{o: o, plays: map[int]*play{}, points: map[string]int{}}
	w.state = state{User: o.User, Dir: filepath.Join(o.Dir, "runs")}
	for i := range 4 {
		w.state.Nodes = append(w.state.Nodes, node{Name: fmt.Sprintf("h200-%03d", i+1)})
	}
	w.state.Nodes[3].Drained = "GPU 3 has fallen off the bus"
	if err := os.MkdirAll(w.state.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("simulated cluster: %w", err)
	}
	if err := w.step(0, time.Now()); err != nil {
		return nil, fmt.Errorf("simulated cluster: %w", err)
	}
	return w, nil
}

// Run plays until ctx ends.
func (w *World) Run(ctx context.Context) error {
	began := time.Now()
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-t.C:
			if err := w.step(time.Duration(float64(now.Sub(began))*w.o.Speed), now); err != nil {
				return fmt.Errorf("simulated cluster: %w", err)
			}
		}
	}
}

// Points are the validations written until now, by log file.
func (w *World) Points() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]int{}
	for name, n := range w.points {
		out[name] = n
	}
	return out
}

// Told reports whether the story has come to its end: what still waits will
// wait for ever.
func (w *World) Told() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, j := range w.state.Jobs {
		if j.running() || j.State == "PENDING" && j.NumNodes == 1 {
			return false
		}
	}
	return len(w.state.Jobs) >= len(story())
}

// step moves the world on to a moment of the story.
func (w *World) step(clock time.Duration, now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = clock
	w.submit(now)
	if err := w.cancel(now); err != nil {
		return err
	}
	for i := range w.state.Jobs {
		if j := &w.state.Jobs[i]; j.running() {
			if err := w.advance(j, now); err != nil {
				return err
			}
		}
	}
	if err := w.schedule(now); err != nil {
		return err
	}
	return w.state.save(w.o.Dir)
}

func (w *World) submit(now time.Time) {
	parts := story()
	for n := len(w.state.Jobs); n < len(parts) && parts[n].submit <= w.clock; n++ {
		w.add(parts[n], now)
	}
	if !w.o.Endless || len(w.state.Jobs) < len(parts) {
		return
	}
	alive := 0
	for _, j := range w.state.Jobs {
		if j.Ended.IsZero() {
			alive++
		}
	}
	for ; alive < 5; alive++ {
		w.add(encore(w.encores), now)
		w.encores++
	}
}

// keep bounds how many jobs are remembered.
const keep = 60

func (w *World) add(p part, now time.Time) {
	id := firstJob
	if n := len(w.state.Jobs); n > 0 {
		id = w.state.Jobs[n-1].ID + 1
	}
	j := job{
		ID: id, Name: p.name, State: "PENDING", NumNodes: max(p.nodes, 1), GPUs: p.gpus, Submitted: now,
		Log: filepath.Join(w.state.Dir, fmt.Sprintf("%s-%d.out", p.name, id)),
	}
	for _, o := range w.state.Jobs {
		if o.Name == p.after {
			j.After = o.ID
		}
	}
	w.plays[id] = &play{part: p, begun: w.clock}
	w.state.Jobs = append(w.state.Jobs, j)
	if len(w.state.Jobs) > keep {
		if old := slices.IndexFunc(w.state.Jobs, func(j job) bool { return !j.Ended.IsZero() }); old >= 0 {
			delete(w.plays, w.state.Jobs[old].ID)
			w.state.Jobs = slices.Delete(w.state.Jobs, old, old+1)
		}
	}
}

// cancel ends the jobs that scancel named.
func (w *World) cancel(now time.Time) error {
	for i := range w.state.Jobs {
		j := &w.state.Jobs[i]
		err := os.Remove(cancelPath(w.o.Dir, j.ID))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !j.Ended.IsZero() {
			continue
		}
		if err != nil {
			return err
		}
		if j.running() {
			text := fmt.Sprintf("slurmstepd-%s: error: *** JOB %d ON %[1]s CANCELLED AT %[3]s ***\n", j.Node, j.ID, now.UTC().Format("2006-01-02T15:04:05"))
			if err := w.write(j, text); err != nil {
				return err
			}
		}
		w.end(j, "CANCELLED", 0, 15, now)
	}
	return nil
}

func (w *World) end(j *job, state string, exit, signal int, now time.Time) {
	j.State, j.Reason, j.Exit, j.Signal, j.Ended = state, "", exit, signal, now
}

// schedule starts what there is room for, oldest first.
func (w *World) schedule(now time.Time) error {
	first := true
	for i := range w.state.Jobs {
		j := &w.state.Jobs[i]
		p := w.plays[j.ID]
		if j.State != "PENDING" {
			continue
		}
		if j.Reason = w.hinders(j, p); j.Reason != "" {
			continue
		}
		on, at, ok := w.room(j)
		if !ok {
			if j.Reason = "Priority"; first {
				j.Reason = "Resources"
			}
			first = false
			continue
		}
		j.State, j.Node, j.FirstGPU, j.Started = "RUNNING", on, at, now
		p.begun, p.next = w.clock, 0
		head, lines := simagent.Log(j.Name, p.steps, p.final)
		if p.lines = lines; p.fate == broken {
			head, p.lines = "", nil
		}
		if err := w.write(j, fmt.Sprintf("job %d on %s, %d GPUs\n%s", j.ID, on, j.GPUs, head)); err != nil {
			return err
		}
	}
	return nil
}

// hinders tells why a job may not even look for room.
func (w *World) hinders(j *job, p *play) string {
	switch {
	case j.NumNodes > 3:
		return "ReqNodeNotAvail, UnavailableNodes:" + w.state.Nodes[3].Name
	case w.clock < p.begun:
		return "BeginTime"
	case j.After != 0:
		for _, o := range w.state.Jobs {
			if o.ID == j.After && o.State != "COMPLETED" {
				return "Dependency"
			}
		}
	}
	return ""
}

// room finds a node with enough free GPUs side by side, and the first of them.
// Jobs that would need several nodes never get that far.
func (w *World) room(j *job) (name string, first int, ok bool) {
	for _, n := range w.state.Nodes {
		if n.Drained != "" {
			continue
		}
		busy := w.state.busy(n.Name)
		for first := 0; first+j.GPUs <= perNode; first++ {
			if !slices.Contains(busy[first:first+j.GPUs], true) {
				return n.Name, first, true
			}
		}
	}
	return "", 0, false
}

// advance writes the lines that are due, and ends the job when it is time.
func (w *World) advance(j *job, now time.Time) error {
	p := w.plays[j.ID]
	stop := p.fate.stop(j.Restarts)
	done := min(float64(w.clock-p.begun)/float64(p.take), stop)
	var text strings.Builder
	for due := int(done * float64(len(p.lines))); p.next < due; p.next++ {
		text.WriteString(p.lines[p.next] + "\n")
	}
	over := done >= stop
	if over && (p.fate != requeued || j.Restarts == 0) {
		text.WriteString(p.fate.lastWords(j.ID, j.Node))
	}
	if err := w.write(j, text.String()); err != nil || !over {
		return err
	}
	switch {
	case p.fate == oom:
		w.end(j, "OUT_OF_MEMORY", 0, 125, now)
	case p.fate == broken:
		w.end(j, "FAILED", 1, 0, now)
	case p.fate == requeued && j.Restarts == 0:
		j.State, j.Node, j.Started = "PENDING", "", time.Time{}
		j.Restarts++
		p.begun = w.clock + 20*time.Second
	default:
		w.end(j, "COMPLETED", 0, 0, now)
	}
	return nil
}

// write appends to a job's log, as with sbatch --open-mode=append, and counts
// the validations.
func (w *World) write(j *job, text string) error {
	if text == "" {
		return nil
	}
	f, err := os.OpenFile(j.Log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "step:") {
			w.points[j.Log]++
		}
	}
	return errors.Join(err, f.Close())
}
