package nudge

import (
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

func TestWhen(t *testing.T) {
	end := time.Date(2026, 5, 2, 22, 30, 0, 0, time.UTC)
	policy := agent.DefaultPolicy()
	policy.Question = false
	verdict := func(e agent.Ending) agent.Verdict { return agent.Verdict{Ending: e} }
	for _, c := range []struct {
		name   string
		change func(*agent.Policy, *Case)
		in     time.Duration // after the end
		hold   string        // part of it
	}{
		{"terminal", func(*agent.Policy, *Case) {}, time.Second, ""},
		{"no channel", func(_ *agent.Policy, c *Case) { c.Channel = "" }, -1, "no way in"},
		{"second wasted", func(_ *agent.Policy, c *Case) { c.Wasted = 2 }, 2 * time.Minute, ""},
		{"too many wasted", func(_ *agent.Policy, c *Case) { c.Wasted = 4 }, -1, "4 nudges in a row"},
		{"question", func(_ *agent.Policy, c *Case) { c.Verdict = verdict(agent.Question) }, -1, "for a person"},
		{"permission", func(_ *agent.Policy, c *Case) { c.Verdict = verdict(agent.Permission) }, -1, "must answer"},
		{"interrupted", func(_ *agent.Policy, c *Case) { c.Verdict = verdict(agent.Interrupted) }, -1, "a person stopped it"},
		{"exited", func(_ *agent.Policy, c *Case) { c.Verdict = verdict(agent.Gone) }, -1, "not restarted"},
		{"exited, restart", func(p *agent.Policy, c *Case) { p.Restart, c.Verdict = agent.RestartOnFailure, verdict(agent.Gone) }, time.Second, ""},
		{"exited by a person", func(p *agent.Policy, c *Case) {
			p.Restart, c.Verdict, c.Left = agent.RestartOnFailure, verdict(agent.Gone), true
		}, -1, "a person ended it"},
		{"exited by a person, always", func(p *agent.Policy, c *Case) {
			p.Restart, c.Verdict, c.Left = agent.RestartAlways, verdict(agent.Gone), true
		}, time.Second, ""},
		{"context", func(_ *agent.Policy, c *Case) { c.Verdict = verdict(agent.Context) }, time.Second, ""},
		{"context, by hand", func(p *agent.Policy, c *Case) { p.Compact, c.Verdict = false, verdict(agent.Context) }, -1, "compact"},
		{"billing", func(_ *agent.Policy, c *Case) {
			c.Verdict, c.Failure = verdict(agent.Failed), &agent.Failure{Person: true, Text: "Credit balance is too low"}
		}, -1, "Credit balance"},
		{"error", func(_ *agent.Policy, c *Case) { c.Verdict, c.Failed = verdict(agent.Failed), 1 }, 30 * time.Second, ""},
		{"error again", func(_ *agent.Policy, c *Case) { c.Verdict, c.Failed = verdict(agent.Failed), 3 }, 2 * time.Minute, ""},
		{"overload", func(_ *agent.Policy, c *Case) {
			c.Verdict, c.Failure, c.Failed = verdict(agent.Limit), &agent.Failure{Code: agent.Overloaded}, 2
		}, time.Minute, ""},
		{"limit with reset", func(_ *agent.Policy, c *Case) {
			c.Verdict, c.Limit = verdict(agent.Limit), &Limit{Met: end, Resets: end.Add(15 * time.Minute)}
		}, 15*time.Minute + resetGrace, ""},
		{"limit of a CLI that goes on by itself", func(_ *agent.Policy, c *Case) {
			c.Verdict, c.Kind, c.Limit = verdict(agent.Limit), agent.Claude, &Limit{Met: end, Resets: end.Add(15 * time.Minute)}
		}, 15*time.Minute + selfGrace, ""},
		{"limit of another agent of the account", func(_ *agent.Policy, c *Case) {
			c.Kind, c.Limit = agent.Claude, &Limit{Met: end.Add(-5 * time.Minute), Resets: end.Add(10 * time.Minute)}
		}, 10*time.Minute + resetGrace, ""},
		{"limit without", func(_ *agent.Policy, c *Case) {
			c.Verdict, c.Limit = verdict(agent.Limit), &Limit{Met: end, Probes: 1}
		}, 20 * time.Minute, ""},
		{"limit that has passed", func(_ *agent.Policy, c *Case) { c.Verdict = verdict(agent.Limit) }, 0, ""},
		{"overload again and again", func(_ *agent.Policy, c *Case) {
			c.Verdict, c.Failure, c.Failed = verdict(agent.Limit), &agent.Failure{Code: agent.Overloaded}, 20
		}, 20 * time.Minute, ""},
		{"hourly", func(p *agent.Policy, c *Case) {
			p.MaxPerHour = 2
			c.Sent = []time.Time{end.Add(-50 * time.Minute), end.Add(-20 * time.Minute)}
		}, 10 * time.Minute, "2 nudges in the last hour"},
		{"quiet", func(p *agent.Policy, _ *Case) {
			p.Quiet = []agent.DaySpan{{From: 22 * time.Hour, To: 7 * time.Hour}}
		}, 8*time.Hour + 30*time.Minute, "quiet hours"},
		{"over", func(p *agent.Policy, _ *Case) { p.Until = end.Add(-time.Hour) }, -1, "no nudges after"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, in := policy, Case{Now: end, Ended: end, Verdict: verdict(agent.Terminal), Channel: agent.ViaTmux}
			c.change(&p, &in)
			at, hold := When(p, in)
			if c.hold == "" && hold != "" || !strings.Contains(hold, c.hold) {
				t.Errorf("hold = %q, want %q", hold, c.hold)
			}
			want := end.Add(c.in)
			if c.in < 0 {
				want = time.Time{}
			}
			if !at.Equal(want) {
				t.Errorf("at = %v, want %v", at, want)
			}
		})
	}
}
