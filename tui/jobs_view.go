package tui

import (
	"fmt"
	"strings"
	"time"

	"vigil/remote"
)

// jobParts are the heights of the parts of the jobs tab, in lines; a part that
// is not drawn has none. jobs and nodes are without their headings.
type jobParts struct{ head, jobs, detail, nodes int }

const detailLines = 5

// parts divides the room: the list has what the others leave, and leaves to
// the nodes what it does not need.
func (p *jobsPane) parts() jobParts {
	n := jobParts{head: len(p.head())}
	rest := p.h - n.head - 1
	if rest >= 15 && len(p.jobs) > 0 {
		n.detail = detailLines
		rest -= n.detail + 1
	}
	if rest >= 7 && len(p.nodes) > 0 {
		const heading = 2
		n.nodes = min(len(p.nodes), max(rest/3, rest-heading-max(len(p.jobs), 3)))
		rest -= n.nodes + heading
	}
	n.jobs = max(min(rest, max(len(p.jobs), 3)), 0)
	return n
}

// head says what each scheduler told, and what is wrong with that.
func (p *jobsPane) head() []string {
	st := p.look.st
	if p.look.cluster == nil {
		return nil
	}
	var out []string
	for _, c := range p.look.cluster.Clusters {
		const most = 4 // more schedulers than a person watches at once
		if len(out) >= 3*most {
			break
		}
		what, told := p.headOf(c)
		if both := what + p.look.st.muted.Render(" · ") + told; cells(both) < p.w {
			out = append(out, fit(" "+both, p.w))
		} else {
			out = append(out, fit(" "+what, p.w), fit(" "+told, p.w))
		}
		if c.Problem != "" {
			out = append(out, fit(st.bad.Render(" ! ")+st.warn.Render(line(c.Problem)), p.w))
		}
	}
	return out
}

// headOf says what there is, and when and how often that was asked.
func (p *jobsPane) headOf(c *remote.Cluster) (s, told string) {
	st := p.look.st
	dot := st.muted.Render(" · ")
	name := line(c.Host)
	if c.Version != "" {
		name = line(c.Version) + " on " + name
	}
	s = st.strong.Render(name)
	if stale := p.look.stale(c.Host); stale != "" {
		s += dot + st.warn.Render(stale)
	}
	if c.At.IsZero() {
		return s, st.muted.Render("asked for the first time …")
	}
	run, wait := 0, 0
	for i := range c.Jobs {
		switch order(&c.Jobs[i]) {
		case 0:
			run++
		case 1:
			wait++
		}
	}
	s += dot + st.busy.Render(thousands(run)+" run") + st.muted.Render(", ") + st.text.Render(thousands(wait)+" wait")
	if used, all := gpusOf(c); all > 0 {
		s += dot + st.text.Render(thousands(used)+"/"+thousands(all)) + st.muted.Render(" GPUs")
		if used < all {
			s += st.muted.Render(", ") + st.warn.Render(thousands(all-used)+" free")
		}
	}
	if n := p.lazy(c.Host); n > 0 {
		s += st.muted.Render(", ") + st.warn.Render(thousands(n)+" in use but idle")
	}
	told = fmt.Sprintf("told at %s", p.clock(c.At))
	if c.Every > 0 {
		told += ", asked again at " + p.clock(c.At.Add(c.Every))
	}
	return s, st.muted.Render(told + ", " + plural(c.RPCs, "RPC"))
}

// clock writes a time of day: a time to wait would have to be drawn each
// second.
func (p *jobsPane) clock(t time.Time) string { return t.In(p.look.now.Location()).Format("15:04:05") }

// lazy counts the GPUs of a scheduler's nodes that a job holds and does not
// use.
func (p *jobsPane) lazy(host string) int {
	n := 0
	for _, g := range p.look.cluster.GPUs {
		if g.Host == host && len(g.Jobs) > 0 && g.Util < idleUse {
			n++
		}
	}
	return n
}

