package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"vigil/remote"
	"vigil/remote/curve"
)

// sweep is n runs of a1 over learning rates and widths, with seeds.
func sweep(n int) *curve.Set {
	store := curve.NewStore()
	for i := range n {
		lr, width, seed := []float64{0.01, 0.02, 0.04}[i%3], []int{512, 768}[i/3%2], i/6
		w := store.Writer(remote.Source{Key: "a1", Host: "local", Path: fmt.Sprintf("/w/runs/lr%gw%d-s%d.log", lr, width, seed)})
		for _, s := range [][2]string{{"lr", fmt.Sprint(lr)}, {"width", fmt.Sprint(width)}, {"depth", "12"}, {"seed", fmt.Sprint(seed)}} {
			w.Add(remote.Record{Kind: remote.Setting, Key: s[0], Text: s[1]})
		}
		for step := int64(0); step <= 3000; step += 50 {
			x := float64(step) / 3000
			v := 3.27 + math.Abs(lr-0.02)*2 + 8/float64(width) + 0.001*float64(seed%9) + 7*math.Exp(-9*x) + 0.25*(1-x) + 0.01*math.Sin(float64(step*int64(i+3)))*(1-x)
			w.Add(remote.Record{Kind: remote.Point, Step: step, Plan: 3000, Wall: float64(step) * 0.3, Metrics: []remote.Metric{
				{Name: "val_loss", Raw: "val_loss", Value: v},
				{Name: "train_loss", Raw: "train_loss", Value: v - 0.05},
				{Name: "grad_norm", Raw: "grad_norm", Value: 0.2 + math.Exp(-20*x)},
				{Name: "lr", Raw: "lr", Value: lr * (1 - x)},
				{Name: "step_avg", Raw: "step_avg", Value: 0.3 + 0.01*math.Sin(float64(step))},
			}})
		}
		w.Seen(clock)
	}
	return store.Snapshot()
}

// startSweep is a screen over a sweep of 200 runs, at its curves.
func startSweep(s size) *Model {
	src := newFake(story())
	src.runs = sweep(200)
	m := start(src, s)
	press(m, "3", "b", "b")
	return m
}

// Pictures of 200 runs.
func TestFrameSweep(t *testing.T) {
	for name, c := range map[string]struct {
		size size
		keys []string
	}{
		"runs":          {size{120, 40}, nil},
		"runs-small":    {size{80, 24}, []string{"left", "ctrl+left"}},
		"by-family":     {size{120, 40}, []string{"r"}},
		"by-lr":         {size{120, 40}, []string{"r", "r", "left", "ctrl+left"}},
		"by-lr-small":   {size{80, 24}, []string{"r", "r", "S"}},
		"by-width-grid": {size{120, 40}, []string{"r", "r", "r", "m", "left"}},
		"grid":          {size{200, 60}, []string{"m", "S", "left", "ctrl+left"}},
		"grid-small":    {size{80, 24}, []string{"m", "z"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := startSweep(c.size)
			press(m, c.keys...)
			got := m.View().Content
			check(t, got, c.size)
			golden.RequireEqual(t, got)
		})
	}
}

// r goes through what tells the runs apart, and back to no groups.
func TestGroups(t *testing.T) {
	m := startSweep(size{120, 40})
	p := &m.curves
	var got []string
	for range 5 {
		press(m, "r")
		got = append(got, p.group)
		n := 0
		for k := range p.groups {
			n += len(p.groups[k].lines)
			for _, i := range p.groups[k].lines {
				if p.colour(i) != k {
					t.Errorf("line %d of group %d has colour %d", i, k, p.colour(i))
				}
				if p.groups[k].best.Compare(p.picked[i].rank) > 0 {
					t.Errorf("%s is better than the best of its group", p.picked[i].run.Name)
				}
			}
		}
		if len(p.groups) > 0 && n != len(p.picked) {
			t.Errorf("%s: %d lines in groups, of %d", p.group, n, len(p.picked))
		}
	}
	if want := []string{byFamily, "lr", "width", "", byFamily}; !slices.Equal(got, want) {
		t.Errorf("grouped by %q, want %q", got, want)
	}
}

// The list has a heading for each group, its lines under it.
func TestGroupedList(t *testing.T) {
	m := startSweep(size{120, 60})
	press(m, "r", "r", "r")
	p := &m.curves
	shows(t, m, "groups", "by width", fmt.Sprintf("%d group", len(p.groups)), p.groups[0].title(), "best "+p.groups[0].result())
	screen := screenText(m)
	for k := range p.groups {
		head := strings.Index(screen, p.groups[k].title())
		for _, i := range p.groups[k].lines[:2] {
			if at := strings.Index(screen, p.picked[i].run.Name+" "); at < head {
				t.Errorf("%s stands before its group", p.picked[i].run.Name)
			}
		}
	}
	name := p.picked[p.at].run.Name
	press(m, "j", "k")
	if got := p.picked[p.at].run.Name; got != name {
		t.Errorf("down and up from %s leads to %s", name, got)
	}
	press(m, "m")
	if len(p.panels) != len(p.groups) {
		t.Errorf("%d charts for %d groups", len(p.panels), len(p.groups))
	}
}

// Going through the groups comes back to none, also where the runs have a
// setting that is called as the first group is.
func TestGroupsOfASettingCalledFamily(t *testing.T) {
	m := startSweep(size{120, 40})
	p := &m.curves
	p.runs = nil
	for _, v := range []string{"a", "b"} {
		p.runs = append(p.runs, &curve.Run{Config: []curve.Setting{{Key: byFamily, Value: v}, {Key: "lr", Value: v}}})
	}
	runs := p.runs
	var seen []string
	for range 3 {
		p.nextGroup()
		seen = append(seen, p.group)
		p.runs = runs
	}
	if want := []string{byFamily, "lr", ""}; !slices.Equal(seen, want) {
		t.Errorf("it goes through %q, want %q", seen, want)
	}
}
