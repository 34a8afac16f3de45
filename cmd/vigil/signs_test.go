package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/remote"
)

// The jobs of an agent are those of its workspace and those that it submitted;
// what lives comes first, and what ended long ago is no news.
func TestJobTasks(t *testing.T) {
	now := time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	v := agent.View{
		Agent: agent.Agent{Workspace: "/w/opus", Host: "head"},
		Tasks: []agent.Task{{ID: "900", Kind: agent.Job}, {ID: "b1", Kind: agent.Shell}},
	}
	got := jobTasks(now, v, []remote.Job{
		{ID: "1", Dir: "/w/opus", State: remote.JobFailed, Ended: ago(time.Minute), Seen: now},
		{ID: "2", Dir: "/w/opus-2", State: remote.JobRunning, Seen: now},
		{ID: "3", Dir: "/tmp", Stdout: "/w/opus/logs/3.out", State: remote.JobRunning, Name: "probe", Submitted: ago(time.Hour), Started: ago(time.Minute), Ended: now.Add(time.Hour), Seen: now},
		{ID: "900_4", Number: "904", Array: "900", State: remote.JobPending, Submitted: ago(time.Minute), Started: now.Add(time.Hour), Seen: now},
		{ID: "4", Dir: "/w/opus", State: remote.JobCompleted, Ended: ago(time.Hour), Seen: ago(time.Hour)},
	})
	if len(got) != 3 {
		t.Fatalf("got %+v", got)
	}
	run, wait, dead := got[0], got[1], got[2]
	if run.ID != "3" || run.State != agent.TaskAlive || run.Wakes || run.Summary != "3 probe RUNNING" || !run.Started.Equal(ago(time.Minute)) || !run.Until.Equal(now.Add(time.Hour)) {
		t.Errorf("running: %+v", run)
	}
	if wait.ID != "900_4" || wait.State != agent.TaskAlive || !wait.Started.Equal(ago(time.Minute)) {
		t.Errorf("queued: %+v", wait)
	}
	if dead.State != agent.TaskDead || !dead.Sign.Equal(ago(time.Minute)) {
		t.Errorf("ended: %+v", dead)
	}
}

func TestStatusTellsWhatItWaitsFor(t *testing.T) {
	now := time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC)
	snap := &agent.Snapshot{At: now, Agents: []agent.View{
		{
			Agent: agent.Agent{Name: "a"}, State: agent.Waiting, Since: now, Verdict: agent.Verdict{Ending: agent.Waits, Confidence: 1},
			Tasks: []agent.Task{
				{Kind: agent.Shell, Summary: "gone", State: agent.TaskDead, Source: "process"},
				{Kind: agent.Shell, Summary: "tail -F a.log", State: agent.TaskAlive, Source: "process", Started: now.Add(-time.Hour), Sign: now.Add(-time.Minute), Until: now.Add(9 * time.Minute)},
			},
		},
		{
			Agent: agent.Agent{Name: "b"}, State: agent.Stopped, Since: now, Verdict: agent.Verdict{Ending: agent.Stalled, Confidence: 1},
			Tasks: []agent.Task{{Kind: agent.Monitor, Summary: "until grep", State: agent.TaskHollow, Source: "process", Started: now.Add(-2 * time.Hour)}},
		},
		{
			Agent: agent.Agent{Name: "c"}, State: agent.Working, Since: now,
			Tasks: []agent.Task{{Kind: agent.SubAgent, Summary: "reads", Source: "transcript"}},
		},
	}}
	var text, out bytes.Buffer
	if err := statusText(&text, looked{Snapshot: snap}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[alive shell for 1h0m0s, until 03:09 at most: tail -F a.log]", "[hollow monitor for 2h0m0s: until grep]"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "reads") {
		t.Errorf("an agent at work waits for nothing:\n%s", text.String())
	}
	if err := statusJSON(&out, looked{Snapshot: snap}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Agents []struct {
			Waits    []string
			WaitsFor []map[string]any `json:"waits_for"`
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Agents[0].Waits, []string{"shell: tail -F a.log"}) || len(got.Agents[0].WaitsFor) != 2 || len(got.Agents[1].Waits) != 0 {
		t.Errorf("waits: %+v", got.Agents)
	}
	w := got.Agents[0].WaitsFor[1]
	if w["kind"] != "shell" || w["state"] != "alive" || w["source"] != "process" || w["since"] != "2026-05-04T02:00:00Z" || w["sign"] != "2026-05-04T02:59:00Z" || w["until"] != "2026-05-04T03:09:00Z" {
		t.Errorf("alive: %v", w)
	}
	if w := got.Agents[2].WaitsFor[0]; w["state"] != "unsure" || w["until"] != nil {
		t.Errorf("unsure: %v", w)
	}
}
