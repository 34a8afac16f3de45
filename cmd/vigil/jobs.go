package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/slurm"
)

func newJobs(e env, given *overrides) *cobra.Command {
	var asJSON bool
	var host, user string
	cmd := &cobra.Command{
		Use:   "jobs",
		Short: "Print a scheduler's jobs and nodes once",
		Long: "Prints your Slurm jobs, why each waits or how it ended, and the nodes, of every [[host]] with\n" +
			"slurm = true; without one, of this machine.\n\n" +
			"--json prints one object a host: host, version, at, rpcs (requests that this cost slurmctld),\n" +
			"problem, jobs and nodes. A job is id, name, user, account, partition, state, reason (in Slurm's\n" +
			"words), why (in plain ones), depends, nodes, gpus, gpu_index (by node, where told), exit_code and\n" +
			"signal (null while it is alive), restarts, submitted, started, ended (null if not told; they may lie\n" +
			"ahead), elapsed_s, left_s (null without a limit), dir, stdout and stderr. A node is name, state,\n" +
			"marks, reason, partitions, cpus, cpus_used, gpus, gpus_used, gpu_type and memory_mb.",
		Example: "vigil jobs --host head\nvigil jobs --user '*' --json",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig(e, *given)
			if err != nil {
				return err
			}
			write := writeCluster
			if asJSON {
				write = writeClusterJSON
			}
			var errs []error
			for _, name := range schedulers(c, host) {
				cl, err := askJobs(cmd.Context(), e, c, name, user)
				errs = append(errs, err)
				if err == nil {
					errs = append(errs, write(e.Stdout, cl))
				}
			}
			return errors.Join(errs...)
		},
	}
	cmd.Flags().StringVar(&host, "host", "", "ask this host: local, a [[host]] or an alias of ssh_config")
	cmd.Flags().StringVar(&user, "user", "", "whose jobs, with commas between; '*' is everyone's (default your own)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a host")
	return cmd
}

// schedulers names the hosts to ask.
func schedulers(c Config, host string) []string {
	if host != "" {
		return []string{host}
	}
	var out []string
	for _, h := range c.Hosts {
		if h.Slurm {
			out = append(out, h.Name)
		}
	}
	if len(out) == 0 {
		return []string{local}
	}
	return out
}

// askJobs asks one host's scheduler once.
func askJobs(ctx context.Context, e env, c Config, name, user string) (*remote.Cluster, error) {
	h, closeHost := openHost(e, c, name)
	p := slurm.New(h, slurm.Options{User: user})
	err := p.Poll(ctx)
	if cerr := closeHost(); err == nil && cerr != nil {
		err = cerr
	}
	switch cl := p.Cluster(); {
	case err == nil:
		return cl, nil
	case cl.Problem != "":
		return nil, fmt.Errorf("jobs of %s: %s", name, cl.Problem)
	default:
		return nil, fmt.Errorf("jobs of %s: %w", name, err)
	}
}

