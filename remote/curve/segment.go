package curve

import (
	"math"
	"math/bits"
	"slices"
	"unsafe"
)

const (
	fanBits = 5
	fan     = 1 << fanBits // buckets of one level in a bucket of the next
	levels  = 6            // the top one spans 32^6 points: as many as a segment holds
	maxLen  = 1 << 30      // points of a segment
)

// bucket sums up fan points, or fan buckets of the level below.
type bucket struct {
	min, max, mean float32 // of the finite values; +Inf, -Inf and 0 without any
	n              uint32  // finite values
}

func (b *bucket) add(o bucket) {
	if o.n == 0 {
		return
	}
	b.min, b.max = min(b.min, o.min), max(b.max, o.max)
	b.n += o.n
	b.mean += (o.mean - b.mean) * float32(o.n) / float32(b.n)
}

// ends are the first and the last value of a bucket. They are points, and kept
// a second time only for the levels from 2 to endLevels: there, columns are so
// many points wide that each look at a point would miss the processor's cache.
type ends struct{ first, last float32 }

const endLevels = 4

// segment is a stretch of a series in which the step never goes back.
//
// Everything in it is append-only: a copy of the struct sees what was there
// when it was made, whatever is appended later, since a writer touches only
// what lies behind the lengths in the copy. This is what makes snapshots
// cheap; whoever changes it must keep it so.
type segment struct {
	n    int
	full []chunk // of chunkLen points each
	tail chunk
	lv   [levels][]bucket // complete buckets only
	ends [endLevels - 1][]ends
}

// accepts reports whether the point can continue the segment.
func (g *segment) accepts(step int64) bool {
	switch {
	case g.n == 0:
		return true
	case g.n >= maxLen || step < g.lastStep():
		return false
	}
	return g.tail.len() == chunkLen || step-g.tail.base <= math.MaxUint32
}

func (g *segment) append(step int64, v float32) {
	if g.tail.len() == chunkLen {
		g.tail.freeze()
		g.full = append(g.full, g.tail)
		g.tail = chunk{vals: make([]float32, 0, chunkLen)}
	}
	g.tail.append(step, v)
	g.n++
	if g.n%fan == 0 {
		g.grow()
	}
}

// freeze gives back what a segment has room for but does not need while it
// does not grow.
func (g *segment) freeze() {
	g.tail.freeze()
	g.full = slices.Clip(slices.Clone(g.full))
	for k := range g.lv {
		g.lv[k] = slices.Clip(slices.Clone(g.lv[k]))
	}
	for k := range g.ends {
		g.ends[k] = slices.Clip(slices.Clone(g.ends[k]))
	}
}

// grow adds the buckets that the last point has completed.
func (g *segment) grow() {
	b := g.sum(g.n-fan, g.n)
	for k := range levels {
		g.lv[k] = append(g.lv[k], b)
		if k >= 1 && k < endLevels {
			e := ends{g.value(g.n - 1<<(fanBits*(k+1))), g.value(g.n - 1)}
			g.ends[k-1] = append(g.ends[k-1], e)
		}
		if k+1 == levels {
			return
		}
		span := 1 << (fanBits * (k + 2))
		if g.n%span != 0 {
			return
		}
		b = g.sum(g.n-span, g.n)
	}
}

func (g *segment) at(i int) (int64, float32) {
	c := g.chunk(i / chunkLen)
	return c.step(i % chunkLen), c.value(i % chunkLen)
}

func (g *segment) value(i int) float32 {
	return g.chunk(i / chunkLen).value(i % chunkLen)
}

func (g *segment) chunk(i int) *chunk {
	if i < len(g.full) {
		return &g.full[i]
	}
	return &g.tail
}

func (g *segment) firstStep() int64 { return g.chunk(0).base }

func (g *segment) lastStep() int64 { return g.tail.step(g.tail.len() - 1) }

// find returns the index of the first point whose step is at least x.
func (g *segment) find(x float64) int { return g.findFrom(x, 0) }

// findFrom is find for an x whose answer is not before chunk h: the columns of
// a window are found one after the other, each near the one before.
func (g *segment) findFrom(x float64, h int) int {
	lo, hi := h, len(g.full) // the answer's chunk is in [lo, hi]
	for d := 1; lo < hi; d *= 2 {
		m := min(lo+d-1, hi-1)
		if c := &g.full[m]; float64(c.step(chunkLen-1)) >= x {
			hi = m
			break
		}
		lo = m + 1
	}
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if c := &g.full[m]; float64(c.step(chunkLen-1)) >= x {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo*chunkLen + g.chunk(lo).find(x)
}

// sum sums up the points [i, j) from as few buckets as there are.
func (g *segment) sum(i, j int) bucket {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	sum, count := 0.0, uint32(0)
	for i < j {
		k := min(bits.TrailingZeros32(uint32(i))/fanBits, levels) // by alignment
		for k > 0 && (i+1<<(fanBits*k) > j || i>>(fanBits*k) >= len(g.lv[k-1])) {
			k--
		}
		if k == 0 { // points up to the next bucket
			o, end := i%chunkLen, min(j, (i|(fan-1))+1)
			l, h, t, n := g.chunk(i/chunkLen).sum(o, o+end-i)
			lo, hi = min(lo, l), max(hi, h)
			sum += t
			count += n
			i = end
			continue
		}
		at := i >> (fanBits * k) // buckets up to the next one of the level above
		end := min(j>>(fanBits*k), (at|(fan-1))+1, len(g.lv[k-1]))
		for _, o := range g.lv[k-1][at:end] {
			lo, hi = min(lo, o.min), max(hi, o.max)
			sum += float64(o.mean) * float64(o.n)
			count += o.n
		}
		i = end << (fanBits * k)
	}
	b := bucket{min: lo, max: hi, n: count}
	if count > 0 {
		b.mean = float32(sum / float64(count))
	}
	return b
}

// outer returns the first and the last value of the points [i, j), which are
// whole buckets of level k but at the edges of a window.
func (g *segment) outer(i, j, k int) (first, last float32) {
	mask := 1<<(fanBits*k) - 1
	if k < 2 || k > endLevels || i&mask != 0 || j&mask != 0 || j>>(fanBits*k) > len(g.ends[k-2]) {
		return g.value(i), g.value(j - 1)
	}
	e := g.ends[k-2]
	return e[i>>(fanBits*k)].first, e[j>>(fanBits*k)-1].last
}

// below returns the index of the first point in [i, j) whose value is at most
// v, or j.
func (g *segment) below(i, j int, v float32) int {
	for i < j {
		k := min(bits.TrailingZeros32(uint32(i))/fanBits, levels)
		for k > 0 && (i+1<<(fanBits*k) > j || i>>(fanBits*k) >= len(g.lv[k-1]) || g.lv[k-1][i>>(fanBits*k)].min <= v) {
			k--
		}
		if k == 0 && g.value(i) <= v {
			return i
		}
		i += 1 << (fanBits * k)
	}
	return j
}

// size is the memory it holds but for itself, in bytes.
func (g *segment) size() int {
	n := cap(g.full)*int(unsafe.Sizeof(chunk{})) + g.tail.size()
	for i := range g.full {
		n += g.full[i].size()
	}
	for _, l := range g.lv {
		n += cap(l) * int(unsafe.Sizeof(bucket{}))
	}
	for _, l := range g.ends {
		n += cap(l) * int(unsafe.Sizeof(ends{}))
	}
	return n
}
