package curve

// outline is the dots that a curve of a [Density] touches.
type outline struct {
	id    ID
	run   *Run   // that it was drawn from; nil if it is not
	spans []span // in each column: these lie next to each other
	growth
}

// span is rows, the last one excluded.
type span struct{ top, end uint16 }

// growth is what has to be known of a curve to draw on from its last column.
type growth struct {
	ok     bool // it can be drawn on
	series int  // place of the series in the run
	done   int  // segments before the last one
	n      int  // points
	first  int  // point of the last segment in the grid
	level  int  // of the pyramid, that columns are rounded to
	col    int  // the last column with a value
	from   int  // its first point
	pen    pen  // where the curve came from to it
}

// pen is where a curve has come to: the last column with values, and the row
// that they end at. Col is negative where no line leads on.
type pen struct{ col, row int }

// is reports whether the outline is of a run; cheap if it was drawn from it.
func (t *outline) is(r *Run) bool { return t.run == r || t.id == r.ID }

// erase takes a curve out of the picture.
func (d *Density) erase(t *outline) {
	if t.run == nil {
		return
	}
	d.add(t.spans, 0, ^uint32(0))
	clear(t.spans)
	t.run = nil
}

// add adds n to the dots of a curve, from a column on.
func (d *Density) add(spans []span, col int, n uint32) {
	at := col * d.grid.Rows
	for _, s := range spans[col:] {
		if s.top < s.end {
			dots := d.counts[at+int(s.top) : at+int(s.end)]
			for i := range dots {
				dots[i] += n
			}
		}
		at += d.grid.Rows
	}
}

// draw puts a curve into the picture that is not in it.
func (d *Density) draw(t *outline, r *Run) {
	t.run, t.ok = r, false
	if cap(t.spans) < d.grid.Cols {
		t.spans = make([]span, d.grid.Cols)
	}
	t.spans = t.spans[:d.grid.Cols]
	tr, ok := r.Trace(d.grid.Metric, d.grid.Axis)
	if !ok {
		return
	}
	f, ok := newFrame(tr.ruler, d.grid.X0, d.grid.X1, d.grid.Cols, d.grid.LogX)
	if !ok {
		return
	}
	d.cols = clearColumns(d.cols, d.grid.Cols)
	tr.fill(&f, d.cols)
	p := pen{col: -1}
	for c := range d.cols {
		if d.cols[c].N > 0 {
			t.col, t.pen = c, p
			t.ok = true
		}
		d.column(t, &p, c, &d.cols[c])
	}
	d.add(t.spans, 0, 1)
	if t.ok = t.ok && d.grid.Axis == Step; t.ok {
		t.remember(r, tr.Series, &f, len(d.cols))
	}
}

// remember notes how to draw the curve on. It cannot be if its last column has
// points of several segments.
func (t *outline) remember(r *Run, s *Series, f *frame, cols int) {
	for i := range r.Series {
		if &r.Series[i].Series == s {
			t.series = i
		}
	}
	g := &s.cur
	t.done, t.n = len(s.done), s.n
	lo, hi := g.shown(f)
	t.level = levelOf(hi-lo, cols)
	t.first, t.from = lo, lo
	if t.col > 0 {
		t.from = max(lo, g.find(f.edge(t.col))&^mask(t.level))
	}
	t.ok = hi > lo && (t.done == 0 || t.from > 0)
}

// extend draws a curve on that has done nothing but grow.
func (d *Density) extend(t *outline, r *Run) bool {
	if !t.ok || t.run == nil || t.series >= len(r.Series) || r.Series[t.series].Name != d.grid.Metric {
		return false
	}
	s := &r.Series[t.series].Series
	if len(s.done) != t.done || s.n < t.n {
		return false
	}
	if s.n == t.n {
		t.run = r
		return true
	}
	f, g := &d.steps, &s.cur
	hi, last := g.n, float64(g.lastStep())
	if last >= d.past {
		hi = g.find(d.past)
	}
	if levelOf(hi-t.first, d.grid.Cols) != t.level {
		return false
	}
	c0, p, i := t.col, t.pen, t.from
	d.add(t.spans[:c0+1], c0, ^uint32(0))
	t.spans[c0] = span{}
	for c := c0; c < d.grid.Cols && i < hi; c++ {
		j := hi
		if c+1 < d.grid.Cols {
			if e := f.edge(c + 1); e <= last {
				j = min(max(g.findFrom(e, i/chunkLen)&^mask(t.level), i), hi)
			}
		}
		var col Column
		col.put(g, i, j, t.level, i == 0)
		if col.N > 0 {
			t.col, t.from, t.pen = c, i, p
		}
		d.column(t, &p, c, &col)
		i = j
	}
	d.add(t.spans[:t.col+1], c0, 1)
	t.run, t.n = r, s.n
	return true
}

// column takes up what a curve touches in a column, and on the way to it from
// the one before.
func (d *Density) column(t *outline, p *pen, x int, col *Column) {
	if col.N == 0 {
		if col.Gap {
			p.col = -1
		}
		return
	}
	top := d.row(col.Max)
	bottom, first, last := top, top, top
	if col.N > 1 {
		bottom, first, last = d.row(col.Min), d.row(col.First), d.row(col.Last)
	}
	if p.col >= 0 && !col.Start && col.First == col.First {
		d.join(t, *p, x, first)
	}
	d.touch(t, x, top, bottom)
	p.col, p.row = x, last
	if col.Last != col.Last {
		p.col = -1
	}
}

// join draws a line from the pen to a dot of a later column.
func (d *Density) join(t *outline, p pen, x, y int) {
	dx, dy := x-p.col, y-p.row
	prev := p.row
	for i := 1; i <= dx; i++ {
		at := p.row + (2*dy*i+dx)/(2*dx)
		if dy < 0 {
			at = p.row - (-2*dy*i+dx)/(2*dx)
		}
		// Half of the way in the column before, half in this one.
		mid := (prev + at) / 2
		d.touch(t, p.col+i-1, prev, mid)
		d.touch(t, p.col+i, mid, at)
		prev = at
	}
}

// touch adds the rows from a to b, as far as they lie in the grid.
func (d *Density) touch(t *outline, x, a, b int) {
	if a > b {
		a, b = b, a
	}
	a, b = max(a, 0), min(b+1, d.grid.Rows)
	if a >= b {
		return
	}
	s := &t.spans[x]
	if s.top == s.end {
		*s = span{uint16(a), uint16(b)}
		return
	}
	s.top, s.end = min(s.top, uint16(a)), max(s.end, uint16(b))
}
