package supervise

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// phase is the truth about an actor.
type phase string

const (
	works  phase = "works"
	stops  phase = "stops"  // a nudge is wanted
	waits  phase = "waits"  // something alive will wake it
	asks   phase = "asks"   // a dialog is open
	pauses phase = "pauses" // a person stopped it
	gone   phase = "gone"
)

// actor is a simulated agent.
type actor struct {
	agent.Agent
	w        *sim
	paneOnly bool
	compacts bool
	phase    phase
	log      []agent.Event
	turn     int // in log, where the last turn began
	tasks    []agent.Task
	gen      int // of what is planned: a new prompt does away with it
	n        int

	ending   string // how it stopped, for the log of mistakes
	since    time.Time
	blocked  time.Time // nobody could have nudged it before
	told     int       // nudges for this stop
	sorted   bool      // this stop was judged
	excused  bool      // a limit or an outage has to do with it
	wait     time.Duration
	stepped  int
	wasted   int
	sent     []time.Time
	draft    time.Time // a person's, until
	dialog   agent.Dialog
	status   string // of the registry
	waiting  string
	statusAt time.Time
	text     string
	standing string    // a nudge whose Enter was lost
	typed    time.Time // ... and when it was typed
	hash     uint64
	full     bool
	jobs     []*agent.Task
}

func newActor(w *sim, i int) *actor {
	kind := []agent.Kind{agent.Claude, agent.Codex, agent.Claude, agent.Claude}[i%4]
	a := &actor{w: w, phase: pauses, status: "idle", ending: "not begun", text: "welcome"}
	host := []string{local, "head", local, "far"}[i/2%4]
	id := fmt.Sprintf("s%d", i)
	a.Agent = agent.Agent{
		ID: agent.ID(host + "/" + string(kind) + "/" + id), Name: fmt.Sprintf("agent-%d", i), Kind: kind, Host: host, SessionID: id,
		Session: "/" + id + ".jsonl", Workspace: "/w" + id, PID: 100 + i, Pane: agent.Pane{Socket: "/s", ID: fmt.Sprint("%", i)},
	}
	if i < 12 { // the others have an account each
		a.Account = fmt.Sprint("acct", i%4)
	} else {
		a.Account = "own" + id
	}
	if w.accounts[a.Account] == nil {
		w.accounts[a.Account] = &simAccount{}
	}
	if i == 17 {
		a.paneOnly, a.Session, a.Kind = true, "", "repl"
	}
	return a
}

func (a *actor) account() *simAccount { return a.w.accounts[a.Account] }

func (a *actor) limited() bool { return a.account().until.After(a.w.now) }

// emit writes an event to the session file; the vigils read it a little later.
func (a *actor) emit(e agent.Event) {
	a.hash++
	if a.paneOnly {
		return
	}
	a.n++
	e.At, e.ID = a.w.now, fmt.Sprint(a.SessionID, "-", a.n)
	if e.Type == agent.Prompt {
		a.turn = len(a.log)
	}
	a.log = append(a.log, e)
	a.w.trace(a.Name, "writes %s %s %q", e.ID, simEvents[e.Type], e.Text)
	lag := a.w.between(15*time.Millisecond, 150*time.Millisecond)
	if a.Host != local {
		lag = a.w.between(150*time.Millisecond, 1500*time.Millisecond)
	}
	if a.w.chance(0.01) {
		lag += a.w.between(0, 3*time.Second)
	}
	a.w.after(lag, func() { a.w.each(func(v *simVigil) { a.w.poke(v, a) }) })
}

// past is what is read of the session file at first: its last turn, and the
// tasks of before that may live.
func (a *actor) past() []agent.Event {
	var out []agent.Event
	for _, k := range a.tasks {
		if k.Started.Before(a.log[min(a.turn, len(a.log)-1)].At) {
			out = append(out, agent.Event{Type: agent.TaskStarted, At: k.Started, ID: "past" + k.ID, Task: &k})
		}
	}
	return append(out, a.log[a.turn:]...)
}

// set changes the registry of Claude Code.
func (a *actor) set(status, waiting string) {
	if a.Kind != agent.Claude {
		return
	}
	a.status, a.waiting, a.statusAt = status, waiting, a.w.now.Add(20*time.Millisecond)
	a.w.after(a.w.between(20*time.Millisecond, 1200*time.Millisecond), func() {
		if !a.w.away(a.Host) {
			a.w.each(a.register)
		}
	})
}

