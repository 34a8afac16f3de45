package tui

import (
	"slices"

	"vigil/remote/curve"
)

// bands are those of the families that are drawn, kept for as long as their runs
// and the window stay. One of many runs is made over some frames.
type bands struct {
	made     map[bandOf]*band
	families []*curve.Family
	each     int // runs that a band may take in for this frame
	left     int // runs that wait for the next one
	room     []curve.Column
}

// bandOf is all that a band depends on. A family never changes.
type bandOf struct {
	family *curve.Family
	metric string
	log    bool
	x0, x1 float64
	cols   int
}

type band struct {
	cols []curve.Column
	runs int // that are in it, from the first on
}

// bandWork is how many runs are taken into bands for a frame: a few milliseconds'
// worth.
const bandWork = 1200

// keep returns the families, those that have not changed as they were.
func (b *bands) keep(now []curve.Family) []*curve.Family {
	old := b.families
	b.families = make([]*curve.Family, len(now))
	for i := range now {
		b.families[i] = &now[i]
		if i < len(old) && old[i].Name == now[i].Name && slices.Equal(old[i].Runs, now[i].Runs) {
			b.families[i] = old[i]
		}
	}
	return b.families
}

// begin begins a frame in which so many families are drawn.
func (b *bands) begin(families int) {
	const most = 128 // bands that are kept
	if b.made == nil || len(b.made) > most {
		b.made = map[bandOf]*band{}
	}
	b.each, b.left = bandWork/max(families, 1), 0
}

// of returns how a family is drawn.
func (b *bands) of(f *curve.Family, metric string) func(log bool, x0, x1 float64, cols int, dst []curve.Column) []curve.Column {
	return func(log bool, x0, x1 float64, cols int, dst []curve.Column) []curve.Column {
		key := bandOf{f, metric, log, x0, x1, cols}
		made := b.made[key]
		if made == nil {
			made = &band{cols: make([]curve.Column, cols)}
			b.made[key] = made
			b.room = slices.Grow(b.room[:0], cols)
		}
		if n := min(b.each, len(f.Runs)-made.runs); n > 0 {
			curve.Widen(made.cols, f.Runs[made.runs:made.runs+n], metric, log, x0, x1, b.room)
			made.runs += n
		}
		b.left += len(f.Runs) - made.runs
		return append(dst[:0], made.cols...)
	}
}

// folded counts the families that are drawn.
func (p *curvesPane) folded() int {
	n := 0
	for i := range p.picked {
		if p.picked[i].family != nil {
			n++
		}
	}
	return n
}
