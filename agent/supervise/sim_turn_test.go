package supervise

import (
	"fmt"
	"slices"
	"time"

	"vigil/agent"
)

// What actors say at the end of a turn.
var (
	terminals = []string{
		"That closes the last open direction; I regard the search as finished and end my work here.",
		"FINAL REPORT: 2975 steps is the best I could reach. No promising lever is left, so I stop here.",
		"All items of the plan are done. The record stands at 2962 steps. I am done with this session.",
		"Summary of the session: eleven variants tried, two kept. The final result is 2981 steps.",
		"I have exhausted every idea on the list; the loop is complete and nothing further will be run.",
		"The campaign is over. Every schedule that I tried is worse than the baseline by more than the noise.",
		"Work complete. The results are written to THREAD.md and the best variant is saved.",
		"If you like, I can try the cooldown next, or we can leave it at this result.",
	}
	questions = []string{
		"Two ways are open: the longer warm-up or the other optimiser. Which one should I take?",
		"Should I go on with the second seed, or do you want me to stop at this point?",
		"I need your decision before I change the batch size. Shall I proceed?",
	}
	waitings = []string{
		"The run is under way in the background; I continue when it has finished.",
		"Trial 4 of 8 is training now. Waiting for it to complete.",
		"Launched the validation set; I will be notified when it ends.",
	}
)

// work does some of a turn's tool calls, unless something comes between.
func (a *actor) work(left int) {
	w := a.w
	switch {
	case a.limited():
		a.meetLimit()
		return
	case w.outage.After(w.now):
		code := agent.Failure{Ending: agent.Failed, Code: "server_error", Text: "API Error: 500"}
		if w.chance(0.6) {
			code = agent.Failure{Ending: agent.Limit, Code: agent.Overloaded, Text: "Overloaded"}
		}
		a.fail(code, "an outage")
		return
	case left == 0:
		a.finish()
		return
	}
	a.wasted = 0
	call := &agent.Call{ID: fmt.Sprint(a.SessionID, "c", a.n), Name: "Bash", Summary: "python train.py"}
	a.emit(agent.Event{Type: agent.ToolCall, Call: call})
	done := func() {
		a.emit(agent.Event{Type: agent.ToolResult, Call: call})
		a.in(time.Second, 15*time.Second, func() { a.work(left - 1) })
	}
	switch p := w.r.Float64(); {
	case a.paneOnly || p > 0.05:
		a.in(time.Second, 2*time.Minute, done)
	case p > 0.03:
		a.ask(agent.PermissionDialog, "permission prompt", done)
	case p > 0.02:
		a.ask(agent.QuestionDialog, "input needed", done)
	case p > 0.01:
		a.in(2*time.Second, 30*time.Second, a.interrupt)
	default:
		a.in(2*time.Second, 30*time.Second, a.exit)
	}
}

// ask opens a dialog, which a person answers in the end.
func (a *actor) ask(d agent.Dialog, waiting string, then func()) {
	a.in(time.Second, 3*time.Second, func() {
		a.phase, a.ending = asks, string(d)
		a.dialog = d
		a.set("waiting", waiting)
		a.in(time.Minute, 3*time.Hour, func() {
			a.phase, a.dialog = works, ""
			a.set("busy", "")
			then()
		})
	})
}

// interrupt is a person's Esc; the same person comes back.
func (a *actor) interrupt() {
	a.phase, a.ending = pauses, "a person's Esc"
	if a.Kind == agent.Codex || a.w.chance(0.5) {
		a.emit(agent.Event{Type: agent.TurnAborted})
	}
	a.set("idle", "")
	a.in(2*time.Minute, 2*time.Hour, func() { a.prompt("Now go on, but leave the learning rate alone.", agent.Human) })
}

// exit ends the process; a person starts it again.
func (a *actor) exit() {
	a.phase, a.ending = gone, "its process ended"
	a.tasks = nil
	a.alive(false)
	a.in(10*time.Minute, 2*time.Hour, func() {
		a.PID++
		a.w.each(func(v *simVigil) {
			if !a.w.away(a.Host) {
				a.w.step(v, Seen{a.Agent})
			}
		})
		a.alive(true)
		a.emit(agent.Event{Type: agent.Restarted})
		a.prompt("Your process had ended. Go on.", agent.Human)
	})
}

