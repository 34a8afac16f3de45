package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"
)

// capture is what a terminal showed from a time on.
type capture struct {
	at   time.Duration
	grid [][]cell
}

// film is captures made ready to be played: each frame is a list of rows, and
// the same row is drawn once for all frames that have it.
type film struct {
	w, h   int // pixels
	rows   []picture
	frames []filmFrame
	length time.Duration
}

type filmFrame struct {
	at   time.Duration
	rows []int // indices of film.rows, from the top
}

// newFilm makes a film; the last capture is held for a while.
func newFilm(captures []capture, pal palette, hold time.Duration) film {
	f := film{}
	known := map[string]int{}
	for _, c := range captures {
		fr := filmFrame{at: c.at - captures[0].at}
		for _, row := range c.grid {
			key := fmt.Sprint(row)
			n, ok := known[key]
			if !ok {
				n = len(f.rows)
				known[key] = n
				f.rows = append(f.rows, layout([][]cell{row}, pal))
			}
			fr.rows = append(fr.rows, n)
		}
		if n := len(f.frames); n > 0 && slices.Equal(f.frames[n-1].rows, fr.rows) {
			continue // nothing changed
		}
		f.frames = append(f.frames, fr)
		f.w, f.h = f.rows[0].w, 2*margin+cellH*len(c.grid)
	}
	f.length = captures[len(captures)-1].at - captures[0].at + hold
	return f
}

// writeFilm writes a film as an SVG that plays by itself, over and over: the
// frames stand side by side and are moved past a window, one at a time. Who
// wants no motion sees the last frame.
func writeFilm(w io.Writer, f film, pal palette) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n<style>\n", f.w, f.h, f.w, f.h)
	fmt.Fprintf(b, "text{font-size:%dpx;font-family:'Go Mono','DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}\n", fontSize)
	fmt.Fprintf(b, "#film{animation:film %.2fs step-end infinite}\n@keyframes film{", f.length.Seconds())
	for i, fr := range f.frames {
		fmt.Fprintf(b, "%.3f%%{transform:translateX(%dpx)}", 100*fr.at.Seconds()/f.length.Seconds(), -i*f.w)
	}
	last := -(len(f.frames) - 1) * f.w
	fmt.Fprintf(b, "}\n@media (prefers-reduced-motion:reduce){#film{animation:none;transform:translateX(%dpx)}}\n</style>\n", last)
	known := stencils{ids: map[string]int{}}
	var rows bytes.Buffer
	r := bufio.NewWriter(&rows)
	for i, row := range f.rows {
		fmt.Fprintf(r, "<g id=\"r%d\">", i)
		if err := svgMarks(r, row.marks, &known); err != nil {
			return err
		}
		r.WriteString("</g>\n")
	}
	if err := r.Flush(); err != nil {
		return err
	}
	b.WriteString("<defs>\n")
	for i, d := range known.drawn {
		fmt.Fprintf(b, "<g id=\"s%d\">%s</g>\n", i, d)
	}
	b.Write(rows.Bytes())
	fmt.Fprintf(b, "</defs>\n<rect width=\"%d\" height=\"%d\" fill=\"%s\"/>\n<g id=\"film\">\n", f.w, f.h, hex(pal.bg))
	for i, fr := range f.frames {
		for y, row := range fr.rows {
			if len(f.rows[row].marks) > 0 {
				fmt.Fprintf(b, "<use href=\"#r%d\" x=\"%d\" y=\"%d\"/>", row, i*f.w, y*cellH)
			}
		}
		b.WriteByte('\n')
	}
	b.WriteString("</g>\n</svg>\n")
	return b.Flush()
}
