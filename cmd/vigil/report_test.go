package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/journal"
	"vigil/remote"
	"vigil/remote/curve"
	"vigil/tui"
)

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 5, 4, 7, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		s    string
		want string // RFC 3339; empty for an error
	}{
		{"90m", "2026-05-04T06:00:00Z"},
		{"7d", "2026-04-27T07:30:00Z"},
		{"0.5d", "2026-05-03T19:30:00Z"},
		{"2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z"},
		{"22:00", "2026-05-03T22:00:00Z"},
		{"07:00", "2026-05-04T07:00:00Z"},
		{"all", "0001-01-01T00:00:00Z"},
		{"-1h", ""},
		{"0s", ""},
		{"-1d", ""},
		{"2027-05-01T00:00:00Z", ""},
		{"yesterday", ""},
		{"", ""},
	} {
		got, err := parseSince(c.s, now)
		if c.want == "" {
			if exitCode(err) != 2 {
				t.Errorf("%q: %v, %v", c.s, got, err)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339) != c.want {
			t.Errorf("%q: %v, %v, want %s", c.s, got, err, c.want)
		}
	}
}

func TestReportCommand(t *testing.T) {
	e, out, _ := testEnv(t, "report")
	state, err := e.stateDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), e); err != nil || !strings.Contains(out.String(), "Nothing happened since") {
		t.Fatalf("without a journal: %v, %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(state, "journal.db")); err == nil {
		t.Error("a report made a journal")
	}

	j, err := journal.Open(t.Context(), filepath.Join(state, "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	ended := agent.Turn{N: 1, Started: now.Add(-time.Hour), Ended: now.Add(-time.Minute), EndID: "e1", Final: "SESSION <b>FINAL</b>"}
	for _, err := range []error{
		j.RecordAgent(t.Context(), agent.Agent{ID: "a1", Name: "opus", Kind: agent.Claude, Workspace: "/w"}, now.Add(-2*time.Hour)),
		j.RecordEnding(t.Context(), "a1", "s1", ended, agent.Verdict{Ending: agent.Terminal}),
		j.RecordResults(t.Context(), []agent.Result{{Agent: "a1", Path: "r", Run: "r", Status: "finished", Least: 3.27, Reached: 2930, Hit: true, At: now.Add(-time.Minute), Ended: now}}),
		j.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}

	dir := t.TempDir()
	for _, c := range []struct {
		name string
		args []string
		file string
		want string
	}{
		{"text", nil, "", "best 2930 ▼60 record 2990"},
		{"markdown", []string{"--format", "md"}, "", `SESSION &lt;b&gt;FINAL`},
		{"json", []string{"--format", "json", "--since", "all"}, "", `"beats_record": true`},
		{"a page by its name", []string{"-o", filepath.Join(dir, "r.html")}, filepath.Join(dir, "r.html"), "<!DOCTYPE html>"},
		{"a format beats the name", []string{"-o", filepath.Join(dir, "r.htm"), "--format", "json"}, filepath.Join(dir, "r.htm"), `"span_s"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out.Reset()
			e.Args = append([]string{"report"}, c.args...)
			if err := run(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			got := out.String()
			if c.file != "" {
				b, err := os.ReadFile(c.file)
				if err != nil {
					t.Fatal(err)
				}
				if st, _ := os.Stat(c.file); st.Mode().Perm() != 0o600 || got != "" {
					t.Errorf("mode %v, and %q on stdout", st.Mode(), got)
				}
				got = string(b)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("no %q in\n%s", c.want, got)
			}
			if strings.Contains(strings.Join(c.args, " "), "json") && !json.Valid([]byte(got)) {
				t.Error("no JSON")
			}
		})
	}
	for _, args := range [][]string{{"--format", "pdf"}, {"--since", "long ago"}, {"now"}} {
		e.Args = append([]string{"report"}, args...)
		if err := run(t.Context(), e); exitCode(err) != 2 {
			t.Errorf("%q: %v", args, err)
		}
	}
	e.Args = []string{"report", "-o", filepath.Join(dir, "no", "r.html")}
	if err := run(t.Context(), e); exitCode(err) != 1 || !strings.Contains(err.Error(), "choose another place") {
		t.Error(err)
	}
}

// The help names every field of the JSON form.
func TestReportHelpNamesFields(t *testing.T) {
	help := newReport(env{}, &overrides{}).Long
	for _, field := range strings.Fields(`from to span_s all fleet best agents records best_runs judge tokens usd turns tools worked_s idle_s
		endings idle_by_cause ending times longest_s agent at nudges planned sent received effective wasted dropped manual steps
		dry_run after_s held held_why why runs hit failed input cached_input output gpu held_h busy_h idle_h name kind host workspace
		sessions open best_before events type status text run value metric least before record beats_record`) {
		if !strings.Contains(help, field) {
			t.Errorf("--help does not tell of %q", field)
		}
	}
}

func TestResultOf(t *testing.T) {
	goal := agent.GoalLine{Metric: "val_loss", Target: 3.28, Minimize: "step", Record: 2990}
	store := curve.NewStore()
	write := func(path string, plan int64, end remote.Record, losses ...float64) *curve.Run {
		w := store.Writer(remote.Source{Key: "a1", Host: "head", Path: path})
		for i, l := range losses {
			w.Add(remote.Record{Kind: remote.Point, Step: int64(i+1) * 1000, Plan: plan, Wall: float64(i), Metrics: []remote.Metric{{Name: "val_loss", Value: l}}})
		}
		if end.Kind != 0 {
			w.Add(end)
		}
		w.Seen(time.Unix(1e9, 0))
		set := store.Snapshot()
		return set.At(set.Len() - 1)
	}
	for _, c := range []struct {
		name string
		run  *curve.Run
		ok   bool
		want agent.Result
	}{
		{"hit", write("hit.log", 3000, remote.Record{}, 4, 3.38, 3.18), true, agent.Result{Status: "finished", Hit: true, Reached: 2500, Least: 3.18}},
		{"miss", write("miss.log", 3000, remote.Record{}, 4, 3.5, 3.3), true, agent.Result{Status: "finished", Least: 3.3}},
		{"runs", write("runs.log", 9000, remote.Record{}, 4, 3.5), false, agent.Result{}},
		{"runs and has hit", write("runs-hit.log", 9000, remote.Record{}, 3.38, 3.18), true, agent.Result{Status: "running", Hit: true, Reached: 1500, Least: 3.28}},
		{"failed", write("oom.log", 9000, remote.Record{Kind: remote.Failure, Text: "out of memory"}, 4), true, agent.Result{Status: "failed", Cause: "out of memory", Least: 4}},
		{"tells nothing", &curve.Run{}, false, agent.Result{}},
	} {
		got, ok := resultOf(c.run, goal)
		if ok != c.ok {
			t.Errorf("%s: %v, %+v", c.name, ok, got)
		}
		if !ok {
			continue
		}
		w := c.want
		if got.Status != w.Status || got.Hit != w.Hit || math.Abs(got.Reached-w.Reached) > 1 || math.Abs(got.Least-w.Least) > 1e-6 || got.Cause != w.Cause {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestHeldGPUs(t *testing.T) {
	now := time.Unix(1e9, 0)
	v := agent.View{Agent: agent.Agent{ID: "a1", Host: "head", Workspace: "/w"}}
	job := remote.Job{Host: "head", ID: "1", State: remote.JobRunning, GPUs: 4, Nodes: []string{"n1"}, Dir: "/w/x"}
	gpu := func(node string, index int, util float64) remote.GPU {
		return remote.GPU{Host: "head", Node: node, Index: index, Util: util, At: now.Add(-time.Second)}
	}
	old := gpu("n1", 2, 50)
	old.At = now.Add(-time.Hour)
	for _, c := range []struct {
		name string
		jobs []remote.Job
		gpus []remote.GPU
		want [3]int
	}{
		{"no job", nil, nil, [3]int{}},
		{"nothing looks", []remote.Job{job}, nil, [3]int{4, 0, 0}},
		{"looked at", []remote.Job{job}, []remote.GPU{gpu("n1", 0, 97), gpu("n1", 1, 0), old, gpu("n1", 3, math.NaN()), gpu("n2", 0, 9)}, [3]int{4, 1, 1}},
		{"a part of a node, not told which", []remote.Job{{Host: "head", State: remote.JobRunning, GPUs: 1, Nodes: []string{"n1"}, Dir: "/w"}}, []remote.GPU{gpu("n1", 0, 1), gpu("n1", 1, 2)}, [3]int{1, 0, 0}},
		{"of others, and one that waits", []remote.Job{{Host: "head", State: remote.JobRunning, GPUs: 4, Dir: "/other"}, {Host: "head", State: remote.JobPending, GPUs: 4, Dir: "/w"}}, nil, [3]int{}},
	} {
		held, busy, idle := heldGPUs(&v, &tui.Cluster{Clusters: []*remote.Cluster{{Host: "head", Jobs: c.jobs}}, GPUs: c.gpus}, now)
		if got := [3]int{held, busy, idle}; got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
