package transcript

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"vigil/agent"
)

// Bounds on what is read of a file, in bytes.
const (
	maxLine   = 64 << 20 // a longer line is skipped and counted
	maxDetect = 64       // lines looked at to find out the kind
)

// Stats tells what a scan read.
type Stats struct {
	Kind    agent.Kind
	Lines   int
	Bytes   int64          // after unpacking
	Long    int            // lines over 64 MiB, which were skipped
	Skipped map[string]int // what was not understood or does not matter, by type
}

// Scan reads a whole session file, gzipped or not, and calls emit for each of
// its events. It finds out the kind by itself; the error of a file of no known
// kind is ErrFormat.
func Scan(r io.Reader, emit func(agent.Event)) (Stats, error) {
	var st Stats
	in, err := unpack(r)
	if err != nil {
		return st, err
	}
	var reader Reader
	var early [][]byte // lines read before the kind is known
	err = lines(in, func(line []byte, long bool) error {
		st.Bytes += int64(len(line))
		if long {
			st.Long++
			return nil
		}
		st.Lines++
		if reader != nil {
			reader.Line(line, emit)
			return nil
		}
		kind, ok := Detect(line)
		if !ok {
			if early = append(early, bytes.Clone(line)); len(early) > maxDetect {
				return ErrFormat
			}
			return nil
		}
		st.Kind = kind
		if reader, err = NewReader(kind); err != nil {
			return err
		}
		for _, l := range append(early, line) {
			reader.Line(l, emit)
		}
		early = nil
		return nil
	})
	if reader != nil {
		st.Skipped = reader.Skipped()
	}
	if err == nil && reader == nil && st.Lines > 0 {
		err = ErrFormat
	}
	if err != nil {
		return st, fmt.Errorf("read session, line %d: %w", st.Lines, err)
	}
	return st, nil
}

// unpack returns what r holds, unpacked if it is gzipped.
func unpack(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 256<<10)
	magic, err := in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read session: %w", err)
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("unpack session: %w", err)
	}
	return bufio.NewReaderSize(z, 256<<10), nil
}

// lines calls f for each line of in, which is valid until f returns, with or
// without its newline. Of a line that is too long f gets nothing but the news.
func lines(in *bufio.Reader, f func(line []byte, long bool) error) error {
	var parts []byte
	long := false
	for {
		part, err := in.ReadSlice('\n')
		whole := part
		switch {
		case len(parts)+len(part) > maxLine:
			long, parts, whole = true, parts[:0], nil
		case len(parts) > 0 || errors.Is(err, bufio.ErrBufferFull):
			parts = append(parts, part...)
			whole = parts
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(whole) > 0 || long {
			if err := f(whole, long); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
		parts, long = parts[:0], false
	}
}
