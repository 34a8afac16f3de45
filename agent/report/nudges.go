package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// nudges takes the nudges of a session.
func (b *builder) nudges(s agent.PastAgent) bool {
	ended := map[string]time.Time{}
	for _, t := range s.Turns {
		ended[t.EndID] = t.Ended
	}
	n, known := &b.a.Nudges, false
	for _, x := range s.Nudges {
		if !b.in(x.PlannedAt) {
			continue
		}
		known = true
		switch {
		case x.DryRun:
			n.DryRun++
		case x.Step():
			n.Steps++
		default:
			n.take(x)
			if at := ended[x.EndID]; !at.IsZero() && x.ReceivedAt.After(at) {
				n.waits = append(n.waits, x.ReceivedAt.Sub(at))
			}
		}
		b.mark(Mark{At: x.PlannedAt, Type: agent.MNudge, Ending: x.Ending, Status: x.Status, Text: step(x)})
	}
	return known
}

// step says what a nudge was.
func step(n agent.Nudge) string {
	what := ""
	switch n.Rung {
	case agent.StepCompact:
		what = "compact the context"
	case agent.StepFresh:
		what = "begin a fresh session"
	case agent.StepRestart:
		what = "start it again"
	default:
		what = n.Text
	}
	if n.DryRun {
		what = "(dry run) " + what
	}
	return what
}

func (n *Nudges) take(x agent.Nudge) {
	n.Planned++
	if x.Manual {
		n.Manual++
	}
	received := !x.ReceivedAt.IsZero()
	switch x.Status {
	case agent.Received:
		received = true
	case agent.Effective:
		received = true
		n.Effective++
	case agent.Wasted:
		received = true
		n.Wasted++
	case agent.Dropped:
		n.Dropped++
	}
	if received {
		n.Received++
	}
	if received || !x.SentAt.IsZero() || x.Status == agent.Sent {
		n.Sent++
	}
}

// hold counts why nudges were held back. Reasons that differ in their numbers
// only ("a person typed 4 s ago") are the same, told as first heard.
func (n *Nudges) hold(h Held) {
	same := func(x Held) bool { return digitless(x.Why) == digitless(h.Why) }
	if i := slices.IndexFunc(n.Held, same); i >= 0 {
		n.Held[i].N += h.N
		return
	}
	n.Held = append(n.Held, h)
}

func digitless(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return -1
		}
		return c
	}, s)
}

// add adds the totals of one agent to those of all.
func (t *Totals) add(o Totals) {
	t.Turns += o.Turns
	t.Tools += o.Tools
	t.Worked += o.Worked
	t.Idle += o.Idle
	for _, c := range o.Endings {
		i := slices.IndexFunc(t.Endings, func(x Count) bool { return x.Ending == c.Ending })
		if i < 0 {
			t.Endings = append(t.Endings, c)
			continue
		}
		t.Endings[i].N += c.N
	}
	for _, c := range o.Causes {
		t.addCause(c)
	}
	n, m := &t.Nudges, o.Nudges
	n.Planned, n.Sent, n.Received = n.Planned+m.Planned, n.Sent+m.Sent, n.Received+m.Received
	n.Effective, n.Wasted, n.Dropped = n.Effective+m.Effective, n.Wasted+m.Wasted, n.Dropped+m.Dropped
	n.Manual, n.Steps, n.DryRun = n.Manual+m.Manual, n.Steps+m.Steps, n.DryRun+m.DryRun
	n.waits = append(n.waits, m.waits...)
	for _, h := range m.Held {
		n.hold(h)
	}
	t.Runs.Ended, t.Runs.Failed, t.Runs.Hit = t.Runs.Ended+o.Runs.Ended, t.Runs.Failed+o.Runs.Failed, t.Runs.Hit+o.Runs.Hit
	t.addTokens(o.Tokens)
	t.addGPU(o.GPU)
}

func (t *Totals) addCause(c Cause) {
	i := slices.IndexFunc(t.Causes, func(x Cause) bool { return x.Ending == c.Ending })
	if i < 0 {
		t.Causes = append(t.Causes, c)
		return
	}
	x := &t.Causes[i]
	x.Total, x.N = x.Total+c.Total, x.N+c.N
	if c.Longest.Len() > x.Longest.Len() {
		x.Longest, x.Agent = c.Longest, c.Agent
	}
}

func (t *Totals) addTokens(o *Tokens) {
	if o == nil {
		return
	}
	if t.Tokens == nil {
		t.Tokens = &Tokens{}
	}
	t.Tokens.Input += o.Input
	t.Tokens.CachedInput += o.CachedInput
	t.Tokens.Output += o.Output
}

func (t *Totals) addGPU(o *GPU) {
	if o == nil {
		return
	}
	if t.GPU == nil {
		t.GPU = &GPU{}
	}
	t.GPU.Held += o.Held
	t.GPU.Busy += o.Busy
	t.GPU.Idle += o.Idle
}

// settle puts the lists in order, when all is in.
func (t *Totals) settle() {
	order := agent.Endings()
	slices.SortStableFunc(t.Endings, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(slices.Index(order, a.Ending), slices.Index(order, b.Ending)))
	})
	slices.SortStableFunc(t.Causes, func(a, b Cause) int { return cmp.Compare(b.Total, a.Total) })
	slices.SortStableFunc(t.Nudges.Held, func(a, b Held) int { return cmp.Compare(b.N, a.N) })
	if w := t.Nudges.waits; len(w) > 0 {
		slices.Sort(w)
		t.Nudges.After = w[len(w)/2]
	}
}
