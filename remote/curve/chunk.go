package curve

import "math"

const chunkLen = 1024 // points; a multiple of fan

// chunk is up to chunkLen points in a row. A log prints few digits, so that
// the values of a full one are whole numbers of some decimal place, close to
// each other: these are kept in two bytes each, from which exactly the same
// values come back.
type chunk struct {
	base   int64     // the first step
	stride int64     // between all steps so far, while offs is nil
	offs   []uint32  // the steps, from base, once the stride has changed
	vals   []float32 // NaN in gaps; nil if they are packed
	packed []uint16  // from low, in units of the place; none in gaps
	low    int64
	unit   float64 // units in 1: 10^places
}

const (
	none = math.MaxUint16 // a gap among packed values
	far  = 1 << 40        // they are no farther from 0, in units
)

func (c *chunk) len() int { return max(len(c.vals), len(c.packed)) }

func (c *chunk) value(i int) float32 {
	if c.packed == nil {
		return c.vals[i]
	}
	u := c.packed[i]
	if u == none {
		return float32(math.NaN())
	}
	return c.unpack(u)
}

func (c *chunk) unpack(u uint16) float32 { return float32(float64(c.low+int64(u)) / c.unit) }

func (c *chunk) step(i int) int64 {
	if c.offs == nil {
		return c.base + int64(i)*c.stride
	}
	return c.base + int64(c.offs[i])
}

// append adds a point, whose step is not before the last one's.
func (c *chunk) append(step int64, v float32) {
	if c.packed != nil {
		c.thaw()
	}
	i := len(c.vals)
	switch {
	case i == 0:
		c.base = step
	case c.offs != nil:
		c.offs = append(c.offs, uint32(step-c.base))
	case i == 1:
		c.stride = step - c.base
	case step != c.base+int64(i)*c.stride:
		offs := make([]uint32, i, cap(c.vals))
		for j := range offs {
			offs[j] = uint32(int64(j) * c.stride)
		}
		c.offs = append(offs, uint32(step-c.base))
	}
	c.vals = append(c.vals, v)
}

// find returns the index of the first point whose step is at least x.
func (c *chunk) find(x float64) int {
	n := c.len()
	switch {
	case n == 0 || x <= float64(c.base):
		return 0
	case x > float64(c.step(n-1)):
		return n
	case c.offs == nil: // stride > 0, or one of the cases above held
		i := int(math.Ceil((x - float64(c.base)) / float64(c.stride)))
		return min(max(i, 1), n) // the quotient of the least number above base may be 0
	}
	lo, hi := 0, n
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); float64(c.step(m)) < x {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// sum sums up the points [i, j).
func (c *chunk) sum(i, j int) (lo, hi float32, sum float64, n uint32) {
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	if c.packed == nil {
		for _, v := range c.vals[i:j] {
			if v != v {
				continue
			}
			lo, hi = min(lo, v), max(hi, v)
			sum += float64(v)
			n++
		}
		return lo, hi, sum, n
	}
	least, most, total := uint16(none), uint16(0), uint64(0)
	for _, u := range c.packed[i:j] {
		if u == none {
			continue
		}
		least, most = min(least, u), max(most, u)
		total += uint64(u)
		n++
	}
	if n == 0 {
		return lo, hi, 0, 0
	}
	return c.unpack(least), c.unpack(most), (float64(n)*float64(c.low) + float64(total)) / c.unit, n
}

// freeze packs the values, if that keeps them as they are, and frees the room
// for more. Copies of the chunk keep what they have.
func (c *chunk) freeze() {
	if c.packed != nil || len(c.vals) == 0 {
		return
	}
	unit := 1.0
	for range 8 {
		if low, ok := c.decimal(unit); ok {
			c.pack(low, unit)
			return
		}
		unit *= 10
	}
	c.vals = append(make([]float32, 0, len(c.vals)), c.vals...)
	c.clip()
}

// clip frees the room for more steps.
func (c *chunk) clip() {
	if c.offs != nil {
		c.offs = append(make([]uint32, 0, len(c.offs)), c.offs...)
	}
}

// decimal returns the least of the values in units; false if they are too far
// from each other, or have more places.
func (c *chunk) decimal(unit float64) (low int64, ok bool) {
	lo, hi := int64(far), int64(-far)
	for _, v := range c.vals {
		if v != v {
			continue
		}
		k := math.RoundToEven(float64(v) * unit)
		if !(math.Abs(k) < far) || float32(k/unit) != v || k == 0 && math.Signbit(float64(v)) {
			return 0, false
		}
		if lo, hi = min(lo, int64(k)), max(hi, int64(k)); hi-lo >= none {
			return 0, false
		}
	}
	return lo, true
}

func (c *chunk) pack(low int64, unit float64) {
	packed := make([]uint16, len(c.vals))
	for i, v := range c.vals {
		if v != v {
			packed[i] = none
			continue
		}
		packed[i] = uint16(int64(math.RoundToEven(float64(v)*unit)) - low)
	}
	c.packed, c.low, c.unit, c.vals = packed, low, unit, nil
	c.clip()
}

// thaw makes a packed chunk one that can be appended to.
func (c *chunk) thaw() {
	vals := make([]float32, len(c.packed), chunkLen)
	for i := range vals {
		vals[i] = c.value(i)
	}
	c.vals, c.packed = vals, nil
}

// size is the memory it holds but for itself, in bytes.
func (c *chunk) size() int { return cap(c.vals)*4 + cap(c.offs)*4 + cap(c.packed)*2 }