func writeCluster(out io.Writer, c *remote.Cluster) error {
	gpus, used := 0, 0
	for _, n := range c.Nodes {
		gpus, used = gpus+n.GPUs, used+n.GPUsUsed
	}
	fmt.Fprintf(out, "%s: %s, %d jobs, %d of %d GPUs in use\n\n", c.Host, c.Version, len(c.Jobs), used, gpus)
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	if len(c.Jobs) > 0 {
		fmt.Fprintln(w, "job\tname\tstate\telapsed\tleft\tnodes\tgpus\tuser\twhy")
	}
	for _, j := range c.Jobs {
		why := j.Why
		if why == "" {
			why = j.Reason
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", j.ID, orDash(agent.CleanLine(j.Name, 40)), j.State,
			spell(j.Elapsed), left(j), orDash(strings.Join(j.Nodes, ",")), number(j.GPUs), j.User, why)
	}
	if len(c.Nodes) > 0 {
		fmt.Fprintln(w, "\nnode\tstate\tgpus\tcpus\tpartitions\treason")
	}
	for _, n := range c.Nodes {
		gpus := "-"
		if n.GPUs > 0 {
			gpus = strings.TrimSpace(fmt.Sprintf("%d/%d %s", n.GPUsUsed, n.GPUs, n.GPUType))
		}
		fmt.Fprintf(w, "%s\t%s%s\t%s\t%d/%d\t%s\t%s\n", n.Name, n.State, n.Marks, gpus, n.CPUsUsed, n.CPUs, strings.Join(n.Partitions, ","), n.Reason)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if c.Problem != "" {
		fmt.Fprintln(out, "\n! "+c.Problem)
	}
	_, err := fmt.Fprintf(out, "\n%d requests\n", c.RPCs)
	return err
}

// spell prints a time that has run, in whole seconds.
func spell(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return d.Truncate(time.Second).String()
}

// left is the time that a job has.
func left(j remote.Job) string {
	switch {
	case !j.State.Alive():
		return "-"
	case j.Left < 0:
		return "no limit"
	}
	return spell(j.Left)
}

func number(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

type clusterLine struct {
	Host    string     `json:"host"`
	Version string     `json:"version"`
	At      time.Time  `json:"at"`
	RPCs    int        `json:"rpcs"`
	Problem string     `json:"problem"`
	Jobs    []jobLine  `json:"jobs"`
	Nodes   []nodeLine `json:"nodes"`
}

type jobLine struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	User      string           `json:"user"`
	Account   string           `json:"account"`
	Partition string           `json:"partition"`
	State     remote.JobState  `json:"state"`
	Reason    string           `json:"reason"`
	Why       string           `json:"why"`
	Depends   string           `json:"depends"`
	Nodes     []string         `json:"nodes"`
	GPUs      int              `json:"gpus"`
	GPUIndex  map[string][]int `json:"gpu_index"`
	ExitCode  *int             `json:"exit_code"`
	Signal    *int             `json:"signal"`
	Restarts  int              `json:"restarts"`
	Submitted *time.Time       `json:"submitted"`
	Started   *time.Time       `json:"started"`
	Ended     *time.Time       `json:"ended"`
	Elapsed   float64          `json:"elapsed_s"`
	Left      *float64         `json:"left_s"`
	Dir       string           `json:"dir"`
	Stdout    string           `json:"stdout"`
	Stderr    string           `json:"stderr"`
}

type nodeLine struct {
	Name       string   `json:"name"`
	State      string   `json:"state"`
	Marks      string   `json:"marks"`
	Reason     string   `json:"reason"`
	Partitions []string `json:"partitions"`
	CPUs       int      `json:"cpus"`
	CPUsUsed   int      `json:"cpus_used"`
	GPUs       int      `json:"gpus"`
	GPUsUsed   int      `json:"gpus_used"`
	GPUType    string   `json:"gpu_type"`
	MemoryMB   int64    `json:"memory_mb"`
}

func writeClusterJSON(out io.Writer, c *remote.Cluster) error {
	l := clusterLine{Host: c.Host, Version: c.Version, At: c.At, RPCs: c.RPCs, Problem: c.Problem, Jobs: []jobLine{}, Nodes: []nodeLine{}}
	for _, j := range c.Jobs {
		l.Jobs = append(l.Jobs, jobOf(j))
	}
	for _, n := range c.Nodes {
		l.Nodes = append(l.Nodes, nodeLine{
			Name: n.Name, State: n.State, Marks: n.Marks, Reason: n.Reason, Partitions: listOf(n.Partitions),
			CPUs: n.CPUs, CPUsUsed: n.CPUsUsed, GPUs: n.GPUs, GPUsUsed: n.GPUsUsed, GPUType: n.GPUType, MemoryMB: n.MemoryMB,
		})
	}
	return json.NewEncoder(out).Encode(l)
}

func jobOf(j remote.Job) jobLine {
	l := jobLine{
		ID: j.ID, Name: j.Name, User: j.User, Account: j.Account, Partition: j.Partition, State: j.State,
		Reason: j.Reason, Why: j.Why, Depends: j.Depends, Nodes: listOf(j.Nodes), GPUs: j.GPUs, GPUIndex: j.GPUIndex,
		Restarts: j.Restarts, Submitted: timeOf(j.Submitted), Started: timeOf(j.Started), Ended: timeOf(j.Ended),
		Elapsed: j.Elapsed.Seconds(), Dir: j.Dir, Stdout: j.Stdout, Stderr: j.Stderr,
	}
	if j.ExitCode >= 0 {
		l.ExitCode, l.Signal = &j.ExitCode, &j.Signal
	}
	if j.Left >= 0 {
		s := j.Left.Seconds()
		l.Left = &s
	}
	return l
}

// listOf is a list that JSON prints as one, even without items.
func listOf(s []string) []string { return append([]string{}, s...) }

// timeOf is nil for a time that was not told.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
