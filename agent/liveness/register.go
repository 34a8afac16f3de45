package liveness

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// Times by which something is believed in, all in one place. A training
// validates every 17 s, and compiling it takes a minute.
const (
	// Quiet is how long a file that is watched may stand still, when nothing has
	// it open for writing.
	Quiet = 10 * time.Minute
	// quietBlind is the same where that cannot be told, or where it is not known
	// what is watched.
	quietBlind = 30 * time.Minute
	// quietAgent is how long a sub-agent may write nothing.
	quietAgent = 30 * time.Minute
	// quietLog is how long a log may stand still and still count as growing.
	quietLog = Quiet
	// quietWork is how long work that no transcript tells of may do nothing.
	quietWork = 10 * time.Minute
	// maxShell is how long a shell is believed in of whose life nothing tells but
	// the transcript. Notices delivered in the middle of a turn can be missed, so
	// a register without a cap only grows.
	maxShell = 2 * time.Hour
	// lateAfter is how long after its time a wake-up or the end of a monitor is
	// late.
	lateAfter = 2 * time.Minute
	// missingFor is how long the process of a shell may be gone before the agent
	// should have been told.
	missingFor = 5 * time.Second
	// settles is what a source may lag behind the transcript.
	settles = 1500 * time.Millisecond
	// workGap is how long no work may be alive between two parts of it.
	workGap = time.Minute
	// toldFor is how long what a poller told of jobs or logs holds.
	toldFor = 10 * time.Minute
	measure = time.Minute // over which the use of a processor is measured
)

// Caps of what is kept, whatever the sources tell.
const (
	maxProcesses = 128
	maxTold      = 64
	maxShown     = 64
)

// Session is what the transcript and the CLI itself tell.
type Session struct {
	Kind     agent.Kind
	Tasks    []agent.Task
	Goal     bool // the CLI's own goal loop is on
	GoalTurn bool // ... or may be: it started the last turn
	Turn     agent.Turn
	Alive    agent.Tri // the CLI's process
	Began    time.Time // when that process began; zero if not known
	Status   string    // of the CLI's registry: "busy", "idle", "shell", "waiting"
	StatusAt time.Time
}

// Known is what the register says.
type Known struct {
	Tasks      []agent.Task // all, with their states; those that will wake the agent last
	Background agent.Tri    // something alive will wake the agent, or vigil when it ends
	Waits      []agent.Task // that is alive, as far as is known
	Overdue    []agent.Task
	Died       []agent.Task
	Sign       time.Time // the last sign of life of what only vouches for words
	Notes      []string  // why something does not count as alive, one line each
	Next       time.Time // when time alone may change this; zero if never
}

// Register folds what each source tells of the work of one agent. The zero
// value is ready to use. It is not safe for concurrent use.
type Register struct {
	looked  time.Time // when the processes were last looked at; zero if never
	procs   []Process
	recall  map[string]*memory
	lately  time.Time            // when work was last alive
	missing map[string]time.Time // shells whose process is gone, and since when
	matched map[string]bool      // shells whose process was seen
	signs   map[string]time.Time // last signs of life of sub-agents
	told    map[string]telling   // by source
	sent    []agent.Task         // jobs that the agent submitted
}

type telling struct {
	at    time.Time
	tasks []agent.Task
}

// Processes takes a look at all the work of the agent in. It replaces the last.
func (r *Register) Processes(now time.Time, ps []Process) {
	if r.recall == nil {
		r.recall = map[string]*memory{}
	}
	r.looked = now
	r.procs = ps[:min(len(ps), maxProcesses)]
	keep := make(map[string]*memory, len(r.procs))
	for _, p := range r.procs {
		m := r.recall[p.Key]
		if m == nil {
			m = &memory{}
		}
		m.see(now, p)
		keep[p.Key] = m
	}
	r.recall = keep
}

// Signs takes in when the sub-agents last wrote something, by their task.
func (r *Register) Signs(at map[string]time.Time) { r.signs = at }

