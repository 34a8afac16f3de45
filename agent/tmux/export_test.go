package tmux

import (
	"context"
	"io"
	"time"
)

// ParseLsof and PSColumns are what other systems than Linux use.
var (
	ParseLsof = parseLsof
	PSColumns = psColumns
	Sockets0  = sockets
	Quote     = quote
)

// ParsePS reads what ps printed on this machine.
func ParsePS(out string) []Process { return parsePS(out, time.Local) }

// Table0 makes a table of processes that exist nowhere.
func Table0(ps ...Process) Table { return newTable(ps, here{}) }

// Message is what the protocol's reader finds.
type Message struct {
	Name, Rest, Text string
	Number           uint64
	Ours, Failed     bool
}

// ReadAll reads a control client's output to its end.
func ReadAll(r io.Reader) (ms []Message, err error) {
	in := newReader(r)
	for {
		m, err := in.next()
		if err != nil {
			return ms, err
		}
		ms = append(ms, Message{m.name, m.rest, m.block.text(), m.block.number, m.block.ours, m.block.failed})
	}
}

// WithoutProc makes a prober ask as it does where there is no /proc.
func (p *Prober) WithoutProc(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.connect(ctx)
	p.boot = time.Time{}
	return err
}

// Skew learns a clock from looks at it and tells how far it is ahead.
func Skew(told, sent, heard []time.Time) time.Duration {
	var k skew
	for i := range told {
		k.learn(told[i], sent[i], heard[i])
	}
	return k.ahead()
}
