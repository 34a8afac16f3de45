package curve

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"vigil/remote"
)

// recipe is a training candidate: what all its seeds have in common.
type recipe struct {
	name  string
	plan  int64
	every int64   // steps from validation to validation
	floor float64 // what the loss would fall to in the end
	rate  float64 // how slowly it does: the exponent of the power law
	fall  float64 // by how much it falls as the learning rate does
	decay float64 // the part of the plan at which the learning rate begins to fall
}

// candidate makes up a recipe, as an agent would vary a base line: most are
// about as good, some worse, a few better.
// Every late-th one has its learning rate fall late, and far; none if it is 0.
func candidate(r *rand.Rand, i, late int) recipe {
	c := recipe{
		name: fmt.Sprintf("v%d%c", 1+i/26, 'a'+i%26), plan: 3000, every: 125,
		floor: 2.9 + 0.02*r.NormFloat64(), rate: 0.42 + 0.01*r.NormFloat64(),
		fall: 0.2 + 0.01*r.NormFloat64(), decay: 0.35 + 0.05*r.Float64(),
	}
	if late > 0 && i%late == 0 {
		c.decay, c.fall = 0.7, c.fall+0.03
	}
	return c
}

// loss is the expected validation loss at a step, as of a small GPT: from 10.8
// down by a power law, and once more while the learning rate falls.
func (c recipe) loss(step int64) float64 {
	x := float64(step)
	v := c.floor + (10.82-c.floor)*math.Pow(1+x/30, -c.rate-0.1)
	if f := x / float64(c.plan); f > c.decay {
		v -= c.fall * math.Pow((f-c.decay)/(1-c.decay), 1.3)
	}
	return v
}

// digits rounds as logs print.
func digits(v float64, n int) float64 {
	p := math.Pow(10, float64(n))
	return math.Round(v*p) / p
}

// run lets a writer have a seed of the recipe up to a step.
func (c recipe) run(r *rand.Rand, s *Store, seed int, upTo int64) *Writer {
	w := s.Writer(remote.Source{Key: "agent", Host: "local", Path: fmt.Sprintf("/w/runs/%s-s%d.log", c.name, seed)})
	luck := 0.003 * r.NormFloat64()
	rec := remote.Record{Plan: c.plan}
	for step := int64(0); step <= min(upTo, c.plan); step += c.every {
		v := c.loss(step) + luck*math.Sqrt(float64(step)/float64(c.plan)) + 0.0008*r.NormFloat64()
		rec.Step, rec.Wall = step, 0.7*float64(step)
		rec.Metrics = append(rec.Metrics[:0], remote.Metric{Name: "val_loss", Raw: "val_loss", Value: digits(v, 5)})
		w.Add(rec)
	}
	w.Seen(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC).Add(seconds(0.7 * float64(upTo))))
	return w
}

// fleet fills a store with n runs of m points each, as the logs of speedruns
// have them.
func fleet(s *Store, n, m int) {
	r := rand.New(rand.NewPCG(10, 20))
	c := candidate(r, 0, 0)
	c.plan = int64(m - 1)
	c.every = 1
	mean := make([]float64, m)
	for i := range mean {
		mean[i] = c.loss(int64(i))
	}
	rec := remote.Record{Plan: c.plan, Metrics: []remote.Metric{{Name: "train_loss", Raw: "train_loss"}}}
	for i := range n {
		w := s.Writer(remote.Source{Key: "agent", Host: "head", Path: fmt.Sprintf("/home/lab/v3/scratchpad/runs/v%03d-s%d.log", i/4, i%4)})
		off := 0.05 * r.NormFloat64()
		for step := range m {
			rec.Step, rec.Wall = int64(step), 0.7*float64(step)
			rec.Metrics[0].Value = digits(mean[step]+off+0.02*(r.Float64()-0.5), 4)
			w.Add(rec)
		}
		w.Quiet()
	}
}