// Tell takes in what a poller knows of jobs or logs. It replaces what the same
// source told before.
func (r *Register) Tell(now time.Time, source string, tasks []agent.Task) {
	if r.told == nil {
		r.told = map[string]telling{}
	}
	r.told[source] = telling{now, slices.Clone(tasks[:min(len(tasks), maxTold)])}
}

// Told returns what a poller last told, and when; the zero time if it has told
// nothing yet. The tasks are not to be written to.
func (r *Register) Told(source string) (at time.Time, tasks []agent.Task) {
	t := r.told[source]
	return t.at, t.tasks
}

// submitted is what sbatch prints, and with --parsable nothing but the number.
var submitted = regexp.MustCompile(`Submitted batch job (\d{1,12})\b`)

// Event looks for jobs that the agent submits: the output of its tools tells
// their numbers.
func (r *Register) Event(e agent.Event) {
	if e.Type != agent.ToolResult {
		return
	}
	for _, m := range submitted.FindAllStringSubmatch(e.Text, maxTold) {
		if slices.ContainsFunc(r.sent, func(k agent.Task) bool { return k.ID == m[1] }) {
			continue
		}
		r.sent = append(r.sent, agent.Task{ID: m[1], Kind: agent.Job, Summary: "job " + m[1], Started: e.At, Source: "transcript"})
		if n := len(r.sent); n > maxTold {
			r.sent = slices.Clone(r.sent[n-maxTold:])
		}
	}
}

// Restart forgets the processes, when the agent has another one.
func (r *Register) Restart() {
	r.procs, r.recall, r.missing, r.matched, r.looked = nil, nil, nil, nil, time.Time{}
}

// Fold says what is alive at the time now.
func (r *Register) Fold(now time.Time, s Session) Known {
	f := fold{r: r, now: now, s: s, of: map[string]*Process{}}
	f.jobs()
	f.match()
	f.work()
	f.transcript()
	f.rest()
	return f.known()
}

// fold is one run of Fold.
type fold struct {
	r   *Register
	now time.Time
	s   Session

	jobTasks []agent.Task
	logTasks []agent.Task
	logSign  time.Time           // newest sign of a log
	backed   bool                // a job or a log of the workspace is alive
	of       map[string]*Process // by the task that they belong to
	exact    bool                // each process in the tree belongs to a task
	inTree   int                 // processes in the tree that count
	lone     int                 // of these, that are not hollow
	out      Known
	alive    []agent.Task // unmatched work
	vouch    []agent.Task // what may be alive
	shells   []agent.Task // of the transcript, judged
}

// wake notes a time at which this may change.
func (f *fold) wake(at time.Time) {
	if at.After(f.now) && (f.out.Next.IsZero() || at.Before(f.out.Next)) {
		f.out.Next = at
	}
}

// jobs judges what the pollers told.
func (f *fold) jobs() {
	seen := map[string]bool{}
	for _, source := range []string{"scheduler", "log"} {
		t := f.r.told[source]
		for _, k := range t.tasks {
			k.Source = source
			switch {
			case k.Kind == agent.Job:
				seen[k.ID], seen[wholeJob(k.ID)] = true, true
				if k.State == agent.TaskDead && !k.Sign.After(f.s.Turn.Ended) {
					continue // it ended before the turn did: no news to the agent
				}
				if f.now.Sub(t.at) > toldFor && k.State == agent.TaskAlive {
					k.State = agent.TaskUnsure // nobody has looked since
				}
				f.backed = f.backed || k.State == agent.TaskAlive
				f.jobTasks = append(f.jobTasks, k)
			case k.Kind == agent.Log:
				k.State, k.Until = agent.TaskDead, k.Sign.Add(quietLog)
				if f.now.Before(k.Until) {
					k.State = agent.TaskAlive
					f.backed = true
					f.wake(k.Until)
				}
				f.logSign = maxTime(f.logSign, k.Sign)
				f.logTasks = append(f.logTasks, k)
			}
		}
	}
	for _, k := range f.r.sent { // of those that no scheduler tells of
		if !seen[k.ID] && f.now.Sub(k.Started) <= maxShell {
			k.Until = k.Started.Add(maxShell)
			f.jobTasks = append(f.jobTasks, k)
		}
	}
}

