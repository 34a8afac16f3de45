package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

// explainedAgent is one that stopped, with something of each kind known of it.
func explainedAgent(now time.Time) agent.View {
	return agent.View{
		Agent: agent.Agent{Name: "opus", Kind: agent.Claude, Host: local, Workspace: "/w"},
		State: agent.Stopped, Since: now.Add(-time.Minute),
		Verdict: agent.Verdict{Ending: agent.Stalled, Confidence: 0.99, Evidence: []agent.Evidence{{Source: "fact", Text: "dead: it waited for: shell tail", At: now}}},
		Trace: &agent.Trace{Ending: agent.Stalled, Decided: "liveness", Scores: map[agent.Ending]float64{agent.Waits: 3}, Rules: []agent.RuleMatch{
			{Name: "will-check", Ending: agent.Waits, Weight: 3, Sentence: "I will check the \x1b[31mlog."},
		}},
		Sources: []agent.Sight{{Source: "process", Text: "42 lives", At: now.Add(-time.Hour)}, {Source: "hook", Text: "has not asked this vigil"}},
		Tasks:   []agent.Task{{Kind: agent.Shell, Summary: "tail -F a.log", State: agent.TaskDead, Source: "process"}},
		Recent:  []agent.Nudge{{Status: agent.Wasted, Channel: agent.ViaTmux, Text: "Keep going.", PlannedAt: now.Add(-time.Hour)}},
		Nudges:  1, Wasted: 1,
	}
}

func TestExplain(t *testing.T) {
	now := time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC)
	due := now.Add(30 * time.Second)
	p := preview{nextNudge: nextNudge{Text: "Go on.", Rung: 1, Wording: "stalled", WrittenBy: "template", Channel: agent.ViaTmux, Due: &due}, Auto: "desk/1/x"}
	var text, out bytes.Buffer
	if err := explainText(&text, now, explainedAgent(now), p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"opus: claude on local\n", "stopped for 1m", "what is alive and what is not, with the words", "will-check             waiting, weight 3.0",
		"I will check the log.", "42 lives, 1h00m ago", "tail -F a.log", "dead, by the process", "next                   in 30s", "Go on.",
		"wasted by tmux, 1h00m ago: Keep going.", "auto-resume: desk/1/x",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if strings.ContainsRune(text.String(), '\x1b') {
		t.Errorf("an escape sequence got through: %q", text.String())
	}
	if err := explainJSON(&out, explainedAgent(now), p); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Name, State, Ending string
		RulesSaid           string `json:"rules_said"`
		Rules               []struct {
			Rule, Ending string
			Weight       float64
		}
		Sources []struct {
			Source, Saw string
			At          *time.Time
		}
		WaitsFor []map[string]any `json:"waits_for"`
		Next     struct{ Text, Due, Held, Channel string }
		Nudges   []struct{ Status, Text string }
		Scores   map[string]float64
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.RulesSaid != "stalled" || len(got.Rules) != 1 || got.Rules[0].Weight != 3 || got.Scores["waiting"] != 3 {
		t.Errorf("rules: %+v", got)
	}
	if len(got.Sources) != 2 || got.Sources[0].At == nil || got.Sources[1].At != nil {
		t.Errorf("sources: %+v", got.Sources)
	}
	if len(got.WaitsFor) != 1 || got.WaitsFor[0]["state"] != "dead" || got.Next.Text != "Go on." || got.Next.Due == "" || got.Nudges[0].Status != "wasted" {
		t.Errorf("%+v", got)
	}
}

func TestExplainNobody(t *testing.T) {
	snap := &agent.Snapshot{Agents: []agent.View{{Agent: agent.Agent{Name: "a"}}, {Agent: agent.Agent{Name: "b"}}}}
	_, err := agentNamed(snap, "c")
	if err == nil || err.Error() != `no agent "c": there are a, b` || exitCode(err) != 2 {
		t.Errorf("%v", err)
	}
}
