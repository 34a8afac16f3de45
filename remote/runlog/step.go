package runlog

import "math"

// stepSource says which of a record's names told its step, the better the
// lower.
type stepSource uint8

const (
	stepNone   stepSource = iota
	stepItself            // "step"
	stepGlobal            // "global_step", of all parts of a program
	stepOther             // "iteration", "_step"
	stepEpoch
)

// stepName returns what a name says of the step.
func stepName(raw []byte) stepSource {
	switch string(raw) {
	case "step", "Step", "s":
		return stepItself
	case "global_step", "trainer/global_step", "train/global_step", "global step":
		return stepGlobal
	case "_step", "iter", "Iter", "iteration", "Iteration", "iters", "it", "update":
		return stepOther
	}
	return stepNone
}

// planName reports whether a name is that of how many steps are planned.
func planName(raw []byte) bool {
	switch string(raw) {
	case "total_steps", "max_steps", "num_iterations", "total_iterations", "max_iters", "train_steps", "num_steps":
		return true
	}
	return false
}

// takeStep takes the step of the line, if by is better than what told it.
func (p *Parser) takeStep(by stepSource, v float64) {
	const most = 1 << 53
	l := &p.line
	if (l.by == stepNone || by < l.by) && v >= 0 && v <= most && v == math.Trunc(v) {
		l.by, l.step = by, int64(v)
	}
}

// takePlan takes the planned steps of the line.
func (p *Parser) takePlan(v float64) {
	if v >= 1 && v <= math.MaxInt32 {
		p.line.plan = int64(v)
	}
}
