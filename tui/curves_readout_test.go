package tui

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// The readout lists every line that is drawn, the least value first, with how
// far it is from that; what has no value there comes last.
func TestReadout(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3", "left", "ctrl+left", "ctrl+left")
	p := &m.curves
	r := &p.readings
	if len(r.order) != len(p.picked) || r.ref != r.order[0] {
		t.Fatalf("%d of %d lines are read, compared with %d", len(r.order), len(p.picked), r.ref)
	}
	screen := screenText(m)
	last := -1
	for i, k := range r.order {
		if i > 0 && r.values[r.order[i-1]].compare(r.values[k]) > 0 {
			t.Errorf("line %d stands before line %d", r.order[i-1], k)
		}
		at := strings.Index(screen, p.picked[k].run.Name+" ")
		if at < last {
			t.Errorf("%s is not where its value is", p.picked[k].run.Name)
		}
		last = at
		if !strings.Contains(screen, r.text(k)) {
			t.Errorf("no %q on\n%s", r.text(k), screen)
		}
	}
	_, _, w, _ := p.chart.Plot()
	press(m, "esc")
	if _, _, n, _ := p.chart.Plot(); n != w {
		t.Errorf("the plot is %d cells wide with a cursor, and %d without", w, n)
	}
}

// What does not fit is counted, and the selected run is seen.
func TestReadoutOfMany(t *testing.T) {
	src := newFake(story())
	src.runs = runs(60, "a1")
	m := start(src, size{80, 24})
	press(m, "3", "b", "b", "left", "G")
	shows(t, m, "many", " more", "▸ ", "to best")
	press(m, "g")
	shows(t, m, "the first", "▸ ")
}

func TestReadings(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		values []reading
		want   []string
	}{
		{"losses", []reading{{3.3, true}, {3.2791, true}, {nan, true}, {0, false}}, []string{"3.3000 +0.0209", "3.2791        ", "   NaN        ", "     –        "}},
		{"large", []reading{{12345, true}, {1e7, true}}, []string{"1.23e+04          ", "1.00e+07 +9.99e+06"}},
		{"nothing", []reading{{0, false}}, []string{"     –        "}},
	} {
		r := readings{values: c.values, ref: -1}
		for i, v := range c.values {
			if v.number() && (r.ref < 0 || v.value < c.values[r.ref].value) {
				r.ref = i
			}
		}
		r.measure()
		var got []string
		for i := range c.values {
			got = append(got, r.text(i))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
