package report

import (
	"encoding/json"
	"io"
	"time"

	"vigil/agent"
)

// JSON writes the report as one object. Its field names are a contract with
// other programs: they are told by `vigil report --help`, and never change
// their meaning.
func JSON(w io.Writer, r Report) error {
	out := jsonReport{
		From: r.From, To: r.To, Span: r.To.Sub(r.From).Seconds(), All: r.All, Fleet: totalsJSON(&r.Fleet),
		Agents: []jsonAgent{}, Records: bestsJSON(r.Records), Top: bestsJSON(r.Top), Best: bestJSON(r.Best),
		Judge: jsonJudge{r.Judge.Tokens, r.Judge.USD},
	}
	for i := range r.Agents {
		a := &r.Agents[i]
		ja := jsonAgent{
			Name: a.Name, Kind: a.Kind, Host: a.Host, Workspace: a.Workspace, Sessions: a.Sessions,
			jsonTotals: totalsJSON(&a.Totals), Best: bestJSON(a.Best), Before: bestJSON(a.Before), Events: []jsonEvent{},
		}
		if !a.Open.IsZero() {
			ja.Open = &a.Open
		}
		for _, m := range a.Marks {
			ja.Events = append(ja.Events, jsonEvent{m.At, m.Type, m.Ending, m.Status, m.Text})
		}
		out.Agents = append(out.Agents, ja)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

type jsonReport struct {
	From    time.Time   `json:"from"`
	To      time.Time   `json:"to"`
	Span    float64     `json:"span_s"`
	All     bool        `json:"all"`
	Fleet   jsonTotals  `json:"fleet"`
	Best    *jsonBest   `json:"best"`
	Agents  []jsonAgent `json:"agents"`
	Records []jsonBest  `json:"records"`
	Top     []jsonBest  `json:"best_runs"`
	Judge   jsonJudge   `json:"judge"`
}

type jsonJudge struct {
	Tokens int     `json:"tokens"`
	USD    float64 `json:"usd"`
}

type jsonTotals struct {
	Turns   int                  `json:"turns"`
	Tools   int                  `json:"tools"`
	Worked  float64              `json:"worked_s"`
	Idle    float64              `json:"idle_s"`
	Endings map[agent.Ending]int `json:"endings"`
	Causes  []jsonCause          `json:"idle_by_cause"`
	Nudges  jsonNudges           `json:"nudges"`
	Runs    jsonRuns             `json:"runs"`
	Tokens  *jsonTokens          `json:"tokens"`
	GPU     *jsonGPU             `json:"gpu"`
}

type jsonCause struct {
	Ending  agent.Ending `json:"ending"`
	Idle    float64      `json:"idle_s"`
	Times   int          `json:"times"`
	Longest float64      `json:"longest_s"`
	Agent   string       `json:"agent"`
	At      time.Time    `json:"at"`
}

type jsonNudges struct {
	Planned   int        `json:"planned"`
	Sent      int        `json:"sent"`
	Received  int        `json:"received"`
	Effective int        `json:"effective"`
	Wasted    int        `json:"wasted"`
	Dropped   int        `json:"dropped"`
	Manual    int        `json:"manual"`
	Steps     int        `json:"steps"`
	DryRun    int        `json:"dry_run"`
	After     float64    `json:"after_s"`
	HeldTimes int        `json:"held"`
	Held      []jsonHeld `json:"held_why"`
}

type jsonHeld struct {
	Why   string `json:"why"`
	Times int    `json:"times"`
}

type jsonRuns struct {
	Ended  int `json:"ended"`
	Hit    int `json:"hit"`
	Failed int `json:"failed"`
}

type jsonTokens struct {
	Input       int64 `json:"input"`
	CachedInput int64 `json:"cached_input"`
	Output      int64 `json:"output"`
}

type jsonGPU struct {
	Held float64 `json:"held_h"`
	Busy float64 `json:"busy_h"`
	Idle float64 `json:"idle_h"`
}

type jsonAgent struct {
	Name      string     `json:"name"`
	Kind      agent.Kind `json:"kind"`
	Host      string     `json:"host"`
	Workspace string     `json:"workspace"`
	Sessions  int        `json:"sessions"`
	jsonTotals
	Open   *time.Time  `json:"open"`
	Best   *jsonBest   `json:"best"`
	Before *jsonBest   `json:"best_before"`
	Events []jsonEvent `json:"events"`
}

type jsonBest struct {
	Agent  string    `json:"agent"`
	Run    string    `json:"run"`
	At     time.Time `json:"at"`
	Value  float64   `json:"value"`
	Hit    bool      `json:"hit"`
	Metric string    `json:"metric"`
	Least  float64   `json:"least"`
	Before *float64  `json:"before"`
	Record *float64  `json:"record"`
	Beats  bool      `json:"beats_record"`
	Failed string    `json:"failed"`
}

type jsonEvent struct {
	At     time.Time         `json:"at"`
	Type   agent.MomentType  `json:"type"`
	Ending agent.Ending      `json:"ending"`
	Status agent.NudgeStatus `json:"status"`
	Text   string            `json:"text"`
}

func totalsJSON(t *Totals) jsonTotals {
	n := t.Nudges
	out := jsonTotals{
		Turns: t.Turns, Tools: t.Tools, Worked: t.Worked.Seconds(), Idle: t.Idle.Seconds(),
		Endings: map[agent.Ending]int{}, Causes: []jsonCause{},
		Nudges: jsonNudges{
			n.Planned, n.Sent, n.Received, n.Effective, n.Wasted, n.Dropped, n.Manual, n.Steps, n.DryRun,
			n.After.Seconds(), n.HeldTimes(),
			[]jsonHeld{},
		},
		Runs: jsonRuns{t.Runs.Ended, t.Runs.Hit, t.Runs.Failed},
	}
	for _, c := range t.Endings {
		out.Endings[c.Ending] = c.N
	}
	for _, c := range t.Causes {
		out.Causes = append(out.Causes, jsonCause{c.Ending, c.Total.Seconds(), c.N, c.Longest.Len().Seconds(), c.Agent, c.Longest.From})
	}
	for _, h := range n.Held {
		out.Nudges.Held = append(out.Nudges.Held, jsonHeld{h.Why, h.N})
	}
	if t.Tokens != nil {
		out.Tokens = &jsonTokens{t.Tokens.Input, t.Tokens.CachedInput, t.Tokens.Output}
	}
	if g := t.GPU; g != nil {
		out.GPU = &jsonGPU{g.Held.Hours(), g.Busy.Hours(), g.Idle.Hours()}
	}
	return out
}

func bestsJSON(all []Best) []jsonBest {
	out := make([]jsonBest, 0, len(all))
	for i := range all {
		out = append(out, *bestJSON(&all[i]))
	}
	return out
}

func bestJSON(b *Best) *jsonBest {
	if b == nil {
		return nil
	}
	out := &jsonBest{
		Agent: b.Agent, Run: b.Run, At: b.At, Value: b.Value, Hit: b.Hit, Metric: b.Metric, Least: b.Least,
		Beats: b.Beats(), Failed: b.Failure,
	}
	if b.Before != 0 {
		out.Before = &b.Before
	}
	if b.Record != 0 {
		out.Record = &b.Record
	}
	return out
}
