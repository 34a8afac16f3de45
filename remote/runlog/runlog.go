// Package runlog turns the bytes of training logs into records. Start with
// [New]: a [Parser] reads one file, fed in pieces of any size, and emits what
// it tells. The format is found by itself, line by line:
//
//   - the nanoGPT speedruns and llm.c (pairs.go), nanoGPT (nanogpt.go);
//   - lines of named values: build-nanogpt, nanochat, torchtitan, Megatron-LM
//     (columns.go), values without a step (stepless.go);
//   - JSON lines and the dicts of the HF Trainer, TRL and Axolotl (dict.go);
//   - tqdm's and Lightning's progress bars (bar.go), tables (table.go), records
//     of several lines as OLMo's and Composer's (block.go);
//   - TensorBoard's event files (events.go) and wandb's (wandb.go), which the
//     first bytes give away (binary.go);
//   - what a user's own [Pattern] fits;
//   - how the run is configured (header.go, config.go, program.go), and what
//     ends it (told.go).
//
// A log is hostile: lines, names and counts are bounded, texts are clean, and
// Python source that a log embeds yields no values (source.go).
//
// A line of text is read in the general way (line.go) once; what was found
// becomes a template (template.go), by which the lines of the same shape that
// follow are read in one pass, several times as fast. Both give the same
// records: a fuzz test holds them to it.
package runlog

import (
	"bytes"

	"vigil/remote"
)

const (
	maxLine  = 64 << 10 // bytes; longer lines are dropped whole
	maxNames = 256      // of metrics in one file; further ones are dropped
	maxPer   = 64       // metrics in one line
	maxRuns  = 1000     // in one file; further ones count as the last
	maxText  = 300      // bytes of a text that is kept
)

// Parser reads one file. It is for one goroutine. The zero value is not ready:
// use New.
type Parser struct {
	state    // what is remembered from one chunk to the next
	patterns []*Pattern
	slow     bool // never use templates (for tests)

	// What can be found again.
	shapes shapes
	names  map[string]*name

	// What lasts as long as a line.
	emit  func(remote.Record)
	clean []byte          // the line without escapes
	key   []byte          // a name that is put together
	mets  []remote.Metric // of the record being emitted
	line  line
}

var _ remote.Parser = (*Parser)(nil)

// New returns a parser at the start of a file. Each line of text is tried
// against the patterns first, in their order. They cost time: with patterns
// there are no templates.
func New(patterns ...*Pattern) *Parser {
	return &Parser{patterns: patterns, state: newState(), names: map[string]*name{}}
}

// Feed is of [remote.Parser]. It keeps nothing of chunk.
func (p *Parser) Feed(chunk []byte, emit func(remote.Record)) {
	p.emit = emit
	defer func() { p.emit = nil }()
	if p.Format == undecided {
		if chunk = p.decide(chunk); chunk == nil {
			return
		}
	}
	switch p.Format {
	case text:
		p.text(chunk)
	case events:
		p.events(chunk)
	case wandb:
		p.wandb(chunk)
	}
}

// Flush is of [remote.Parser].
func (p *Parser) Flush(emit func(remote.Record)) {
	p.emit = emit
	defer func() { p.emit = nil }()
	if p.Format == undecided {
		p.Format = text
		tail := bytes.Clone(p.Tail)
		p.Tail = p.Tail[:0]
		p.text(tail)
	}
	if p.Format == text {
		if len(p.Tail) > 0 {
			p.read(p.Tail)
		}
		p.release()
		p.endTrace()
	}
	p.Restart()
}

// Restart is of [remote.Parser].
func (p *Parser) Restart() {
	fresh := newState()
	fresh.Names, fresh.Rank, fresh.Run = p.Names, p.Rank, p.Run
	fresh.Tail = p.Tail[:0]
	fresh.Table.Before = p.Table.Before
	if len(p.Table.Columns) > 0 {
		fresh.Table.Before = p.Table.Columns
	}
	if len(p.Dicts.Held) > 0 { // it is a whole record, and comes with the next line
		fresh.Dicts.Held, fresh.Bar = p.Dicts.Held, p.Bar
	}
	p.state = fresh
}

// text takes bytes of a file of lines.
func (p *Parser) text(chunk []byte) {
	cr := bytes.IndexByte(chunk, '\r') >= 0
	for len(chunk) > 0 {
		if len(p.Tail) == 0 && !p.Skip {
			if n := p.fast(chunk); n > 0 {
				chunk = chunk[n:]
				continue
			}
		}
		i := lineEnd(chunk, cr)
		if i < 0 {
			p.keep(chunk)
			return
		}
		switch {
		case p.Skip:
			p.Skip = false
		case len(p.Tail) > 0:
			if p.keep(chunk[:i]); p.Skip {
				p.Skip = false
				break
			}
			p.read(p.Tail)
			p.Tail = p.Tail[:0]
		case i <= maxLine:
			p.read(chunk[:i])
		}
		chunk = chunk[i+1:]
	}
}

// lineEnd returns the index of the first line feed or carriage return (that
// ends each state of a progress bar), or -1. cr says whether there is any.
func lineEnd(b []byte, cr bool) int {
	i := bytes.IndexByte(b, '\n')
	if !cr {
		return i
	}
	if i < 0 {
		return bytes.IndexByte(b, '\r')
	}
	if j := bytes.IndexByte(b[:i], '\r'); j >= 0 {
		return j
	}
	return i
}

// keep adds bytes to the unfinished line, or gives the line up as too long.
func (p *Parser) keep(b []byte) {
	if p.Skip || len(p.Tail)+len(b) > maxLine {
		p.Tail, p.Skip = p.Tail[:0], true
		return
	}
	p.Tail = append(p.Tail, b...)
}
