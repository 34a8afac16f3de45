// Command shots turns what `tmux capture-pane -p -e` prints into a picture: PNG,
// or SVG where the file's name ends so; several captures with -film into an SVG
// that plays them; and what a program writes to its terminal with -cast into a
// recording of asciinema. It makes the pictures of the documentation (make.sh and
// record.sh here), from real captures and without a terminal.
//
//	shots [-o FILE] [-cols N] [-rows N] [-light] [CAPTURE]
//	shots -film [-o FILE] [-cols N] [-rows N] [-light] CAPTURE...
//	shots -cast [-o FILE] [-cols N] [-rows N]
//
// The captures of a film are named by when they were made, in milliseconds:
// 12500.txt.
//
// Start with parse (captured text to cells), then layout (cells to what is
// drawn) and png.go, svg.go and film.go, which draw it.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "shots:", err)
		os.Exit(1)
	}
}

// run is the whole program but for its exit code.
func run(args []string, stdin io.Reader, stderr io.Writer) error {
	fs := flag.NewFlagSet("shots", flag.ContinueOnError)
	fs.SetOutput(stderr)
	out := fs.String("o", "shot.png", "`file` to write; .png or .svg")
	cols := fs.Int("cols", 120, "width of the terminal in cells")
	rows := fs.Int("rows", 40, "height of the terminal in cells")
	light := fs.Bool("light", false, "light default colours")
	asFilm := fs.Bool("film", false, "play captures one after the other")
	asCast := fs.Bool("cast", false, "record standard input")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *cols < 1 || *rows < 1 || *cols > maxSide || *rows > maxSide {
		return fmt.Errorf("%dx%d cells: each side must be 1 to %d", *cols, *rows, maxSide)
	}
	pal := dark()
	if *light {
		pal = bright()
	}
	var write func(io.Writer) error
	switch {
	case *asCast:
		write = func(w io.Writer) error { return writeCast(w, stdin, *cols, *rows, time.Now) }
	case *asFilm:
		captures, err := readCaptures(fs.Args(), *cols, *rows)
		if err != nil {
			return err
		}
		write = func(w io.Writer) error { return writeFilm(w, newFilm(captures, pal, lastHeld), pal) }
	default:
		raw, err := readOne(fs.Args(), stdin)
		if err != nil {
			return err
		}
		draw := writePNG
		if filepath.Ext(*out) == ".svg" {
			draw = writeSVG
		}
		write = func(w io.Writer) error { return draw(w, layout(parse(raw, *cols, *rows), pal)) }
	}
	f, err := os.Create(*out)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// lastHeld is how long a film's last frame is seen.
const lastHeld = 3 * time.Second

// readOne reads the capture that is named, or standard input.
func readOne(paths []string, stdin io.Reader) (string, error) {
	var raw []byte
	var err error
	switch len(paths) {
	case 0:
		raw, err = io.ReadAll(stdin)
	case 1:
		raw, err = os.ReadFile(paths[0])
	default:
		err = errors.New("give one capture at most")
	}
	return string(raw), err
}

// readCaptures reads the captures of a film, in the order of their times.
func readCaptures(paths []string, cols, rows int) ([]capture, error) {
	var out []capture
	for _, p := range paths {
		ms, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(p), filepath.Ext(p)))
		if err != nil {
			return nil, fmt.Errorf("%s: its name must be a time in milliseconds, like 12500.txt", p)
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		out = append(out, capture{time.Duration(ms) * time.Millisecond, parse(string(raw), cols, rows)})
	}
	if len(out) < 2 {
		return nil, errors.New("a film needs two captures or more")
	}
	slices.SortFunc(out, func(a, b capture) int { return cmp.Compare(a.at, b.at) })
	return out, nil
}

// maxSide bounds a terminal's side, and so the picture's memory.
const maxSide = 1000