// View draws the pane.
func (p *jobsPane) View() string {
	if p.w <= 0 || p.h <= 0 {
		return ""
	}
	st := p.look.st
	if p.look.cluster == nil || len(p.look.cluster.Clusters) == 0 && len(p.nodes) == 0 {
		lines := wrapText("No scheduler is watched. To see its jobs, nodes and GPUs here, name the machine in the configuration as in ssh_config and say that it has Slurm:", p.w, st.muted)
		lines = append(lines, "", st.code.Render(cut("  [[host]]", p.w)), st.code.Render(cut(`  name = "head"`, p.w)), st.code.Render(cut("  slurm = true", p.w)), "")
		lines = append(lines, wrapText("vigil config --init writes a configuration to fill in.", p.w, st.muted)...)
		return strings.Join(lines[:min(len(lines), p.h)], "\n")
	}
	n := p.parts()
	lines := p.head()
	if len(p.look.cluster.Clusters) > 0 {
		lines = append(lines, p.list(n.jobs)...)
	}
	if n.detail > 0 {
		lines = append(lines, p.rule("job"))
		lines = append(lines, p.detail(p.jobs[p.at])...)
	}
	if n.nodes > 0 {
		lines = append(lines, p.viewNodes(n.nodes)...)
	}
	return strings.Join(lines[:min(len(lines), p.h)], "\n")
}

// rule begins a part.
func (p *jobsPane) rule(title string) string {
	st := p.look.st
	head := st.border.Render("─ ") + st.heading.Render(title) + " "
	return fit(head+st.border.Render(strings.Repeat("─", max(p.w-cells(head), 0))), p.w)
}

// The widths of the list's columns, in cells.
const (
	stateWidth = 16
	idWidth    = 10
	timeWidth  = 7
	gpuWidth   = 5
)

// nameWidth is that of the jobs' names: what they take, and no more than leaves
// room for the last column.
func (p *jobsPane) nameWidth() int {
	w := 8
	for _, j := range p.jobs {
		w = max(w, cells(line(j.Name)))
	}
	rest := p.w - 1 - stateWidth - idWidth - 2*timeWidth - gpuWidth
	return min(w, max(rest*2/5, 8))
}

// list draws the heading and as many jobs as there is room for, and fills the
// rest with blank lines.
func (p *jobsPane) list(rows int) []string {
	st := p.look.st
	w := p.nameWidth()
	head := " " + fit("  state", stateWidth) + fit("job", idWidth) + fit("name", w+1) +
		fmt.Sprintf("%*s%*s%*s", timeWidth, "ran", timeWidth, "left", gpuWidth, "GPUs") + "  where or why"
	out := []string{st.muted.Render(cut(head, p.w))}
	if len(p.jobs) == 0 {
		lines := wrapText(p.absent(), p.w-1, st.muted)
		for _, l := range lines[:min(len(lines), rows)] {
			out = append(out, " "+l)
		}
	}
	for i := p.top; i < len(p.jobs) && i < p.top+rows; i++ {
		mark := " "
		if i == p.at {
			mark = st.accent.Render("▌")
		}
		l := fit(mark+p.row(p.jobs[i], w), p.w)
		if i == p.at {
			l = st.selected(l)
		}
		out = append(out, l)
	}
	for len(out) < rows+1 {
		out = append(out, "")
	}
	return out
}

// absent says why there is no job in the list.
func (p *jobsPane) absent() string {
	told := false
	for _, c := range p.look.cluster.Clusters {
		told = told || !c.At.IsZero()
	}
	switch {
	case !told:
		return "The scheduler has not answered yet."
	case p.filter != "":
		return "No job matches " + p.filter + "." + p.look.keys.say("", "back", " % clears the filter.")
	case p.hidden > 0:
		return "This agent has no job in the queue; " + counted(p.hidden, "job") + " of others." + p.look.keys.say("", "jobs-agents", " % shows them.")
	case !p.past:
		return "The queue is empty." + p.look.keys.say("", "jobs-past", " % shows jobs that have ended.")
	}
	return "The scheduler knows of no job."
}

// row draws one job.
func (p *jobsPane) row(j *remote.Job, w int) string {
	st := p.look.st
	sign, look := st.jobSign(j.State)
	ran, left, gpus := "", "", ""
	if d := ranFor(p.look.now, j); d > 0 {
		ran = age(d)
	}
	if order(j) == 0 && j.Left >= 0 {
		left = age(max(j.Left-max(p.look.now.Sub(j.Seen), 0), 0))
	}
	if j.GPUs > 0 {
		gpus = thousands(j.GPUs)
	}
	return fit(look.Render(sign+" "+jobWord(j)), stateWidth) + st.text.Render(fit(line(j.ID), idWidth)) +
		st.strong.Render(fit(line(j.Name), w)) + " " +
		st.text.Render(fmt.Sprintf("%*s", timeWidth, ran)) + st.muted.Render(fmt.Sprintf("%*s", timeWidth, left)) +
		st.text.Render(fmt.Sprintf("%*s", gpuWidth, gpus)) + "  " + p.whereOrWhy(j)
}

