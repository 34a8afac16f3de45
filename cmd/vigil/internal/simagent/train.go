package simagent

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// training is one run of a training candidate.
type training struct {
	run     string  // name of the log, without ".log"
	variant string  // file under scratchpad/variants
	steps   int     // of the schedule
	final   float64 // val_loss at the last step
}

const (
	sparse = 125 // steps between validations ...
	dense  = 25  // ... and in the last tenth
	stepMS = 770.5
)

// lines returns the run's log in the speedrun's format, one validation a line.
// The curve falls by a power law and then by the cooldown of the learning rate
// over the last 55 %, as the real ones do, and ends exactly at the final loss.
func (t training) lines() []string {
	noise := rand.New(rand.NewPCG(uint64(t.steps), seedOf(t.run)))
	stable := func(s float64) float64 { return 3.36 + 17*math.Pow(s+20, -0.55) }
	end := float64(t.steps)
	drop := stable(end) - t.final
	var out []string
	for s := 0; s <= t.steps; s++ {
		in := s%sparse == 0 || (s > t.steps*9/10 && s%dense == 0) || s == t.steps
		if !in {
			continue
		}
		x := float64(s)
		loss := stable(x) - drop*math.Pow(max(0, (x/end-0.45)/0.55), 1.2)
		switch s {
		case 0:
			loss = 10.82584 // ln of the vocabulary: untrained
		case t.steps:
			loss = t.final
		default:
			loss += (noise.Float64() - 0.5) * 0.004
		}
		avg := fmt.Sprintf("%.2f", stepMS)
		if s == 0 {
			avg = "nan"
		}
		out = append(out, fmt.Sprintf("step:%d/%d val_loss:%.5f train_time:%.3fs step_avg:%sms",
			s, t.steps, loss, x*stepMS/1000, avg))
	}
	return out
}

func seedOf(s string) uint64 {
	var h uint64 = 14695981039346656037 // FNV-1a
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// head is what a training log begins with: the source of its variant.
func (t training) head() string {
	return strings.Repeat("=", 100) + "\n" + t.source() + strings.Repeat("=", 100) + "\nseed:12648430\n"
}

// source is the variant's file.
func (t training) source() string {
	return fmt.Sprintf(`"""%s: one change against the base recipe."""
train_steps = %d
print0(f"step:{step}/{train_steps} val_loss:{val_loss:.5f}")
`, t.variant, t.steps)
}

// Log returns what a training run writes: the head with its source, and a line
// for each validation, the last of them with the final loss.
func Log(run string, steps int, final float64) (head string, lines []string) {
	t := training{run, run, steps, final}
	return t.head(), t.lines()
}
