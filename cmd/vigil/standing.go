package main

import (
	"context"
	"encoding/json"
	"time"

	"vigil/agent"
	"vigil/agent/journal"
)

// Times of telling other processes how the agents stand.
const (
	standEvery = 2 * time.Second  // after a change
	standBeat  = 10 * time.Second // without one: what is older was left by a dead process
	standFresh = 3 * standBeat
)

// standing is how the agents stand, in the journal's Standing.Data.
type standing struct {
	Auto   bool                `json:"auto"` // this process sends nudges
	DryRun bool                `json:"dry_run"`
	Counts map[agent.State]int `json:"counts"`
	Needs  []standingNeed      `json:"needs"`
	Agents []string            `json:"agents"` // their names
}

type standingNeed struct {
	Agent string         `json:"agent"`
	Type  agent.NeedType `json:"type"`
}

func standingOf(s *agent.Snapshot) standing {
	out := standing{Auto: s.Auto, DryRun: s.DryRun, Counts: map[agent.State]int{}}
	for _, v := range s.Agents {
		out.Counts[v.State]++
		out.Agents = append(out.Agents, v.Name)
		if v.Need != nil {
			out.Needs = append(out.Needs, standingNeed{v.Name, v.Need.Type})
		}
	}
	return out
}

// stand tells other processes how the agents stand until ctx ends, for commands
// that are to answer at once (status --tmux).
func (w *watching) stand(ctx context.Context) {
	changed, cancel := w.Subscribe()
	defer cancel()
	beat := time.NewTicker(standBeat)
	defer beat.Stop()
	last := ""
	for {
		fresh := false
		select {
		case <-ctx.Done():
			leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), contentWithin)
			defer cancel()
			_ = w.journal.Leave(leave, w.holder) // what is left there grows old
			return
		case <-changed:
		case <-beat.C:
			fresh = true
		}
		data, err := json.Marshal(standingOf(w.Snapshot()))
		if err != nil || string(data) == last && !fresh {
			continue
		}
		err = w.journal.Stand(ctx, journal.Standing{Holder: w.holder, At: time.Now(), Data: string(data)})
		if err != nil {
			w.log.Warn("standing", "err", err) // the journal's own problem is shown elsewhere
		}
		last = string(data)
		pause := time.NewTimer(standEvery)
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}
