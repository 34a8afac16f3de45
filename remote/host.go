// Package remote says what a machine that vigil reads is, and what its
// training logs tell. Start with [Host]: commands and files of one machine;
// [Local] is the first implementation. [Record], [Parser] and [Sink] are what
// the packages below speak with each other: runlog turns bytes into records,
// curve keeps them, follow carries the bytes from growing files to both. The
// package knows nothing of agents or screens.
package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode"
)

// Host is a machine that vigil reads. Its methods may be called from several
// goroutines. Paths are absolute; an error of Open, Stat or ReadDir satisfies
// errors.Is with fs.ErrNotExist and fs.ErrPermission as those of package os do.
type Host interface {
	// Name is "local", or what the user calls the machine.
	Name() string
	// Run runs a command to its end and returns its standard output, of which
	// it takes no more than [MaxOutput] bytes. A command that ran and failed
	// is an [*ExitError].
	Run(ctx context.Context, c Cmd) ([]byte, error)
	// Start starts a command that streams. It lives until it ends by itself,
	// Kill is called or ctx is done.
	Start(ctx context.Context, c Cmd) (Process, error)
	// Open opens a file for reading.
	Open(name string) (File, error)
	// Stat follows symbolic links.
	Stat(name string) (fs.FileInfo, error)
	// ReadDir lists a folder in no particular order.
	ReadDir(name string) ([]fs.DirEntry, error)
}

// Cmd is a command. It is no shell line: every element of Args reaches the
// program as it is, on a remote host by way of [Quote].
type Cmd struct {
	Args  []string
	Dir   string    // where it runs; empty is the host's default
	Stdin io.Reader // for Run; nil is empty input
}

// Process is a running command.
type Process interface {
	// Stdin reaches the command; closing it ends its input.
	Stdin() io.WriteCloser
	// Stdout streams what it prints. Read it to its end before Wait.
	Stdout() io.Reader
	// Wait waits for the end and releases what it held. A command that failed
	// is an [*ExitError].
	Wait() error
	// Kill ends it; Wait must still be called.
	Kill()
}

// File is a file that is read at offsets, since logs grow while they are read.
type File interface {
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// MaxOutput bounds what Run takes from a command, in bytes: a host is foreign,
// and must not fill our memory.
const MaxOutput = 64 << 20

// ErrOffline is why nothing of a host can be had: there is no connection to it
// now. The host goes on trying by itself; whoever reads it tries again later.
var ErrOffline = errors.New("there is no connection to the host")

// Question is something that only a person can answer while a host is
// connected: a passphrase, a one-time code, whether an unknown key is right.
type Question struct {
	ID     string // of this question, for its answer
	Host   string
	Prompt string // clean, one line
	Secret bool   // the answer is not shown and never stored
}

// ExitError is a command that ran and failed.
type ExitError struct {
	Cmd    string // the command line, for people
	Code   int    // -1 if a signal ended it
	Stderr string // its last line, clean
}

func (e *ExitError) Error() string {
	if e.Stderr == "" {
		return fmt.Sprintf("%s: exit code %d", e.Cmd, e.Code)
	}
	return fmt.Sprintf("%s: exit code %d: %s", e.Cmd, e.Code, e.Stderr)
}

// Quote builds a command line for a POSIX shell from arguments: the shell
// splits it into exactly these again, whatever they hold. It is the only way
// by which foreign text becomes part of a command. A NUL byte, which no
// argument can hold, is left out.
func Quote(argv ...string) string {
	var b strings.Builder
	for i, a := range argv {
		if i > 0 {
			b.WriteByte(' ')
		}
		a = strings.ReplaceAll(a, "\x00", "")
		if bare(a) {
			b.WriteString(a)
			continue
		}
		b.WriteByte('\'')
		b.WriteString(strings.ReplaceAll(a, "'", `'\''`))
		b.WriteByte('\'')
	}
	return b.String()
}

// bare reports whether a word means itself to every shell. "=" is not among
// the bytes, since a first word with one is an assignment.
func bare(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("_@%+:,./-", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// Line makes foreign text safe to keep for display: one line of at most n
// bytes without control, formatting or unprintable characters; escape
// sequences lose their escape and so their power.
func Line(s string, n int) string {
	if len(s) > 4*n {
		s = s[:4*n]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case !unicode.IsPrint(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= n {
		return s
	}
	const dots = "…"
	cut := 0
	for i := range s {
		if i > n-len(dots) {
			break
		}
		cut = i
	}
	return s[:cut] + dots
}
