// Package gpu tells what the GPUs of a host and of its nodes do: use, memory,
// power, temperature, and whose processes compute there. Start with [New],
// [Watcher.SetNodes] and [Watcher.Run]; what was last seen is
// [Watcher.GPUs].
//
// All nodes of a host share one channel to it: a small shell script (host.sh)
// starts, on each node, one long-lived nvidia-smi (node.sh), by the first way
// that works: a step of the job that shares everything and takes nothing
// (srun --overlap, Slurm 20.11 and newer), or ssh from the host to the node.
// The scripts write nothing to the host's disks, and end with the channel.
package gpu

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"vigil/remote"
)

// Every is how often a node tells what its GPUs do.
const Every = 5 * time.Second

// MaxNodes is how many nodes of one host are looked at.
const MaxNodes = 64

// maxTargets bounds the targets on these nodes.
const maxTargets = 8 * MaxNodes

// Target is where to look.
type Target struct {
	Node  string // as the scheduler names it; with Local, as it is to be shown
	Job   string // a job that runs there, by the scheduler's own number; empty without one
	Local bool   // the host itself
}

// Options are what a Watcher may be told. The zero value works.
type Options struct {
	// Problem is told, from the goroutine of Run, why the GPUs of a node (of
	// any, where node is empty) cannot be
	// read and what to do; an empty what says that there is no trouble any
	// more. Nil is nobody.
	Problem func(node, what, do string)
}

// Watcher looks at the GPUs of one host's nodes. Its methods may be called
// from any goroutine.
type Watcher struct {
	host    remote.Host
	opt     Options
	changed chan struct{}
	wake    chan struct{} // the targets have changed

	mu      sync.Mutex
	targets []Target
	gpus    []remote.GPU
}

// New returns a watcher of a host; Run makes it work.
func New(h remote.Host, o Options) *Watcher {
	if o.Problem == nil {
		o.Problem = func(string, string, string) {}
	}
	return &Watcher{host: h, opt: o, changed: make(chan struct{}, 1), wake: make(chan struct{}, 1)}
}

// SetNodes says where to look from now on. Targets that are the same as before
// are left alone; of more than [MaxNodes] nodes the first are taken, and what
// cannot name a node or a job is left out. Of several jobs on a node one is
// enough; the others are for when it ends. Without targets, nothing is running
// on the host.
func (w *Watcher) SetNodes(ts []Target) {
	var kept []Target
	nodes := map[string]bool{}
	for _, t := range ts {
		if len(kept) == maxTargets {
			break
		}
		if !t.valid() || slices.Contains(kept, t) || !nodes[t.Node] && len(nodes) == MaxNodes {
			continue
		}
		nodes[t.Node] = true
		kept = append(kept, t)
	}
	w.mu.Lock()
	w.targets = kept
	w.mu.Unlock()
	poke(w.wake)
}

// GPUs returns what was last seen of each GPU, by node and index; At says
// when. The slice is the caller's to read only.
func (w *Watcher) GPUs() []remote.GPU {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gpus
}

// Changed receives after GPUs has something new: one wake-up for many changes,
// not more than one a second. It has one reader.
func (w *Watcher) Changed() <-chan struct{} { return w.changed }

func (w *Watcher) wanted() []Target {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.targets
}

func (w *Watcher) publish(gpus []remote.GPU) {
	w.mu.Lock()
	w.gpus = gpus
	w.mu.Unlock()
	poke(w.changed)
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

var (
	// nodeName is what may stand in an order as a node: no option, no space.
	nodeName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$`)
	jobNumber = regexp.MustCompile(`^[0-9]{1,12}$`)
)

func (t Target) valid() bool {
	if t.Local {
		return true
	}
	return nodeName.MatchString(t.Node) && (t.Job == "" || jobNumber.MatchString(t.Job))
}

var (
	//go:embed host.sh
	hostScript string
	//go:embed node.sh
	nodeBody string
)

// command starts the script on the host.
func command() remote.Cmd {
	node := "query=" + strings.Join(fields(), ",") + " every=5 apps=30\n" + nodeBody
	return remote.Cmd{Args: []string{"sh", "-c", hostScript, "sh", node, remote.Quote("sh", "-c", node)}}
}
