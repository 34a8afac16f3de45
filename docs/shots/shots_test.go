package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden pictures")

// text is what a grid shows, without colours.
func text(grid [][]cell) string {
	var b strings.Builder
	for _, row := range grid {
		for _, c := range row {
			switch {
			case c.cont:
			case c.text == "":
				b.WriteByte('.')
			default:
				b.WriteString(c.text)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestParseText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "ab\ncd", "ab..\ncd..\n"},
		{"cut", "abcdef\ng\nh", "abcd\ng...\n"},
		{"colour", "\x1b[31ma\x1b[0mb", "ab..\n....\n"},
		{"link", "\x1b]8;;http://x\x1b\\a\x1b]8;;\x1b\\b", "ab..\n....\n"},
		{"wide", "a学b", "a学b\n....\n"},
		{"wide at the edge", "abc学", "abc.\n....\n"},
		{"line drawing", "\x0eqx\x0fq", "─│q.\n....\n"},
		{"tab", "\ta", "....\n....\n"},
		{"broken", "a\x1b[", "a...\n....\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := text(parse(c.in, 4, 2)); got != c.want {
				t.Errorf("parse(%q) =\n%s\nwant\n%s", c.in, got, c.want)
			}
		})
	}
}

func TestParsePens(t *testing.T) {
	for _, c := range []struct {
		in   string
		want pen
	}{
		{"\x1b[1;2;3;4;7;9mx", pen{bold: true, dim: true, italic: true, underline: true, inverse: true, strike: true}},
		{"\x1b[1;2m\x1b[22mx", pen{}},
		{"\x1b[31;42mx", pen{fg: colour{kind: 'i', n: 1}, bg: colour{kind: 'i', n: 2}}},
		{"\x1b[91;102mx", pen{fg: colour{kind: 'i', n: 9}, bg: colour{kind: 'i', n: 10}}},
		{"\x1b[38;5;200;48;2;1;2;3;1mx", pen{fg: colour{kind: 'i', n: 200}, bg: colour{kind: 'c', r: 1, g: 2, b: 3}, bold: true}},
		{"\x1b[38:2::4:5:6;48:2:7:8:9mx", pen{fg: colour{kind: 'c', r: 4, g: 5, b: 6}, bg: colour{kind: 'c', r: 7, g: 8, b: 9}}},
		{"\x1b[4:3mx", pen{underline: true}},
		{"\x1b[31m\x1b[mx", pen{}},
		{"\x1b[38;5mx", pen{}},
		{"\x1b[31m\x1b[39mx", pen{}},
	} {
		if got := parse(c.in, 1, 1)[0][0].pen; got != c.want {
			t.Errorf("%q: %+v, want %+v", c.in, got, c.want)
		}
	}
}

