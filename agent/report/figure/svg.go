package figure

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"io"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// SVG writes the figure as a vector drawing that needs nothing else: a file of its
// own, or a part of a page.
func SVG(w io.Writer, f Figure) error {
	if !f.Valid() {
		return fmt.Errorf("there is nothing to draw between %g and %g, %g and %g", f.X.Lo, f.X.Hi, f.Y.Lo, f.Y.Hi)
	}
	s := &svg{}
	fmt.Fprintf(&s.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="system-ui, sans-serif">`+"\n", W, H, W, H)
	fmt.Fprintf(&s.b, "<title>%s</title>\n", plain(f.Title))
	Draw(s, f)
	s.b.WriteString("</svg>\n")
	_, err := w.Write(s.b.Bytes())
	return err
}

// svg is a canvas of elements.
type svg struct {
	b     bytes.Buffer
	clips int
}

var _ Canvas = (*svg)(nil)

// Rect is of [Canvas].
func (s *svg) Rect(from, to Point, c color.Color) {
	fmt.Fprintf(&s.b, `<rect x="%s" y="%s" width="%s" height="%s" %s/>`+"\n", num(from.X), num(from.Y), num(to.X-from.X), num(to.Y-from.Y), paint("fill", c))
}

// Text is of [Canvas].
func (s *svg) Text(at Point, text string, size float64, align Align, c color.Color) {
	if text == "" {
		return
	}
	anchor := [...]string{"start", "middle", "end"}[align]
	weight := ""
	if size >= BigText {
		weight = ` font-weight="bold"`
	}
	fmt.Fprintf(&s.b, `<text x="%s" y="%s" font-size="%s" text-anchor="%s"%s %s>%s</text>`+"\n", num(at.X), num(at.Y), num(size), anchor, weight, paint("fill", c), plain(text))
}

// Width is of [Canvas]. Which font a reader has is not known: it is about that of
// most.
func (s *svg) Width(text string, size float64) float64 {
	const each = 0.55
	return float64(utf8.RuneCountInString(text)) * size * each
}

// Stroke is of [Canvas].
func (s *svg) Stroke(pieces [][]Point, width float64, dashed bool, c color.Color) {
	var d []byte
	for _, p := range pieces {
		d = AppendPath(d, p)
	}
	if len(d) == 0 {
		return
	}
	dash := ""
	if dashed {
		dash = ` stroke-dasharray="9 7"`
	}
	fmt.Fprintf(&s.b, `<path d="%s" fill="none" %s stroke-width="%s" stroke-linejoin="round" stroke-linecap="round"%s/>`+"\n", d, paint("stroke", c), num(width), dash)
}

// Area is of [Canvas].
func (s *svg) Area(outline []Point, c color.Color) {
	if len(outline) > 0 {
		fmt.Fprintf(&s.b, `<path d="%sZ" %s/>`+"\n", AppendPath(nil, outline), paint("fill", c))
	}
}

// Ring is of [Canvas].
func (s *svg) Ring(at Point, radius, width float64, c color.Color) {
	fmt.Fprintf(&s.b, `<circle cx="%s" cy="%s" r="%s" fill="none" %s stroke-width="%s"/>`+"\n", num(at.X), num(at.Y), num(radius), paint("stroke", c), num(width))
}

// Clip is of [Canvas]: a drawing inside the drawing, which cuts at its edges.
func (s *svg) Clip(from, to Point) {
	w, h := num(to.X-from.X), num(to.Y-from.Y)
	fmt.Fprintf(&s.b, `<svg x="%s" y="%s" width="%s" height="%s" viewBox="%s %s %s %s">`+"\n", num(from.X), num(from.Y), w, h, num(from.X), num(from.Y), w, h)
	s.clips++
}

// Unclip is of [Canvas].
func (s *svg) Unclip() {
	if s.clips > 0 {
		s.clips--
		s.b.WriteString("</svg>\n")
	}
}

// AppendPath appends the data of an SVG path through the points: "M1 2L3 4". One
// point is a dot.
func AppendPath(b []byte, points []Point) []byte {
	for i, p := range points {
		b = append(b, "ML"[min(i, 1)])
		b = append(append(append(b, num(p.X)...), ' '), num(p.Y)...)
	}
	if len(points) == 1 {
		b = append(b, "h0"...)
	}
	return b
}

// num writes a length: a hundredth of a pixel is seen by nobody.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	if s[len(s)-1] == '0' {
		s = s[:len(s)-2]
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// paint writes a colour as an attribute.
func paint(what string, c color.Color) string {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	s := fmt.Sprintf(`%s="#%02x%02x%02x"`, what, n.R, n.G, n.B)
	if n.A < 0xff {
		s += fmt.Sprintf(` %s-opacity="%.2f"`, what, float64(n.A)/0xff)
	}
	return s
}

// plain is text that is safe in an element and attribute.
func plain(s string) string {
	var b bytes.Buffer
	clean := make([]rune, 0, len(s))
	for _, r := range s {
		if unicode.IsPrint(r) {
			clean = append(clean, r)
		}
	}
	_ = xml.EscapeText(&b, []byte(string(clean))) // a buffer takes all
	return b.String()
}
