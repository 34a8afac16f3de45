package supervise

import (
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/tmux"
)

func TestTimesOfAnotherClock(t *testing.T) {
	here := &finder{}
	at := time.Date(2026, 5, 2, 3, 0, 0, 0, time.UTC)
	task := &agent.Task{Started: at, Due: at.Add(time.Hour)}
	e := agent.Event{At: at, Task: task}
	here.shift(&e)
	if !e.At.Equal(at) {
		t.Errorf("our own clock: %v", e.At)
	}
	far := &finder{far: &far{prober: tmux.NewProber(nil)}} // not asked yet: no difference is known
	far.shift(&e)
	if !e.At.Equal(at) || !e.Task.Started.Equal(at) || e.Task == task {
		t.Errorf("another machine's: %+v", e)
	}
	if !far.ours(time.Time{}).IsZero() {
		t.Error("no time became one")
	}
}

// A session file belongs to one process, also where two machines share a home.
func TestClaims(t *testing.T) {
	c := newClaims()
	a, b := &find{}, &find{}
	c.move("", "/home/x/s1.jsonl", a)
	if c.taken("/home/x/s1.jsonl", a) || !c.taken("/net/home/x/s1.jsonl", b) {
		t.Error("a claim is not seen")
	}
	c.move("/home/x/s1.jsonl", "/home/x/s2.jsonl", a)
	if c.taken("/home/x/s1.jsonl", b) || !c.taken("/home/x/s2.jsonl", b) {
		t.Error("a claim did not move")
	}
	c.move("/home/x/s2.jsonl", "", b) // not its own
	if !c.taken("/home/x/s2.jsonl", b) {
		t.Error("another's claim was given up")
	}
	c.move("/home/x/s2.jsonl", "", a)
	if c.taken("/home/x/s2.jsonl", b) {
		t.Error("a claim outlives its process")
	}
}

// A machine that is known by several names has its agents once.
func TestClaimsOfProcesses(t *testing.T) {
	c := newClaims()
	k := procKey{7, "4711"}
	for range 2 {
		if !c.process(k, "head") || c.process(k, "login1") {
			t.Error("two hosts have one process")
		}
	}
	if !c.process(k, local) || c.process(k, "head") {
		t.Error("this machine does not come first")
	}
	c.release(k, "head")
	if c.process(k, "head") {
		t.Error("released by another")
	}
	c.release(k, local)
	if !c.process(k, "head") {
		t.Error("not released")
	}
}
