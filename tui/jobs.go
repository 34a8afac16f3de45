package tui

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/remote"
	"vigil/remote/curve"
)

// jobsPane shows the schedulers' queues: the jobs of the selected agent or all
// of them, what is known of the selected one, and the nodes with their GPUs.
type jobsPane struct {
	w, h   int
	keys   []action[*jobsPane]
	look   look
	filter string

	all  bool // the jobs of everyone, not only the agent's
	past bool // jobs that have ended too

	jobs    []*remote.Job // that are seen, those that are alive first
	hidden  int           // that are not the agent's
	at, top int
	loose   bool // scrolled away from the selected one
	sel     jobID
	nodes   []node
	nodeTop int
	logs    logs
	asked   jobAsk
}

// jobID names a job among all schedulers.
type jobID struct{ host, id string }

// jobAsk is what a person asks to be done with a job.
type jobAsk uint8

const (
	jobNothing jobAsk = iota
	jobCancel
	jobRun // show its run among the curves
)

// SetSize sets the room inside the border.
func (p *jobsPane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys returns what the keys do here.
func (p *jobsPane) Keys() []bound { return tie(p.keys, p) }

// Filter returns the word that narrows the jobs down.
func (p *jobsPane) Filter() string { return p.filter }

// SetFilter narrows the jobs down to those with the word in their id, name,
// user, state, reason, partition or nodes.
func (p *jobsPane) SetFilter(s string) { p.filter = s }

// Show takes over what the schedulers told.
func (p *jobsPane) Show(l look) {
	p.look = l
	p.jobs, p.hidden = p.jobs[:0], 0
	p.nodes = p.nodes[:0]
	if l.cluster == nil {
		return
	}
	p.logs.take(l.runs)
	for _, c := range l.cluster.Clusters {
		for i := range c.Jobs {
			j := &c.Jobs[i]
			switch {
			case !p.past && !j.State.Alive() && !recent(l, j):
			case !matches(p.filter, j.ID, j.Name, j.User, string(j.State), j.Reason, j.Why, j.Partition, strings.Join(j.Nodes, " ")):
			case !p.all && !p.owns(j):
				p.hidden++
			default:
				p.jobs = append(p.jobs, j)
			}
		}
	}
	slices.SortStableFunc(p.jobs, func(a, b *remote.Job) int { return cmp.Compare(order(a), order(b)) })
	p.at = max(slices.IndexFunc(p.jobs, func(j *remote.Job) bool { return idOf(j) == p.sel }), 0)
	p.nodes = nodesOf(p.nodes, l.cluster)
	p.move(0)
}

// order puts jobs that run before those that wait, and those that have ended
// last.
func order(j *remote.Job) int {
	switch {
	case j.State == remote.JobRunning || j.State == remote.JobCompleting:
		return 0
	case j.State.Alive():
		return 1
	}
	return 2
}

// recent reports whether a job's end is news still.
func recent(l look, j *remote.Job) bool {
	return !j.Ended.IsZero() && l.now.Sub(j.Ended) < newsTime
}

// newsTime is how long a job that has ended stays in the list.
const newsTime = time.Hour

func idOf(j *remote.Job) jobID { return jobID{j.Host, j.ID} }

// owns reports whether a job is the selected agent's: it works in the agent's
// workspace, or writes a log that is one of the agent's runs.
func (p *jobsPane) owns(j *remote.Job) bool {
	v := p.look.v
	if v == nil {
		return false
	}
	if v.ID == "" { // there is no agent whose they could be
		return true
	}
	if cmp.Or(v.Host, "local") == j.Host && v.Workspace != "" {
		below := strings.TrimSuffix(v.Workspace, "/") + "/"
		if j.Dir == v.Workspace || strings.HasPrefix(j.Dir, below) || strings.HasPrefix(j.Stdout, below) {
			return true
		}
	}
	r := p.logs.of(j)
	return r != nil && agent.ID(r.Key) == v.ID
}

// logs finds runs by the files that jobs write.
type logs struct {
	runs *curve.Set
	n    int // how many of the runs are in at
	at   map[logPath]int
}

type logPath struct{ host, path string }

// take brings the index up to date: a run keeps its place in every later set.
func (x *logs) take(runs *curve.Set) {
	x.runs = runs
	if runs == nil || x.at == nil || runs.Len() < x.n {
		x.n, x.at = 0, map[logPath]int{}
	}
	for ; runs != nil && x.n < runs.Len(); x.n++ {
		r := runs.At(x.n)
		x.at[logPath{r.Host, r.Path}] = x.n
	}
}

// of returns the newest run that a job writes, or nil.
func (x *logs) of(j *remote.Job) *curve.Run {
	if j.Stdout == "" || x.runs == nil {
		return nil
	}
	for _, file := range []string{j.Stdout, path.Join(j.Dir, j.Stdout)} {
		if i, ok := x.at[logPath{j.Host, file}]; ok {
			return x.runs.At(i)
		}
	}
	return nil
}

func (p *jobsPane) move(n int) {
	p.at = max(min(p.at+n, len(p.jobs)-1), 0)
	p.loose = p.loose && n == 0
	if p.at < len(p.jobs) {
		p.sel = idOf(p.jobs[p.at])
	}
	p.top = keepTop(p.top, p.at, len(p.jobs), max(p.parts().jobs, 1), p.loose)
	p.nodeTop = max(min(p.nodeTop, len(p.nodes)-1), 0)
}

func (p *jobsPane) toggleAll()   { p.all = !p.all; p.Show(p.look) }
func (p *jobsPane) togglePast()  { p.past = !p.past; p.Show(p.look) }
func (p *jobsPane) scrollNodes() { p.nodeTop += max(p.parts().nodes, 1); p.move(0) }
func (p *jobsPane) scrollBack()  { p.nodeTop -= max(p.parts().nodes, 1); p.move(0) }

func (p *jobsPane) ask(what jobAsk) {
	if p.at < len(p.jobs) {
		p.asked = what
	}
}

// selects reports whether a job is the selected one.
func (p *jobsPane) selects(id jobID) bool { return p.at < len(p.jobs) && idOf(p.jobs[p.at]) == id }

// take hands out what was asked to be done with the selected job, once.
func (p *jobsPane) take() (*remote.Job, jobAsk) {
	what := p.asked
	p.asked = jobNothing
	if what == jobNothing || p.at >= len(p.jobs) {
		return nil, jobNothing
	}
	return p.jobs[p.at], what
}

// Note says which jobs are seen.
func (p *jobsPane) Note() string {
	st := p.look.st
	if p.look.cluster == nil || len(p.look.cluster.Clusters) == 0 {
		return ""
	}
	s := st.muted.Render(counted(len(p.jobs), "job"))
	switch {
	case p.hidden > 0:
		s += st.muted.Render(", " + thousands(p.hidden) + " of others" + p.look.keys.say("", "jobs-agents", ", % shows them"))
	case p.all:
		s += st.muted.Render(" of everyone")
	}
	if p.filter != "" {
		s = st.accent.Render("/"+cut(p.filter, 20)) + " " + s
	}
	return s
}

// confirmCancel asks whether a job is to be cancelled: nothing is lost by one
// key.
func (m *Model) confirmCancel(j *remote.Job) {
	if !j.State.Alive() {
		m.over = overlay{title: "cancel", body: func(w int, st *styles) []string {
			return wrapText("Job "+line(j.ID)+" has ended; there is nothing to cancel.", w, st.text)
		}}
		return
	}
	m.doomed = idOf(j)
	name, id, host, state, ran := line(j.Name), line(j.ID), line(j.Host), jobWord(j), age(ranFor(m.now, j))
	yes, no := firstKey(m.confirm[0].Binding), firstKey(m.confirm[1].Binding)
	body := func(w int, st *styles) []string {
		out := wrapSpans([]span{{name, st.strong}, {"  job " + id + " on " + host, st.text}}, w, "", "")
		what := state
		if order(j) == 0 {
			what += " for " + ran
		}
		if j.GPUs > 0 {
			what += ", " + plural(j.GPUs, "GPU")
		}
		out = append(out, wrapSpans([]span{{what, st.muted}}, w, "", "")...)
		return append(out, "", st.accent.Render(yes)+st.text.Render(" cancel it    ")+st.accent.Render(no)+st.text.Render(" leave it"))
	}
	click := func(x, at int) tea.Cmd {
		_, lines, _ := m.over.fill(m.st, m.w, m.h)
		end := cells(yes + " cancel it")
		switch {
		case at != len(lines)-1:
		case x < end:
			return m.cancelJob()
		case x >= end+4:
			m.closeOverlay()
		}
		return nil
	}
	m.over = overlay{
		title: "cancel this job?", keys: m.confirm, note: yes + " cancels the job, " + no + " leaves it", body: body, click: click,
	}
}

// cancelled says how the cancellation of a job went.
type cancelled struct {
	job jobID
	err error
}

// cancelJob hands the confirmed cancellation over.
func (m *Model) cancelJob() tea.Cmd {
	m.closeOverlay()
	job, src := m.doomed, m.src
	return tea.Batch(m.say(m.st.muted, "cancelling job "+line(job.id)+" …"), func() tea.Msg {
		return cancelled{job, src.Cancel(job.host, job.id)}
	})
}

func (m *Model) onCancelled(msg cancelled) tea.Cmd {
	if msg.err != nil {
		return m.say(m.st.bad, "job "+line(msg.job.id)+": "+line(msg.err.Error()))
	}
	return m.say(m.st.good, "job "+line(msg.job.id)+" is cancelled")
}

// openRunOf shows a job's run among the curves.
func (m *Model) openRunOf(j *remote.Job) tea.Cmd {
	r := m.jobs.logs.of(j)
	if r == nil {
		return m.say(m.st.warn, "no log of job "+line(j.ID)+" has been seen yet")
	}
	m.curves.open(r)
	return m.openTab(&m.curves)
}
