package liveness

import (
	"fmt"
	"time"

	"vigil/agent"
)

// Process is work of an agent as the process table shows it: the topmost process
// that is not the agent's CLI, with all that it started.
type Process struct {
	Key      string // tells it from a later one with the same number
	Command  Command
	Programs []string // names of it and of what runs below it
	Task     string   // id of the background task whose output it writes; empty if not known
	Started  time.Time
	CPU      time.Duration // used so far, by all of it; zero if not told
	Left     bool          // it left the agent's tree (nohup, setsid, disown)
	Output   File          // what it writes to; zero if not known
	Files    []File        // those that its command reads and that there are
}

// File is a file as it is now.
type File struct {
	Path     string
	Size     int64
	Modified time.Time
	Writer   agent.Tri // something that does not only watch has it open for writing
}

// What a process is.
type role uint8

const (
	worker  role = iota
	watcher      // goes round until it sees something
	timer        // sleeps, and is over then
	server       // runs for the sake of others
)

// memory is what is remembered of a process between looks.
type memory struct {
	first  time.Time // when it was first seen
	cpu    time.Duration
	cpuAt  time.Time
	out    File
	sign   time.Time // its last sign of life: it used time, or wrote
	worked int       // looks in a row that saw another program than those that wait
	work   time.Time // when it was last seen to work in two looks in a row
}

// busyShare is the share of one processor from which a process is doing
// something.
const busyShare = 0.01

// see takes a look at a process in.
func (m *memory) see(now time.Time, p Process) {
	if m.first.IsZero() {
		*m = memory{first: now, cpu: p.CPU, cpuAt: now, out: p.Output, sign: now}
	}
	if Idle(p.Programs) {
		m.worked = 0
	} else if m.worked++; m.worked > 1 {
		m.work = now
	}
	if d := now.Sub(m.cpuAt); p.CPU > m.cpu && d > 0 {
		if float64(p.CPU-m.cpu) >= busyShare*float64(d) {
			m.sign = now
		}
		if d >= measure {
			m.cpu, m.cpuAt = p.CPU, now
		}
	} else if p.CPU < m.cpu { // a part of it has ended, and is counted nowhere
		m.cpu, m.cpuAt = p.CPU, now
	}
	if p.Output != (File{}) && (p.Output.Size != m.out.Size || p.Output.Path != m.out.Path) {
		m.sign = now
	}
	m.out = p.Output
}

// role tells what a process is. A condition that is a program of its own (a
// check in Python) is seen to run now and then: that is no work.
func (m *memory) role(p Process) role {
	switch {
	case p.Command.Serves:
		return server
	case p.Command.Remote, m.worked > 1, m.worked == 1 && !p.Command.Loops:
		return worker
	case p.Command.Loops:
		return watcher
	case p.Command.Sleeps:
		return timer
	case m.worked == 0:
		return watcher // a script of which only the name is known
	}
	return worker
}

// watching says how a watcher stands when nothing else is alive: until when it
// is believed in, and what to say after that.
func (m *memory) watching(p Process, logs time.Time) (until time.Time, why func(now time.Time) string) {
	if p.Command.Ends {
		return time.Time{}, nil
	}
	base, limit := maxTime(p.Started, maxTime(m.work, logs)), quietBlind
	if p.Started.IsZero() {
		base = maxTime(m.first, base)
	}
	if len(p.Files) > 0 {
		limit = Quiet
		newest := p.Files[0]
		for _, f := range p.Files {
			switch f.Writer {
			case agent.Yes:
				return time.Time{}, nil
			case agent.Unsure:
				limit = quietBlind
			}
			base = maxTime(base, f.Modified)
			if f.Modified.After(newest.Modified) {
				newest = f
			}
		}
		what, grown := agent.CleanLine(newest.Path, 120), newest.Modified
		return base.Add(limit), func(now time.Time) string {
			s := fmt.Sprintf("watches %s, which has not grown for %s", what, ago(now.Sub(grown)))
			if limit == Quiet {
				s += "; nothing writes it"
			}
			return s
		}
	}
	return base.Add(limit), func(now time.Time) string {
		return fmt.Sprintf("only watches, and no log or job of the workspace has been alive for %s", ago(now.Sub(base)))
	}
}

// ago writes a length of time as people say it.
func ago(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
