package tui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vigil/remote"
)

func TestJobs(t *testing.T) {
	src := newFake(story())
	src.cluster = cluster()
	m := start(src, size{120, 40})
	press(m, "6")
	shows(t, m, "another agent's", "This agent has no job in the queue; 7 jobs of others", "29/32 GPUs, 3 free, 1 in use but idle", "412 RPCs", "asked again at 03:06:49")
	press(m, "J")
	shows(t, m, "the agent's", "● running", "4712_3", "○ pending", "never starts", "× out of memory", "6 jobs, 1 of others", "GPU 3 fell off the bus", "4760/5600W")
	if strings.Contains(screenText(m), "sweep-lr") {
		t.Error("a job of others is among the agent's")
	}
	press(m, "e")
	shows(t, m, "all", "sweep-lr", "7 jobs of everyone")
	press(m, "G")
	shows(t, m, "details", "out of memory: more than 900 GB on node02", "ended 04 May 02:41", "exit code 0, signal 9")
	press(m, "/", "q", "k", "enter")
	shows(t, m, "filter", "/qk 1 job")
	press(m, "/", "z", "enter")
	shows(t, m, "no match", "No job matches qkz")
}

// A job of whom the log is a run of the agent is the agent's; enter shows it.
func TestJobsRun(t *testing.T) {
	src := newFake(story())
	src.cluster = cluster()
	for i := range src.cluster.Clusters[0].Jobs {
		src.cluster.Clusters[0].Jobs[i].Dir = "/elsewhere"
	}
	m := start(src, size{120, 40})
	press(m, "J", "6")
	shows(t, m, "by their logs", "4 jobs, 3 of others", "enter: v11b-s2")
	press(m, "enter")
	shows(t, m, "its run", "▸ *v11b-s2")
	press(m, "6", "e", "g", "enter")
	if !strings.Contains(m.note, "no log of job 4713 has been seen") {
		t.Errorf("the note is %q", m.note)
	}
}

// A job is cancelled after a yes, and only then.
func TestCancel(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []string
		err  error
		want string // cancelled
		note string
	}{
		{"yes", []string{"x", "y"}, nil, "head 4712_3", "job 4712_3 is cancelled"},
		{"no", []string{"x", "n"}, nil, "", ""},
		{"esc", []string{"x", "esc"}, nil, "", ""},
		{"another key", []string{"x", "enter", "x", "j"}, nil, "", ""},
		{"fails", []string{"x", "y"}, errors.New("scancel: access denied; ask who owns it"), "head 4712_3", "access denied"},
		{"ended", []string{"G", "x", "y"}, nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := newFake(story())
			src.cluster, src.refuses = cluster(), c.err
			m := start(src, size{120, 40})
			press(m, "J", "6")
			press(m, c.keys...)
			if got := strings.Join(src.cancelled, ","); got != c.want {
				t.Errorf("cancelled %q, want %q", got, c.want)
			}
			if !strings.Contains(m.note, c.note) {
				t.Errorf("the note is %q, want %q", m.note, c.note)
			}
		})
	}
}

// The job that was named is cancelled, whatever the queue looks like by then.
func TestCancelIsOfTheNamedJob(t *testing.T) {
	src := newFake(story())
	src.cluster = cluster()
	m := start(src, size{120, 40})
	press(m, "J", "6", "x")
	shows(t, m, "asks", "cancel this job?", "job 4712_3 on head", "running for 1h35m, 8 GPUs")
	c := *src.cluster.Clusters[0]
	c.Jobs = c.Jobs[4:]
	src.cluster = &Cluster{Clusters: []*remote.Cluster{&c}}
	m.Update(changed{clock})
	press(m, "y")
	if got := strings.Join(src.cancelled, ","); got != "head 4712_3" {
		t.Errorf("cancelled %q", got)
	}
}

