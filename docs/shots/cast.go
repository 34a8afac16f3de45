package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// writeCast writes what a program writes to its terminal, with the times at
// which it does, as a recording of asciinema (version 2,
// docs.asciinema.org/manual/asciicast/v2).
func writeCast(w io.Writer, in io.Reader, cols, rows int, clock func() time.Time) error {
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	began := clock()
	if err := e.Encode(struct {
		Version   int               `json:"version"`
		Width     int               `json:"width"`
		Height    int               `json:"height"`
		Timestamp int64             `json:"timestamp"`
		Title     string            `json:"title"`
		Env       map[string]string `json:"env"`
	}{2, cols, rows, began.Unix(), "vigil demo", map[string]string{"TERM": "xterm-256color"}}); err != nil {
		return err
	}
	buf := make([]byte, 0, 64<<10)
	for {
		n, err := in.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		whole := wholeRunes(buf)
		if whole > 0 {
			at := json.Number(fmt.Sprintf("%.3f", clock().Sub(began).Seconds()))
			if err := e.Encode([]any{at, "o", string(buf[:whole])}); err != nil {
				return err
			}
			buf = buf[:copy(buf, buf[whole:])]
		}
		if errors.Is(err, io.EOF) {
			return b.Flush()
		}
		if err != nil {
			return err
		}
	}
}

// wholeRunes returns how much of b is whole characters: the rest of one that
// is cut comes with the next piece.
func wholeRunes(b []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(b); back++ {
		if c := b[len(b)-back]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-back:]) {
				return len(b) - back
			}
			break
		}
	}
	return len(b)
}