// wholeJob is the job of which "123_4" is a task of the array, and "123+0" a part.
func wholeJob(id string) string {
	if i := strings.IndexAny(id, "_+"); i > 0 {
		return id[:i]
	}
	return id
}

// match finds the process of each shell of the transcript.
func (f *fold) match() {
	free := map[string]*Process{}
	f.exact = true
	for i := range f.r.procs {
		p := &f.r.procs[i]
		if f.role(p) == server && p.Task == "" {
			continue
		}
		if !p.Left {
			f.inTree++
		}
		switch {
		case p.Task != "":
			f.of[p.Task] = p
		case !p.Left:
			f.exact = false
			free[p.Command.Text] = p
		}
	}
	for _, k := range f.s.Tasks {
		if p := free[k.Summary]; p != nil && f.of[k.ID] == nil && (k.Kind == agent.Shell || k.Kind == agent.Monitor) {
			f.of[k.ID] = p
			delete(free, k.Summary)
		}
	}
	if len(free) == 0 {
		f.exact = true
	}
}

func (f *fold) role(p *Process) role { return f.r.recall[p.Key].role(*p) }

// owned reports whether a process belongs to a task of the transcript.
func (f *fold) owned(p *Process) bool {
	for _, o := range f.of {
		if o == p {
			return slices.ContainsFunc(f.s.Tasks, func(k agent.Task) bool { return f.of[k.ID] == p })
		}
	}
	return false
}

// helper reports whether a process in the tree is none of the agent's work: the
// CLI itself says that no shell runs, and its output goes to no task.
func (f *fold) helper(p *Process) bool {
	return !p.Left && p.Task == "" && f.s.Kind == agent.Claude && f.denies()
}

// denies reports whether the CLI's registry says that no shell runs. What it
// said before the turn ended says nothing of what the turn started.
func (f *fold) denies() bool {
	if f.s.Status != "idle" || !f.s.StatusAt.After(f.s.Turn.Ended) {
		return false
	}
	f.wake(f.s.StatusAt.Add(settles))
	return !f.now.Before(f.s.StatusAt.Add(settles))
}

// work finds out whether any work is alive: what a watcher watches for.
func (f *fold) work() {
	for i := range f.r.procs {
		p := &f.r.procs[i]
		if f.role(p) == worker && !f.helper(p) && f.doing(p) {
			f.backed = true
			f.r.lately = f.now
		}
	}
	for _, k := range f.s.Tasks {
		if k.Kind == agent.SubAgent && f.now.Sub(maxTime(k.Started, f.r.signs[k.ID])) < quietAgent {
			f.backed = true
		}
	}
}

// doing reports whether a worker does something, as far as can be told.
func (f *fold) doing(p *Process) bool {
	m := f.r.recall[p.Key]
	return p.Command.Remote || f.owned(p) || f.now.Sub(m.sign) < quietWork
}

// ofProcess says how a process stands.
func (f *fold) ofProcess(k agent.Task, p *Process) agent.Task {
	m := f.r.recall[p.Key]
	k.State, k.Source, k.Sign, k.Until = agent.TaskAlive, "process", m.sign, time.Time{}
	switch f.role(p) {
	case watcher:
		until, why := m.watching(*p, f.logSign)
		k.Sign = time.Time{}
		for _, file := range p.Files {
			k.Sign = maxTime(k.Sign, file.Modified)
		}
		if f.backed || until.IsZero() {
			return k
		}
		k.Until = maxTime(until, f.r.lately.Add(workGap))
		if f.now.Before(k.Until) {
			f.wake(k.Until)
			return k
		}
		k.State = agent.TaskHollow
		f.out.Notes = append(f.out.Notes, strings.TrimSpace(string(k.Kind)+" "+agent.CleanLine(k.Summary, 60))+": "+why(f.now))
	case worker:
		if !f.doing(p) {
			k.State = agent.TaskUnsure
		} else if !f.owned(p) && !p.Command.Remote {
			k.Until = m.sign.Add(quietWork)
			f.wake(k.Until)
		}
	}
	return k
}

