package runlog

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"vigil/remote"
)

// events takes bytes of a TensorBoard event file. It is a sequence of records
// in TFRecord's framing: the length (8 bytes), its check sum (4), the event,
// its check sum (4).
func (p *Parser) events(chunk []byte) {
	had := len(p.Tail) > 0
	b := p.take(chunk)
	i := 0
	for {
		skip := min(p.Binary.Skip, int64(len(b)-i))
		p.Binary.Skip -= skip
		i += int(skip)
		if len(b)-i < eventsHead {
			break
		}
		size := binary.LittleEndian.Uint64(b[i:])
		if masked(b[i:i+8]) != binary.LittleEndian.Uint32(b[i+8:]) || size > math.MaxInt32 {
			p.damaged()
			return
		}
		end := i + eventsHead + int(size)
		if size > maxRecord {
			p.Binary.Skip = eventsHead + int64(size) + 4
			continue
		}
		if len(b) < end+4 {
			break
		}
		if data := b[i+eventsHead : end]; masked(data) == binary.LittleEndian.Uint32(b[end:]) {
			p.tfEvent(data)
		}
		i = end + 4
	}
	p.leave(b, i, had)
}

// damaged gives the rest of the file up.
func (p *Parser) damaged() {
	p.Format, p.Tail = dead, nil
	if p.Run.Index >= 0 {
		p.event(remote.Note, -1, "the file is damaged here; the rest cannot be read")
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is TFRecord's check sum of b.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// tfEvent reads an Event, as TensorFlow's event.proto defines it: 1 wall time,
// 2 step, 5 summary.
func (p *Parser) tfEvent(m proto) {
	p.reset()
	p.line.step = 0 // proto3 writes no zeros
	wall := math.NaN()
	for it, ok := m.next(); ok; it, ok = m.next() {
		switch {
		case it.field == 1 && it.wire == wire64:
			wall = it.double()
		case it.field == 2 && it.wire == wireVarint:
			p.takeStep(stepItself, float64(int64(it.num)))
		case it.field == 5 && it.wire == wireBytes:
			p.summary(it.bytes)
		}
	}
	if len(p.mets) > 0 {
		p.measured(p.line.step, 0, wall)
	}
}

// summary reads the values of a Summary (summary.proto): 1 value, with 1 tag,
// 2 simple_value, 8 tensor.
func (p *Parser) summary(m proto) {
	for it, ok := m.next(); ok; it, ok = m.next() {
		if it.field != 1 || it.wire != wireBytes {
			continue
		}
		value := proto(it.bytes)
		tag, ok := value.get(1, wireBytes)
		if !ok || !named(tag.bytes) {
			continue
		}
		var v float64
		if x, ok := value.get(2, wire32); ok {
			v = x.float()
		} else if x, ok := value.get(8, wireBytes); !ok {
			continue
		} else if v, ok = scalar(x.bytes); !ok {
			continue
		}
		if n := p.name(tag.bytes); n != nil {
			p.add(n, v/n.div)
		}
	}
}

// The types of tensors (types.proto).
const (
	dtFloat  = 1
	dtDouble = 2
	dtInt32  = 3
	dtInt64  = 9
)

// scalar reads a tensor without dimensions (tensor.proto): 1 type, 2 shape,
// 4 content; 5, 6, 7 and 10 hold what is not written as content.
func scalar(m proto) (float64, bool) {
	if shape, ok := m.get(2, wireBytes); ok {
		if _, dims := proto(shape.bytes).get(2, wireBytes); dims {
			return 0, false
		}
	}
	dt, _ := m.get(1, wireVarint)
	content, _ := m.get(4, wireBytes)
	c := content.bytes
	switch {
	case dt.num == dtFloat && len(c) == 4:
		return item{num: uint64(binary.LittleEndian.Uint32(c))}.float(), true
	case dt.num == dtDouble && len(c) == 8:
		return item{num: binary.LittleEndian.Uint64(c)}.double(), true
	case dt.num == dtInt32 && len(c) == 4:
		return float64(int32(binary.LittleEndian.Uint32(c))), true
	case dt.num == dtInt64 && len(c) == 8:
		return float64(int64(binary.LittleEndian.Uint64(c))), true
	case len(c) > 0:
		return 0, false
	}
	return m.element(int(dt.num))
}

// element reads the value of a scalar tensor that is written as a field of its
// type, packed or not.
func (m proto) element(dt int) (float64, bool) {
	field := map[int]int{dtFloat: 5, dtDouble: 6, dtInt32: 7, dtInt64: 10}[dt]
	for it, ok := m.next(); ok; it, ok = m.next() {
		if it.field != field {
			continue
		}
		b := it.bytes
		switch {
		case dt == dtFloat && it.wire == wire32:
			return it.float(), true
		case dt == dtFloat && len(b) == 4:
			return item{num: uint64(binary.LittleEndian.Uint32(b))}.float(), true
		case dt == dtDouble && it.wire == wire64:
			return it.double(), true
		case dt == dtDouble && len(b) == 8:
			return item{num: binary.LittleEndian.Uint64(b)}.double(), true
		case (dt == dtInt32 || dt == dtInt64) && it.wire == wireVarint:
			return float64(int64(it.num)), true
		case (dt == dtInt32 || dt == dtInt64) && len(b) > 0:
			v, n := binary.Uvarint(b)
			return float64(int64(v)), n == len(b)
		}
	}
	return 0, false
}
