package slurm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil/remote"
)

// trouble is what is wrong, by what it concerns; empty where nothing is.
type trouble struct{ jobs, slow, nodes string }

// line is Cluster.Problem.
func (t trouble) line() string {
	parts := slices.DeleteFunc([]string{t.jobs, t.slow, t.nodes}, func(s string) bool { return s == "" })
	return remote.Line(strings.Join(parts, "; "), maxName)
}

// problem says what went wrong, for a person.
func problem(err error) string {
	if err == nil {
		return ""
	}
	ee, ok := errors.AsType[*remote.ExitError](err)
	if !ok {
		return err.Error()
	}
	program, _, _ := strings.Cut(err.Error(), ":")
	said := strings.TrimPrefix(ee.Stderr, program+": ")
	if said == "" {
		said = fmt.Sprintf("exit code %d", ee.Code)
	}
	switch {
	case missing(err):
		return program + " is missing there"
	case strings.Contains(said, "contact slurm controller"), strings.Contains(said, "timed out"):
		return "slurmctld does not answer " + program + " (" + said + ")"
	case strings.Contains(said, "denied"):
		return program + " is not allowed here (" + said + ")"
	}
	return program + ": " + said
}
