package supervise

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

// A process that begins in the middle of a night knows how it began, and counts
// nothing twice that it hears too.
func TestThePastIsRecalled(t *testing.T) {
	for _, late := range []bool{false, true} {
		n := newNight(t, agent.Claude, nil)
		var past []agent.Event
		for i := range 60 {
			past = append(past, agent.Event{Type: agent.ToolResult, ID: fmt.Sprint("p", i), At: n.now.Add(time.Duration(i-60) * 15 * time.Minute), Call: &agent.Call{ID: "c"}, Signs: &agent.Signs{
				Trials: []agent.Trial{{Horizon: 3000, Loss: 3.281 + float64(i%9)*1e-4, Took: float64(i + 1)}},
				Edits:  []agent.Edit{{Path: "train.py", Lines: []uint64{7}, Knobs: []string{"lr"}}},
			}})
		}
		heard := Heard{ID: n.id, Events: past[55:], First: true}
		if late {
			n.see(heard)
			n.see(Recalled{ID: n.id, Events: past})
		} else {
			n.see(Recalled{ID: n.id, Events: past})
			n.see(heard)
		}
		got := n.conditions()[agent.Grinding]
		if !strings.Contains(got, "60 trials since the first one") || !strings.Contains(got, "lr (60 edits)") {
			t.Errorf("recalled late %v: %q", late, got)
		}
	}
}

func TestLookBackReadsTheSession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.jsonl")
	text := `{"type":"user","uuid":"p","sessionId":"s","cwd":"/w","timestamp":"2026-03-04T00:00:00Z","message":{"role":"user","content":"go"}}
{"type":"user","uuid":"r","sessionId":"s","timestamp":"2026-03-04T00:10:00Z","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"step:9/9 val_loss:3.1"}]}}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Supervisor{obs: make(chan Observation, 2)}
	s.lookBack(t.Context(), agent.Agent{ID: "a", Session: path})
	s.lookBack(t.Context(), agent.Agent{ID: "b", Session: path + ".gone"})
	if len(s.obs) != 1 {
		t.Fatalf("%d observations, want one", len(s.obs))
	}
	o, ok := (<-s.obs).(Recalled)
	if !ok || o.ID != "a" || len(o.Events) != 1 || len(o.Events[0].Signs.Trials) != 1 || o.Events[0].At.IsZero() {
		t.Errorf("%+v", o)
	}
}
