package curve

import (
	"math"
	"strings"
)

// Parent returns the run that a run was made from, as far as names and
// configurations tell: a setting names it ("parent", "init_from", ...), the
// name does ("x-from-v11b"), the name continues another one ("v11c-qkvp" of
// "v11c"), or is the next letter ("v11c" after "v11b", "v11a" after "v11").
// Of several seeds it is the one that came furthest. Nil if nothing tells.
func Parent(r *Run, all []*Run) *Run {
	own := r.kin
	for _, want := range ancestors(r, own) {
		var best *Run
		for _, q := range all {
			if q == r || q.Key != r.Key || q.kin == "" || q.kin == own || !strings.EqualFold(q.kin, want) {
				continue
			}
			if best == nil || q.Step > best.Step {
				best = q
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// ancestors lists the stems of names that a run's parent may have, the surest
// first.
func ancestors(r *Run, own string) []string {
	var out []string
	add := func(name string) {
		if name = Stem(name); name != "" {
			out = append(out, name)
		}
	}
	if v, ok := r.Setting("parent", "base", "baseline", "base_run", "init_from", "resume_from", "from"); ok {
		v = v[strings.LastIndexByte(v, '/')+1:]
		for _, ext := range []string{".py", ".log", ".txt", ".pt"} {
			v = strings.TrimSuffix(v, ext)
		}
		add(v)
	}
	for _, sep := range []string{"-from-", "_from_", ".from."} {
		if _, from, ok := strings.Cut(own, sep); ok {
			add(from)
		}
	}
	for rest := own; ; {
		i := strings.LastIndexAny(rest, "-_.")
		if i <= 0 {
			break
		}
		rest = rest[:i]
		add(rest)
	}
	if n := len(own); n > 1 && own[n-2] >= '0' && own[n-2] <= '9' {
		switch c := own[n-1]; {
		case c == 'a' || c == 'A':
			add(own[:n-1])
		case 'b' <= c && c <= 'z', 'B' <= c && c <= 'Z':
			add(own[:n-1] + string(c-1))
		}
	}
	return out
}

// Gap is how far a run is behind another one at equal step; it is ahead where
// the numbers are negative.
type Gap struct {
	Step  int64
	Delta float64 // in value
	Steps float64 // since the other one had this value
}

// Behind compares a run with its parent at the last step of the metric that
// both have. False if there is none.
func Behind(r, parent *Run, metric string) (Gap, bool) {
	if r == nil || parent == nil {
		return Gap{}, false
	}
	a, b := r.Metric(metric), parent.Metric(metric)
	if a == nil || b == nil || a.n == 0 || b.n == 0 {
		return Gap{}, false
	}
	_, step, _ := a.Bounds()
	_, end, _ := b.Bounds()
	step = min(step, end)
	ya, oka := a.between(float64(step))
	yb, okb := b.between(float64(step))
	if !oka || !okb {
		return Gap{}, false
	}
	g := Gap{Step: step, Delta: ya - yb}
	switch {
	case g.Delta > 0:
		x, _ := Crossing(b, ya)
		g.Steps = max(float64(step)-x, 0)
	case g.Delta < 0:
		x, _ := Crossing(a, yb)
		g.Steps = min(x-float64(step), 0)
	}
	return g, true
}

// between returns the value of the curve at a step, on the line between the
// points on either side. False outside of the curve and in gaps.
func (s *Series) between(step float64) (float64, bool) {
	for i := len(s.done); i >= 0 && s.n > 0; i-- {
		g := s.segment(i)
		if float64(g.firstStep()) > step {
			continue
		}
		j := g.find(math.Nextafter(step, math.Inf(1))) // behind the point at or before step
		x0, y0 := g.at(j - 1)
		if float64(x0) == step {
			return float64(y0), y0 == y0
		}
		x1, y1, ok := s.after(i, j)
		if !ok || y0 != y0 || y1 != y1 {
			return 0, false
		}
		f := (step - float64(x0)) / float64(x1-x0)
		return float64(y0) + f*(float64(y1)-float64(y0)), true
	}
	return 0, false
}

// after returns the point of the curve at or behind point j of segment i.
func (s *Series) after(i, j int) (int64, float32, bool) {
	if j < s.live(i) {
		x, y := s.segment(i).at(j)
		return x, y, true
	}
	for i++; i < s.Segments(); i++ {
		if s.live(i) > 0 {
			x, y := s.segment(i).at(0)
			return x, y, true
		}
	}
	return 0, 0, false
}
