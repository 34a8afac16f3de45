package journal

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil/agent"
)

func TestPlanOnce(t *testing.T) {
	j := fresh(t)
	n := nudge("s1/e1")
	n.Note, n.Manual = "first", true
	if !must[bool](t)(j.Plan(t.Context(), n)) {
		t.Fatal("the first plan was refused")
	}
	again := n
	again.Text, again.PlannedAt = "something else", at(time.Hour)
	if must[bool](t)(j.Plan(t.Context(), again)) {
		t.Error("the second plan was taken")
	}
	got, ok, err := j.Nudge(t.Context(), n.Key)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	same(t, "nudge", got, n)
	if _, ok, err := j.Nudge(t.Context(), "none"); ok || err != nil {
		t.Error(ok, err)
	}
	for _, bad := range []agent.Nudge{{PlannedAt: t0()}, {Key: "k"}} {
		if _, err := j.Plan(t.Context(), bad); err == nil {
			t.Errorf("planned %+v", bad)
		}
	}
}

func TestPlanKeepsNoEscapes(t *testing.T) {
	j := fresh(t)
	n := nudge("k")
	n.Text, n.Note = "go\x1b]52;c;aGk=\x07 on", "a\x1b[2Jb"
	must[bool](t)(j.Plan(t.Context(), n))
	must[bool](t)(j.Advance(t.Context(), "k", agent.Sent, at(1), "c\u202ed"))
	got, _, _ := j.Nudge(t.Context(), "k")
	if got.Text != "go on" || got.Note != "cd" {
		t.Errorf("text %q, note %q", got.Text, got.Note)
	}
}

// A dry run's record must not use up the real nudge, nor be sent after a crash.
func TestDryRun(t *testing.T) {
	j := fresh(t)
	dry := nudge("k")
	dry.DryRun = true
	if !must[bool](t)(j.Plan(t.Context(), dry)) || must[bool](t)(j.Plan(t.Context(), dry)) {
		t.Error("a dry run is not recorded once")
	}
	if p := must[[]agent.Nudge](t)(j.Pending(t.Context(), "s1")); len(p) != 0 {
		t.Errorf("pending %v", p)
	}
	if must[bool](t)(j.Claim(t.Context(), "k", "h", t0(), time.Minute)) {
		t.Error("a dry run was claimed")
	}
	if !must[bool](t)(j.Plan(t.Context(), nudge("k"))) {
		t.Error("a dry run stands in the way of the real nudge")
	}
	if must[bool](t)(j.Plan(t.Context(), dry)) {
		t.Error("a dry run replaced the real nudge")
	}
	same(t, "pending", must[[]agent.Nudge](t)(j.Pending(t.Context(), "s1")), []agent.Nudge{nudge("k")})
}

func TestAdvance(t *testing.T) {
	all := []agent.NudgeStatus{agent.Planned, agent.Sent, agent.Received, agent.Effective, agent.Wasted, agent.Dropped}
	allowed := map[agent.NudgeStatus][]agent.NudgeStatus{
		agent.Planned:  {agent.Sent, agent.Received, agent.Effective, agent.Wasted, agent.Dropped},
		agent.Sent:     {agent.Received, agent.Effective, agent.Wasted, agent.Dropped},
		agent.Received: {agent.Effective, agent.Wasted},
	}
	j := fresh(t)
	for _, from := range all {
		for _, to := range append(all, "nonsense", "") {
			key := fmt.Sprintf("%s-%s", from, to)
			must[bool](t)(j.Plan(t.Context(), nudge(key)))
			if from != agent.Planned && !must[bool](t)(j.Advance(t.Context(), key, from, at(1), "")) {
				t.Fatalf("no way to %s", from)
			}
			want := false
			for _, a := range allowed[from] {
				want = want || a == to
			}
			if got := must[bool](t)(j.Advance(t.Context(), key, to, at(2), "why")); got != want {
				t.Errorf("from %s to %s: %v, want %v", from, to, got, want)
			}
			n, _, _ := j.Nudge(t.Context(), key)
			if end := map[bool]agent.NudgeStatus{true: to, false: from}[want]; n.Status != end {
				t.Errorf("from %s to %s: ended as %s", from, to, n.Status)
			}
			if (n.Note == "why") != want {
				t.Errorf("from %s to %s: note %q", from, to, n.Note)
			}
		}
	}
	if must[bool](t)(j.Advance(t.Context(), "no such", agent.Sent, at(1), "")) {
		t.Error("advanced a nudge that is not there")
	}
}

func TestAdvanceKeepsTimes(t *testing.T) {
	j := fresh(t)
	want := nudge("k")
	must[bool](t)(j.Plan(t.Context(), want))
	must[bool](t)(j.Advance(t.Context(), "k", agent.Sent, at(1), "pasted"))
	must[bool](t)(j.Advance(t.Context(), "k", agent.Received, at(2), ""))
	must[bool](t)(j.Advance(t.Context(), "k", agent.Effective, at(3), ""))
	want.Status, want.Note, want.SentAt, want.ReceivedAt, want.SettledAt = agent.Effective, "pasted", at(1), at(2), at(3)
	got, _, err := j.Nudge(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "nudge", got, want)
}

