package curve

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"vigil/remote"
)

// Status is how a run fares.
type Status string

// The states of a run.
const (
	Running  Status = "running"
	Finished Status = "finished" // it came to its planned end, or its log says so
	Failed   Status = "failed"   // its log says why
	Stopped  Status = "stopped"  // its log ends before its plan, and nothing says why
)

// ID names a run for as long as its file is known.
type ID struct {
	Host  string
	Path  string
	Index int // of the run in the file
}

// Run is one launch of one training candidate. A Run in a [Set] never changes.
type Run struct {
	ID
	Key     string // of [remote.Source]: whose it is
	Name    string // short, clean, for people
	Label   string // what the log says of it ("trial 2/25 seed 7"); clean
	Status  Status
	Cause   string // why it failed; clean
	Step    int64  // the last one; -1 before the first
	Plan    int64  // planned steps; 0 where not told
	Started time.Time
	Updated time.Time
	Series  []Named // in order of appearance
	Note    Note    // the last thing its log remarked
	Config  []Setting

	kin     string  // what seeds of a candidate have in common, by its name or folder
	named   bool    // by its name
	perStep float64 // tokens of a step, as the configuration tells; 0 if it does not
	wall    meter   // seconds of training, as the log tells them
	tokens  meter   // as the log counts them
	real    meter   // seconds since first, by the times at which the log was written
	first   time.Time
	stored  *stored // where its points are; nil if they are here
	gone    bool    // its file is read anew, and did not tell of it again yet
}

// Named is one series of a run.
type Named struct {
	Name string // canonical, "val_loss"
	Raw  string // as in the log
	Series
}

// Note is a remark of a log: something was done at a step (-1 where not told).
type Note struct {
	Step int64
	Text string
}

// Pending reports whether the run's points are still to be read from what an
// earlier process saved. Until then its series are empty but for their last and
// least values.
func (r *Run) Pending() bool { return r.stored != nil }

// Metric returns the series of a metric, or nil.
func (r *Run) Metric(name string) *Series {
	for i := range r.Series {
		if r.Series[i].Name == name {
			return &r.Series[i].Series
		}
	}
	return nil
}

// Best is the least value of a metric in the run and its step.
func (r *Run) Best(metric string) (Point, bool) {
	if s := r.Metric(metric); s != nil {
		return s.Min()
	}
	return Point{}, false
}

// Crossing is Crossing of the metric's series.
func (r *Run) Crossing(metric string, target float64) (step float64, ok bool) {
	if s := r.Metric(metric); s != nil {
		return Crossing(s, target)
	}
	return 0, false
}

// Wall returns the seconds of training at a step, where the log tells time;
// within a permille of what it tells.
func (r *Run) Wall(step float64) (float64, bool) { return r.wall.at(step), r.wall.some() }

// maxSeries bounds the metrics of a run.
const maxSeries = 64

// take puts a record into a run that is still the writer's.
func (r *Run) take(rec remote.Record) {
	switch rec.Kind {
	case remote.Point:
		r.point(rec)
	case remote.Aside:
		for _, m := range rec.Metrics {
			if s := r.series(m); s != nil {
				s.Append(rec.Step, m.Value)
			}
		}
	case remote.RunStart:
		if r.Label == "" && rec.Text != "" {
			r.Label = rec.Text
			r.Name += " · " + rec.Text
		}
	case remote.RunEnd:
		if r.Status != Failed {
			r.Status = Finished
		}
	case remote.Failure:
		r.Status, r.Cause = Failed, rec.Text
	case remote.Note:
		r.Note = Note{rec.Step, rec.Text}
	case remote.Setting:
		r.set(rec.Key, rec.Text)
	}
}

func (r *Run) point(rec remote.Record) {
	r.Step = rec.Step
	if rec.Plan > 0 {
		r.Plan = rec.Plan
	}
	timed := rec.Wall == rec.Wall
	if timed {
		r.wall.add(rec.Step, rec.Wall, fine(rec.Wall))
	}
	for _, m := range rec.Metrics {
		switch {
		case timed && (m.Name == "train_time" || m.Name == "step_avg"):
			continue // the meter holds both: the time, and its average over the steps
		case m.Name == "tokens":
			r.tokens.add(rec.Step, m.Value, fine(m.Value))
			continue
		}
		if s := r.series(m); s != nil {
			s.Append(rec.Step, m.Value)
		}
	}
	if r.Plan > 0 && rec.Step >= r.Plan {
		r.Status = Finished
	} else {
		r.Status, r.Cause = Running, "" // whatever was said before, it goes on
	}
}

func (r *Run) series(m remote.Metric) *Series {
	for i := range r.Series {
		if r.Series[i].Name == m.Name {
			return &r.Series[i].Series
		}
	}
	if len(r.Series) == maxSeries {
		return nil
	}
	r.Series = append(r.Series, Named{Name: m.Name, Raw: m.Raw})
	return &r.Series[len(r.Series)-1].Series
}

// seen notes that the log was written at mod.
func (r *Run) seen(mod time.Time) {
	r.Updated = mod
	if r.Step < 0 {
		return
	}
	if r.first.IsZero() {
		r.first = mod
		if r.wall.some() {
			r.Started = mod.Add(-seconds(r.wall.at(float64(r.Step))))
		}
	}
	at := mod.Sub(r.first).Seconds()
	r.real.add(r.Step, at, coarse(at))
}

// rest says that the run may have come to its end: its series give back the
// room that they keep for more.
func (r *Run) rest() {
	if r.Pending() { // they are not here yet, and not its own
		return
	}
	for i := range r.Series {
		r.Series[i].freeze()
	}
}

// frozen returns a copy that no writer changes.
func (r *Run) frozen() *Run {
	c := *r
	c.Series = slices.Clone(r.Series)
	return &c
}

// Progress returns how much of the plan is done, 0 to 1; 0 without a plan.
func (r *Run) Progress() float64 {
	if r.Plan <= 0 {
		return 0
	}
	return min(max(float64(r.Step)/float64(r.Plan), 0), 1)
}

func name(src remote.Source, index int) string {
	const maxName = 80
	dir, p := path.Split(strings.TrimRight(src.Path, "/"))
	for _, ext := range []string{".log", ".txt", ".jsonl", ".out", ".stdout"} {
		p = strings.TrimSuffix(p, ext)
	}
	switch p { // names that tell nothing without their folder's
	case "train", "log", "logs", "output", "out", "metrics", "main", "stdout":
		p = path.Join(path.Base(dir), p)
	}
	p = remote.Line(p, maxName)
	if index > 0 {
		p = fmt.Sprintf("%s#%d", p, index+1)
	}
	return p
}
