package slurm

import (
	"strings"

	"vigil/remote"
)

// acctFields is what sacct is asked for. It separates by any text in every
// version, here by sep; there are no texts among them that users choose.
const acctFields = "JobID,State,ExitCode,Start,End,ElapsedRaw,NNodes"

// readAcct reads an answer of sacct: how jobs ended, by their ID. Jobs that it
// says are alive are left out: the database lags behind.
func readAcct(out []byte) map[string]remote.Job {
	ended := map[string]remote.Job{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimRight(line, "\n"), sep)
		if len(f) < strings.Count(acctFields, ",")+1 || !isID(f[0]) || len(ended) == maxRows {
			continue
		}
		state, _, _ := strings.Cut(remote.Line(f[1], maxWord), " ") // "CANCELLED by 1001"
		j := remote.Job{ID: f[0], State: remote.JobState(state), Started: stamp(f[3]), Ended: stamp(f[4]), NumNodes: whole(f[6])}
		if state == "" || j.State.Alive() {
			continue
		}
		j.ExitCode, j.Signal = exit(f[2])
		j.Elapsed = seconds(f[5])
		ended[j.ID] = j // the last of a job that was requeued
	}
	return ended
}
