package curve

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// A saved file is
//
//	magic | a block of points for each run | index | footer
//
// with numbers in little endian or as varints. The index has all of each run
// but its points, and where its block is; it comes last, so that a file is
// written in one go, and is found by the footer: its place, length and
// checksum, the checksum of the footer itself, and the magic again. Each
// block's checksum is in the index. The number in the magic is the version of
// all of it: one that is not ours is refused.
const (
	magic     = "vigil curves 1\n\x00"
	footerLen = 8 + 8 + 4 + 4 + len(magic)
)

// castagnoli is the polynomial that processors compute by themselves.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// place is where a block is in a saved file.
type place struct {
	at, n int64
	sum   uint32
}

// Save writes all runs of a host, for [Store.Load]. It reads the set alone and
// takes a moment for each million points: call it in a goroutine of its own,
// while the writers go on.
func (s *Set) Save(w io.Writer, host string) error {
	out := &counter{w: bufio.NewWriterSize(w, 1<<20)}
	out.write([]byte(magic))
	var index, block encoder
	for _, r := range s.All() {
		if r.Host != host {
			continue
		}
		b, err := r.block(&block)
		if err != nil {
			return fmt.Errorf("save curves of %s: %w", r.Path, err)
		}
		index.flag(true)
		index.runInfo(r)
		index.uint(uint64(out.n))
		index.uint(uint64(len(b)))
		index.uint(uint64(crc32.Checksum(b, castagnoli)))
		out.write(b)
	}
	index.flag(false)
	foot := binary.LittleEndian.AppendUint64(nil, uint64(out.n))
	foot = binary.LittleEndian.AppendUint64(foot, uint64(len(index.b)))
	foot = binary.LittleEndian.AppendUint32(foot, crc32.Checksum(index.b, castagnoli))
	foot = binary.LittleEndian.AppendUint32(foot, crc32.Checksum(foot, castagnoli))
	out.write(index.b)
	out.write(foot)
	out.write([]byte(magic))
	if out.err == nil {
		out.err = out.w.Flush()
	}
	if out.err != nil {
		return fmt.Errorf("save curves of %s: %w", host, out.err)
	}
	return nil
}

// block returns the run's points as they are saved; those that are still in a
// saved file as they are there.
func (r *Run) block(e *encoder) ([]byte, error) {
	if r.stored != nil {
		return r.stored.read()
	}
	e.b = e.b[:0]
	e.runPoints(r)
	return e.b, nil
}

// counter counts what is written, up to the first error.
type counter struct {
	w   *bufio.Writer
	n   int64
	err error
}

func (c *counter) write(b []byte) {
	if c.err == nil {
		_, c.err = c.w.Write(b)
		c.n += int64(len(b))
	}
}
