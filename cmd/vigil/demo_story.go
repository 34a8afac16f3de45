package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/supervise"
)

// humanDelays is how long each stop of the incident lasted before a person
// got the agent going again (T+43h25m to T+49h40m), oldest first.
func humanDelays() []time.Duration {
	return []time.Duration{1 * time.Minute, 4 * time.Minute, 1 * time.Minute, 2 * time.Minute, 154 * time.Minute}
}

// enoughStops is how many terminal endings, each got going again, the
// headless demo must see.
const enoughStops = 5

// demoStory follows the headless demo by what the supervisor reports, and says
// when it has told its story.
type demoStory struct {
	stops   []stop         // terminal endings, in order
	waits   map[string]int // ends by waiting, by agent
	disturb []string       // agents nudged though they were waiting
	tools   map[string]int // tool calls of the turn that runs, by agent
	idle    map[string]time.Duration
	record  string     // the run that beat the record; empty before there is one
	head    *headStory // nil without a head node
}

// stop is one terminal ending and what became of it.
type stop struct {
	agent  string
	key    string // of its nudge; empty before there is one
	status agent.NudgeStatus
}

func newDemoStory() *demoStory {
	return &demoStory{waits: map[string]int{}, tools: map[string]int{}, idle: map[string]time.Duration{}}
}

// grindTools is from how many tool calls in one turn without an end an agent
// counts as seen grinding in the demo.
const grindTools = 5

// hear takes in one report.
func (d *demoStory) hear(r supervise.Report) {
	switch {
	case r.Event == "ending" && r.Ending == agent.Terminal:
		// An ending that is judged anew before its nudge is the same stop.
		if s := d.last(r.Agent); s == nil || s.key != "" {
			d.stops = append(d.stops, stop{agent: r.Agent})
		}
	case r.Event == "ending" && r.Ending == agent.Waits:
		d.waits[r.Agent]++
	case r.Event == "nudge" && r.Key != "":
		d.nudged(r)
	}
}

func (d *demoStory) nudged(r supervise.Report) {
	i := slices.IndexFunc(d.stops, func(s stop) bool { return s.key == r.Key })
	if i >= 0 {
		d.stops[i].status = r.Status
		return
	}
	if s := d.last(r.Agent); s != nil && s.key == "" {
		s.key, s.status = r.Key, r.Status
	} else if d.waits[r.Agent] > 0 {
		d.disturb = append(d.disturb, r.Agent)
	}
}

// last is the agent's last stop.
func (d *demoStory) last(name string) *stop {
	for i := len(d.stops) - 1; i >= 0; i-- {
		if d.stops[i].agent == name {
			return &d.stops[i]
		}
	}
	return nil
}

// look takes in what only a snapshot tells.
func (d *demoStory) look(s *agent.Snapshot) {
	for i := range s.Agents {
		v := &s.Agents[i]
		d.idle[v.Name] = v.Idle
		if v.State == agent.Working {
			d.tools[v.Name] = v.Turn.Tools
		}
	}
}

// effective counts the stops whose nudge was seen to work.
func (d *demoStory) effective() int {
	n := 0
	for _, s := range d.stops {
		if s.status == agent.Effective {
			n++
		}
	}
	return n
}

// grinding names an agent in a long turn of its own that no ending
// interrupted.
func (d *demoStory) grinding() string {
	for name, tools := range d.tools {
		stopped := slices.ContainsFunc(d.stops, func(s stop) bool { return s.agent == name })
		if tools >= grindTools && !stopped && d.waits[name] == 0 {
			return name
		}
	}
	return ""
}

// missing lists what the story has not shown yet; empty when it is complete.
func (d *demoStory) missing() []string {
	var out []string
	if n := d.effective(); n < enoughStops {
		out = append(out, fmt.Sprintf("%d of %d terminal endings followed by an effective nudge", n, enoughStops))
	}
	if len(d.waits) == 0 {
		out = append(out, "no agent seen waiting")
	}
	if len(d.disturb) > 0 {
		out = append(out, "a waiting agent was nudged: "+strings.Join(d.disturb, ", "))
	}
	if d.grinding() == "" {
		out = append(out, "no agent seen grinding")
	}
	if d.record == "" {
		out = append(out, "no new record")
	}
	if d.head != nil {
		out = append(out, d.head.missing()...)
	}
	return out
}

// report prints what happened, and what it would have cost without vigil.
func (d *demoStory) report(w io.Writer, took time.Duration, speed float64) {
	by := map[agent.NudgeStatus]int{}
	for _, s := range d.stops {
		if s.status != "" {
			by[s.status]++
		}
	}
	settled := d.effective()
	var without time.Duration
	delays := humanDelays()
	for i := range settled {
		without += delays[i%len(delays)]
	}
	var with time.Duration
	for _, idle := range d.idle {
		with += idle
	}
	fmt.Fprintf(w, "\nreport after %s at speed %g\n", took.Round(time.Second), speed)
	fmt.Fprintf(w, "  terminal endings    %d, of which %d were got going again by a nudge received and effective\n", len(d.stops), settled)
	fmt.Fprintf(w, "  nudges              %s\n", counts(by))
	for _, name := range sortedKeys(d.waits) {
		fmt.Fprintf(w, "  waiting, left alone %s: %d ends with its run alive, 0 nudges\n", name, d.waits[name])
	}
	if g := d.grinding(); g != "" {
		fmt.Fprintf(w, "  grinding            %s: %d tool calls in one turn, no end\n", g, d.tools[g])
	}
	if d.record != "" {
		fmt.Fprintf(w, "  record              %s\n", d.record)
	}
	if d.head != nil {
		fmt.Fprintf(w, "  head node           %s\n", d.head)
	}
	fmt.Fprintf(w, "  idle with vigil     %s in real time, measured: from each end to the prompt that followed, all agents\n",
		with.Round(100*time.Millisecond))
	fmt.Fprintf(w, "  idle without vigil  %s for the same %d stops, computed: each is given the time that a person took to restart\n"+
		"                      the agent in the incident of May 2026 (1, 4, 1, 2 and 154 minutes, in turn)\n",
		without, settled)
}

func counts(by map[agent.NudgeStatus]int) string {
	var parts []string
	for _, s := range []agent.NudgeStatus{agent.Effective, agent.Received, agent.Sent, agent.Planned, agent.Wasted, agent.Dropped} {
		if by[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", by[s], s))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func sortedKeys(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
