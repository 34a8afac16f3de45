// Package slurm tells the jobs and nodes of a Slurm cluster, through the
// commands of a [remote.Host]. Start with [Poller]: one for each cluster,
// however many screens look at it, since every answer costs the controller.
//
// Slurm is asked in text. Its JSON changes shape with nearly every version
// (a state is a word, then a list; a number is a number, then an object; a log
// file is a pattern, then a path, then a pattern again), ignores filters in
// some, is not there before 21.08, and costs 3.6 to 10.5 KB a job, against
// 0.3 KB in text. So one query of `squeue -O` serves all versions: since 20.11
// a field can end in any bytes, and ends in the unit separator 0x1f here; 19.05
// and 20.02 know fixed widths only, and are asked in these. A field that users
// choose (a job's name, its folder and files) may hold line breaks and 0x1f
// itself, so it ends in 0x1f and a random mark that nobody can guess.
//
// The commands run with TZ=UTC0, since Slurm prints local times without a zone,
// which are told twice where summer time ends.
package slurm
