package slurm

import (
	"cmp"
	"slices"
	"strings"

	"vigil/remote"
)

// nodeFields is what sinfo is asked for.
func nodeFields() []field {
	return []field{
		{name: "NodeList", width: 128},
		{name: "StateLong", width: 32},
		{name: "PartitionName", width: 64},
		{name: "CPUsState", width: 32},
		{name: "Gres", width: 256},
		{name: "GresUsed", width: 256},
		{name: "Memory", width: 16},
		{name: "Reason", width: 256, free: true},
	}
}

// readNodes reads an answer of `sinfo -N`, which has a line for each node in
// each of its partitions.
func readNodes(t table, out []byte) (nodes []remote.Node, err error) {
	at := map[string]int{}
	err = t.cut(out, func(r row) {
		n := node(r)
		if n.Name == "" {
			return
		}
		i, known := at[n.Name]
		if !known {
			at[n.Name] = len(nodes)
			nodes = append(nodes, n)
			return
		}
		if p := n.Partitions; len(p) > 0 && !slices.Contains(nodes[i].Partitions, p[0]) {
			nodes[i].Partitions = append(nodes[i].Partitions, p[0])
		}
	})
	slices.SortFunc(nodes, func(a, b remote.Node) int { return cmp.Compare(a.Name, b.Name) })
	return nodes, err
}

func node(r row) remote.Node {
	name := r["NodeList"]
	n := remote.Node{Name: remote.Line(name[strings.LastIndexByte(name, '\n')+1:], maxWord)}
	n.State, n.Marks = nodeState(remote.Line(r["StateLong"], maxWord))
	if p := remote.Line(r["PartitionName"], maxWord); p != "" {
		n.Partitions = []string{p}
	}
	if s := remote.Line(r["Reason"], maxName); s != "none" {
		n.Reason = s
	}
	// allocated/idle/other/total
	if c := strings.Split(r["CPUsState"], "/"); len(c) == 4 {
		n.CPUs, n.CPUsUsed = whole(c[3]), whole(c[0])
	}
	n.GPUs, n.GPUType = gpus(r["Gres"])
	n.GPUType = remote.Line(n.GPUType, maxWord)
	n.GPUsUsed, _ = gpus(r["GresUsed"])
	n.MemoryMB = int64(whole(r["Memory"]))
	return n
}

// nodeState takes the marks off a state: "mixed-" is mixed, and planned for a
// job. 22.05 has a word for an idle node that is planned.
func nodeState(s string) (state, marks string) {
	state = strings.TrimRight(s, "*~#!%$@^-+")
	if marks = s[len(state):]; state == "planned" {
		return "idle", marks + "-"
	}
	return state, marks
}
