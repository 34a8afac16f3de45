package tmux

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// The control-mode protocol (tmux(1), "CONTROL MODE"): lines. A command's answer
// stands between "%begin TIME NUMBER FLAGS" and a "%end" or "%error" with the
// same three; FLAGS is 1 for a command of this client and 0 for another's (a
// hook's, or the attach-session itself). Between answers, a line that starts
// with "%" is a notification. Lines inside an answer are raw: the text of a
// screen may itself look like "%end 1 2 1", so an answer ends only at the guard
// with its own time and number.

// Limits on what a server may send. A screen of 500x500 with a colour in every
// cell stays below.
const (
	maxLine  = 1 << 20
	maxBlock = 8 << 20
)

var errProtocol = errors.New("what tmux sent is no control-mode protocol")

// block is one command's answer.
type block struct {
	time   int64 // the server's clock, seconds since 1970
	number uint64
	ours   bool // the command came from this client
	failed bool
	lines  []string
}

// text returns the answer as one text.
func (b block) text() string { return strings.Join(b.lines, "\n") }

// message is what next found: a block, or (with a name) a notification.
type message struct {
	block block
	name  string // "window-add"; stray for a line that is no message; empty for a block
	rest  string // the notification's arguments, or the stray line
}

// stray names a line outside the protocol: tmux tells errors of its own command
// line so.
const stray = "?"

// reader splits what a control client prints into messages.
type reader struct {
	in *bufio.Reader
}

func newReader(r io.Reader) *reader { return &reader{bufio.NewReaderSize(r, 64<<10)} }

// next returns the next message. What pane output there is (tmux is asked to
// send none) is skipped. At the end it returns io.EOF, in the midst of an
// answer io.ErrUnexpectedEOF.
func (r *reader) next() (message, error) {
	for {
		line, err := r.line()
		if err != nil {
			return message{}, err
		}
		if guard, ok := parseGuard(line, "%begin "); ok {
			b, err := r.block(guard)
			return message{block: b}, err
		}
		if !strings.HasPrefix(line, "%") {
			return message{name: stray, rest: line}, nil
		}
		name, rest, _ := strings.Cut(line[1:], " ")
		if name == "" || name == "output" || name == "extended-output" {
			continue
		}
		return message{name: name, rest: rest}, nil
	}
}

// block reads an answer up to its own guard.
func (r *reader) block(g guard) (block, error) {
	b := block{time: g.time, number: g.number, ours: g.flags&1 != 0}
	size := 0
	for {
		line, err := r.line()
		if errors.Is(err, io.EOF) {
			return b, io.ErrUnexpectedEOF
		}
		if err != nil {
			return b, err
		}
		if end, ok := parseGuard(line, "%end "); ok && end == g {
			return b, nil
		}
		if end, ok := parseGuard(line, "%error "); ok && end == g {
			b.failed = true
			return b, nil
		}
		if size += len(line) + 1; size > maxBlock {
			return b, errProtocol
		}
		b.lines = append(b.lines, line)
	}
}

// line returns the next line without its end. A last line without one is left
// out: it was cut off.
func (r *reader) line() (string, error) {
	var long []byte
	for {
		part, err := r.in.ReadSlice('\n')
		switch {
		case err == nil && long == nil:
			return string(part[:len(part)-1]), nil
		case err == nil:
			long = append(long, part[:len(part)-1]...)
			return string(long), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", err
		}
		if long = append(long, part...); len(long) > maxLine {
			return "", errProtocol
		}
	}
}

// guard is the part that a %begin and its %end share.
type guard struct {
	time   int64
	number uint64
	flags  int
}

func parseGuard(line, word string) (guard, bool) {
	rest, ok := strings.CutPrefix(line, word)
	if !ok {
		return guard{}, false
	}
	f := strings.Split(rest, " ")
	if len(f) != 3 {
		return guard{}, false
	}
	var g guard
	var errs [3]error
	g.time, errs[0] = strconv.ParseInt(f[0], 10, 64)
	g.number, errs[1] = strconv.ParseUint(f[1], 10, 64)
	g.flags, errs[2] = strconv.Atoi(f[2])
	return g, errors.Join(errs[:]...) == nil
}
