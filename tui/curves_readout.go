package tui

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"vigil/remote/curve"
)

// readings are what the lines have at the cursor.
type readings struct {
	values []reading // by line
	order  []int     // of the lines: the least value first, those without one last
	ref    int       // the line that the others are compared with; -1 for none
	places int       // behind the decimal point
	wide   int       // of the widest value
	apart  int       // ... and difference
}

// reading is what a line has at the cursor.
type reading struct {
	value float64 // NaN in a gap
	ok    bool    // the line is there
}

func (r reading) number() bool { return r.ok && r.value == r.value }

// read takes the values at the cursor. They are compared with the baseline's, or
// the least one.
func (p *curvesPane) read() {
	r := &p.readings
	r.values, r.order, r.ref = r.values[:0], r.order[:0], -1
	if !p.aimed {
		return
	}
	for i := range p.picked {
		v, ok := p.valueAt(&p.picked[i], p.cursor)
		r.values, r.order = append(r.values, reading{v, ok}), append(r.order, i)
	}
	slices.SortStableFunc(r.order, func(a, b int) int { return r.values[a].compare(r.values[b]) })
	if len(r.order) > 0 && r.values[r.order[0]].number() {
		r.ref = r.order[0]
	}
	if i := p.baseline(); i >= 0 && r.values[i].number() {
		r.ref = i
	}
	r.measure()
}

// compare puts numbers first, the least one before the others.
func (r reading) compare(o reading) int {
	rank := func(r reading) int {
		switch {
		case r.number():
			return 0
		case r.ok:
			return 1
		}
		return 2
	}
	if c := cmp.Compare(rank(r), rank(o)); c != 0 || !r.number() {
		return c
	}
	return cmp.Compare(r.value, o.value)
}

// valueWide and apartWide are how wide a value of five digits and a difference
// of such values are; room for them is kept.
const (
	valueWide = 6
	apartWide = 7
)

// measure chooses so many digits that values of this size have five of them,
// and widths that stay while the cursor moves along a curve.
func (r *readings) measure() {
	const digits = 5
	most := 0.0
	for _, v := range r.values {
		if v.number() {
			most = max(most, math.Abs(v.value))
		}
	}
	r.places = digits - 1
	if most > 0 {
		r.places = digits - 1 - int(math.Floor(math.Log10(most)))
	}
	r.wide, r.apart = valueWide, apartWide
	for i := range r.values {
		r.wide, r.apart = max(r.wide, cells(r.of(i))), max(r.apart, cells(r.against(i)))
	}
}

// write writes a value with the places that all have; those that these do not
// fit, as powers of ten.
func (r *readings) write(v float64, form string) string {
	const most = 8
	if r.places < 0 || r.places > most {
		return fmt.Sprintf("%"+form+".2e", v)
	}
	if form == "+" {
		return signed(v, r.places)
	}
	return fmt.Sprintf("%.*f", r.places, v)
}

// of writes what a line has.
func (r *readings) of(i int) string {
	switch v := r.values[i]; {
	case v.number():
		return r.write(v.value, "")
	case v.ok:
		return "NaN"
	}
	return "–"
}

// against writes how far a line is from the one that all are compared with.
func (r *readings) against(i int) string {
	if r.ref < 0 || i == r.ref || !r.values[i].number() {
		return ""
	}
	return r.write(r.values[i].value-r.values[r.ref].value, "+")
}

// text is a line of the readout, in columns.
func (r *readings) text(i int) string {
	return fmt.Sprintf("%*s %*s", r.wide, r.of(i), r.apart, r.against(i))
}

// showReadout hands the chart the list of what is read at the cursor.
func (p *curvesPane) showReadout() {
	r := &p.readings
	if len(r.order) == 0 && len(p.groups) == 0 {
		p.chart.SetReadout("", "", nil, 0)
		return
	}
	order, headings := p.grouped(r.order)
	if len(r.order) == 0 {
		p.chart.SetReadout("by "+line(p.group), "", order, p.at, headings...)
		return
	}
	head := "to best"
	if r.ref >= 0 && r.ref == p.baseline() {
		head = "to " + strings.TrimSpace(baseSign)
	}
	p.chart.SetReadout("at "+p.place(), head, order, p.at, headings...)
}

// readOut is what is read of the selected run, for the head where there is no
// list.
func (p *curvesPane) readOut() string {
	r := &p.readings
	if p.at >= len(r.values) || p.chart.Labelled() {
		return ""
	}
	s := r.of(p.at)
	if d := r.against(p.at); d != "" {
		s += " " + d
	}
	return s
}

// valueAt is what a pick has at a place of the x axis: of a family, the mean.
func (p *curvesPane) valueAt(q *pick, x float64) (v float64, ok bool) {
	return valueAt(q, p.shown(), p.axis, x)
}

// valueAt is [curvesPane.valueAt] for any metric; the pick's trace is of it.
func valueAt(q *pick, metric string, axis curve.Axis, x float64) (v float64, ok bool) {
	if q.family == nil {
		return q.trace.At(x)
	}
	sum, n := 0.0, 0
	for _, r := range q.family.Runs {
		if t, ok := r.Trace(metric, axis); ok {
			if v, ok := t.At(x); ok && v == v {
				sum, n = sum+v, n+1
			}
		}
	}
	return sum / float64(n), n > 0
}
