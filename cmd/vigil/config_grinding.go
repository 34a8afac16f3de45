package main

import (
	"fmt"
	"time"

	"vigil/agent/grind"
)

// grindingKeys is the [grinding] table.
type grindingKeys struct {
	After      *duration `toml:"after,omitempty"`
	Trials     *uint     `toml:"trials,omitempty"`
	Window     *uint     `toml:"window,omitempty"`
	Hits       *uint     `toml:"hits,omitempty"`
	Improve    *float64  `toml:"improve,omitempty"`
	Edits      *uint     `toml:"edits,omitempty"`
	Same       *float64  `toml:"same,omitempty"`
	Escalate   *duration `toml:"escalate,omitempty"`
	KeepAlives *uint     `toml:"keep_alives,omitempty"`
	Thinking   *uint     `toml:"thinking,omitempty"`
	Ratio      *float64  `toml:"ratio,omitempty"`
	Proposals  *uint     `toml:"proposals,omitempty"`
	Failures   *uint     `toml:"failures,omitempty"`
	Within     *duration `toml:"within,omitempty"`
	Calm       *duration `toml:"calm,omitempty"`
	IdleGPUs   *duration `toml:"idle_gpus,omitempty"`
}

// over returns l with the keys that are set.
func (k grindingKeys) over(l grind.Limits) grind.Limits {
	for _, n := range []struct {
		dst *int
		src *uint
	}{
		{&l.Trials, k.Trials},
		{&l.Window, k.Window},
		{&l.Hits, k.Hits},
		{&l.Edits, k.Edits},
		{&l.KeepAlives, k.KeepAlives},
		{&l.Thinking, k.Thinking},
		{&l.Proposals, k.Proposals},
		{&l.Failures, k.Failures},
	} {
		if n.src != nil {
			*n.dst = int(min(*n.src, 1<<30))
		}
	}
	put(&l.After, (*time.Duration)(k.After))
	put(&l.Escalate, (*time.Duration)(k.Escalate))
	put(&l.Within, (*time.Duration)(k.Within))
	put(&l.Calm, (*time.Duration)(k.Calm))
	put(&l.IdleGPUs, (*time.Duration)(k.IdleGPUs))
	put(&l.Improve, k.Improve)
	put(&l.Same, k.Same)
	put(&l.Ratio, k.Ratio)
	return l
}

// grindingKeysOf is the reverse of over.
func grindingKeysOf(l grind.Limits) grindingKeys {
	n := func(i int) *uint { u := uint(i); return &u }
	d := func(t time.Duration) *duration { x := duration(t); return &x }
	return grindingKeys{
		After: d(l.After), Trials: n(l.Trials), Window: n(l.Window), Hits: n(l.Hits), Improve: &l.Improve, Edits: n(l.Edits),
		Same: &l.Same, Escalate: d(l.Escalate), KeepAlives: n(l.KeepAlives), Thinking: n(l.Thinking), Ratio: &l.Ratio,
		Proposals: n(l.Proposals), Failures: n(l.Failures), Within: d(l.Within), Calm: d(l.Calm), IdleGPUs: d(l.IdleGPUs),
	}
}

func grindingTable() []key {
	return []key{
		{"grinding.after", aDuration, "", "An agent grinds when it has no new best for so long,"},
		{"grinding.trials", aCount, "", "and has finished so many trials since,"},
		{"grinding.window", aCount, "", "and of the last so many trials of the most frequent length"},
		{"grinding.hits", aCount, "", "at most so many improved on the best of that length"},
		{"grinding.improve", aNumber, "", "by at least this,"},
		{"grinding.edits", aCount, "", "and of the last so many edits of code, reverts and numbers aside,"},
		{"grinding.same", aNumber, "", "at least this share, 0 to 1, touched lines that were edited before."},
		{"grinding.escalate", aDuration, "", "It is said again when that goes on for so long."},
		{"grinding.keep_alives", aCount, "", "So many commands in a row that do nothing (echo, sleep) are a loop."},
		{"grinding.thinking", aCount, "", "A block of thinking of more than so many bytes, 16384 at least, is a loop"},
		{"grinding.ratio", aNumber, "", "if it can be compressed to less than this share, 0 to 1."},
		{"grinding.proposals", aCount, "", "The same result declared so often, with no new best between, is a loop."},
		{"grinding.failures", aCount, "", "So many failed turns in a row"},
		{"grinding.within", aDuration, "", "within so long are a retry storm."},
		{"grinding.calm", aDuration, "", "A burst of commands, thinking or failures is over after so long without its like."},
		{"grinding.idle_gpus", aDuration, "", "GPUs of an agent's jobs or machine that do nothing for so long, while no job of it waits, are idle compute."},
	}
}

// checkGrinding returns the first limit that makes no sense, and what to write.
func checkGrinding(l grind.Limits) (name, do string) {
	for _, n := range []struct {
		name  string
		value int
		least int
	}{
		{"trials", l.Trials, 1},
		{"window", l.Window, 1},
		{"edits", l.Edits, 1},
		{"keep_alives", l.KeepAlives, 2},
		{"thinking", l.Thinking, 16384},
		{"proposals", l.Proposals, 2},
		{"failures", l.Failures, 2},
	} {
		if n.value < n.least {
			return n.name, fmt.Sprintf("grinding.%s is %d: write %d or more", n.name, n.value, n.least)
		}
	}
	for _, s := range []struct {
		name  string
		value float64
	}{{"same", l.Same}, {"ratio", l.Ratio}} {
		if !(s.value >= 0 && s.value <= 1) {
			return s.name, fmt.Sprintf("grinding.%s is %v: write a share from 0 to 1", s.name, s.value)
		}
	}
	if !(l.Improve >= 0) {
		return "improve", fmt.Sprintf("grinding.improve is %v: write 0 or more", l.Improve)
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"after", l.After}, {"escalate", l.Escalate}, {"within", l.Within}, {"calm", l.Calm}, {"idle_gpus", l.IdleGPUs}} {
		if d.value < time.Second {
			return d.name, fmt.Sprintf("grinding.%s is %v: write a second or more", d.name, d.value)
		}
	}
	return "", ""
}