func TestPendingAndNudges(t *testing.T) {
	j := fresh(t)
	for i, s := range []agent.NudgeStatus{agent.Effective, agent.Planned, agent.Sent, agent.Dropped} {
		n := nudge(fmt.Sprint("k", i))
		n.PlannedAt = at(time.Duration(i) * time.Minute)
		must[bool](t)(j.Plan(t.Context(), n))
		must[bool](t)(j.Advance(t.Context(), n.Key, s, at(time.Hour), ""))
	}
	other := nudge("other")
	other.Agent, other.Session = "a2", "s2"
	must[bool](t)(j.Plan(t.Context(), other))
	keys := func(ns []agent.Nudge, err error) (out []string) {
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range ns {
			out = append(out, n.Key)
		}
		return out
	}
	same(t, "pending", keys(j.Pending(t.Context(), "s1")), []string{"k1", "k2"})
	same(t, "all", keys(j.Nudges(t.Context(), "a1", time.Time{})), []string{"k0", "k1", "k2", "k3"})
	same(t, "since", keys(j.Nudges(t.Context(), "a1", at(2*time.Minute))), []string{"k2", "k3"})
}

func TestClaim(t *testing.T) {
	j := fresh(t)
	must[bool](t)(j.Plan(t.Context(), nudge("k")))
	for i, c := range []struct {
		holder string
		at     time.Duration
		ttl    time.Duration
		want   bool
	}{
		{"a", 0, 10 * time.Second, true},
		{"b", 9 * time.Second, 10 * time.Second, false},
		{"a", 9 * time.Second, 10 * time.Second, true}, // renewed, until 19 s
		{"b", 18 * time.Second, 10 * time.Second, false},
		{"b", 19 * time.Second, 10 * time.Second, true}, // expired, taken over
		{"a", 20 * time.Second, 10 * time.Second, false},
		{"b", 21 * time.Second, 0, true}, // given back
		{"a", 21 * time.Second, 10 * time.Second, true},
	} {
		if got := must[bool](t)(j.Claim(t.Context(), "k", c.holder, at(c.at), c.ttl)); got != c.want {
			t.Errorf("step %d: %s at %v: %v, want %v", i, c.holder, c.at, got, c.want)
		}
	}
	must[bool](t)(j.Advance(t.Context(), "k", agent.Received, at(time.Minute), ""))
	if must[bool](t)(j.Claim(t.Context(), "k", "a", at(time.Hour), time.Second)) {
		t.Error("claimed a nudge that has arrived")
	}
	if must[bool](t)(j.Claim(t.Context(), "none", "a", at(0), time.Second)) {
		t.Error("claimed a nudge that is not there")
	}
	if _, err := j.Claim(t.Context(), "k", "", at(0), time.Second); err == nil {
		t.Error("claimed without a name")
	}
}

// Several journals race for each step of each nudge; every step is won once.
func TestRace(t *testing.T) {
	j := fresh(t)
	const racers, keys = 4, 25
	var plans, claims, sent atomic.Int64
	var wg sync.WaitGroup
	for r := range racers {
		mine := open(t, j.path)
		wg.Go(func() {
			for k := range keys {
				key := fmt.Sprint("k", k)
				count := func(n *atomic.Int64, ok bool, err error) {
					if err != nil {
						t.Error(err)
					}
					if ok {
						n.Add(1)
					}
				}
				ok, err := mine.Plan(t.Context(), nudge(key))
				count(&plans, ok, err)
				ok, err = mine.Claim(t.Context(), key, fmt.Sprint("holder", r), t0(), time.Minute)
				count(&claims, ok, err)
				ok, err = mine.Advance(t.Context(), key, agent.Sent, at(1), "")
				count(&sent, ok, err)
			}
		})
	}
	wg.Wait()
	if plans.Load() != keys || claims.Load() < 1 || claims.Load() > keys || sent.Load() != keys {
		t.Errorf("%d plans, %d claims, %d sent, want %d of each (claims: at most)", plans.Load(), claims.Load(), sent.Load(), keys)
	}
}

func BenchmarkPlanAdvance(b *testing.B) {
	j := fresh(b)
	for i := 0; b.Loop(); i++ {
		key := fmt.Sprint(i)
		if ok, err := j.Plan(b.Context(), nudge(key)); !ok || err != nil {
			b.Fatal(ok, err)
		}
		if ok, err := j.Advance(b.Context(), key, agent.Sent, at(1), ""); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func TestReword(t *testing.T) {
	j := fresh(t)
	n := agent.Nudge{Key: "k", Agent: "a", Session: "s", Ending: agent.Terminal, Rung: 1, Text: "Keep going.", PlannedAt: t0()}
	if _, err := j.Plan(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	n.Ending, n.Rung, n.Text = agent.Gone, 2, "You were started again."
	read := func() agent.Nudge {
		t.Helper()
		got, ok, err := j.Nudge(t.Context(), "k")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return got
	}
	if err := j.Reword(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if got := read(); got.Text != n.Text || got.Ending != n.Ending || got.Rung != 2 || got.Status != agent.Planned {
		t.Errorf("%+v", got)
	}
	// What was received stays as it was said.
	if _, err := j.Advance(t.Context(), "k", agent.Received, at(1), ""); err != nil {
		t.Fatal(err)
	}
	n.Text = "Other."
	if err := j.Reword(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if got := read(); got.Text == "Other." {
		t.Errorf("%+v", got)
	}
}
