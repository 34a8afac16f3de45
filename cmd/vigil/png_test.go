package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/curve"
	"vigil/themes"
)

// drawnRuns are n runs that fall to about 3.28; the second one runs still, and
// the third one has a spike of one point and a gap.
func drawnRuns(n int) *curve.Set {
	store := curve.NewStore()
	for i := range n {
		w := store.Writer(remote.Source{Host: "local", Path: fmt.Sprintf("/w/run-s%d.log", i)})
		last := int64(3000)
		if i == 1 {
			last = 2100
		}
		for step := int64(0); step <= last; step += 5 {
			x := float64(step) / 3000
			v := 3.27 + 0.003*float64(i%9) + 7*math.Exp(-9*x) + 0.25*(1-x) + 0.004*math.Sin(float64(step*int64(i+3)))
			if i == 2 && step == 2000 {
				v = 9
			}
			if i == 2 && step > 2200 && step < 2300 {
				v = math.NaN()
			}
			w.Add(remote.Record{Kind: remote.Point, Step: step, Plan: 3000, Wall: remote.NoWall(), Metrics: []remote.Metric{
				{Name: "val_loss", Raw: "val_loss", Value: v},
			}})
		}
	}
	return store.Snapshot()
}

var drawnGoal = agent.GoalLine{Metric: "val_loss", Target: 3.28, Minimize: "step", Record: 2990}

func readPNG(t *testing.T, file string) image.Image {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// count counts the pixels of exactly a colour in a part of a picture.
func count(img image.Image, in image.Rectangle, c color.Color) int {
	r, g, b, _ := c.RGBA()
	n := 0
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if pr, pg, pb, _ := img.At(x, y).RGBA(); pr>>8 == r>>8 && pg>>8 == g>>8 && pb>>8 == b>>8 {
				n++
			}
		}
	}
	return n
}

func TestPNG(t *testing.T) {
	file := filepath.Join(t.TempDir(), "curves.png")
	if err := writePNG(file, drawnRuns(14), "", drawnGoal); err != nil {
		t.Fatal(err)
	}
	img := readPNG(t, file)
	plot := image.Rect(plotX, plotY, plotX+plotW, plotY+plotH)
	theme := themes.Light()
	for name, c := range map[string]color.Color{
		"the best run": theme.Series[0], "the target": theme.Role.Target, "the record": theme.Role.Record, "the other runs": theme.Role.Faint,
	} {
		if count(img, plot, c) < 100 {
			t.Errorf("%s does not show in the plot", name)
		}
	}
	legend := image.Rect(legendX, 0, picW, picH)
	for i := range legendRuns {
		if count(img, legend, theme.Series[i%len(theme.Series)]) < 50 {
			t.Errorf("run %d of the best is not in the legend", i)
		}
	}
}

// A spike of one point among 600 shows, up to the edge of the plot.
func TestPNGKeepsSpikes(t *testing.T) {
	p, err := newPicture(drawnRuns(3), "val_loss", drawnGoal)
	if err != nil {
		t.Fatal(err)
	}
	p.draw()
	for i, k := range p.best {
		if !strings.HasSuffix(k.Run.Name, "s2") {
			continue
		}
		x := int(p.x(2000))
		if n := count(p.img, image.Rect(x-3, plotY, x+4, plotY+60), p.color(i)); n < 40 {
			t.Errorf("%d pixels of the spike at the plot's upper edge", n)
		}
		if n := count(p.img, image.Rect(int(p.x(2230)), plotY, int(p.x(2270)), plotY+plotH), p.color(i)); n > 0 {
			t.Errorf("%d pixels where there is a gap", n)
		}
		return
	}
	t.Fatal("the run with the spike is not among the best")
}

func TestPNGErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ file, metric, want string }{
		{filepath.Join(dir, "a.png"), "bleu", "no run has bleu: name another metric"},
		{filepath.Join(dir, "none", "a.png"), "", "choose another place"},
	} {
		err := writePNG(c.file, drawnRuns(2), c.metric, drawnGoal)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line with %q", err, c.want)
		}
	}
}

// Runs without one finite value, with one point, and with huge values make a
// picture too.
func TestPNGOddRuns(t *testing.T) {
	for _, values := range [][]float64{{math.NaN()}, {3}, {1e30, -1e30}, {3e38, 1}, {0, 0, 0}} {
		store := curve.NewStore()
		w := store.Writer(remote.Source{Host: "local", Path: "/w/odd.log"})
		for i, v := range values {
			w.Add(remote.Record{Kind: remote.Point, Step: int64(i), Wall: remote.NoWall(), Metrics: []remote.Metric{{Name: "val_loss", Value: v}}})
		}
		if err := writePNG(filepath.Join(t.TempDir(), "odd.png"), store.Snapshot(), "val_loss", drawnGoal); err != nil {
			t.Errorf("%v: %v", values, err)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{0, 3000, "0 500 1000 1500 2000 2500 3000"},
		{3.26, 3.52, "3.30 3.35 3.40 3.45 3.50"},
		{1, 1, ""},
	} {
		var got []string
		for _, v := range ticks(c.lo, c.hi, 7) {
			got = append(got, v.label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("ticks(%v, %v) are %q, want %q", c.lo, c.hi, s, c.want)
		}
	}
}
