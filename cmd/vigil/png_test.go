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
	"vigil/agent/report/figure"
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

// writePNG draws runs as the command does.
func writePNG(file string, set *curve.Set, metric string, goal agent.GoalLine) error {
	f, err := figureOf(set, metric, goal)
	if err != nil {
		return err
	}
	return writeFigure(file, f, encodePNG)
}

func TestPNG(t *testing.T) {
	file := filepath.Join(t.TempDir(), "curves.png")
	if err := writePNG(file, drawnRuns(14), "", drawnGoal); err != nil {
		t.Fatal(err)
	}
	img := readPNG(t, file)
	plot := image.Rect(figure.PlotX, figure.PlotY, figure.PlotX+figure.PlotW, figure.PlotY+figure.PlotH)
	theme := themes.Light()
	for name, c := range map[string]color.Color{
		"the best run": theme.Series[0], "the target": theme.Role.Target, "the record": theme.Role.Record, "the other runs": theme.Role.Faint,
	} {
		if count(img, plot, c) < 100 {
			t.Errorf("%s does not show in the plot", name)
		}
	}
	legend := image.Rect(figure.LegendX, 0, figure.W, figure.H)
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
	c, err := newCanvas(figure.W, figure.H)
	if err != nil {
		t.Fatal(err)
	}
	f := p.figure()
	figure.Draw(c, f)
	at := func(step float64) int { return int(figure.PlotX + (step-p.x0)/(p.x1-p.x0)*figure.PlotW) }
	for i, k := range p.best {
		if !strings.HasSuffix(k.Run.Name, "s2") {
			continue
		}
		x := at(2000)
		if n := count(c.img, image.Rect(x-3, figure.PlotY, x+4, figure.PlotY+60), f.Lines[i].Color); n < 40 {
			t.Errorf("%d pixels of the spike at the plot's upper edge", n)
		}
		if n := count(c.img, image.Rect(at(2230), figure.PlotY, at(2270), figure.PlotY+figure.PlotH), f.Lines[i].Color); n > 0 {
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

// The vector drawing has a path for each run, which a gap breaks, and the same
// texts as the picture.
func TestSVGOfRuns(t *testing.T) {
	dir := t.TempDir()
	svg, png := filepath.Join(dir, "c.svg"), filepath.Join(dir, "c.png")
	if err := drawCurves(drawnRuns(14), drawnGoal, png, svg); err != nil {
		t.Fatal(err)
	}
	readPNG(t, png)
	b, err := os.ReadFile(svg)
	if err != nil {
		t.Fatal(err)
	}
	s := string(b)
	for _, want := range []string{"<title>val_loss over step</title>", "target 3.28", "record 2990", "run-s0", "4 more", "14 runs", "4 more, 1 running"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in the drawing", want)
		}
	}
	if n := strings.Count(s, `stroke-width="2.6"`); n != legendRuns {
		t.Errorf("%d fat paths for %d runs", n, legendRuns)
	}
}

// The screen writes both formats into the state folder, and says where.
func TestExportOfTheScreen(t *testing.T) {
	dir := t.TempDir()
	f, err := figureOf(drawnRuns(3), "", drawnGoal)
	if err != nil {
		t.Fatal(err)
	}
	src := screenSource{&watching{config: Config{State: dir}}}
	paths, err := src.Export("val_loss-1", f)
	if err != nil || len(paths) != 2 {
		t.Fatalf("%v: %v", paths, err)
	}
	for i, want := range []string{"val_loss-1.png", "val_loss-1.svg"} {
		if paths[i] != filepath.Join(dir, "pictures", want) {
			t.Errorf("%s was written", paths[i])
		}
		if st, err := os.Stat(paths[i]); err != nil || st.Size() < 1000 || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", paths[i], st, err)
		}
	}
	src.w.config.State = filepath.Join(paths[0], "under a file")
	if _, err := src.Export("a", f); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("error is %v", err)
	}
}
