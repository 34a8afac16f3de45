package supervise

import (
	"slices"

	"vigil/agent"
)

// leased takes in who may send nudges. Who has it from another process does not
// know what that one has sent since it last looked, and asks the journal before
// it sends anything.
func (s *State) leased(o Leased) {
	taken := o.Mine && !s.lease.Mine && s.lease.Holder != ""
	s.lease = o
	if !taken {
		return
	}
	for _, t := range s.ordered() {
		if t.restored {
			t.restored = false
			s.do(Restore{Agent: t.Agent, Again: true})
		}
	}
}

// recall takes in what the journal knows of the nudges that another process has
// sent. Of those that this one knows, what has come further counts: its own
// writes to the journal may be under way.
func (t *track) recall(nudges []agent.Nudge) {
	merged := slices.Clone(nudges)
	for _, own := range t.nudges {
		i := slices.IndexFunc(merged, func(n agent.Nudge) bool { return n.Key == own.Key })
		switch {
		case i < 0:
			merged = append(merged, own)
		case further(own.Status, merged[i].Status):
			merged[i] = own
		default:
			merged[i].Tries, merged[i].Pasted = own.Tries, own.Pasted
		}
	}
	slices.SortStableFunc(merged, func(a, b agent.Nudge) int { return a.PlannedAt.Compare(b.PlannedAt) })
	t.nudges, t.wasted, t.sentAt = merged, 0, nil
	for _, n := range merged {
		t.count(n)
	}
}

// further reports whether a nudge with the first status has come further than
// one with the second, or as far.
func further(a, b agent.NudgeStatus) bool {
	rank := []agent.NudgeStatus{agent.Planned, agent.Sent, agent.Received, agent.Dropped, agent.Wasted, agent.Effective}
	return slices.Index(rank, a) >= slices.Index(rank, b)
}
