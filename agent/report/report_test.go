package report

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"vigil/agent"
)

func TestBuild(t *testing.T) {
	r := Build(night(), h(12), dawn)
	var names []string
	for _, a := range r.Agents {
		names = append(names, a.Name)
	}
	want := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	want("agents", names, []string{"codex-v3", "opus-nov", "opus-v3"})
	opus := &r.Agents[2]
	want("turns", opus.Totals.Turns, 5) // the wrong guess is none
	want("endings", opus.Endings, []Count{{agent.Terminal, 4}, {agent.Limit, 1}})
	// From when the span begins, and for no time twice.
	want("worked", opus.Worked, 8*time.Hour+48*time.Minute)
	want("idle", opus.Idle, 6*time.Minute+33*time.Minute+6*time.Minute+30*time.Minute)
	want("causes", len(opus.Causes), 2)
	want("the longest", opus.Causes[0].Longest.From, h(7))
	n := opus.Nudges
	n.waits = nil
	want("nudges", n, Nudges{
		Planned: 4, Sent: 3, Received: 3, Effective: 2, Wasted: 1, Dropped: 1, Steps: 1, DryRun: 1,
		Held: []Held{{"a person typed 4 s ago", 2}, {"the pane is in copy mode", 1}}, After: n.After,
	})
	if n.After < 6*time.Minute || n.After > 7*time.Minute { // of 38 s and 6 min
		t.Errorf("after %v", n.After)
	}
	want("tokens", *opus.Tokens, Tokens{3_100_000, 2_600_000, 70_000})
	want("tokens of a session of this night", *r.Agents[1].Tokens, Tokens{300_000, 0, 9_000})
	want("worked in a turn with no end", r.Agents[0].Worked, 10*time.Hour+54*time.Minute)
	want("GPUs", *opus.GPU, GPU{48 * time.Hour, 44 * time.Hour, 3 * time.Hour})
	want("open", r.Agents[0].Open, h(11))
	want("not open", opus.Open, time.Time{})
	want("runs", opus.Runs, Runs{Ended: 4, Failed: 1, Hit: 3})

	want("best", [2]any{opus.Best.Run, opus.Best.Value}, [2]any{"v11c-s2", 2930.0})
	want("before", opus.Before.Run, "v10")
	want("all bests", len(opus.Trace), 4)
	want("fleet's best", r.Best.Run, "v11c-s2")
	var records []string
	for _, b := range r.Records {
		records = append(records, b.Text())
	}
	want("records", records, []string{
		"v11c-s1: step 2945, before: 2960, beats the record of 2990", "v11c-s2: step 2930, before: 2945, beats the record of 2990",
	})
	want("best runs", [2]any{len(r.Top), r.Top[0].Run}, [2]any{5, "v11c-s2"})
	want("a miss", [2]any{r.Top[4].Hit, r.Top[4].Failure}, [2]any{false, "CUDA out of memory"})
	want("fleet", [3]any{r.Fleet.Turns, r.Fleet.Tools, r.Fleet.Tokens.Input}, [3]any{7, 170, int64(5_400_000)})

	all := Build(night(), time.Time{}, dawn)
	want("everything", [3]any{len(all.Agents), all.From, all.All}, [3]any{3, h(47), true})
}

// The first results are no new best on anything; what is better is told against
// what was there before the span.
func TestFirstBest(t *testing.T) {
	a := agent.PastAgent{Agent: agent.Agent{Name: "a", Workspace: "/w"}, Goal: goal, Results: []agent.Result{
		result("r1", 2, 2999, 3.27), result("r2", 1, 2995, 3.27), result("r2", 1, 2000, 3.27),
	}}
	r := Build(agent.Past{Agents: []agent.PastAgent{a}}, h(12), dawn)
	if len(r.Records) != 2 || !r.Records[0].First || r.Records[1].First || r.Records[1].Before != 2999 || r.Records[1].Beats() {
		t.Errorf("%+v", r.Records)
	}
	a.Goal = agent.GoalLine{Metric: "val_loss"} // nothing to reach: the loss itself counts
	a.Results = []agent.Result{result("r1", 2, 0, 3.4), result("r2", 1, 0, 3.3), result("nan", 1, 0, math.NaN())}
	r = Build(agent.Past{Agents: []agent.PastAgent{a}}, h(12), dawn)
	if len(r.Records) != 2 || r.Best.Value != 3.3 {
		t.Errorf("%+v", r.Records)
	}
}

// An agent that went on in another session is one agent.
func TestSessions(t *testing.T) {
	p := night()
	p.Agents[2].Agent = p.Agents[0].Agent
	p.Agents[2].ID = "a9"
	p.Agents[2].Open = h(8.5) // left behind
	r := Build(p, h(12), dawn)
	if len(r.Agents) != 2 || r.Agents[1].Sessions != 2 || r.Agents[1].Totals.Turns != 7 || !r.Agents[1].Open.IsZero() {
		t.Errorf("%d agents, %+v", len(r.Agents), r.Agents[1].Totals)
	}
}

