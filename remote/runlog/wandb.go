package runlog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// blockLen is the size of a block of a LevelDB log, counted from the start of
// the file.
const blockLen = 32 << 10

// fragmentHead is the size of what stands before a fragment: a check sum (4
// bytes), the length (2), the type (1).
const fragmentHead = 7

// The types of fragments.
const (
	fragmentWhole = iota + 1
	fragmentFirst
	fragmentMiddle
	fragmentLast
)

// wandb takes bytes of a .wandb file behind its head: a LevelDB log
// (github.com/google/leveldb, doc/log_format.md) whose check sums are plain
// CRC-32s, of protocol buffers (wandb_internal.proto).
func (p *Parser) wandb(chunk []byte) {
	had := len(p.Tail) > 0
	b := p.take(chunk)
	s := &p.Binary
	i := 0
	for {
		skip := int(min(s.Skip, int64(len(b)-i)))
		s.Skip -= int64(skip)
		p.pass(&i, skip)
		left := blockLen - s.At
		if s.Skip > 0 || i == len(b) {
			break
		}
		if left < fragmentHead {
			s.Skip = int64(left)
			continue
		}
		if len(b)-i < fragmentHead {
			break
		}
		size := int(binary.LittleEndian.Uint16(b[i+4:]))
		kind := b[i+6]
		if size > left-fragmentHead || kind < fragmentWhole || kind > fragmentLast {
			p.lose(left)
			continue
		}
		end := i + fragmentHead + size
		if len(b) < end {
			break
		}
		if crc32.ChecksumIEEE(b[i+6:end]) != binary.LittleEndian.Uint32(b[i:]) {
			p.lose(left)
			continue
		}
		p.fragment(kind, b[i+fragmentHead:end])
		p.pass(&i, end-i)
	}
	p.leave(b, i, had)
}

// pass goes n bytes on.
func (p *Parser) pass(i *int, n int) {
	*i += n
	p.Binary.At = (p.Binary.At + n) % blockLen
}

// lose gives up what is left of a damaged block, and the record that was being
// put together.
func (p *Parser) lose(left int) {
	s := &p.Binary
	s.Skip, s.Part, s.Lost = int64(left), s.Part[:0], true
}

// fragment puts a record together.
func (p *Parser) fragment(kind byte, b []byte) {
	s := &p.Binary
	switch kind {
	case fragmentWhole:
		s.Part, s.Lost = s.Part[:0], false
		p.wandbRecord(b)
		return
	case fragmentFirst:
		s.Part, s.Lost = s.Part[:0], false
	}
	if s.Lost {
		return
	}
	if len(s.Part)+len(b) > maxRecord {
		s.Part, s.Lost = s.Part[:0], true
		return
	}
	s.Part = append(s.Part, b...)
	if kind == fragmentLast {
		p.wandbRecord(s.Part)
		s.Part, s.Lost = s.Part[:0], true // no fragment continues it
	}
}

// wandbRecord reads a Record: 2 history, 5 config, 17 run, 18 exit.
func (p *Parser) wandbRecord(m proto) {
	for it, ok := m.next(); ok; it, ok = m.next() {
		if it.wire != wireBytes {
			continue
		}
		switch it.field {
		case 2:
			p.history(it.bytes)
		case 5:
			p.wandbConfig(it.bytes)
		case 17:
			p.wandbRun(it.bytes)
		case 18:
			p.wandbExit(it.bytes)
		}
	}
}

// history reads a HistoryRecord, which is a point: 1 item, 2 step.
func (p *Parser) history(m proto) {
	p.reset()
	for it, ok := m.next(); ok; it, ok = m.next() {
		switch {
		case it.field == 1 && it.wire == wireBytes:
			if key, value, ok := wandbItem(it.bytes); ok {
				p.wandbValue(key, value)
			}
		case it.field == 2 && it.wire == wireBytes:
			num, _ := proto(it.bytes).get(1, wireVarint)
			p.takeStep(stepOther, float64(int64(num.num)))
		}
	}
	if len(p.mets) == 0 {
		return
	}
	l, s := &p.line, &p.Binary
	switch {
	case s.By != stepNone && (l.by == stepNone || l.by > s.By):
		l.step = p.Run.Last // the others tell a better one
	case l.by != stepNone && l.by < stepEpoch:
		s.By = l.by
	}
	p.measured(max(l.step, 0), l.plan, p.wall())
}

// wandbItem reads a HistoryItem or ConfigItem: 1 key or 2 its parts, 16 the
// value as JSON.
func wandbItem(m proto) (key, value []byte, ok bool) {
	for it, more := m.next(); more; it, more = m.next() {
		if it.wire != wireBytes {
			continue
		}
		switch it.field {
		case 1:
			key = it.bytes
		case 2:
			if len(key) > 0 {
				key = append(bytes.Clone(key), '/')
			}
			key = append(key[:len(key):len(key)], it.bytes...)
		case 16:
			value = it.bytes
		}
	}
	return key, value, len(key) > 0 && len(key) <= maxKey && len(value) > 0
}

// wandbValue takes a value of a point.
func (p *Parser) wandbValue(key, value []byte) {
	if value[0] == '{' {
		if bytes.Contains(value, []byte(`"_type"`)) {
			return // a picture, a table, a histogram
		}
		r := reader{b: value, path: append(p.key[:0], key...)}
		was := len(p.mets)
		if !p.object(&r, 0) {
			p.mets = p.mets[:was]
		}
		p.key = r.path[:0]
		return
	}
	bare := bytes.Trim(value, `"`) // what is no number stands in quotes
	v, n := number(bare)
	if n == 0 || n != len(bare) || len(bare) != len(value) && !math.IsNaN(v) && !math.IsInf(v, 0) {
		return
	}
	p.leaf(key, v)
}

// wandbConfig reads a ConfigRecord: 1 the items that are set.
func (p *Parser) wandbConfig(m proto) {
	for it, ok := m.next(); ok; it, ok = m.next() {
		if it.field != 1 || it.wire != wireBytes {
			continue
		}
		key, value, ok := wandbItem(it.bytes)
		if ok && value[0] != '{' && value[0] != '[' && key[0] != '_' {
			p.setting(string(key), string(bytes.Trim(value, `"`)))
		}
	}
}

// wandbRun reads a RunRecord: 1 id, 4 config, 8 name, 21 the code's place.
func (p *Parser) wandbRun(m proto) {
	if p.Run.Index >= 0 {
		return // told again, as something of it has changed
	}
	if c, ok := m.get(4, wireBytes); ok {
		p.wandbConfig(c.bytes)
	}
	if g, ok := m.get(21, wireBytes); ok {
		if c, ok := proto(g.bytes).get(2, wireBytes); ok {
			p.setting("commit", string(c.bytes))
		}
	}
	id, _ := m.get(1, wireBytes)
	if n, ok := m.get(8, wireBytes); ok && len(n.bytes) > 0 {
		id = n
	}
	p.announce(id.bytes)
}

// wandbExit reads a RunExitRecord: 1 the exit code.
func (p *Parser) wandbExit(m proto) {
	code, _ := m.get(1, wireVarint)
	if code.num == 0 {
		p.end()
		return
	}
	p.fail(fmt.Sprintf("exit code %d", int32(code.num)), weak)
}
