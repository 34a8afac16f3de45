package agent

import (
	"testing"
	"time"
)

func TestSessionFold(t *testing.T) {
	at := time.Date(2026, 5, 2, 3, 0, 0, 0, time.UTC)
	tick := func() time.Time { at = at.Add(time.Second); return at }
	var s Session
	for _, e := range []Event{
		{Type: Prompt, ID: "p1", Text: "start", Origin: Human},
		{Type: ToolCall, ID: "a1", Call: &Call{ID: "c1", Name: "Bash", Summary: "sbatch run.sh"}},
		{Type: TaskStarted, ID: "a2", Task: &Task{ID: "t1", Kind: Shell, Wakes: true}},
		{Type: ToolResult, ID: "a2", Call: &Call{ID: "c1"}},
		{Type: Queued, Text: "keep going"},
		{Type: Message, ID: "a3", Text: "Waiting.", Final: true},
		{Type: TurnEnded, ID: "e1"},
	} {
		e.At = tick()
		s.Apply(e)
	}
	if s.Turn.Running() || s.Turn.EndID != "a3" || s.Turn.Final != "Waiting." || s.Turn.Last != LastText {
		t.Fatalf("turn = %+v", s.Turn)
	}
	if s.Turn.ResultAfter || len(s.Turn.Open) != 0 || s.Turn.Tools != 1 || len(s.Tasks) != 1 || len(s.Queue) != 1 {
		t.Fatalf("session = %+v", s)
	}

	kept := s.Clone()
	s.Apply(Event{Type: Prompt, ID: "p2", Text: "keep going", At: tick()})
	s.Apply(Event{Type: ToolCall, ID: "a4", Call: &Call{ID: "c2", Name: "Bash"}, At: tick()})
	s.Apply(Event{Type: TaskEnded, Task: &Task{ID: "t1"}, At: tick()})
	s.Apply(Event{Type: TurnFailed, ID: "f1", Failure: &Failure{Ending: Failed}, At: tick()})
	if s.Turn.N != 2 || s.Turn.Failure == nil || s.Failed != 1 || len(s.Queue) != 0 || len(s.Tasks) != 0 {
		t.Fatalf("session = %+v", s)
	}
	if kept.Turn.N != 1 || len(kept.Tasks) != 1 || len(kept.Queue) != 1 {
		t.Fatalf("the clone changed: %+v", kept)
	}

	// The client retried by itself and went on: no end after all.
	s.Apply(Event{Type: Message, ID: "a5", Text: "Recovered.", At: tick()})
	if !s.Turn.Running() || s.Turn.Failure != nil {
		t.Fatalf("turn = %+v", s.Turn)
	}
}

func TestDaySpan(t *testing.T) {
	night := DaySpan{From: 23 * time.Hour, To: 7 * time.Hour}
	for h, want := range map[int]bool{22: false, 23: true, 3: true, 7: false, 12: false} {
		if got := night.Covers(time.Date(2026, 1, 1, h, 0, 0, 0, time.UTC)); got != want {
			t.Errorf("at %d h: %v, want %v", h, got, want)
		}
	}
}

// A mark that comes late tells more than the silence before it.
func TestALateMarkMendsASilentEnd(t *testing.T) {
	for _, mark := range []Event{
		{Type: TurnFailed, ID: "x", Failure: &Failure{Ending: Empty}},
		{Type: TurnEnded, ID: "x"},
	} {
		var s Session
		s.Apply(Event{Type: Prompt, ID: "p"})
		s.Apply(Event{Type: ToolCall, ID: "c", Call: &Call{ID: "c"}})
		s.Turn.Aborted, s.Turn.Silent = true, true
		s.EndTurn(time.Time{}.Add(1), "c")
		end := s.Turn.EndID
		s.Apply(mark)
		if s.Turn.Aborted || s.Turn.Silent || s.Turn.EndID != end || s.Turn.Failure != mark.Failure {
			t.Errorf("%+v", s.Turn)
		}
	}
	var s Session
	s.Apply(Event{Type: Prompt, ID: "p"})
	s.Apply(Event{Type: TurnAborted, ID: "a"})
	s.Apply(Event{Type: TurnFailed, ID: "x", Failure: &Failure{Ending: Empty}})
	if !s.Turn.Aborted {
		t.Error("what a person did is forgotten")
	}
}
