package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil/agent"
	"vigil/agent/supervise"
	"vigil/remote"
	"vigil/remote/curve"
	"vigil/tui"
)

// Times of what messages are told of runs and GPUs.
const (
	outlookEvery  = time.Second      // looks for agents of which nothing has been told
	familiesEvery = 20 * time.Second // an agent's runs are grouped again, if there are new ones
	oldGPU        = 2 * time.Minute  // a look at a GPU says nothing any more
)

// What makes a GPU a free one.
const (
	idleUtil   = 5    // percent
	idleMemory = 1024 // MiB: a context alone takes some hundreds
)

// maxFamilies bounds the families that are told of.
const maxFamilies = 12

// outlook tells the supervisor what messages can say of an agent's runs and of
// free GPUs, until ctx ends.
func (r *runs) outlook(ctx context.Context) {
	tick := time.NewTicker(outlookEvery)
	defer tick.Stop()
	type known struct {
		at    time.Time
		set   int
		tried []string
		gpus  string
		told  bool
	}
	all := map[agent.ID]*known{}
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		snap, now := r.w.Snapshot(), time.Now()
		for id := range all {
			if snap.Find(id) == nil {
				delete(all, id)
			}
		}
		for _, v := range snap.Agents {
			k := all[v.ID]
			if k == nil {
				k = &known{set: -1}
				all[v.ID] = k
			}
			tried, gpus := k.tried, freeGPUs(r.w.hosts.cluster(), v.Host, now)
			if now.Sub(k.at) >= familiesEvery {
				if set := r.store.Snapshot(); set.Version != k.set {
					tried = triedFamilies(set.Filter(nil, string(v.ID), ""))
					k.at, k.set = now, set.Version
				}
			}
			if !k.told || gpus != k.gpus || !slices.Equal(tried, k.tried) {
				k.told, k.tried, k.gpus = true, tried, gpus
				r.w.Inform(supervise.Informed{ID: v.ID, Tried: tried, GPUs: gpus})
			}
		}
	}
}

// triedFamilies names the candidates of which there are runs, those with the
// most runs first.
func triedFamilies(all []*curve.Run) []string {
	fs := curve.Families(all)
	slices.SortStableFunc(fs, func(a, b curve.Family) int { return cmp.Compare(len(b.Runs), len(a.Runs)) })
	var out []string
	for _, f := range fs[:min(len(fs), maxFamilies)] {
		name := agent.CleanLine(f.Name, 60)
		if n := len(f.Runs); n > 1 {
			name = fmt.Sprintf("%s (%d runs)", name, n)
		}
		out = append(out, name)
	}
	return out
}

// freeGPUs says which GPUs of an agent's host, its jobs' nodes and its scheduler
// do nothing; empty if none is known to.
func freeGPUs(c *tui.Cluster, host string, now time.Time) string {
	idle, seen := 0, 0
	for _, g := range c.GPUs {
		if g.Host != host || now.Sub(g.At) > oldGPU {
			continue
		}
		seen++
		if g.Util < idleUtil && !(g.MemUsed > idleMemory) { // NaN is not told
			idle++
		}
	}
	var parts []string
	if idle > 0 {
		parts = append(parts, fmt.Sprintf("%d of the %s that you hold %s idle", idle, counted(seen, "GPU"), isAre(idle)))
	}
	for _, k := range c.Clusters {
		if k.Host != host || k.Problem != "" {
			continue
		}
		if free, nodes := freeOf(k); free > 0 {
			parts = append(parts, fmt.Sprintf("%s on %s %s free", counted(free, "GPU"), counted(nodes, "node"), isAre(free)))
		}
	}
	return strings.Join(parts, ", and ")
}

// freeOf counts the GPUs that a scheduler could give, and the nodes they are on.
func freeOf(c *remote.Cluster) (gpus, nodes int) {
	for _, n := range c.Nodes {
		if free := n.GPUs - n.GPUsUsed; free > 0 && n.Usable() && n.State != "completing" {
			gpus, nodes = gpus+free, nodes+1
		}
	}
	return gpus, nodes
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