func TestEmpty(t *testing.T) {
	r := Build(agent.Past{}, h(12), dawn)
	if !r.Empty() || !strings.Contains(Text(r, 80), "Nothing happened since Sun 3 May 19:00.") {
		t.Error(Text(r, 80))
	}
	for name, s := range written(t, r) {
		if name != "json" && !strings.Contains(s, "Nothing happened since Sun 3 May 19:00.") {
			t.Errorf("%s: %s", name, s)
		}
	}
}

// written is a report in each format.
func written(t *testing.T, r Report) map[string]string {
	t.Helper()
	var html, js bytes.Buffer
	if err := HTML(&html, r); err != nil {
		t.Fatal(err)
	}
	if err := JSON(&js, r); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"html": html.String(), "json": js.String(), "md": Markdown(r), "text": Text(r, 80)}
}

func TestGolden(t *testing.T) {
	r := Build(night(), h(12), dawn)
	for name, s := range written(t, r) {
		t.Run(name, func(t *testing.T) { golden.RequireEqual(t, s) })
	}
	for name, w := range map[string]int{"narrow": 40, "wide": 160} {
		t.Run(name, func(t *testing.T) { golden.RequireEqual(t, Text(r, w)) })
	}
	t.Run("all", func(t *testing.T) { golden.RequireEqual(t, Text(Build(night(), time.Time{}, dawn), 100)) })
}

// hostile is a night in which every text is s.
func hostile(s string) agent.Past {
	p := night()
	for i := range p.Agents {
		a := &p.Agents[i]
		a.Name, a.Kind, a.Host, a.Workspace = s, agent.Kind(s), s, s+string(rune('a'+i))
		a.Goal.Metric = s
		for j := range a.Turns {
			a.Turns[j].Verdict.Evidence = []agent.Evidence{{Source: "rule:x", Text: s}}
			a.Turns[j].Final = s
		}
		for j := range a.Nudges {
			a.Nudges[j].Text = s
		}
		for j := range a.Moments {
			if a.Moments[j].Type == agent.MNudge {
				a.Moments[j].Text = "held: " + s
			}
		}
		for j := range a.Results {
			a.Results[j].Run, a.Results[j].Metric = s, s
			if a.Results[j].Cause != "" {
				a.Results[j].Cause = s
			}
		}
	}
	return p
}

const script = `</title></svg><script>document.title="owned"</script><img src=x onerror=alert(1)>" onload="x' {{.}}`

// What an agent says stays text in a page.
func TestHostileHTML(t *testing.T) {
	out := written(t, Build(hostile(script), h(12), dawn))
	for _, name := range []string{"html", "md"} {
		s := out[name]
		for _, bad := range []string{"<script", "<img", `" onload="`} {
			if strings.Contains(strings.ReplaceAll(s, `&#34; onload=&#34;`, ""), bad) && (name == "html" || bad[0] == '<') {
				t.Errorf("%s has %s", name, bad)
			}
		}
		if !strings.Contains(s, "&lt;script&gt;") {
			t.Errorf("%s does not tell what the agent said", name)
		}
	}
	var any map[string]any
	if err := json.Unmarshal([]byte(out["json"]), &any); err != nil {
		t.Error(err)
	}
}

// No text makes an element more or less of a page.
func FuzzHTML(f *testing.F) {
	tags := func(s string) [3]int {
		var out bytes.Buffer
		if err := HTML(&out, Build(hostile(s), h(12), dawn)); err != nil {
			f.Fatal(err)
		}
		return [3]int{strings.Count(out.String(), "<"), strings.Count(out.String(), ">"), strings.Count(out.String(), `"`)}
	}
	want := tags("x")
	for _, s := range []string{script, "", "\x1b]0;x\x07", "-->", "'", "`", "]]>", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := tags(s); got != want {
			t.Errorf("%q makes a page with %d <, %d > and %d quotes instead of %d", s, got[0], got[1], got[2], want)
		}
	})
}

// No line is wider than there is room, and none has what moves a cursor.
func TestLinesFit(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	words := []string{"opus", "学习率", "👩‍👩‍👧‍👦", "\x1b[31m", "\t", "\n", strings.Repeat("long ", 40), "e\u0301", "\u202e", "مرحبا", ""}
	for range 300 {
		s := words[rnd.IntN(len(words))] + words[rnd.IntN(len(words))] + words[rnd.IntN(len(words))]
		w := 1 + rnd.IntN(200)
		for _, l := range Lines(Build(hostile(s), h(rnd.Float64()*300), dawn), w) {
			if n := ansi.StringWidth(l.String()); n > w || strings.ContainsAny(l.String(), "\n\x1b\u202e") {
				t.Fatalf("%q is %d cells wide in %d", l.String(), n, w)
			}
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	p := night()
	for range 2000 {
		p.Agents[0].Turns = append(p.Agents[0].Turns, turn(9, 5, 4, agent.Terminal, 3, "again"))
		p.Agents[0].Results = append(p.Agents[0].Results, result("r", 4, 2999, 3.2))
	}
	for b.Loop() {
		Lines(Build(p, h(12), dawn), 120)
	}
}
