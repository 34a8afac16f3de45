package ending_test

import (
	"strings"
	"testing"

	"vigil/agent"
	"vigil/agent/ending"
)

func TestScore(t *testing.T) {
	var s ending.Score
	if r := s.Nudge(); r.F1() != 1 || r.Precision() != 1 {
		t.Errorf("nothing counted: %+v", r)
	}
	for _, p := range [][2]agent.Ending{
		{agent.Terminal, agent.Terminal},
		{agent.Terminal, agent.Empty}, // wrong, but a nudge all the same
		{agent.Terminal, agent.Waits},
		{agent.Waits, agent.Stalled},
		{agent.Waits, agent.Waits},
	} {
		s.Add(p[0], p[1])
	}
	if r := s.Nudge(); r != (ending.Rates{TruePos: 2, FalsePos: 1, FalseNeg: 1, TrueNeg: 1}) {
		t.Errorf("nudge: %+v", r)
	}
	r := s.Of(agent.Terminal)
	if r != (ending.Rates{TruePos: 1, FalseNeg: 2, TrueNeg: 2}) || r.Precision() != 1 || r.F1() != 0.5 {
		t.Errorf("terminal: %+v, F1 %v", r, r.F1())
	}
	if s.N != 5 || s.Right != 2 || s.Confusion[agent.Waits][agent.Stalled] != 1 {
		t.Errorf("score = %+v", s)
	}
}

func TestParseLabelled(t *testing.T) {
	for _, c := range []struct {
		line, name string
		want       agent.Ending
		ok         bool
		err        string
	}{
		{`{"text":"Done.","label":"terminal","id":"a1"}`, "a1", agent.Terminal, true, ""},
		{`{"text":"","last_event":"tool_use","label":"killed","run":"r","i":7}`, "r 7", agent.Gone, true, ""},
		{`{"text":"x","label":"api_error"}`, "", agent.Failed, true, ""},
		{`{"text":"x","label":"skip"}`, "", "", false, ""},
		{`{"text":"x","label":"compaction"}`, "", "", false, ""},
		{`{"text":"x","label":"done"}`, "", "", false, `label "done": want one of`},
		{`{"text":"x"}`, "", "", false, `label ""`},
		{`{"text":1,"label":"terminal"}`, "", "", false, "want a string"},
	} {
		l, ok, err := ending.ParseLabelled([]byte(c.line))
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v", c.line, err)
			}
		case err != nil || ok != c.ok || ok && (l.Want != c.want || l.Name != c.name):
			t.Errorf("%s: %+v, %v, %v", c.line, l, ok, err)
		}
	}
}
