package simcluster

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// nodeVariable tells nvidia-smi, in the environment of a step, where it runs.
const nodeVariable = "VIGIL_DEMO_NODE"

// srun runs a command as a step of a job on a node, which is this machine.
func (c Call) srun(ctx context.Context, s state) int {
	o, command := options(c.Args, "-w", "-n", "-N", "-J")
	if len(command) == 0 {
		return c.fail("srun: fatal: No command given to execute.")
	}
	var found *job
	for i := range s.Jobs {
		if strconv.Itoa(s.Jobs[i].ID) == o["--jobid"] {
			found = &s.Jobs[i]
		}
	}
	switch {
	case found == nil:
		return c.fail("srun: error: Unable to confirm allocation for job " + o["--jobid"] + ": Invalid job id specified")
	case found.State == "PENDING":
		return c.fail(fmt.Sprintf("srun: error: Unable to confirm allocation for job %d: Job is pending execution", found.ID))
	case !found.running():
		return c.fail(fmt.Sprintf("srun: error: Slurm job %d has expired", found.ID))
	case o["-w"] != found.Node:
		return c.fail(fmt.Sprintf("srun: error: Unable to create step for job %d: Requested node configuration is not available", found.ID))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go c.whileRuns(ctx, found.ID, stop) // ends with ctx
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(c.Environ, nodeVariable+"="+o["-w"], fmt.Sprintf("SLURM_JOB_ID=%d", found.ID))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, c.Stdout, c.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	if ee, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(ee.ExitCode(), 1)
	}
	if err != nil {
		return c.fail("slurmstepd: error: execve(): " + command[0] + ": No such file or directory")
	}
	return 0
}

// whileRuns calls stop when the job has ended, as a step ends with its job.
func (c Call) whileRuns(ctx context.Context, id int, stop func()) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		s, err := load(c.Dir)
		alive := false
		for _, j := range s.Jobs {
			alive = alive || j.ID == id && j.running()
		}
		if err != nil || !alive {
			stop()
			return
		}
	}
}

// smi knows the queries of a GPU's state and of the processes, in CSV without
// heading and units.
func (c Call) smi(ctx context.Context, s state) int {
	o, _ := options(c.Args, "-l", "-i")
	name := c.Getenv(nodeVariable)
	if name == "" {
		fmt.Fprintln(c.Stdout, "No devices were found")
		return 6
	}
	if _, ok := o["--query-compute-apps"]; ok {
		// The step stands for the processes of its job.
		for _, j := range s.Jobs {
			for i := j.FirstGPU; j.running() && strconv.Itoa(j.ID) == c.Getenv("SLURM_JOB_ID") && i < j.FirstGPU+j.GPUs; i++ {
				fmt.Fprintf(c.Stdout, "%s, %d\n", uuid(name, i), os.Getppid())
			}
		}
		return 0
	}
	fields := strings.Split(o["--query-gpu"], ",")
	every, _ := strconv.Atoi(o["-l"])
	for {
		for i, busy := range s.busy(name) {
			row := make([]string, len(fields))
			for k, f := range fields {
				row[k] = gpuField(f, name, i, busy, time.Now())
			}
			if _, err := fmt.Fprintln(c.Stdout, strings.Join(row, ", ")); err != nil {
				return 1
			}
		}
		if every <= 0 {
			return 0
		}
		t := time.NewTimer(time.Duration(every) * time.Second)
		select {
		case <-ctx.Done():
			t.Stop()
			return 143
		case <-t.C:
		}
		var err error
		if s, err = load(c.Dir); err != nil {
			return 1 // the world is over
		}
	}
}

func uuid(node string, i int) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", node, i)
	return fmt.Sprintf("GPU-%016x", h.Sum64())
}

// gpuField is one value of a GPU at a moment, in the manner of an H200 that
// trains or idles.
func gpuField(field, node string, i int, busy bool, now time.Time) string {
	wave := math.Sin(float64(now.Unix())/7 + float64(i) + float64(len(node)))
	pick := func(idle, training float64) string {
		v := idle
		if busy {
			v = training
		}
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	}
	switch field {
	case "index":
		return strconv.Itoa(i)
	case "uuid":
		return uuid(node, i)
	case "name":
		return "NVIDIA H200"
	case "utilization.gpu":
		return pick(0, 96+3*wave)
	case "memory.used":
		return pick(0, 91_147+40*float64(i))
	case "memory.total":
		return "143771"
	case "power.draw":
		return pick(93+2*wave, 560+40*wave) + ".06"
	case "power.limit":
		return "700.00"
	case "temperature.gpu":
		return pick(31+wave, 50+4*wave)
	}
	return "[N/A]"
}