func (a *actor) register(v *simVigil) {
	if a.Kind == agent.Claude && a.phase != gone && v.s.agents[a.ID] != nil {
		a.w.step(v, Registered{ID: a.ID, Status: a.status, WaitingFor: a.waiting, At: a.statusAt})
	}
}

func (a *actor) alive(is bool) {
	a.w.after(a.w.between(50*time.Millisecond, time.Second), func() {
		if !a.w.away(a.Host) {
			a.w.each(func(v *simVigil) { a.w.step(v, Process{ID: a.ID, Alive: is}) })
		}
	})
}

// screen is what its pane shows.
func (a *actor) screen() agent.Screen {
	sc := agent.Screen{At: a.w.now, Composer: agent.EmptyComposer, Dialog: a.dialog, Hash: a.hash, Lines: strings.Split(a.text, "\n")}
	switch {
	case a.phase == works && a.dialog == "" || a.compacts:
		sc.Busy = true
		a.hash++
	case a.dialog != "" || a.phase == gone:
		sc.Composer = agent.NoComposer
	case a.standing != "":
		sc.Composer, sc.Draft = agent.DraftComposer, a.standing
	case a.draft.After(a.w.now):
		sc.Composer, sc.Draft = agent.DraftComposer, "half a thought"
	}
	return sc
}

// obstacle says what is in the way of typing.
func (a *actor) obstacle(x Send) string {
	switch {
	case a.phase == gone:
		return "the pane's foreground process is not the agent"
	case a.dialog != "":
		return "a dialog is open"
	case a.phase == works || a.compacts:
		return "its screen shows that it works"
	case a.standing != "" && a.standing != x.Nudge.Text || a.draft.After(a.w.now):
		return "the input line holds a draft"
	}
	return ""
}

// block notes that until now nobody could have nudged it, or seen it stop.
func (a *actor) block() { a.blocked = a.w.now }

// in plans the next thing of the actor's own doing.
func (a *actor) in(low, high time.Duration, do func()) {
	gen := a.gen
	a.w.after(a.w.between(low, high), func() {
		if a.gen == gen {
			do()
		}
	})
}

// prompt starts a turn.
func (a *actor) prompt(text string, from agent.Origin) {
	if a.phase == gone && from != agent.Human {
		return
	}
	a.judgeStop()
	a.gen++
	a.compacts = false
	a.phase, a.dialog, a.told, a.stepped, a.sorted = works, "", 0, 0, false
	a.standing = ""
	a.emit(agent.Event{Type: agent.Prompt, Text: text, Origin: from})
	a.set("busy", "")
	a.text = text
	a.in(500*time.Millisecond, 8*time.Second, func() { a.work(1 + a.w.r.IntN(5)) })
}

// receive takes a nudge, and sees whether it was right to send it.
func (a *actor) receive(n agent.Nudge) {
	w := a.w
	if n.Step() {
		a.compact()
		return
	}
	w.fig.nudges++
	w.fig.by[string(n.Ending)]++
	if a.phase != stops {
		w.fig.disturbed++
		w.note("%s was nudged while it %s (%s): %q", a.Name, a.phase, a.ending, n.Text)
	}
	if a.told++; a.told > 1 {
		w.fig.doubled++
		w.note("%s was nudged twice for one end (%s)", a.Name, a.ending)
	}
	a.checkPolicy(n)
	a.measure()
	a.sorted = true
	at := w.now
	if a.typed.After(a.since) {
		at = a.typed
	}
	a.sent = append(a.sent, at)
	told := a.told
	lazy := w.chance(0.15) && !a.limited() && !w.outage.After(w.now)
	a.prompt(n.Text, agent.Human)
	a.told, a.sorted = told, true
	if lazy {
		a.gen++ // it answers, and does nothing
		a.wasted++
		a.in(2*time.Second, 20*time.Second, func() { a.told = 0; a.stop(pick(w, terminals), "terminal") })
	}
}

// checkPolicy counts nudges that the policy forbids.
func (a *actor) checkPolicy(agent.Nudge) {
	w := a.w
	p := w.policy(a.Agent)
	beyond := func(why string, args ...any) {
		w.fig.beyond++
		w.note("%s: beyond policy: %s", a.Name, fmt.Sprintf(why, args...))
	}
	hour := 0
	for _, at := range a.sent {
		if w.now.Sub(at) < time.Hour-time.Second {
			hour++
		}
	}
	if hour >= p.MaxPerHour {
		beyond("%d in an hour", hour+1)
	}
	if a.wasted >= p.MaxWasted && !a.paneOnly { // on a screen, every answer looks like work
		beyond("%d in a row were wasted", a.wasted)
	}
	for _, q := range p.Quiet {
		if q.Covers(w.now) && q.Covers(w.now.Add(-5*time.Second)) {
			beyond("quiet hours")
		}
	}
	x := a.account()
	if a.limited() && !x.known.IsZero() && x.known.After(x.began) && w.now.Sub(x.known) > 5*time.Second {
		if x.probed.After(x.began) && w.now.Sub(x.probed) < 10*time.Minute && w.seen(x.prober) {
			beyond("the account's limit was tried %v ago", w.now.Sub(x.probed))
		}
		x.probed, x.prober = w.now, a
	}
}

