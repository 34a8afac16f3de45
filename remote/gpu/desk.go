package gpu

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil/remote"
)

const (
	// stagger lies between two starts on other nodes, which cost the scheduler
	// a few requests each.
	stagger = 2 * time.Second
	// gather is how long changes are gathered before they are published.
	gather = time.Second
)

// desk keeps the streams of all targets. One goroutine owns it.
type desk struct {
	w       *Watcher
	out     io.Writer // orders for the script on the host; nil without a channel
	streams []*stream // in the order of the targets
	token   int       // the last one given
	started time.Time // the last start on another node
	dirty   bool
	shown   time.Time // the last time something was published
}

// sync makes the streams those of the targets.
func (d *desk) sync(targets []Target, now time.Time) {
	old := d.streams
	d.streams = nil
	for _, t := range targets {
		i := slices.IndexFunc(old, func(s *stream) bool { return s.Target == t })
		if i < 0 {
			d.streams = append(d.streams, &stream{Target: t, next: now, gpus: map[int]remote.GPU{}})
			continue
		}
		d.streams = append(d.streams, old[i])
		old = slices.Delete(slices.Clone(old), i, i+1)
	}
	for _, s := range old {
		d.stop(s)
		heir := slices.IndexFunc(d.streams, func(o *stream) bool { return o.Node == s.Node })
		switch {
		case heir < 0 && s.told:
			d.w.opt.Problem(s.Node, "", "")
		case heir >= 0 && len(d.streams[heir].gpus) == 0:
			d.streams[heir].gpus = s.gpus // until it has its own
		}
	}
	d.dirty = true
}

func (d *desk) stop(s *stream) {
	if s.token != 0 {
		d.order("stop", s.token)
		s.token = 0
	}
}

// order sends an order. If it cannot, the channel is at its end, which is seen
// where it is read.
func (d *desk) order(op string, token int, more ...string) {
	if d.out != nil {
		fmt.Fprintln(d.out, strings.Join(append([]string{op, strconv.Itoa(token)}, more...), " "))
	}
}

// work gives up what is silent, starts what is due, publishes what is new, and
// returns when there is something to do again; zero is never.
func (d *desk) work(now time.Time) (next time.Time) {
	due := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	for _, s := range d.streams {
		if s.token != 0 && now.Sub(s.heard) >= silence {
			s.said = cmp.Or(s.said, "no answer for "+silence.String())
			d.stopped(s, now)
		}
		switch {
		case s.token != 0:
			due(s.heard.Add(silence))
		case s.over || d.covered(s):
		case now.Before(s.next):
			due(s.next)
		case s.Local:
			d.start(s, now)
			due(now.Add(silence))
		case now.Before(d.started.Add(stagger)):
			due(d.started.Add(stagger))
		default:
			d.started = now
			d.start(s, now)
			due(now.Add(silence))
		}
	}
	if d.dirty {
		if now.Before(d.shown.Add(gather)) {
			due(d.shown.Add(gather))
			return next
		}
		d.dirty, d.shown = false, now
		d.w.publish(d.gpus())
	}
	return next
}

// stopped ends a silent stream.
func (d *desk) stopped(s *stream, now time.Time) {
	d.order("stop", s.token)
	d.tell(s, s.ended("", now))
}

// covered reports whether another stream shows, or may soon show, all that s
// would: several jobs share a node, and one look at it is enough, unless the
// site hides from each job what is not its own.
func (d *desk) covered(s *stream) bool {
	return slices.ContainsFunc(d.streams, func(o *stream) bool {
		return o != s && o.Node == s.Node && o.token != 0 && (o.way() != byOwn || !o.worked)
	})
}

func (d *desk) start(s *stream, now time.Time) {
	d.token++
	s.start(d.token, now)
	job, node := cmp.Or(s.Job, "-"), s.Node
	if s.Local {
		node = "-"
	}
	d.order("start", s.token, string(s.way()), job, node)
}

// hear takes a line of the script: "TOKEN LINE".
func (d *desk) hear(line string, now time.Time) {
	head, text, ok := strings.Cut(line, " ")
	token, err := strconv.Atoi(head)
	if !ok || err != nil || token <= 0 {
		return
	}
	i := slices.IndexFunc(d.streams, func(s *stream) bool { return s.token == token })
	code, ended := strings.CutPrefix(text, "@exit ")
	if ended {
		d.order("forget", token)
	}
	switch {
	case i < 0 && !ended:
		d.order("stop", token) // it has not heard the first one
		return
	case i < 0:
		return
	}
	s := d.streams[i]
	if ended {
		d.tell(s, s.ended(code, now))
		return
	}
	d.dirty = s.hear(text, now) || d.dirty
	if s.worked {
		d.fine(s.Node)
	}
}

// fine takes back what was told of a node.
func (d *desk) fine(node string) {
	told := false
	for _, s := range d.streams {
		if s.Node == node {
			told = told || s.told
			s.told = false
		}
	}
	if told {
		d.w.opt.Problem(node, "", "")
	}
}

func (d *desk) tell(s *stream, v verdict) {
	if v.what != "" {
		d.w.opt.Problem(s.Node, v.what, v.do)
	}
}

// lost takes the end of the channel, with which all streams ended. They start
// again with it.
func (d *desk) lost(now time.Time) {
	d.out = nil
	for _, s := range d.streams {
		if s.token != 0 {
			s.token, s.next = 0, now
		}
	}
}

// gpus lists what is known, by node and index. Where several streams see a
// GPU, the newest look counts.
func (d *desk) gpus() []remote.GPU {
	type place struct {
		node  string
		uuid  string
		index int
	}
	newest := map[place]remote.GPU{}
	jobs := map[place][]string{}
	for _, s := range d.streams {
		for _, g := range s.gpus {
			at := place{g.Node, g.UUID, g.Index}
			for _, j := range s.jobs[g.UUID] {
				jobs[at] = union(jobs[at], j)
			}
			if s.way() == byOwn {
				jobs[at] = union(jobs[at], s.Job)
			}
			if g.At.After(newest[at].At) {
				newest[at] = g
			}
		}
	}
	out := make([]remote.GPU, 0, len(newest))
	for at, g := range newest {
		g.Host, g.Jobs = d.w.host.Name(), jobs[at]
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b remote.GPU) int {
		return cmp.Or(strings.Compare(a.Node, b.Node), cmp.Compare(a.Index, b.Index), strings.Compare(a.UUID, b.UUID))
	})
	return out
}
