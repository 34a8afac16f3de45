package curve

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Candidate is a running run that is not thought to be worth its time.
type Candidate struct {
	Run        *Run
	Why        string
	Projection Projection    // zero if it is not the reason
	Left       time.Duration // that it would take; 0 where not known
}

const (
	killFrom  = 0.25 // of the plan: before, a curve says too little
	killPeers = 5    // fewer do not tell what a run can still do
	killSafe  = 0.5  // of the band's lower half: so far below it the goal must lie
)

// Kill returns the running runs that are no longer plausible: those that have
// diverged, and those that will not reach the target, as the finished ones of
// the runs tell; without a target (0 or NaN) those that will end above half of
// these. It would rather miss some than name a good one: that the band of the
// projection lies above is not enough, no peer may ever have fallen so far.
func Kill(runs []*Run, metric string, target float64, now time.Time) []Candidate {
	var peers []*Run
	for _, r := range runs {
		if r.Status == Finished {
			peers = append(peers, r)
		}
	}
	j := judge{metric, peers, target, "the target"}
	if !aimed(target) {
		j.goal, j.of = usual(metric, peers), "half of the runs before it"
	}
	var out []Candidate
	for _, r := range runs {
		if r.Status != Running {
			continue
		}
		c := Candidate{Run: r, Why: r.diverged(metric)}
		if c.Why == "" {
			c.Why, c.Projection = j.hopeless(r)
		}
		if c.Why != "" {
			c.Left, _ = ETA(r, now)
			out = append(out, c)
		}
	}
	return out
}

// judge says which runs do not come to a goal.
type judge struct {
	metric string
	peers  []*Run // finished
	goal   float64
	of     string // whose the goal is
}

// hopeless tells why a run will not come to the goal; empty if it may.
func (j *judge) hopeless(r *Run) (string, Projection) {
	least, ok := r.Best(j.metric)
	if !ok || r.Progress() < killFrom {
		return "", Projection{}
	}
	p, ok := Project(r, j.metric, j.peers)
	if !ok || p.Peers < killPeers {
		return "", Projection{}
	}
	if min(least.Value, p.Lo-killSafe*(p.Value-p.Lo), r.luckiest(j.metric, j.peers)) <= j.goal {
		return "", Projection{}
	}
	return fmt.Sprintf("it is to end at %.5g (%.5g to %.5g), above %s, %.5g", p.Value, p.Lo, p.Hi, j.of, j.goal), p
}

// luckiest returns where the run ends if it falls as far as any peer did.
func (r *Run) luckiest(metric string, peers []*Run) float64 {
	s := r.Metric(metric)
	_, step, _ := s.Bounds()
	now, dense, _ := s.level(float64(step), levelPart*float64(r.Plan))
	return now - r.fallsOf(metric, float64(step)/float64(r.Plan), dense, peers).most
}

// usual returns the median of the least values of runs, infinite if there is
// none.
func usual(metric string, runs []*Run) float64 {
	var v []float64
	for _, r := range runs {
		if p, ok := r.Best(metric); ok {
			v = append(v, p.Value)
		}
	}
	if len(v) == 0 {
		return math.Inf(1)
	}
	slices.Sort(v)
	return quantile(v, 0.5)
}

// diverged tells why a curve is lost; empty if it is not.
func (r *Run) diverged(metric string) string {
	for _, name := range []string{metric, "train_loss"} {
		s := r.Metric(name)
		if s == nil {
			continue
		}
		if s.gapAtEnd() {
			return name + " is not a number any more"
		}
		if from, to, ok := s.leap(r.Plan); ok {
			return fmt.Sprintf("%s rose from %.5g to %.5g and did not come back", name, from, to)
		}
	}
	return ""
}

// gapAtEnd reports whether the last points are all gaps.
func (s *Series) gapAtEnd() bool {
	const many = 3
	g := &s.cur
	return g.n >= many && g.sum(g.n-many, g.n).n == 0
}

// leap returns where a curve was and what it is now, if it rose by a good part
// of all that it had fallen, and has stayed up there since.
func (s *Series) leap(plan int64) (from, to float64, ok bool) {
	const (
		rise = 0.25 // of the fall from the first value to the least
		stay = 0.05 // of the plan
		some = 3    // points
	)
	least, ok := s.Min()
	first, known := s.Near(math.Inf(-1))
	last, _ := s.Last()
	if !ok || !known || plan <= 0 || float64(last.Step-least.Step) < stay*float64(plan) {
		return 0, 0, false
	}
	since := s.sum(float64(last.Step)-stay*float64(plan), float64(last.Step))
	high := least.Value + rise*(first.Value-least.Value)
	if since.n < some || !(first.Value > least.Value) || float64(since.min) < high {
		return 0, 0, false
	}
	return least.Value, last.Value, true
}
