package main

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"image/color"
	"io"
	"strings"
)

// writeSVG writes the picture as an SVG. Letters are text in the reader's
// monospace font, each at its own place; everything else is drawn.
func writeSVG(w io.Writer, p picture) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n", p.w, p.h, p.w, p.h)
	fmt.Fprintf(b, "<rect width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", p.w, p.h, hex(p.bg))
	fmt.Fprintf(b, "<g font-family=\"'Go Mono','DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"%d\">\n", fontSize)
	if err := svgMarks(b, p.marks, nil); err != nil {
		return err
	}
	b.WriteString("</g>\n</svg>\n")
	return b.Flush()
}

// svgMarks writes marks: backgrounds, letters (those of one look as one text in
// which each has its own place) and drawings, which are those of the stencils
// where there are any.
func svgMarks(b *bufio.Writer, marks []mark, known *stencils) error {
	for i := 0; i < len(marks); {
		m := marks[i]
		end := i + 1
		switch {
		case m.fill:
			fmt.Fprintf(b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>", m.x, m.y, m.w, cellH, hex(m.colour))
		case m.text != 0:
			for end < len(marks) && marks[end].follows(m) {
				end++
			}
			if err := svgText(b, marks[i:end]); err != nil {
				return err
			}
		case known != nil:
			for end < len(marks) && marks[end].shape != nil && marks[end].colour == m.colour {
				end++
			}
			fmt.Fprintf(b, "<g fill=\"%s\">", hex(m.colour))
			for _, m := range marks[i:end] {
				fmt.Fprintf(b, "<use href=\"#s%d\" x=\"%d\" y=\"%d\"/>", known.of(m), m.x, m.y)
			}
			b.WriteString("</g>")
		default:
			svgShapes(b, m)
		}
		i = end
	}
	return nil
}

// follows reports whether a mark is a letter of the same look and line.
func (m mark) follows(o mark) bool {
	return m.text != 0 && m.y == o.y && m.colour == o.colour && m.bold == o.bold && m.italic == o.italic
}

func svgText(b *bufio.Writer, letters []mark) error {
	var places, text strings.Builder
	for i, m := range letters {
		if i > 0 {
			places.WriteByte(' ')
		}
		fmt.Fprint(&places, m.x)
		text.WriteRune(m.text)
	}
	style := ""
	if letters[0].bold {
		style += " font-weight=\"bold\""
	}
	if letters[0].italic {
		style += " font-style=\"italic\""
	}
	fmt.Fprintf(b, "<text x=\"%s\" y=\"%d\" fill=\"%s\"%s>", places.String(), letters[0].y+baseline, hex(letters[0].colour), style)
	if err := xml.EscapeText(b, []byte(text.String())); err != nil {
		return err
	}
	_, err := b.WriteString("</text>")
	return err
}

// stencils are drawings that are written once and used wherever they are seen.
type stencils struct {
	ids   map[string]int
	drawn []string // by id
}

// of returns the stencil of a mark's drawing, without its colour.
func (k *stencils) of(m mark) int {
	var d strings.Builder
	m.x, m.y = 0, 0
	svgPaths(&d, m, "")
	id, ok := k.ids[d.String()]
	if !ok {
		id = len(k.drawn)
		k.ids[d.String()] = id
		k.drawn = append(k.drawn, d.String())
	}
	return id
}

// svgShapes writes the drawing of a mark in its colour.
func svgShapes(w io.Writer, m mark) {
	svgPaths(w, m, " fill=\""+hex(m.colour)+"\"")
}

// svgPaths writes the polygons of a mark as one path for each opacity.
func svgPaths(w io.Writer, m mark, fill string) {
	for i := 0; i < len(m.shape); {
		alpha := m.shape[i].alpha
		fmt.Fprintf(w, "<path%s", fill)
		if alpha < 1 {
			fmt.Fprintf(w, " fill-opacity=\"%.2f\"", alpha)
		}
		io.WriteString(w, " d=\"")
		for ; i < len(m.shape) && m.shape[i].alpha == alpha; i++ {
			for k, pt := range m.shape[i].points {
				fmt.Fprintf(w, "%c%.1f %.1f", "ML"[min(k, 1)], float64(m.x)+pt.x, float64(m.y)+pt.y)
			}
			io.WriteString(w, "Z")
		}
		io.WriteString(w, "\"/>")
	}
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