// due is from when on it could be nudged.
func (a *actor) due() time.Time {
	from := maxTime(a.since.Add(a.wait), a.blocked)
	for _, q := range a.w.policy(a.Agent).Quiet {
		if q.Covers(from) {
			from = from.Truncate(24 * time.Hour).Add(q.To)
		}
	}
	return from
}

// excuse sees, as another agent meets a limit of the account, whether the stop
// could have been answered before that, a reader's lag included. If not it waits
// with the others, though there was no limit yet as it stopped.
func (a *actor) excuse() {
	w := a.w
	early := w.now.Before(a.due().Add(seenWithin)) || a.draft.After(w.now) || w.away(a.Host) || !slices.ContainsFunc(w.vigils, (*simVigil).holds)
	if a.phase == stops && early {
		a.excused = true
	}
}

// seenWithin is how long it takes at most until a vigil has read an event.
const seenWithin = 5 * time.Second

// measure adds to the idle time that vigil alone is to blame for.
func (a *actor) measure() {
	if a.excused || a.phase != stops {
		return
	}
	w := a.w
	from := a.due()
	if own := w.now.Sub(from); own > 0 {
		w.fig.own += own
		if own > time.Minute {
			w.note("%s stood for %v after %s (%s)", a.Name, own.Round(time.Second), a.ending, a.text)
		}
	}
}

// judgeStop sees, as a stop is over or has lasted too long, whether it was
// missed: nudged, or told to a person, it was not.
func (a *actor) judgeStop() {
	w := a.w
	if a.phase != stops || a.sorted || a.told > 0 {
		return
	}
	patience := 3 * time.Minute
	if a.excused {
		patience = 80 * time.Minute
		if x := a.account(); x.until.After(a.since) {
			patience += max(min(x.until.Sub(a.since), w.now.Sub(a.since)), 0)
		}
	}
	from := maxTime(a.since.Add(a.wait), a.blocked)
	if w.now.Sub(from) < patience || a.draft.After(w.now) || w.away(a.Host) {
		return
	}
	if p := w.policy(a.Agent); len(p.Quiet) > 0 && p.Quiet[0].Covers(w.now.Add(-patience)) {
		return
	}
	a.sorted = true
	for _, v := range w.vigils {
		if !v.holds() {
			continue
		}
		view := v.s.Snapshot(w.now).Find(a.ID)
		held := ""
		if view != nil && view.Next != nil {
			held = view.Next.Held
		}
		if strings.Contains(held, "a person is needed") {
			return
		}
		w.fig.missed++
		w.note("%s was not nudged for %v after %s: held %q, %s", a.Name, w.now.Sub(a.since).Round(time.Second), a.ending, held, describe(view))
	}
}

func describe(v *agent.View) string {
	if v == nil {
		return "not known"
	}
	return fmt.Sprintf("%s, %s, %v", v.State, v.Verdict.Ending, v.Verdict.Evidence)
}

// audit looks in from time to time, and has a person come where one is needed.
func (a *actor) audit() {
	w := a.w
	a.judgeStop()
	switch {
	case a.phase == stops && (a.wasted >= w.policy(a.Agent).MaxWasted || a.full && w.now.Sub(a.since) > time.Hour) && w.chance(0.3):
		a.wasted, a.full = 0, false
		a.sorted = true
		a.prompt("I have looked at it. Go on with the second idea.", agent.Human)
	case a.phase == stops && !a.paneOnly && w.chance(0.02) && a.standing == "": // a person begins to type
		a.draft = w.now.Add(w.between(10*time.Second, 5*time.Minute))
		w.after(a.draft.Sub(w.now)+20*time.Second, a.block)
	}
	w.after(w.between(3*time.Minute, 12*time.Minute), a.audit)
}

func pick(w *sim, from []string) string { return from[w.r.IntN(len(from))] }

func (a *actor) drop(id string) {
	a.tasks = slices.DeleteFunc(a.tasks, func(k agent.Task) bool { return k.ID == id })
}
