package ending

import (
	"encoding/json"
	"fmt"
	"slices"

	"vigil/agent"
)

// Labelled is a turn end whose ending is known.
type Labelled struct {
	Name  string // what tells it from the others; may be empty
	Run   string // that it ended a turn of; may be empty
	Want  agent.Ending
	Facts agent.Facts
}

// ParseLabelled reads a turn end as ParseLine does, with its label: an ending,
// or "killed" for exited and "api_error" for error. ok is false for the labels
// "skip" and "compaction", which are no endings. An id or a run and i name it.
func ParseLabelled(b []byte) (l Labelled, ok bool, err error) {
	if l.Facts, err = ParseLine(b); err != nil {
		return l, false, err
	}
	var more struct {
		Label string `json:"label"`
		ID    string `json:"id"`
		Run   string `json:"run"`
		I     *int   `json:"i"`
	}
	if err = json.Unmarshal(b, &more); err != nil {
		return l, false, lineError(err)
	}
	l.Name = more.ID
	if l.Name == "" && more.I != nil {
		l.Name = fmt.Sprintf("%s %d", more.Run, *more.I)
	}
	l.Name, l.Run = agent.CleanLine(l.Name, 80), agent.CleanLine(more.Run, 80)
	switch more.Label {
	case "skip", "compaction":
		return l, false, nil
	case "killed":
		l.Want = agent.Gone
	case "api_error":
		l.Want = agent.Failed
	default:
		l.Want = agent.Ending(more.Label)
		if !slices.Contains(agent.Endings(), l.Want) {
			return l, false, fmt.Errorf("turn end: label %q: want one of %v", agent.CleanLine(more.Label, 40), agent.Endings())
		}
	}
	return l, true, nil
}

// Score counts how verdicts agree with labels. The zero value is empty.
type Score struct {
	N     int
	Right int
	// Confusion counts, by label, the endings that were found.
	Confusion map[agent.Ending]map[agent.Ending]int
}

// Add counts one turn end.
func (s *Score) Add(want, got agent.Ending) {
	if s.Confusion == nil {
		s.Confusion = map[agent.Ending]map[agent.Ending]int{}
	}
	if s.Confusion[want] == nil {
		s.Confusion[want] = map[agent.Ending]int{}
	}
	s.Confusion[want][got]++
	s.N++
	if want == got {
		s.Right++
	}
}

// Merge adds the counts of o.
func (s *Score) Merge(o Score) {
	for want, found := range o.Confusion {
		for got, n := range found {
			for range n {
				s.Add(want, got)
			}
		}
	}
}

// Rates are what is counted of one yes-or-no question.
type Rates struct{ TruePos, FalsePos, FalseNeg, TrueNeg int }

// Precision is the share of the found that are right; 1 where none was found.
func (r Rates) Precision() float64 { return share(r.TruePos, r.FalsePos) }

// Recall is the share of what is to be found that was; 1 where there is none.
func (r Rates) Recall() float64 { return share(r.TruePos, r.FalseNeg) }

// F1 is the harmonic mean of precision and recall.
func (r Rates) F1() float64 { return share(2*r.TruePos, r.FalsePos+r.FalseNeg) }

func share(right, wrong int) float64 {
	if right+wrong == 0 {
		return 1
	}
	return float64(right) / float64(right+wrong)
}

// Of returns the rates of one ending.
func (s *Score) Of(e agent.Ending) Rates {
	return s.rates(func(x agent.Ending) bool { return x == e })
}

// Nudge returns the rates of the question that matters most: to nudge, or to
// leave the agent alone.
func (s *Score) Nudge() Rates { return s.rates(agent.Ending.WantsNudge) }

func (s *Score) rates(yes func(agent.Ending) bool) Rates {
	var r Rates
	for want, found := range s.Confusion {
		for got, n := range found {
			switch {
			case yes(want) && yes(got):
				r.TruePos += n
			case yes(got):
				r.FalsePos += n
			case yes(want):
				r.FalseNeg += n
			default:
				r.TrueNeg += n
			}
		}
	}
	return r
}