// leave ends the process for good.
func (a *actor) leave() {
	a.gen++
	a.compacts = false
	a.phase, a.sorted = gone, true
	a.alive(false)
}

// fail ends the turn with an error.
func (a *actor) fail(f agent.Failure, how string) {
	a.emit(agent.Event{Type: agent.TurnFailed, Failure: &f})
	a.stopped(how)
	a.excused = f.Ending == agent.Limit || f.Ending == agent.Failed
	a.text = f.Text
}

func (a *actor) meetLimit() {
	w, x := a.w, a.account()
	f := agent.Failure{Ending: agent.Limit, Code: "usage_limit_reached", Text: "You've hit your limit"}
	if x.stated.After(w.now) {
		f.Resets = x.stated
	}
	x.known = w.now
	if !x.met {
		x.met = true
		for _, b := range w.actors {
			if b != a && b.account() == x {
				b.excuse()
			}
		}
	}
	a.fail(f, "a usage limit")
	if a.Kind == agent.Claude && !f.Resets.IsZero() && !a.paneOnly { // it continues by itself
		gen := a.gen
		w.after(f.Resets.Sub(w.now)+w.between(time.Second, 2*time.Minute), func() {
			if a.gen == gen && a.phase == stops {
				a.sorted = true
				a.prompt("Continue from where you left off.", agent.System)
			}
		})
	}
}

// stopped notes that the actor stands still and a nudge is wanted.
func (a *actor) stopped(how string) {
	w := a.w
	a.gen++
	a.compacts = false
	a.phase, a.ending, a.since, a.sorted, a.told, a.stepped = stops, how, w.now, false, 0, 0
	a.hash++
	p := w.policy(a.Agent)
	a.wait = p.Delay
	if a.wasted > 0 {
		a.wait = p.BackOff[min(a.wasted, len(p.BackOff)-1)]
	}
	a.excused = w.now.Sub(a.account().until) < 80*time.Minute && a.account().until.After(w.start)
	hour := 0
	for _, at := range a.sent {
		if w.now.Sub(at) < time.Hour {
			hour++
		}
	}
	if hour >= p.MaxPerHour-1 {
		a.excused = true
	}
	w.fig.stops++
	w.trace(a.Name, "stands still after %s", how)
	a.set("idle", "")
}

// stop ends the turn in words, with nothing alive.
func (a *actor) stop(text, how string) {
	a.say(text)
	a.stopped(how)
	a.text = text
}

func (a *actor) say(text string) {
	a.w.fig.endings++
	a.emit(agent.Event{Type: agent.Message, Text: text, Final: true})
	a.emit(agent.Event{Type: agent.TurnEnded})
	a.text = text
}

// finish ends the turn in one of the ways in which turns end.
func (a *actor) finish() {
	w := a.w
	p := w.r.Float64()
	if a.paneOnly {
		p *= 0.35
	}
	switch {
	case p < 0.30:
		a.stop(pick(w, terminals), "terminal")
	case p < 0.36:
		a.stop(pick(w, questions), "a question")
	case p < 0.41:
		a.stop(pick(w, waitings), "a wait for nothing")
	case p < 0.44:
		a.fail(agent.Failure{Ending: agent.Empty, Code: "max_output_tokens"}, "an empty end")
	case p < 0.46:
		a.fail(agent.Failure{Ending: agent.Context, Code: "context_window_exceeded", Text: "Prompt is too long"}, "a full context")
		a.full, a.excused = true, true
	case p < 0.56:
		a.job()
	case p < 0.66 && a.Kind == agent.Claude:
		a.wakeUp()
	case p < 0.74:
		a.background(agent.SubAgent, true)
	default:
		a.background(agent.Shell, a.Kind == agent.Claude)
	}
}

