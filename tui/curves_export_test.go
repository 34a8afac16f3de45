package tui

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"vigil/agent/report/figure"
)

// What is shown is what is written: the same runs, window and scales, and where
// the files are stands in the note.
func TestExport(t *testing.T) {
	src := newFake(story())
	m := start(src, size{120, 40})
	press(m, "3", "j", "j", "d", "+", "s", "E")
	p := &m.curves
	shows(t, m, "the note", "wrote /state/pictures/val_loss-20260504-030642.png, .svg")
	f, ok := src.exports["val_loss-20260504-030642"]
	if !ok || !f.Valid() {
		t.Fatalf("exported: %v, %+v", src.exports, f)
	}
	x0, x1, y0, y1 := p.chart.Limits()
	if f.X.Lo != x0 || f.X.Hi != x1 || f.Y.Lo != y0 || f.Y.Hi != y1 || len(f.Lines) != len(p.picked) {
		t.Errorf("%d lines, axes %+v and %+v", len(f.Lines), f.X, f.Y)
	}
	if f.Title != "val_loss minus v11c-s2 over step" || !strings.Contains(f.Note, "smoothed by 0.6") {
		t.Errorf("title %q, note %q", f.Title, f.Note)
	}
	for i := range p.picked {
		if f.Lines[i].Color != p.look.st.theme.Series[i] || f.Lines[i].Name != p.picked[i].run.Name {
			t.Errorf("line %d is %q in %v", i, f.Lines[i].Name, f.Lines[i].Color)
		}
	}
	src.refuses = errors.New("disk full: make room")
	press(m, "E")
	shows(t, m, "an error", "disk full: make room")
}

// The legend of a figure names the groups.
func TestExportOfGroups(t *testing.T) {
	src := newFake(story())
	src.runs = sweep(60)
	m := start(src, size{120, 40})
	press(m, "3", "r", "r", "E")
	for _, f := range src.exports {
		if d := f.Lines[0].Detail; !strings.HasPrefix(d, "lr=0.02 · best 3.") || !strings.Contains(f.Note, "by lr") {
			t.Errorf("the first line is %q, the note %q", d, f.Note)
		}
		return
	}
	t.Fatal("nothing is exported")
}

// Each way to draw the curves makes a figure.
func TestExportOfAllWays(t *testing.T) {
	for _, keys := range [][]string{{"S"}, {"X", "y"}, {"x"}, {"m", "v"}, {"r", "m"}, {"S", "d", "p"}, {"v", "F", "b"}} {
		src := newFake(story())
		m := start(src, size{120, 40})
		press(m, "3")
		press(m, keys...)
		press(m, "E")
		if len(src.exports) != 1 {
			t.Fatalf("%v: %d figures", keys, len(src.exports))
		}
		for _, f := range src.exports {
			var b bytes.Buffer
			if err := figure.SVG(&b, f); err != nil {
				t.Fatalf("%v: %v", keys, err)
			}
			points := 0
			for _, l := range f.Lines {
				for _, piece := range l.Pieces {
					points += len(piece)
				}
			}
			if points < 100 {
				t.Errorf("%v: %d points", keys, points)
			}
		}
	}
	src := newFake(story())
	m := start(src, size{120, 40})
	press(m, "J", "J", "3", "E")
	shows(t, m, "nothing to write", "no curve is shown")
}
