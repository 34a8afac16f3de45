package simcluster

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Call is one call of a tool.
type Call struct {
	Dir            string // the world's folder
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Environ        []string
}

// Tools lists the programs that Tool plays.
func Tools() []string {
	return []string{"squeue", "sinfo", "scontrol", "scancel", "sacct", "srun", "nvidia-smi"}
}

// Tool plays a program, and returns its exit code.
func Tool(ctx context.Context, name string, c Call) int {
	s, err := load(c.Dir)
	if err != nil {
		return c.fail("slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
	}
	switch name {
	case "squeue":
		return c.squeue(s)
	case "sinfo":
		return c.sinfo(s)
	case "scontrol":
		return c.scontrol(s)
	case "scancel":
		return c.scancel(s)
	case "sacct":
		return c.fail("Slurm accounting storage is disabled")
	case "srun":
		return c.srun(ctx, s)
	case "nvidia-smi":
		return c.smi(ctx, s)
	}
	return c.fail(name + ": not part of the demo")
}

// fail prints why, and returns the exit code for it.
func (c Call) fail(why string) int {
	fmt.Fprintln(c.Stderr, why)
	return 1
}

// options reads a command line: the flags among with take a value, written
// "-x v", "--long=v" or "--long v"; others stand alone. What follows the first
// word that is no option is the rest.
func options(args []string, with ...string) (flags map[string]string, rest []string) {
	flags = map[string]string{}
	for i := 0; i < len(args); i++ {
		a := args[i]
		if !strings.HasPrefix(a, "-") || a == "-" {
			return flags, args[i:]
		}
		name, value, ok := strings.Cut(a, "=")
		if !ok && takesValue(name, with) && i+1 < len(args) {
			i++
			value = args[i]
		}
		flags[name] = value
	}
	return flags, nil
}

func takesValue(name string, with []string) bool {
	for _, w := range with {
		if name == w {
			return true
		}
	}
	return false
}

// table prints rows in the format of -O: "Field:SUFFIX,Field:WIDTH,...".
func table(out io.Writer, format string, heading bool, rows []map[string]string) {
	items := strings.Split(format, ",")
	if heading {
		line(out, items, strings.ToUpper)
	}
	for _, r := range rows {
		line(out, items, func(name string) string {
			if v, ok := r[strings.ToLower(name)]; ok {
				return v
			}
			return "N/A"
		})
	}
}

func line(out io.Writer, items []string, value func(string) string) {
	var b strings.Builder
	for _, item := range items {
		name, end, ok := strings.Cut(item, ":")
		v := value(name)
		width, err := strconv.Atoi(strings.TrimPrefix(end, "."))
		switch {
		case !ok:
			fmt.Fprintf(&b, "%-20.20s", v)
		case err == nil:
			fmt.Fprintf(&b, "%-*.*s", width, width, v)
		default:
			b.WriteString(v + end)
		}
	}
	fmt.Fprintln(out, b.String())
}
