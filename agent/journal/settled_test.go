package journal

import (
	"path/filepath"
	"testing"
	"time"

	"vigil/agent"
)

// TestSettled finds what became of nudges: the session's own, and those of
// earlier sessions in the same workspace.
func TestSettled(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	now := t0()
	a := agent.Agent{ID: "local/claude/s2", Kind: agent.Claude, Host: "local", Workspace: "/w", SessionID: "s2"}
	for _, other := range []agent.Agent{
		a,
		{ID: "local/claude/s1", Kind: agent.Claude, Host: "local", Workspace: "/w", SessionID: "s1"},
		{ID: "local/codex/s3", Kind: agent.Codex, Host: "local", Workspace: "/w", SessionID: "s3"},
		{ID: "local/claude/s4", Kind: agent.Claude, Host: "local", Workspace: "/elsewhere", SessionID: "s4"},
	} {
		if err := j.RecordAgent(t.Context(), other, now); err != nil {
			t.Fatal(err)
		}
		for i, status := range []agent.NudgeStatus{agent.Wasted, agent.Effective, agent.Received} {
			n := agent.Nudge{
				Key: other.SessionID + "/" + string(status), Agent: other.ID, Session: other.SessionID, Rung: 2, Wording: "plan-2",
				By: agent.ByJudge, Text: "keep going", PlannedAt: now.Add(time.Duration(i) * time.Minute),
			}
			must[bool](t)(j.Plan(t.Context(), n))
			must[bool](t)(j.Advance(t.Context(), n.Key, status, n.PlannedAt, ""))
		}
	}
	dry := agent.Nudge{Key: "dry", Agent: a.ID, Session: "s2", PlannedAt: now, DryRun: true, Text: "x"}
	must[bool](t)(j.Plan(t.Context(), dry))
	must[bool](t)(j.Advance(t.Context(), "dry", agent.Wasted, now, ""))

	var got []string
	for _, n := range must[[]agent.Nudge](t)(j.Settled(t.Context(), a, 100)) {
		got = append(got, n.Key)
		if n.Wording != "plan-2" || n.By != agent.ByJudge || n.Rung != 2 {
			t.Errorf("%+v", n)
		}
	}
	same(t, "settled", got, []string{"s2/wasted", "s1/wasted", "s2/effective", "s1/effective"})
	if last := must[[]agent.Nudge](t)(j.Settled(t.Context(), a, 1)); len(last) != 1 || last[0].Key != "s1/effective" {
		t.Errorf("the newest: %+v", last)
	}
	homeless := agent.Agent{ID: "x", Kind: agent.Claude, Host: "local"}
	if n := must[[]agent.Nudge](t)(j.Settled(t.Context(), homeless, 9)); len(n) != 0 {
		t.Errorf("an agent without a workspace has others' nudges: %+v", n)
	}
}

// TestSpent adds up what the judge cost, for every process and after a restart.
func TestSpent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	now := t0()
	for range 2 {
		j := open(t, path)
		for _, at := range []time.Time{now.Add(-25 * time.Hour), now.Add(-time.Hour), now} {
			if err := j.Spend(t.Context(), at, 100, 0.25); err != nil {
				t.Fatal(err)
			}
		}
	}
	j := open(t, path)
	if tokens, usd, err := j.Spent(t.Context(), now.Add(-24*time.Hour)); tokens != 400 || usd != 1 || err != nil {
		t.Errorf("%d tokens, $%v, %v", tokens, usd, err)
	}
	if err := j.Spend(t.Context(), now.Add(spentKept+2*time.Hour), 1, 0); err != nil {
		t.Fatal(err)
	}
	if tokens, _, err := j.Spent(t.Context(), time.Time{}); tokens != 1 || err != nil {
		t.Errorf("%d tokens are left, %v", tokens, err)
	}
}
