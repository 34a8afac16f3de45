package curve

// Minus returns, column by column as Window does, how far the curve is above
// another one at equal places on the axis: at each of its points, from the line
// that joins the other's. With a weight, both are smoothed before
// ([Series.Smooth]). It is nowhere that either of the two is not.
//
// Where columns hold many points, what the two have in common in a column (its
// slope) cancels, and what one of them has beyond the other (a spike) shows: the
// cost is that of two windows, however many points there are. dst is used for the
// result if it has room for twice the columns: then nothing is allocated.
func (t Trace) Minus(base Trace, x0, x1 float64, cols int, weight float64, dst []Column) []Column {
	cols = max(cols, 0)
	if cap(dst) < 2*cols {
		dst = make([]Column, 2*cols)
	}
	out, one := clearColumns(dst[:cols], cols), dst[cols:2*cols:2*cols]
	f, ok := newFrame(t.ruler, x0, x1, cols, t.log)
	if !ok {
		return out
	}
	f.exact = t.log
	if weight <= 0 && t.within(&f, 2*cols) {
		t.minusPoints(base, &f, out)
		return out
	}
	base.log = t.log
	t.Smooth(x0, x1, cols, weight, out)
	if weight <= 0 && base.within(&f, 2*cols) {
		base.sample(&f, one)
	} else {
		base.Smooth(x0, x1, cols, weight, one)
	}
	subtract(out, one)
	return out
}

// sample fills columns with what the line that joins the points has at their
// borders and in their middles.
func (t Trace) sample(f *frame, dst []Column) {
	clear(dst)
	at := func(c float64) (float32, bool) {
		v, ok := t.At(f.place(c))
		return float32(v), ok
	}
	left, there := at(0)
	for c := range dst {
		middle, ok := at(float64(c) + 0.5)
		right, more := at(float64(c) + 1)
		if !there {
			left = middle
		}
		if d := &dst[c]; ok {
			if !more {
				right = middle
			}
			if left == left && right == right && middle == middle {
				*d = Column{Min: min(left, middle, right), Mean: middle, Max: max(left, middle, right), First: left, Last: right, N: 1}
			} else {
				d.Gap = true
			}
		}
		left, there = right, more
	}
}

// within reports whether at most n points lie in a window.
func (t Trace) within(f *frame, n int) bool {
	for i := range t.Segments() {
		lo, hi := t.segment(i).shown(f)
		n -= hi - lo
	}
	return n >= 0
}

// minusPoints adds the difference at each point of the window.
func (t Trace) minusPoints(base Trace, f *frame, out []Column) {
	var ends [maxSegments + 1]int
	t.ends(&ends)
	for i := range t.Segments() {
		g := t.segment(i)
		lo, hi := g.shown(f)
		for j := lo; j < min(hi, ends[i]); j++ {
			step, v := g.at(j)
			b, ok := base.At(t.X(float64(step)))
			if !ok {
				continue
			}
			c := f.col(float64(step))
			out[min(max(c, 0), len(out)-1)].putOne(float32(float64(v)-b), j == 0)
		}
	}
}

// subtract takes a curve off another one, both in the same columns. A column
// where one of the two has a gap has one.
func subtract(cols, base []Column) {
	bridged(base, func(c int, b Column) {
		d := &cols[c]
		if b.N == 0 {
			*d = Column{Gap: d.Gap || b.Gap}
		}
		if d.N == 0 {
			return
		}
		up, down := d.Max-d.Mean, d.Mean-d.Min
		baseUp, baseDown := b.Max-b.Mean, b.Mean-b.Min
		d.Mean -= b.Mean
		d.Max = d.Mean + max(up-baseUp, baseDown-down, 0)
		d.Min = d.Mean - max(down-baseDown, baseUp-up, 0)
		d.First -= b.First
		d.Last -= b.Last
		d.Gap = d.Gap || b.Gap
	})
}

// Lower takes a curve's mean off each value of others, both in the same columns:
// of bands, whose spread is not the curve's.
func Lower(cols, base []Column) {
	bridged(base, func(c int, b Column) {
		d := &cols[c]
		if b.N == 0 {
			*d = Column{Gap: d.Gap || b.Gap}
			return
		}
		d.Min -= b.Mean
		d.Max -= b.Mean
		d.Mean -= b.Mean
		d.First -= b.Mean
		d.Last -= b.Mean
	})
}

// bridged yields each column of a curve: those between two with values as the
// line that joins these has them.
func bridged(cols []Column, yield func(c int, b Column)) {
	next := 0 // the first column that has not been yielded
	bridge(cols, func(c int, _, _, mean float32) {
		for ; next < c; next++ {
			yield(next, cols[next])
		}
		next++
		if cols[c].N > 0 {
			yield(c, cols[c])
			return
		}
		yield(c, Column{Min: mean, Max: mean, Mean: mean, First: mean, Last: mean, N: 1})
	})
	for ; next < len(cols); next++ {
		yield(next, cols[next])
	}
}
