// Package liveness tells which of the things that could wake an agent are
// alive. Words are easy and liveness decides: an agent that says it waits is
// left alone while something of it lives, and is stalled when what it waits for
// is dead, overdue, or alive but watching something dead.
//
// Start with [Register]: it folds what each source tells (the transcript's
// background tasks, the processes under the agent and those that left it, the
// scheduler's jobs, the logs that grow, the CLI's own registry) into one list of
// [agent.Task], each with its state, its source, its last sign of life and until
// when it is believed in. [ReadCommand] reads a command line for what it watches.
//
// The package does no I/O: the supervisor looks at processes and files and
// tells what it saw.
package liveness
