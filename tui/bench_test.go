package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/remote"
)

// What one frame costs with 50 agents on a large terminal, tab by tab.
func BenchmarkView(b *testing.B) {
	for i := range 6 {
		src := newFake(huge(50))
		src.cluster = cluster()
		m := start(src, size{200, 60})
		m.Update(keyMsg(fmt.Sprint(i + 1)))
		b.Run(m.tabs[m.tab].title, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = m.View()
			}
		})
	}
	m := start(newFake(huge(50)), size{200, 60})
	m.Update(keyMsg("?"))
	b.Run("overlay", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = m.View()
		}
	})
}

// What a new snapshot costs. Every second one changes the plan, as an agent at
// work does at most.
func BenchmarkUpdate(b *testing.B) {
	for i := range 6 {
		src := newFake(huge(50))
		src.cluster = cluster()
		m := start(src, size{200, 60})
		m.Update(keyMsg(fmt.Sprint(i + 1)))
		snaps := []*agent.Snapshot{src.snap, huge(50)}
		snaps[1].Agents[0].Plan.Text += "\n- [ ] one more\n"
		b.Run(m.tabs[m.tab].title, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				src.snap = snaps[n%2]
				m.Update(changed{clock.Add(time.Duration(n))})
				_ = m.View()
			}
		})
	}
}

// What a new point costs on screen with 10,000 runs in memory.
func BenchmarkCurves(b *testing.B) {
	store := runStore(5000, "a1", "a2")
	src := newFake(huge(50))
	src.runs = store.Snapshot()
	m := start(src, size{200, 60})
	m.Update(keyMsg("3"))
	w := store.Writer(remote.Source{Key: "a1", Host: "local", Path: "/w/live.log"})
	b.ReportAllocs()
	step := int64(0)
	for b.Loop() {
		step++
		w.Add(remote.Record{Kind: remote.Point, Step: step, Plan: 1 << 40, Wall: remote.NoWall(), Metrics: []remote.Metric{
			{Name: "val_loss", Raw: "val_loss", Value: 3 + 1/float64(step)},
		}})
		src.runs = store.Snapshot()
		m.Update(changed{clock})
		_ = m.View()
	}
}

// What a frame costs with 10,000 runs in the background: once it is drawn, and
// with a new point each time.
func BenchmarkCrowd(b *testing.B) {
	store := runStore(10_000, "a1")
	src := newFake(story())
	src.runs = store.Snapshot()
	m := start(src, size{200, 60})
	m.Update(keyMsg("3"))
	m.Update(keyMsg("o"))
	for m.curves.left > 0 {
		m.show()
	}
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = m.View()
		}
	})
	b.Run("chart", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = m.curves.chart.View()
		}
	})
	w := store.Writer(remote.Source{Key: "a1", Host: "local", Path: "/w/live.log"})
	step := int64(0)
	b.Run("new point", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			step++
			w.Add(remote.Record{Kind: remote.Point, Step: step % 3000, Plan: 3000, Wall: remote.NoWall(), Metrics: []remote.Metric{
				{Name: "val_loss", Raw: "val_loss", Value: 3.3},
			}})
			src.runs = store.Snapshot()
			m.Update(changed{clock})
			_ = m.View()
		}
	})
}

// What ranking and studying costs among 10,000 runs: it is done once a second
// while runs grow.
func BenchmarkStudy(b *testing.B) {
	src := newFake(story())
	src.runs = runs(10_000, "a1")
	m := start(src, size{200, 60})
	for _, keys := range [][]string{{"3"}, {"S"}} {
		press(m, keys...)
		b.Run(strings.Join(keys, " "), func(b *testing.B) {
			for b.Loop() {
				m.curves.from, m.curves.study = picking{agent: m.curves.from.agent}, study{}
				m.show()
			}
		})
	}
}
