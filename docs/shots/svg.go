package main

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"image/color"
	"io"
)

// writeSVG writes the picture as an SVG. Letters are text in the reader's
// monospace font, each at its own place; everything else is drawn.
func writeSVG(w io.Writer, p picture) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n", p.w, p.h, p.w, p.h)
	fmt.Fprintf(b, "<rect width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", p.w, p.h, hex(p.bg))
	fmt.Fprintf(b, "<g font-family=\"'Go Mono','DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"%d\">\n", fontSize)
	for _, m := range p.marks {
		switch {
		case m.fill:
			fmt.Fprintf(b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", m.x, m.y, m.w, cellH, hex(m.colour))
		case m.text != 0:
			style := ""
			if m.bold {
				style += " font-weight=\"bold\""
			}
			if m.italic {
				style += " font-style=\"italic\""
			}
			fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" fill=\"%s\"%s>", m.x, m.y+baseline, hex(m.colour), style)
			if err := xml.EscapeText(b, []byte(string(m.text))); err != nil {
				return err
			}
			b.WriteString("</text>\n")
		default:
			svgShapes(b, m)
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.Flush()
}

// svgShapes writes the polygons of a mark as one path for each opacity.
func svgShapes(b *bufio.Writer, m mark) {
	for i := 0; i < len(m.shape); {
		alpha := m.shape[i].alpha
		fmt.Fprintf(b, "<path fill=\"%s\"", hex(m.colour))
		if alpha < 1 {
			fmt.Fprintf(b, " fill-opacity=\"%.2f\"", alpha)
		}
		b.WriteString(" d=\"")
		for ; i < len(m.shape) && m.shape[i].alpha == alpha; i++ {
			for k, pt := range m.shape[i].points {
				fmt.Fprintf(b, "%c%.1f %.1f", "ML"[min(k, 1)], float64(m.x)+pt.x, float64(m.y)+pt.y)
			}
			b.WriteByte('Z')
		}
		b.WriteString("\"/>\n")
	}
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
