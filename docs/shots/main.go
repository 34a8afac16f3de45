// Command shots turns what `tmux capture-pane -p -e` prints into a picture:
// PNG, or SVG where the file's name ends so. It makes the screenshots of the
// documentation (make.sh here), from real captures and without a terminal.
//
//	shots [-o FILE] [-cols N] [-rows N] [-light] [CAPTURE]
//
// Start with parse (captured text to cells), then layout (cells to what is
// drawn) and png.go and svg.go, which draw it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	if err := fs.Parse(args); err != nil {
		return err
	}
	in := stdin
	switch fs.NArg() {
	case 0:
	case 1:
		f, err := os.Open(fs.Arg(0))
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	default:
		return errors.New("give one capture at most")
	}
	if *cols < 1 || *rows < 1 || *cols > maxSide || *rows > maxSide {
		return fmt.Errorf("%dx%d cells: each side must be 1 to %d", *cols, *rows, maxSide)
	}
	raw, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	pal := dark()
	if *light {
		pal = bright()
	}
	scene := layout(parse(string(raw), *cols, *rows), pal)
	f, err := os.Create(*out)
	if err != nil {
		return err
	}
	write := writePNG
	if filepath.Ext(*out) == ".svg" {
		write = writeSVG
	}
	return errors.Join(write(f, scene), f.Close())
}

// maxSide bounds a terminal's side, and so the picture's memory.
const maxSide = 1000
