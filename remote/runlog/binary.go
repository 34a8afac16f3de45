package runlog

import (
	"bytes"
	"encoding/binary"
)

// format is what the first bytes of a file say it is.
type format uint8

const (
	undecided format = iota
	text
	events // of TensorBoard
	wandb
	dead // a binary file that is damaged: nothing after the damage can be read
)

// maxRecord bounds what is kept of a record of a binary file; larger ones hold
// pictures, graphs and console output, and are passed over.
const maxRecord = 1 << 20

// binaryState is where a binary file stands. Its unfinished piece is state.Tail.
type binaryState struct {
	Skip int64  `json:",omitempty"` // bytes to be passed over
	At   int    `json:",omitempty"` // in wandb's block
	Part []byte `json:",omitempty"` // of a record that wandb's fragments are put together to
	Lost bool   `json:",omitempty"` // the rest of that record is dropped

	By stepSource `json:",omitempty"` // the best that told a step of wandb's
}

const (
	wandbMagic = ":W&B\xe1\xbe\x00"
	eventsHead = 12 // bytes before an event: its length and a check sum
)

// decide finds the format. It returns the bytes with which the file begins, or
// nil as long as they are too few to tell.
func (p *Parser) decide(chunk []byte) []byte {
	b := p.take(chunk)
	switch {
	case len(b) == 0:
		return nil
	case len(b) < len(wandbMagic) && bytes.HasPrefix([]byte(wandbMagic), b),
		len(b) < eventsHead && length(b):
		p.Tail = append(p.Tail, chunk...)
		return nil
	case bytes.HasPrefix(b, []byte(wandbMagic)):
		p.Format = wandb
		p.Binary.At = len(wandbMagic)
		b = b[len(wandbMagic):]
	case length(b) && masked(b[:8]) == binary.LittleEndian.Uint32(b[8:]):
		p.Format = events
	default:
		p.Format = text
	}
	p.Tail = nil
	return b
}

// length reports whether b can begin with the length of an event file's first
// event, which is short.
func length(b []byte) bool {
	for _, c := range b[min(len(b), 2):min(len(b), 8)] {
		if c != 0 {
			return false
		}
	}
	return true
}

// take puts the unfinished piece before the chunk.
func (p *Parser) take(chunk []byte) []byte {
	if len(p.Tail) == 0 {
		return chunk
	}
	return append(p.Tail, chunk...)
}

// leave keeps what is left of b after n bytes of it were read. had says that b
// begins with the former unfinished piece.
func (p *Parser) leave(b []byte, n int, had bool) {
	if had && n == 0 {
		p.Tail = b // it is there already
		return
	}
	p.Tail = append(p.Tail[:0], b[n:]...)
}
