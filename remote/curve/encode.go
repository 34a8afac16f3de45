package curve

import (
	"encoding/binary"
	"math"
)

// runInfo encodes what is known of a run without its points.
func (e *encoder) runInfo(r *Run) {
	e.text(r.Host)
	e.text(r.Path)
	e.uint(uint64(r.Index))
	for _, s := range []string{r.Key, r.Name, r.Label, string(r.Status), r.Cause} {
		e.text(s)
	}
	e.int(r.Step)
	e.int(r.Plan)
	e.time(r.Started)
	e.time(r.Updated)
	e.time(r.first)
	e.int(r.Note.Step)
	e.text(r.Note.Text)
	e.uint(uint64(len(r.Config)))
	for _, s := range r.Config {
		e.text(s.Key)
		e.text(s.Value)
	}
	e.uint(uint64(len(r.Series)))
	for i := range r.Series {
		s := &r.Series[i]
		e.text(s.Name)
		e.text(s.Raw)
		if e.flag(s.some); s.some {
			e.point(s.last)
			e.point(s.least)
		}
	}
}

func (d *decoder) runInfo(r *Run) {
	r.Host, r.Path = d.word(), d.text()
	r.Index = int(min(d.uint(), maxRuns))
	r.Key, r.Name, r.Label, r.Status, r.Cause = d.word(), d.text(), d.text(), Status(d.word()), d.text()
	r.Step, r.Plan = d.int(), d.int()
	r.Started, r.Updated, r.first = d.time(), d.time(), d.time()
	r.Note.Step, r.Note.Text = d.int(), d.text()
	if n := d.count(2); n <= maxSettings {
		r.Config = make([]Setting, n)
	} else {
		d.fail()
	}
	for i := range r.Config {
		r.Config[i] = Setting{d.word(), d.word()}
	}
	r.perStep = tokensPerStep(r.Config)
	r.relate()
	if n := d.count(3); n <= maxSeries {
		r.Series = make([]Named, n)
	} else {
		d.fail()
	}
	for i := range r.Series {
		s := &r.Series[i]
		s.Name, s.Raw = d.word(), d.word()
		if s.some = d.flag(); s.some {
			s.last, s.least = d.point(), d.point()
		}
	}
}

func (e *encoder) point(p Point) {
	e.int(p.Step)
	e.float(p.Value)
}

func (d *decoder) point() Point { return Point{d.int(), d.float()} }

// runPoints encodes a run's points and meters.
func (e *encoder) runPoints(r *Run) {
	for _, m := range []*meter{&r.wall, &r.tokens, &r.real} {
		e.meter(m)
	}
	for i := range r.Series {
		e.series(&r.Series[i].Series)
	}
}

// runPoints decodes them into a run whose series have their names.
func (d *decoder) runPoints(r *Run) {
	for _, m := range []*meter{&r.wall, &r.tokens, &r.real} {
		d.meter(m)
	}
	for i := range r.Series {
		d.series(&r.Series[i].Series)
	}
	if len(d.b) > 0 {
		d.fail()
	}
}

func (e *encoder) meter(m *meter) {
	e.uint(uint64(len(m.ticks)))
	if !m.some() {
		return
	}
	for _, t := range m.ticks {
		e.tick(t)
	}
	e.tick(m.newest)
	e.float(m.lo)
	e.float(m.hi)
	e.float(m.plus)
	e.uint(uint64(m.resets))
}

func (d *decoder) meter(m *meter) {
	const size = 9 // of a tick, at least
	n := d.count(size)
	if n == 0 {
		return
	}
	m.ticks = make([]tick, n)
	for i := range m.ticks {
		if m.ticks[i] = d.tick(); i > 0 && !m.ticks[i-1].before(m.ticks[i]) {
			d.fail()
		}
	}
	m.newest = d.tick()
	if end := m.ticks[n-1]; m.newest != end && !end.before(m.newest) {
		d.fail()
	}
	m.lo, m.hi, m.plus = d.float(), d.float(), d.float()
	m.resets = int(min(d.uint(), meterResets))
}

func (e *encoder) tick(t tick) {
	e.int(t.step)
	e.float(t.at)
}

func (d *decoder) tick() tick { return tick{d.int(), d.float()} }

// before reports whether u can follow t.
func (t tick) before(u tick) bool { return t.step < u.step && t.at <= u.at }

