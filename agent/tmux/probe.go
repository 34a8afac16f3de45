package tmux

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Prober is a [Machine] that is asked through one long-lived shell. Make it with
// NewProber; nothing is started before the first question, and a shell that has
// ended is started anew by the next. Its methods may be called from any
// goroutine; questions wait for each other.
type Prober struct {
	start Starter

	mu    sync.Mutex
	shell *shell // nil while there is none
	about About
	boot  time.Time
	clock skew
	args  map[image][]string
	dirs  map[ident]string
}

var _ Machine = (*Prober)(nil)

// About is what a machine says of itself.
type About struct {
	System string            // as uname(1) has it: "Linux"
	Home   string            // of the user
	Env    map[string]string // CLAUDE_CONFIG_DIR and CODEX_HOME of a command there
	Zone   *time.Location    // its clock's; nil if it does not tell
}

// Limits on the answers of a machine.
const (
	askWithin = 10 * time.Second
	maxAnswer = 4 << 20 // bytes that are kept; the rest is read and left out
	maxFlood  = 64 << 20
	maxRow    = 128 << 10
	atOnce    = 64 // processes whose arguments are asked for in one question
)

// ErrMachine is why a machine's answer is none.
var ErrMachine = errors.New("the shell there answers something else than it was asked")

// NewProber returns a prober of the machine where the starter runs programs.
func NewProber(start Starter) *Prober {
	return &Prober{start: start, args: map[image][]string{}, dirs: map[ident]string{}}
}

// Close ends the shell. Another question would start it again.
func (p *Prober) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hangUp()
}

// About tells what the machine says of itself.
func (p *Prober) About(ctx context.Context) (About, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.connect(ctx)
	return p.about, err
}

// Zone is that of the machine's clock, if it was asked already and tells.
func (p *Prober) Zone() *time.Location {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.about.Zone
}

// Ahead is how far the machine's clock is ahead of ours; zero where they agree
// as far as can be told.
func (p *Prober) Ahead() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clock.ahead()
}

// shell is the running shell.
type shell struct {
	rw   io.ReadWriteCloser
	in   *bufio.Reader
	word string // N of the script
	seq  int
}

// connect starts the shell if there is none.
func (p *Prober) connect(ctx context.Context) error {
	if p.shell != nil {
		return nil
	}
	rw, err := p.start.Start(ctx, "sh")
	if err != nil {
		return err
	}
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	p.shell = &shell{rw: rw, in: bufio.NewReaderSize(rw, 64<<10), word: "vigil" + hex.EncodeToString(b[:])}
	sent := time.Now()
	lines, err := p.exchange(ctx, "N="+p.shell.word+"\n"+script, "hello")
	if err != nil {
		return err
	}
	p.about, p.boot = parseHello(lines)
	if p.about.System == "" {
		_ = p.hangUp()
		return ErrMachine
	}
	p.clock = skew{}
	p.told(lines, sent)
	return nil
}

func (p *Prober) hangUp() error {
	if p.shell == nil {
		return nil
	}
	err := p.shell.rw.Close()
	p.shell = nil
	return err
}

// ask asks one question, which is a function of the script with its arguments,
// and returns the lines of the answer. A shell that has ended since the last
// question is replaced once.
func (p *Prober) ask(ctx context.Context, argv ...string) ([]string, error) {
	old := p.shell != nil
	if err := p.connect(ctx); err != nil {
		return nil, fmt.Errorf("ask for processes: %w", err)
	}
	sent := time.Now()
	lines, err := p.exchange(ctx, "", argv...)
	if err != nil && old && ctx.Err() == nil && !errors.Is(err, ErrTimeout) {
		if err = p.connect(ctx); err == nil {
			sent = time.Now()
			lines, err = p.exchange(ctx, "", argv...)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("ask for processes: %w", err)
	}
	p.told(lines, sent)
	return lines, nil
}

// exchange writes a question and reads its answer. After any error the shell is
// gone: nobody knows what it would say next.
func (p *Prober) exchange(ctx context.Context, before string, argv ...string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	s := p.shell
	stop := context.AfterFunc(ctx, func() { _ = s.rw.Close() })
	defer stop()
	s.seq++
	n := strconv.Itoa(s.seq)
	words := make([]string, len(argv))
	for i, a := range argv {
		words[i] = shellQuote(a)
	}
	_, err := io.WriteString(s.rw, before+"q "+n+" "+strings.Join(words, " ")+"\n")
	var lines []string
	if err == nil {
		lines, err = readAnswer(s.in, s.word+"< "+n, s.word+"> "+n)
	}
	if err == nil {
		return lines, nil
	}
	if own := p.hangUp(); own != nil && ctx.Err() == nil {
		err = own
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = ErrTimeout
	}
	return nil, err
}

// told learns the machine's clock from an answer that begins with it.
func (p *Prober) told(lines []string, sent time.Time) {
	if len(lines) == 0 {
		return
	}
	if s, err := strconv.ParseInt(lines[0], 10, 64); err == nil && s > 1e9 && s < 1e11 {
		p.clock.learn(time.Unix(s, 0), sent, time.Now())
	}
}

// readAnswer reads the lines between two others. What comes before is noise of
// the user's start-up files; an answer that is too long loses its rest.
func readAnswer(in *bufio.Reader, begin, end string) ([]string, error) {
	var lines []string
	inside, kept, flood := false, 0, 0
	for {
		line, err := readRow(in)
		if err != nil {
			return nil, err
		}
		if flood += len(line) + 1; flood > maxFlood {
			return nil, ErrMachine
		}
		switch {
		case !inside:
			inside = string(line) == begin
		case string(line) == end:
			if n := len(lines); n > 0 && lines[n-1] == "" {
				lines = lines[:n-1] // the script's own
			}
			return lines, nil
		case kept+len(line) <= maxAnswer:
			kept += len(line) + 1
			lines = append(lines, string(line))
		}
	}
}

// readRow reads a line without its end, and of a long one its beginning.
func readRow(in *bufio.Reader) ([]byte, error) {
	var row []byte
	for n := 0; ; {
		part, err := in.ReadSlice('\n')
		if n += len(part); n > maxFlood {
			return nil, ErrMachine
		}
		row = append(row, part[:min(len(part), max(maxRow-len(row), 0))]...)
		if err == nil {
			return bytes.TrimSuffix(row, []byte("\n")), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}

// shellQuote makes text one word of a POSIX shell's line.
func shellQuote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// skew is what is known of another clock, which is told in whole seconds: that
// it is ahead of ours by no less than low and no more than high. Each look
// narrows it down.
type skew struct {
	low, high time.Duration
	known     bool
}

func (k *skew) learn(told, sent, heard time.Time) {
	low, high := told.Sub(heard), told.Add(time.Second).Sub(sent)
	if k.known && low <= k.high && high >= k.low {
		low, high = max(low, k.low), min(high, k.high)
	}
	*k = skew{low, high, true} // else one of the clocks was set
}

func (k *skew) ahead() time.Duration {
	if !k.known || k.low <= 0 && k.high >= 0 {
		return 0
	}
	return (k.low + k.high) / 2
}
