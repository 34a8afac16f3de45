package runlog

import (
	"encoding/binary"
	"math"
)

// proto is a cursor on a message in the wire format of protocol buffers, of
// which both TensorBoard's and wandb's files consist.
type proto []byte

// The wire types.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

// item is one field of a message.
type item struct {
	field int
	wire  int
	num   uint64 // of the numeric types
	bytes []byte
}

// next takes the next field. It reports false at the end, and where the rest
// cannot be read.
func (m *proto) next() (it item, ok bool) {
	tag, n := binary.Uvarint(*m)
	if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
		return it, false
	}
	b := (*m)[n:]
	it.field, it.wire = int(tag>>3), int(tag&7)
	size := 0
	switch it.wire {
	case wireVarint:
		it.num, size = binary.Uvarint(b)
		if size <= 0 {
			return it, false
		}
	case wire64:
		if size = 8; len(b) >= size {
			it.num = binary.LittleEndian.Uint64(b)
		}
	case wire32:
		if size = 4; len(b) >= size {
			it.num = uint64(binary.LittleEndian.Uint32(b))
		}
	case wireBytes:
		l, k := binary.Uvarint(b)
		if k <= 0 || l > uint64(len(b)-k) {
			return it, false
		}
		it.bytes, size = b[k:k+int(l)], k+int(l)
	default:
		return it, false // groups, which nobody writes
	}
	if len(b) < size {
		return it, false
	}
	*m = b[size:]
	return it, true
}

// double is the value of a double field.
func (it item) double() float64 { return math.Float64frombits(it.num) }

// float is the value of a float field.
func (it item) float() float64 { return float64(math.Float32frombits(uint32(it.num))) }

// get returns the last field of a number in the message, if it has the wire
// type.
func (m proto) get(field, wire int) (found item, ok bool) {
	for it, more := m.next(); more; it, more = m.next() {
		if it.field == field && it.wire == wire {
			found, ok = it, true
		}
	}
	return found, ok
}
