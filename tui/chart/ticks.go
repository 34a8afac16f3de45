package chart

import (
	"math"
	"strconv"
)

// apart is about how far the numbers at the x axis are from one another, in
// cells.
const apart = 12

// xTicks draws the numbers at the x axis.
func (c *Chart) xTicks(p *plan, base int) {
	if p.logX && p.xhi >= 10*p.xlo {
		c.logTicks(p, base)
		return
	}
	span := p.xhi - p.xlo
	least := span / max(float64(p.w)/apart, 1)
	step := nice(least)
	switch {
	case c.clock:
		step = niceTime(least)
	case step < 1 && span >= 2:
		step = 1
	}
	free := 0
	for i := range 1000 {
		v := math.Ceil(p.xlo/step)*step + float64(i)*step
		if v > p.xhi {
			break
		}
		free = c.xTick(p, base, v, step, free)
	}
}

// logTicks draws decades, and what lies between them where there is room.
func (c *Chart) logTicks(p *plan, base int) {
	free := 0
	first := math.Floor(math.Log10(p.xlo))
	for e := first; e <= first+600; e++ { // limits are finite
		d := math.Pow(10, e)
		if d > p.xhi {
			break
		}
		for _, f := range [...]float64{1, 2, 5} {
			if v := f * d; v >= p.xlo && v <= p.xhi {
				free = c.xTick(p, base, v, d, free)
			}
		}
	}
}

// xTick draws one tick and its number, if the cells from free on have room for
// it, and returns the first cell that is free then.
func (c *Chart) xTick(p *plan, base int, v, step float64, free int) int {
	var buf [32]byte
	x := min(max(p.col(v), 0)/2, p.w-1)
	c.cells[base+p.left+x] = cell{style: c.axis, r: '┬'}
	s := buf[:0]
	if c.clock {
		s = appendTime(s, v, step)
	} else {
		s = appendNumber(s, v, step, apart)
	}
	at := min(max(p.left+x-len(s)/2, 0), c.w-len(s))
	if at < free || at < 0 {
		return free
	}
	for k, ch := range s {
		c.cells[base+c.w+at+k] = cell{style: c.text, r: rune(ch)}
	}
	return at + len(s) + 1
}

// niceTime returns the next span of time, in seconds, that people count in.
func niceTime(x float64) float64 {
	const minute, hour, day = 60, 3600, 86400
	for _, t := range [...]float64{
		1, 2, 5, 10, 15, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
		hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day,
	} {
		if x <= t {
			return t
		}
	}
	return day * nice(x/day)
}

// appendTime appends a time of an axis whose ticks are step seconds apart:
// "45s", "1m30s", "2h15m", "3d", "3d12h".
func appendTime(b []byte, v, step float64) []byte {
	if v < 0 {
		b = append(b, '-')
		v = -v
	}
	if !(v < 1e9) { // 30 years: no training
		return strconv.AppendFloat(b, v, 'e', 0, 64)
	}
	s := int64(math.Round(v))
	n := len(b)
	for _, u := range [...]struct {
		name byte
		size int64
	}{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}} {
		if u.name == 'd' && step < 43200 && s < 172800 {
			continue // "30h" is easier to read than "1d06h"
		}
		if k := s / u.size; k > 0 || u.name == 's' && len(b) == n {
			if len(b) > n && k < 10 {
				b = append(b, '0')
			}
			b = append(strconv.AppendInt(b, k, 10), u.name)
			s -= k * u.size
		}
		if s == 0 && len(b) > n {
			break
		}
	}
	return b
}
