package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/journal"
)

func TestTmuxLine(t *testing.T) {
	for _, c := range []struct {
		name string
		st   *standing
		auto bool
		want string
	}{
		{"nobody watches", nil, false, "vigil off"},
		{"no agent", &standing{}, false, "no agent auto off"},
		{
			"well", &standing{Counts: map[agent.State]int{agent.Working: 2, agent.Waiting: 1}}, true,
			"#[fg=cyan]●2#[fg=default] #[fg=green]○1#[fg=default] #[fg=green]auto#[fg=default]",
		},
		{
			"needs somebody", &standing{
				Counts: map[agent.State]int{agent.Asking: 1, agent.Stopped: 1},
				Needs:  []standingNeed{{"a#[bg=red]", agent.NeedPermission}, {"b", agent.NeedHelp}},
			}, false,
			"#[fg=yellow]▲1#[fg=default] #[fg=red]■1#[fg=default] #[fg=yellow,bold]a##[bg=red]: permission#[fg=default,nobold] #[fg=yellow]+1#[fg=default] auto off",
		},
	} {
		if got := tmuxLine(c.st, c.auto); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// The line tells what a vigil that watches wrote down, of several the one that
// does auto-resume, and nothing that is old.
func TestStatusTmux(t *testing.T) {
	e, out, _ := testEnv(t, "status", "--tmux")
	now := time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC)
	e.Now = func() time.Time { return now }
	look := func() string {
		t.Helper()
		out.Reset()
		if err := run(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(out.String(), "\n")
	}
	if got := look(); got != "vigil off" {
		t.Errorf("before the first start: %q", got)
	}
	state, err := e.stateDir()
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), filepath.Join(state, "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	put := func(holder string, at time.Time, st standing) {
		t.Helper()
		data, err := json.Marshal(st)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Stand(t.Context(), journal.Standing{Holder: holder, At: at, Data: string(data)}); err != nil {
			t.Fatal(err)
		}
	}
	put("old", now.Add(-2*standFresh), standing{Counts: map[agent.State]int{agent.Exited: 9}})
	if got := look(); got != "vigil off" {
		t.Errorf("what is old: %q", got)
	}
	put("auto", now.Add(-5*time.Second), standing{Counts: map[agent.State]int{agent.Working: 1}})
	put("screen", now, standing{Counts: map[agent.State]int{agent.Working: 2}})
	if got := look(); !strings.Contains(got, "●2") || !strings.Contains(got, "auto off") {
		t.Errorf("the newest: %q", got)
	}
	if _, err := j.Acquire(t.Context(), "auto", time.Minute, now); err != nil {
		t.Fatal(err)
	}
	if got := look(); !strings.Contains(got, "●1") || !strings.Contains(got, "]auto#") {
		t.Errorf("of who does auto-resume: %q", got)
	}
	if err := j.Leave(t.Context(), "auto"); err != nil {
		t.Fatal(err)
	}
	if got := look(); !strings.Contains(got, "●2") {
		t.Errorf("of who is left: %q", got)
	}
}