// background starts something that will wake the agent, or not: a shell whose
// end nobody tells it of.
func (a *actor) background(kind agent.TaskKind, wakes bool) {
	w := a.w
	k := agent.Task{ID: fmt.Sprint("b", a.n), Kind: kind, Summary: "trial", Started: w.now, Wakes: wakes}
	a.tasks = append(a.tasks, k)
	a.emit(agent.Event{Type: agent.TaskStarted, Task: &k})
	a.say(pick(w, waitings))
	a.phase, a.ending = waits, "a wait for a "+string(kind)
	if kind == agent.Shell {
		a.set("shell", "")
	} else {
		a.set("idle", "")
	}
	a.in(time.Minute, 95*time.Minute, func() {
		a.drop(k.ID)
		if kind == agent.Shell && a.Kind == agent.Claude && w.chance(0.15) { // it is killed, and nobody told
			a.stopped("a dead shell")
			a.wait += registryLag + 1200*time.Millisecond
			return
		}
		a.emit(agent.Event{Type: agent.TaskEnded, Task: &agent.Task{ID: k.ID}})
		if !wakes {
			a.stopped("the end of its job")
			return
		}
		a.in(200*time.Millisecond, 3*time.Second, func() { a.prompt("<task-notification>"+k.ID+" completed</task-notification>", agent.Notice) })
	})
}

// wakeUp arms a wake-up, which fires as a rule.
func (a *actor) wakeUp() {
	w := a.w
	in := w.between(time.Minute, 50*time.Minute)
	k := agent.Task{ID: fmt.Sprint("w", a.n), Kind: agent.Wakeup, Summary: "look at the run", Started: w.now, Due: w.now.Add(in), Wakes: true}
	a.tasks = append(a.tasks, k)
	a.emit(agent.Event{Type: agent.TaskStarted, Task: &k})
	a.say("I have armed a wake-up and look at the run then.")
	a.phase, a.ending = waits, "a wake-up"
	a.set("idle", "")
	fires := w.chance(0.85)
	a.in(in, in+time.Minute, func() {
		a.drop(k.ID)
		if fires {
			a.emit(agent.Event{Type: agent.TaskEnded, Task: &agent.Task{ID: k.ID}})
			a.prompt("Look at the run.", agent.Scheduled)
			return
		}
		a.stopped("a wake-up that never came")
		a.wait += 2*time.Minute + 2*time.Second
		a.tasks = append(a.tasks, k) // as far as the transcript tells
	})
}

// job submits a job to the scheduler, and waits for it.
func (a *actor) job() {
	w := a.w
	k := &agent.Task{ID: fmt.Sprint(4000 + a.n), Kind: agent.Job, Summary: "job", Started: w.now, State: agent.TaskAlive, Source: "scheduler"}
	a.jobs = append(a.jobs, k)
	a.poll()
	a.say(fmt.Sprintf("Job %s is submitted and runs; I look at its log when it has ended.", k.ID))
	a.phase, a.ending = waits, "a job"
	a.set("idle", "")
	gen := a.gen
	w.after(w.between(2*time.Minute, 95*time.Minute), func() {
		k.State, k.Sign = agent.TaskDead, w.now
		if a.gen == gen {
			a.stopped("the end of its job")
		}
		a.poll()
		w.after(20*time.Minute, func() { a.jobs = slices.DeleteFunc(a.jobs, func(j *agent.Task) bool { return j == k }) })
	})
}

// poll tells the vigils of the scheduler's jobs.
func (a *actor) poll() {
	w := a.w
	if w.away(a.Host) {
		return
	}
	tasks := []agent.Task{}
	for _, k := range a.jobs {
		tasks = append(tasks, *k)
	}
	w.each(func(v *simVigil) { w.step(v, Backed{ID: a.ID, Source: "scheduler", Tasks: tasks}) })
}

// compact is the CLI's own command.
func (a *actor) compact() {
	w := a.w
	if a.phase != stops || !a.full {
		w.fig.disturbed++
		w.note("%s was compacted while it %s (%s)", a.Name, a.phase, a.ending)
		return
	}
	if a.stepped++; a.stepped > 2 {
		w.fig.doubled++
		w.note("%s was compacted %d times", a.Name, a.stepped)
	}
	a.compacts = true
	a.in(3*time.Second, 40*time.Second, func() {
		a.full, a.compacts, a.since = false, false, w.now
		a.emit(agent.Event{Type: agent.Compacted})
	})
}