// whereOrWhy says where a job runs, or why it does not.
func (p *jobsPane) whereOrWhy(j *remote.Job) string {
	st := p.look.st
	switch {
	case j.Why != "" && order(j) == 2:
		return st.warn.Render(line(j.Why))
	case j.Why != "":
		return st.text.Render(line(j.Why))
	case len(j.Nodes) > 0:
		return st.muted.Render(line(strings.Join(j.Nodes[:min(len(j.Nodes), 8)], ",")))
	}
	return st.muted.Render(line(j.Reason))
}

// ranFor is how long a job has run, up to now.
func ranFor(now time.Time, j *remote.Job) time.Duration {
	if order(j) == 0 && !j.Seen.IsZero() {
		return j.Elapsed + max(now.Sub(j.Seen), 0)
	}
	return j.Elapsed
}

// jobWord is a job's state as a word of lower case.
func jobWord(j *remote.Job) string {
	return strings.ReplaceAll(strings.ToLower(line(string(j.State))), "_", " ")
}

// jobSign returns the sign and the paint of a job's state.
func (s *styles) jobSign(state remote.JobState) (string, paint) {
	switch state {
	case remote.JobRunning, remote.JobCompleting:
		return "●", s.busy
	case remote.JobPending:
		return "○", s.text
	case remote.JobCompleted:
		return "✓", s.good
	case remote.JobFailed, remote.JobTimeout, remote.JobNodeFail, remote.JobOutOfMem, "BOOT_FAIL", "DEADLINE":
		return "×", s.bad
	case remote.JobCancelled:
		return "■", s.warn
	case remote.JobPreempted, remote.JobRequeued:
		return "↻", s.warn
	case remote.JobSuspended, "STOPPED":
		return "◌", s.warn
	}
	return "·", s.muted
}

// detail tells of a job what the list has no room for.
func (p *jobsPane) detail(j *remote.Job) []string {
	st := p.look.st
	sign, look := st.jobSign(j.State)
	who := []string{"job " + line(j.ID)}
	for _, s := range []string{j.User, j.Account, j.Partition} {
		if s != "" {
			who = append(who, line(s))
		}
	}
	state := look.Render(sign + " " + jobWord(j))
	if j.Why != "" {
		state += st.text.Render(": " + line(j.Why))
	}
	if j.Reason != "" {
		state += st.muted.Render(" (" + line(j.Reason) + ")")
	}
	where := fmt.Sprintf("%s, %s", plural(max(j.NumNodes, len(j.Nodes)), "node"), plural(j.GPUs, "GPU"))
	if len(j.Nodes) > 0 {
		where += " on " + line(strings.Join(j.Nodes[:min(len(j.Nodes), 16)], ", "))
	}
	if j.Depends != "" {
		where += " · waits for " + line(j.Depends)
	}
	out := "output not told"
	if j.Stdout != "" {
		out = line(j.Stdout)
	}
	name := st.strong.Render(line(j.Name)) + st.muted.Render("  "+strings.Join(who, " · "))
	lines := []string{name, state, st.text.Render(p.times(j)), st.text.Render(where), st.muted.Render(out)}
	if r := p.logs.of(j); r != nil {
		lines[detailLines-1] += st.accent.Render("  " + p.look.keys.say("", "jobs-run", "%: ") + line(r.Name))
	}
	for i, l := range lines {
		lines[i] = fit(" "+l, p.w)
	}
	return lines
}

// times says when a job was handed in, began and ended, and how.
func (p *jobsPane) times(j *remote.Job) string {
	var parts []string
	at := func(word string, t time.Time) {
		if !t.IsZero() {
			parts = append(parts, word+" "+t.In(p.look.now.Location()).Format("02 Jan 15:04"))
		}
	}
	at("submitted", j.Submitted)
	if j.Started.After(p.look.now) {
		at("starts about", j.Started)
	} else {
		at("started", j.Started)
	}
	if j.Ended.After(p.look.now) {
		at("ends by", j.Ended)
	} else {
		at("ended", j.Ended)
	}
	if j.Restarts > 0 {
		parts = append(parts, plural(j.Restarts, "restart"))
	}
	if order(j) == 2 && j.ExitCode >= 0 {
		s := fmt.Sprintf("exit code %d", j.ExitCode)
		if j.Signal > 0 {
			s += fmt.Sprintf(", signal %d", j.Signal)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " · ")
}
