package tui

import (
	"errors"
	"testing"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
)

// A key goes to the agent's pane and another floats it, and what stands in the
// way is said.
func TestVisitPane(t *testing.T) {
	done := make(chan struct{})
	close(done)
	var went, floated []agent.ID
	m := New(newFake(story()), Options{
		Now: at0, Done: done,
		GoTo: func(a agent.Agent) error {
			went = append(went, a.ID)
			return errors.New("vigil runs outside tmux; type: tmux attach")
		},
		Popup: func(a agent.Agent) error { floated = append(floated, a.ID); return nil },
	})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	press(m, "5", "p")
	if len(floated) != 1 || floated[0] != "a1" || len(went) != 0 {
		t.Fatalf("went to %v, floated %v", went, floated)
	}
	shows(t, m, "the pane", "[enter] go there [p]opup [N]udge")
	press(m, "enter")
	if len(went) != 1 {
		t.Fatalf("went to %v", went)
	}
	m.Update(wentTo{errors.New("vigil runs outside tmux; type: tmux attach")}) // the note of the key has expired: nothing waits here
	shows(t, m, "the note", "vigil runs outside tmux; type: tmux attach")
}