// draws renders a capture.
func draws(t *testing.T, in string, cols, rows int) *image.RGBA {
	t.Helper()
	img, err := rasterize(layout(parse(in, cols, rows), dark()))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// inkAt is the share of a cell's pixels in a region (parts of the cell) that
// differ from the ground.
func inkAt(img *image.RGBA, col int, x0, y0, x1, y1 float64) float64 {
	bg, n, all := dark().bg, 0, 0
	for y := int(y0 * cellH); y < int(y1*cellH); y++ {
		for x := int(x0 * cellW); x < int(x1*cellW); x++ {
			all++
			if img.RGBAAt(margin+col*cellW+x, margin+y) != bg {
				n++
			}
		}
	}
	return float64(n) / float64(all)
}

func TestBrailleDots(t *testing.T) {
	for bit, at := range [8][2]float64{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
		img := draws(t, string(rune(0x2800+1<<bit)), 1, 1)
		for x := range 2 {
			for y := range 4 {
				ink := inkAt(img, 0, float64(x)/2, float64(y)/4, float64(x+1)/2, float64(y+1)/4)
				if want := at == [2]float64{float64(x), float64(y)}; (ink > 0.2) != want || (!want && ink > 0) {
					t.Errorf("dot %d: part %d,%d has ink %.2f, want dot %v", bit+1, x, y, ink, want)
				}
			}
		}
	}
}

// Lines of neighbouring cells meet, and blocks fill as much as they say.
func TestLinesAndBlocks(t *testing.T) {
	img := draws(t, "╭──┬┄┐", 6, 1)
	y := margin + cellH/2
	for x := margin + cellW; x < margin+5*cellW-cellW/2; x++ {
		if img.RGBAAt(x, y) == dark().bg && (x-margin)/cellW != 4 {
			t.Errorf("a gap in the line at x %d", x)
		}
	}
	for i, r := range []rune("▁▂▃▄▅▆▇█") {
		if got, want := inkAt(draws(t, string(r), 1, 1), 0, 0, 0, 1, 1), float64(i+1)/8; got < want-0.05 || got > want+0.05 {
			t.Errorf("%c fills %.2f, want %.2f", r, got, want)
		}
	}
	if left, right := inkAt(draws(t, "▌", 1, 1), 0, 0, 0, 0.5, 1), inkAt(draws(t, "▌", 1, 1), 0, 0.5, 0, 1, 1); left != 1 || right != 0 {
		t.Errorf("▌ fills %.2f left and %.2f right", left, right)
	}
}

// Every character of the screens is drawn as itself, not as the frame that
// stands for an unknown one.
func TestCharactersOfTheScreens(t *testing.T) {
	for _, r := range "─│╭╮╰╯┤├┬┴┼┈┄━┃═║╱█▁▂▃▄▅▆▇▌▐▎▏░▒▓▘▙■□▪●○◌◐◑◉⟳↻✓✗✔→←↑↓…·•❯›✻✳⏺⏸⏵▶▸▾▲▼◆★⚠☐☑×±−–—⣿⠋⎿aZ9~ÄΩЖ" {
		m := mark{w: cellW}.glyph(r)
		if m.text == 0 && len(m.shape) > 0 && len(frame(cellW, cellH)) == len(m.shape) && m.shape[0].points[0] == frame(cellW, cellH)[0].points[0] {
			t.Errorf("%c (%U) is drawn as a frame", r, r)
		}
		img := draws(t, string(r), 1, 1)
		if inkAt(img, 0, 0, 0, 1, 1) == 0 {
			t.Errorf("%c (%U) leaves no mark", r, r)
		}
	}
	if m := (mark{w: 2 * cellW}).glyph('学'); m.text != 0 || len(m.shape) == 0 {
		t.Error("a character that nobody can draw has no frame")
	}
}

func TestColours(t *testing.T) {
	p := dark()
	for _, c := range []struct {
		name   string
		in     string
		wantBG color.RGBA
	}{
		{"truecolour", "\x1b[48;2;10;20;30m ", color.RGBA{10, 20, 30, 255}},
		{"cube", "\x1b[48;5;196m ", color.RGBA{255, 0, 0, 255}},
		{"grey", "\x1b[48;5;244m ", color.RGBA{128, 128, 128, 255}},
		{"basic", "\x1b[44m ", p.basic[4]},
		{"inverse", "\x1b[7m ", p.fg},
		{"inverse of a colour", "\x1b[31;7m ", p.basic[1]},
	} {
		if got := draws(t, c.in, 1, 1).RGBAAt(margin+cellW/2, margin+cellH/2); got != c.wantBG {
			t.Errorf("%s: %v, want %v", c.name, got, c.wantBG)
		}
	}
	fg, _ := pen{dim: true}.colours(p)
	if fg == p.fg || fg == p.bg {
		t.Errorf("dim text is %v", fg)
	}
}

// sample shows a bit of everything.
const sample = "\x1b[1m vigil \x1b[22m\x1b[2m3 agents\x1b[22m \x1b[38;2;224;108;117m■ terminal\x1b[39m\n" +
	"\x1b[34m╭──────────────────────╮\x1b[39m\n" +
	"\x1b[34m│\x1b[39m \x1b[38;5;114m⠱⡀⠈⠢⢄⡀⣿\x1b[39m ▂▃▅▇█▌ \x1b[7m✓ → …\x1b[27m \x1b[34m│\x1b[39m\n" +
	"\x1b[34m╰──────────────────────╯\x1b[39m\n" +
	"\x1b[3mitalic\x1b[23m \x1b[4munder\x1b[24m \x1b[9mout\x1b[29m ░▒▓ ●◌◐⟳"

// The golden picture is compared with some tolerance: floating point differs
// between processors.
func TestGolden(t *testing.T) {
	img := draws(t, sample, 32, 5)
	path := filepath.Join("testdata", "sample.png")
	if *update {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if want.Bounds() != img.Bounds() {
		t.Fatalf("size %v, want %v", img.Bounds(), want.Bounds())
	}
	const near = 8
	far := func(a, b uint8) bool { return max(a, b)-min(a, b) > near }
	bad := 0
	for y := range img.Rect.Max.Y {
		for x := range img.Rect.Max.X {
			a, b := img.RGBAAt(x, y), color.RGBAModel.Convert(want.At(x, y)).(color.RGBA)
			if far(a.R, b.R) || far(a.G, b.G) || far(a.B, b.B) {
				bad++
			}
		}
	}
	if bad > 0 {
		t.Errorf("%d pixels differ from %s; look at it, then run with -update", bad, path)
	}
}

func TestSVG(t *testing.T) {
	var b bytes.Buffer
	if err := writeSVG(&b, layout(parse(sample+"<&>", 40, 5), dark())); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	for _, want := range []string{`font-weight="bold"`, `font-style="italic"`, `fill="#e06c75"`, `fill-opacity="0.25"`, "&lt;", "&amp;"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in the SVG", want)
		}
	}
	wellFormed(t, out)
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "capture.txt")
	if err := os.WriteFile(in, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.png", "a.svg"} {
		out := filepath.Join(dir, name)
		if err := run([]string{"-o", out, "-cols", "40", "-rows", "5", "-light", in}, nil, io.Discard); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(out); err != nil || info.Size() < 500 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	for _, args := range [][]string{{"-cols", "0"}, {"-rows", "100000"}, {"a", "b"}, {"-nonsense"}, {filepath.Join(dir, "none")}} {
		if err := run(append([]string{"-o", filepath.Join(dir, "x.png")}, args...), strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

// Whatever a terminal prints, the grid keeps its shape and a wide character
// its second cell.
func FuzzParse(f *testing.F) {
	f.Add(sample, uint8(20), uint8(5))
	f.Add("\x1b[38:5m\x1b[48;2;1m学\x0ej\x1b]8;;", uint8(3), uint8(1))
	f.Fuzz(func(t *testing.T, s string, cols, rows uint8) {
		grid := parse(s, int(cols), int(rows))
		if len(grid) != int(rows) {
			t.Fatalf("%d rows, want %d", len(grid), rows)
		}
		for _, row := range grid {
			if len(row) != int(cols) {
				t.Fatalf("%d columns, want %d", len(row), cols)
			}
			for x, c := range row {
				if c.cont && (x == 0 || c.text != "") {
					t.Fatalf("a second half without a first at %d", x)
				}
			}
		}
		for _, m := range layout(grid, dark()).marks {
			if m.x < margin || m.y < margin || m.x+m.w > margin+int(cols)*cellW {
				t.Fatalf("drawn outside: %+v", m)
			}
		}
	})
}

// A film draws a row once for all frames that have it, leaves out frames in which
// nothing changes, and is well-formed.
func TestFilm(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for at, text := range map[int]string{0: "a\nsame", 500: "b\nsame", 700: "b\nsame", 2000: "<c>\nsame"} {
		name := filepath.Join(dir, fmt.Sprint(at)+".txt")
		names = append(names, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "film.svg")
	if err := run(append([]string{"-film", "-cols", "10", "-rows", "3", "-o", out}, names...), nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	svg := string(b)
	for what, want := range map[string]int{
		"<g id=\"r": 5, ">same<": 1, "href=\"#r1\"": 3, // three words, the row that stays, and a blank one
		"{0.000%{": 1, "10.000%{transform:translateX(-148px)}": 1, "40.000%{": 1, "5.00s step-end": 1, "prefers-reduced-motion": 1,
	} {
		if got := strings.Count(svg, what); got != want {
			t.Errorf("%q is there %d times, want %d\n%s", what, got, want, svg)
		}
	}
	wellFormed(t, svg)
	for _, args := range [][]string{names[:1], {names[0], filepath.Join(dir, "film.svg")}, {names[0], filepath.Join(dir, "1.txt")}} {
		if err := run(append([]string{"-film", "-o", out}, args...), nil, io.Discard); err == nil {
			t.Errorf("%q is taken for a film", args)
		}
	}
}

// A recording has what was written, when, and no half character.
func TestCast(t *testing.T) {
	now := time.Unix(1000, 0)
	clock := func() time.Time { now = now.Add(time.Second); return now }
	var b bytes.Buffer
	in := io.MultiReader(strings.NewReader("\x1b[1mg\xc3"), strings.NewReader("\xbcnstig<"), strings.NewReader("\xff"))
	if err := writeCast(&b, in, 80, 24, clock); err != nil {
		t.Fatal(err)
	}
	want := `{"version":2,"width":80,"height":24,"timestamp":1001,"title":"vigil demo","env":{"TERM":"xterm-256color"}}
[1.000,"o","\u001b[1mg"]
[2.000,"o","ünstig<"]
[3.000,"o","\ufffd"]
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}
