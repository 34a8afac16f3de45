package runlog

import (
	"math"
	"strings"

	"vigil/remote"
)

// date is the time in seconds from which on it must be a date: it counts from
// the first one in the run.
const date = 1e9

// progress is where the run stands that the file tells of.
type progress struct {
	Index    int // -1 before the first run
	First    int64
	Last     int64
	Plan     int64
	Label    string  `json:",omitempty"` // of a run that has been announced
	Fresh    bool    `json:",omitempty"` // the next point starts a run
	Again    bool    `json:",omitempty"` // the file was written anew: the same run from its start
	Measured bool    `json:",omitempty"` // more than progress has been told
	Odd      bool    `json:",omitempty"` // a loss that is no number has been remarked on
	Failed   weight  `json:",omitempty"` // of the cause told since the last point
	Ended    bool    `json:",omitempty"` // told since the last point
	Epoch    float64 // the first date
	Time     float64 // the last that may be since the run's start
	PerStep  bool    `json:",omitempty"` // it was not: it is that of each step
}

// point emits p.mets as values at a step, after the start of a run if this is
// one.
func (p *Parser) point(step, plan int64, wall float64) {
	r := &p.Run
	if r.Index < 0 || r.Fresh || step < r.Last && p.restarts(step, plan) {
		p.start(step)
	}
	r.Last, r.Again, r.Measured, r.Failed, r.Ended = step, false, true, 0, false
	if plan > 0 {
		r.Plan = plan
	}
	if wall > date {
		if r.Epoch == 0 || wall < r.Epoch {
			r.Epoch = wall
		}
		wall -= r.Epoch
	}
	p.emit(remote.Record{Kind: remote.Point, Run: r.Index, Step: step, Plan: r.Plan, Wall: wall, Metrics: p.mets})
}

// measured emits p.mets like point, and remarks on the run's first loss that
// is no number.
func (p *Parser) measured(step, plan int64, wall float64) {
	p.point(step, plan, wall)
	if p.Run.Odd {
		return
	}
	for _, m := range p.mets {
		if odd(m.Name, m.Value) {
			p.Run.Odd = true
			what := " is infinite"
			if math.IsNaN(m.Value) {
				what = " is nan"
			}
			p.event(remote.Note, step, m.Name+what)
			return
		}
	}
}

// odd reports whether a value is a loss that is no number any more.
func odd(name string, v float64) bool { return v-v != 0 && strings.Contains(name, "loss") }

// restarts reports whether a step that fell back starts another run in the
// file, and not the same one again from a checkpoint, or a line that came a
// little late.
func (p *Parser) restarts(step, plan int64) bool {
	r := &p.Run
	if p.Format != text || r.Again || !r.Measured {
		return false
	}
	if plan > 0 && r.Plan > 0 && plan != r.Plan {
		return true
	}
	return step <= max(r.First, 1) && r.Last >= step+2
}

func (p *Parser) start(step int64) {
	index := min(p.Run.Index+1, maxRuns-1)
	label := p.Run.Label
	p.Run = progress{Index: index, First: step, Last: step, Time: p.Run.Time}
	p.emit(remote.Record{Kind: remote.RunStart, Run: index, Step: -1, Wall: remote.NoWall(), Text: label})
	p.tellSettings()
}

// lately is the step of values that come without one: the last that was told.
func (p *Parser) lately() int64 {
	if p.Run.Index < 0 || p.Run.Fresh {
		return 0
	}
	return p.Run.Last
}

// event emits a record that tells no values.
func (p *Parser) event(kind remote.RecordKind, step int64, text string) {
	p.emit(remote.Record{Kind: kind, Run: max(p.Run.Index, 0), Step: step, Plan: p.Run.Plan, Wall: remote.NoWall(), Text: text})
}

// end emits that the run came to its end.
func (p *Parser) end() {
	if p.Run.Index >= 0 {
		p.Run.Ended = true
		p.event(remote.RunEnd, -1, "")
	}
}