func (e *encoder) series(s *Series) {
	n := s.Segments()
	e.uint(uint64(n))
	for i := range n {
		e.segment(s.segment(i))
	}
}

func (d *decoder) series(s *Series) {
	n := d.count(1)
	if n > maxSegments+1 {
		d.fail()
	}
	for i := 0; i < n && !d.bad; i++ {
		if i > 0 {
			s.done = append(s.done, s.cur)
		}
		s.cur = segment{}
		d.segment(&s.cur)
		s.n += s.cur.n
	}
}

func (e *encoder) segment(g *segment) {
	e.uint(uint64(g.n))
	for i := range g.full {
		e.chunk(&g.full[i])
	}
	e.chunk(&g.tail)
}

// segment decodes the points, and builds the pyramid over them.
func (d *decoder) segment(g *segment) {
	n := d.count(2)
	if n == 0 || n > maxLen {
		d.fail()
		return
	}
	g.full = make([]chunk, (n-1)/chunkLen)
	for i := range g.full {
		d.chunk(&g.full[i], chunkLen)
		if i > 0 && g.full[i].base < g.full[i-1].step(chunkLen-1) {
			d.fail()
		}
		if d.bad {
			return
		}
	}
	d.chunk(&g.tail, n-len(g.full)*chunkLen)
	if d.bad || len(g.full) > 0 && g.tail.base < g.full[len(g.full)-1].step(chunkLen-1) {
		d.fail()
		return
	}
	g.build(n)
}

// build makes the pyramid over n points.
func (g *segment) build(n int) {
	for k := range g.lv {
		if m := n >> (fanBits * (k + 1)); m > 0 {
			g.lv[k] = make([]bucket, 0, m)
			if k >= 1 && k < endLevels {
				g.ends[k-1] = make([]ends, 0, m)
			}
		}
	}
	for g.n = fan; g.n <= n; g.n += fan {
		g.grow()
	}
	g.n = n
}

// The ways in which a chunk's points are kept.
const (
	irregular = 1 << iota // steps one by one
	whole                 // values packed
)

// maxStep is beyond any step of a training, and far from where sums of steps
// overflow.
const maxStep = 1 << 60

func (e *encoder) chunk(c *chunk) {
	e.int(c.base)
	var kind byte
	if c.offs != nil {
		kind |= irregular
	}
	if c.packed != nil {
		kind |= whole
	}
	e.b = append(e.b, kind)
	if c.offs == nil {
		e.int(c.stride)
	} else {
		last := uint32(0)
		for _, o := range c.offs {
			e.uint(uint64(o - last))
			last = o
		}
	}
	if c.packed == nil {
		for _, v := range c.vals {
			e.b = binary.LittleEndian.AppendUint32(e.b, math.Float32bits(v))
		}
		return
	}
	e.int(c.low)
	e.float(c.unit)
	for _, u := range c.packed {
		e.b = binary.LittleEndian.AppendUint16(e.b, u)
	}
}

// chunk decodes a chunk of n points.
func (d *decoder) chunk(c *chunk, n int) {
	c.base = d.int()
	kind := d.take(1)
	if d.bad || kind[0] > irregular|whole || c.base > maxStep || c.base < -maxStep {
		d.fail()
		return
	}
	if kind[0]&irregular == 0 {
		if c.stride = d.int(); c.stride < 0 || c.stride > maxStep/chunkLen {
			d.fail()
		}
	} else {
		d.steps(c, n)
	}
	if kind[0]&whole != 0 {
		c.low, c.unit = d.int(), d.float()
		raw := d.take(2 * n)
		if d.bad || !(c.unit >= 1) || c.low > far || c.low < -far {
			d.fail()
			return
		}
		c.packed = make([]uint16, n)
		for i := range c.packed {
			c.packed[i] = binary.LittleEndian.Uint16(raw[2*i:])
		}
		return
	}
	raw := d.take(4 * n)
	if d.bad {
		return
	}
	c.vals = make([]float32, n)
	for i := range c.vals {
		c.vals[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
}

// steps decodes n steps that are irregular.
func (d *decoder) steps(c *chunk, n int) {
	if n > len(d.b) {
		d.fail()
		return
	}
	c.offs = make([]uint32, n)
	at := uint64(0)
	for i := range c.offs {
		if at += min(d.uint(), math.MaxUint32); at > math.MaxUint32 {
			d.fail()
			return
		}
		c.offs[i] = uint32(at)
	}
	if c.offs[0] != 0 {
		d.fail()
	}
}