// rest adds the processes that no transcript tells of.
func (f *fold) rest() {
	for i := range f.r.procs {
		p := &f.r.procs[i]
		role := f.role(p)
		if role == server || f.owned(p) || f.helper(p) || p.Left && role == timer {
			continue
		}
		k := f.ofProcess(agent.Task{ID: p.Key, Kind: agent.Child, Summary: p.Command.Text, Started: p.Started}, p)
		if k.Summary == "" {
			k.Summary = agent.CleanLine(strings.Join(p.Programs, " "), maxText)
		}
		switch k.State {
		case agent.TaskAlive:
			f.alive = append(f.alive, k)
			if !p.Left {
				f.lone++
			}
		default:
			f.vouch = append(f.vouch, k)
		}
	}
}

// known draws the conclusion.
func (f *fold) known() Known {
	out := &f.out
	sure := func(k agent.Task) { out.Waits = append(out.Waits, bare(k)) }
	var maybe []agent.Task
	for _, k := range slices.Concat(f.vouch, f.alive, f.jobTasks, f.shells) {
		out.Tasks = append(out.Tasks, k)
		transcript := k.Kind != agent.Child && k.Kind != agent.Job
		switch k.State {
		case agent.TaskAlive:
			sure(k)
		case agent.TaskUnsure:
			if transcript {
				sure(k)
			} else {
				maybe = append(maybe, k)
			}
		case agent.TaskOverdue:
			out.Overdue = append(out.Overdue, bare(k))
		case agent.TaskHollow, agent.TaskDead:
			out.Died = append(out.Died, bare(k))
		}
	}
	for _, k := range f.logTasks {
		if k.State == agent.TaskAlive {
			maybe = append(maybe, k)
			out.Tasks = append([]agent.Task{k}, out.Tasks...)
		}
	}
	// The CLI's own word that a shell runs counts where no process is seen, or
	// one that is not hollow.
	shell := f.s.Status == "shell" && f.s.StatusAt.After(f.s.Turn.Started)
	if shell && f.r.looked.After(f.s.StatusAt) && f.inTree > 0 && f.lone == 0 {
		shell = false
	}
	switch {
	case len(out.Waits) > 0 || f.s.Goal || shell:
		out.Background = agent.Yes
	case len(maybe) > 0:
		out.Background = agent.Unsure
		for _, k := range maybe {
			out.Sign = maxTime(out.Sign, cmp.Or(k.Sign, k.Started))
			sure(k)
		}
		out.Overdue, out.Died = nil, nil // what lives may be what it waits for
	case f.s.GoalTurn:
		// A goal loop started this turn, and the file need not say whether it
		// goes on: not every version marks that.
		out.Background = agent.Unsure
	default:
		out.Background = agent.No
	}
	if n := len(out.Tasks); n > maxShown {
		out.Tasks = out.Tasks[n-maxShown:]
	}
	f.prune()
	return *out
}

// bare is a task without what changes from look to look: the rules are asked
// again only when the facts are others.
func bare(k agent.Task) agent.Task {
	k.Sign, k.Until = time.Time{}, time.Time{}
	return k
}

// prune forgets what is remembered of tasks that are over.
func (f *fold) prune() {
	open := map[string]bool{}
	for _, k := range f.s.Tasks {
		open[k.ID] = true
	}
	for id := range f.r.missing {
		if !open[id] {
			delete(f.r.missing, id)
		}
	}
	for id := range f.r.matched {
		if !open[id] {
			delete(f.r.matched, id)
		}
	}
}