func TestLinks(t *testing.T) {
	src := newFake(story())
	src.cluster = offline()
	m := start(src, size{200, 60})
	shows(t, m, "links", "× head down, again in 4s", "◌ lab connecting", "■ old refused", "head: no route to host → check the network or the VPN (and 1 more problem)", "stale 40 s")
	if !m.counting() {
		t.Error("the seconds to the next try are not counted down")
	}
	src.cluster = cluster()
	m.refresh()
	if got := screenText(m); strings.Contains(got, "× head") || strings.Contains(got, "! head") || !strings.Contains(got, "6 jobs · 29/32 GPUs") {
		t.Errorf("all is well, but\n%s", got)
	}
}

// ask brings a question to the screen.
func ask(m *Model, src *fake, qs ...remote.Question) {
	c := cluster()
	c.Questions = qs
	src.cluster = c
	m.Update(changed{clock})
}

// A question opens after a pause; what is typed is not shown and reaches the
// host as it is.
func TestQuestion(t *testing.T) {
	src := newFake(story())
	m := start(src, size{120, 40})
	ask(m, src, passphrase)
	if m.over.open() {
		t.Fatal("it opens at once")
	}
	press(m, "J") // a key is not for the question
	if m.over.open() || m.fleet.sel != "a2" {
		t.Fatal("the question took a key")
	}
	old := m.asking.gen - 1
	if m.Update(paused{old}); m.over.open() {
		t.Fatal("it opens after a pause that a key has ended")
	}
	m.Update(paused{m.asking.gen})
	shows(t, m, "open", "head asks", "Passphrase for key", "enter answers, esc refuses")
	press(m, "enter")
	if len(src.answers) > 0 {
		t.Fatal("an empty answer is sent")
	}
	press(m, "q", " ", " ", "S")
	if got := screenText(m); strings.Contains(got, "q  S") || !strings.Contains(got, "****") {
		t.Errorf("the secret shows:\n%s", got)
	}
	press(m, "enter")
	if got := strings.Join(src.answers, ","); got != "q1: q  S" {
		t.Errorf("the answer is %q", got)
	}
	if m.over.open() || m.input.text.Value() != "" {
		t.Error("the question or the secret is still there")
	}
	m.Update(changed{clock})
	if m.Update(paused{m.asking.gen}); m.over.open() {
		t.Error("an answered question opens again")
	}
}

func TestQuestionRefusedAndGone(t *testing.T) {
	src := newFake(story())
	m := start(src, size{80, 24})
	key := remote.Question{ID: "k", Host: "lab", Prompt: "lab has a key that is not known: SHA256:abc. Write yes if it is right"}
	ask(m, src, passphrase, key)
	m.Update(paused{m.asking.gen})
	press(m, "x", "esc")
	if got := strings.Join(src.answers, ","); got != "q1: refused" {
		t.Errorf("the answer is %q", got)
	}
	m.Update(paused{m.asking.gen}) // the key that refused waits for the next one
	shows(t, m, "next", "lab asks", "SHA256:abc")
	press(m, "y")
	shows(t, m, "not secret", "› y")
	ask(m, src)
	if m.over.open() || m.input.open() {
		t.Error("a question that is gone stays")
	}
}

// A question does not come over what a person writes.
func TestQuestionWaitsForTheWriter(t *testing.T) {
	src := newFake(story())
	m := start(src, size{120, 40})
	press(m, "N", "g", "o")
	ask(m, src, passphrase)
	if m.Update(paused{m.asking.gen}); m.over.open() {
		t.Fatal("it opens over a half-written nudge")
	}
	press(m, " ", "o", "n", "enter")
	if in := <-src.sent; in.Text != "go on" {
		t.Errorf("sent %q", in.Text)
	}
	if m.Update(paused{m.asking.gen}); !m.over.open() {
		t.Error("it does not open when the nudge is sent")
	}
}

func TestRanFor(t *testing.T) {
	j := remote.Job{State: remote.JobRunning, Elapsed: time.Hour, Seen: clock.Add(-time.Minute)}
	if got := ranFor(clock, &j); got != 61*time.Minute {
		t.Errorf("a running job ran for %v", got)
	}
	j.State = remote.JobCompleted
	if got := ranFor(clock, &j); got != time.Hour {
		t.Errorf("one that ended ran for %v", got)
	}
}
