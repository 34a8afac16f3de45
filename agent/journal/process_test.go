package journal

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/agent"
)

// roleEnv makes the test binary act as one of several processes on a journal.
const roleEnv = "JOURNAL_TEST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleEnv)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := act(role, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// act is a child's life. It says on stdout what it knows to be true.
func act(role, path, name string) error {
	ctx := context.Background()
	j, err := Open(ctx, path)
	if err != nil {
		return err
	}
	defer j.Close()
	switch role {
	case "write":
		return actWrite(ctx, j, name)
	case "lease":
		return actLease(ctx, j, name)
	case "race":
		return actRace(ctx, j, name)
	}
	return fmt.Errorf("no role %q", role)
}

// actWrite writes for ever and tells each thing that has been promised.
func actWrite(ctx context.Context, j *Journal, name string) error {
	for i := 0; ; i++ {
		key := fmt.Sprint(name, "-", i)
		if ok, err := j.Plan(ctx, nudge(key)); !ok || err != nil {
			return fmt.Errorf("plan %s: %v %w", key, ok, err)
		}
		fmt.Println(key, agent.Planned)
		if ok, err := j.Advance(ctx, key, agent.Sent, at(1), ""); !ok || err != nil {
			return fmt.Errorf("advance %s: %v %w", key, ok, err)
		}
		fmt.Println(key, agent.Sent)
		turn := agent.Turn{EndID: key, Ended: t0()}
		if err := j.RecordEnding(ctx, "a1", name, turn, agent.Verdict{Ending: agent.Terminal}); err != nil {
			return err
		}
		if err := j.AddMoments(ctx, []agent.Moment{{At: at(time.Duration(i)), Agent: "a1", Text: key}}); err != nil {
			return err
		}
		if _, err := j.PutVersion(ctx, "/w", name, at(time.Duration(i)), i, noise(5000, uint64(i))); err != nil {
			return err
		}
	}
}

// actRace tries to win each nudge of the others' too.
func actRace(ctx context.Context, j *Journal, name string) error {
	for i := range 40 {
		key := fmt.Sprint("k", i)
		if _, err := j.Plan(ctx, nudge(key)); err != nil {
			return err
		}
		ok, err := j.Claim(ctx, key, name, t0(), time.Hour)
		if err != nil {
			return err
		}
		if ok {
			fmt.Println("claimed", key)
		}
		if ok, err = j.Advance(ctx, key, agent.Sent, at(1), ""); err != nil {
			return err
		}
		if ok {
			fmt.Println("sent", key)
		}
	}
	return nil
}

const leaseTTL = 400 * time.Millisecond

// actLease keeps a heartbeat and tells when it had the lease. It gives the
// lease back now and then.
func actLease(ctx context.Context, j *Journal, name string) error {
	beat := time.NewTicker(20 * time.Millisecond)
	defer beat.Stop()
	for n := 0; ; n++ {
		l, err := j.Acquire(ctx, name, leaseTTL, time.Now())
		if err != nil {
			return err
		}
		if l.Mine {
			// From when it knows of the lease to when it must stop relying on it.
			fmt.Println(name, time.Now().UnixNano(), l.Until.UnixNano())
			if n%40 == 39 {
				fmt.Println(name, "ends", time.Now().UnixNano())
				if err := j.Release(ctx, name); err != nil {
					return err
				}
			}
		}
		<-beat.C
	}
}

// child is a process on the journal.
type child struct {
	*exec.Cmd
	out *bufio.Scanner
	err strings.Builder
}

func spawn(t testing.TB, role, path, name string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.Command(self, path, name)}
	c.Env = append(os.Environ(), roleEnv+"="+role)
	c.Stderr = &c.err
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewScanner(out)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

// lines returns the rest of what the child says.
func (c *child) lines() (out []string) {
	for c.out.Scan() {
		out = append(out, c.out.Text())
	}
	return out
}

// check verifies the file itself.
func check(t testing.TB, j *Journal) {
	t.Helper()
	var s string
	if err := j.loose.QueryRow("PRAGMA integrity_check").Scan(&s); err != nil || s != "ok" {
		t.Errorf("integrity check: %q, %v", s, err)
	}
}

// promised checks that what children said is in the journal.
func promised(t testing.TB, j *Journal, said []string) {
	t.Helper()
	for _, line := range said {
		key, status, _ := strings.Cut(line, " ")
		n, ok, err := j.Nudge(t.Context(), key)
		if err != nil || !ok {
			t.Fatalf("%s was promised as %s: %v, %v", key, status, ok, err)
		}
		if n.Status != agent.Sent && string(n.Status) != status {
			t.Fatalf("%s was promised as %s and is %s", key, status, n.Status)
		}
	}
}

// Processes are killed in the middle of writes, again and again; what a call
// returned for is there, and the file stays whole.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	var said []string
	for round := range 5 {
		a := spawn(t, "write", path, fmt.Sprint("a", round))
		b := spawn(t, "write", path, fmt.Sprint("b", round))
		for range 5 + rand.IntN(20) { // somewhere in the middle
			for _, c := range []*child{a, b} {
				if !c.out.Scan() {
					t.Fatalf("the writer ended: %s", c.err.String())
				}
				said = append(said, c.out.Text())
			}
		}
		for _, c := range []*child{a, b} {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			rest := c.lines()
			said = append(said, rest...)
			_ = c.Wait()
		}
		j := open(t, path)
		check(t, j)
		promised(t, j, said)
	}
	t.Logf("%d promises kept", len(said))
}

// The end of the write-ahead log is torn off or spoilt, as a power cut may
// leave it. What comes before is there and the journal goes on.
func TestTornLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	w := spawn(t, "write", path, "w")
	var said []string
	for len(said) < 60 && w.out.Scan() {
		said = append(said, w.out.Text())
	}
	if err := w.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = w.Wait()
	db, wal := must[[]byte](t)(os.ReadFile(path)), must[[]byte](t)(os.ReadFile(path+"-wal"))
	if len(wal) < 100<<10 {
		t.Fatalf("the log has only %d bytes", len(wal))
	}
	spoilt := slices.Clone(wal)
	copy(spoilt[len(spoilt)-3000:], noise(3000, 1))
	for name, log := range map[string][]byte{
		"torn in a frame": wal[:len(wal)-1234], "torn at a frame": wal[:32+(len(wal)-32)/4120/2*4120],
		"spoilt": spoilt, "one byte": wal[:1], "garbage after it": append(slices.Clone(wal), noise(9000, 2)...),
	} {
		t.Run(name, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "journal.db")
			for p, b := range map[string][]byte{copied: db, copied + "-wal": log} {
				if err := os.WriteFile(p, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			j := open(t, copied)
			check(t, j)
			ns := must[[]agent.Nudge](t)(j.Nudges(t.Context(), "a1", time.Time{}))
			switch name {
			case "garbage after it":
				promised(t, j, said)
			case "torn in a frame", "spoilt":
				// Only the last transaction is lost; it was a version or a moment at the
				// latest, and at most one of the nudges.
				promised(t, j, said[:len(said)-2])
			}
			if !must[bool](t)(j.Plan(t.Context(), nudge("after"))) {
				t.Error("it does not go on")
			}
			t.Logf("%d nudges are left", len(ns))
		})
	}
}

// Of several processes that want the same nudge, one gets it.
func TestProcessesRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	var cs []*child
	for i := range 6 {
		cs = append(cs, spawn(t, "race", path, fmt.Sprint("p", i)))
	}
	won := map[string]int{}
	for _, c := range cs {
		for _, l := range c.lines() {
			won[l]++
		}
		if err := c.Wait(); err != nil {
			t.Fatalf("%v: %s", err, c.err.String())
		}
	}
	for i := range 40 {
		for _, what := range []string{"claimed", "sent"} {
			// A nudge may be sent, by another, before the first one claims it.
			key := fmt.Sprint(what, " k", i)
			if n := won[key]; n > 1 || what == "sent" && n != 1 {
				t.Errorf("%s by %d processes", key, n)
			}
		}
	}
}

func TestLease(t *testing.T) {
	j := fresh(t)
	a, b := Holder("head", 12, t0()), Holder("head", 13, t0())
	if a != "head/12/20260516T100000.123Z" {
		t.Errorf("holder %q", a)
	}
	const ttl = 10 * time.Second
	for i, c := range []struct {
		who  string
		at   time.Duration
		want Lease
	}{
		{a, 0, Lease{a, at(10 * time.Second), true}},
		{b, 9 * time.Second, Lease{a, at(10 * time.Second), false}},
		{a, 9 * time.Second, Lease{a, at(19 * time.Second), true}},
		{b, 18 * time.Second, Lease{a, at(19 * time.Second), false}},
		{b, 19 * time.Second, Lease{b, at(29 * time.Second), true}},
		{a, 20 * time.Second, Lease{b, at(29 * time.Second), false}},
	} {
		same(t, fmt.Sprint("step ", i), must[Lease](t)(j.Acquire(t.Context(), c.who, ttl, at(c.at))), c.want)
	}
	same(t, "read", must[Lease](t)(j.Lease(t.Context(), at(28*time.Second))), Lease{Holder: b, Until: at(29 * time.Second)})
	same(t, "read late", must[Lease](t)(j.Lease(t.Context(), at(29*time.Second))), Lease{})
	for _, who := range []string{a, b} { // a has none to give back
		if err := j.Release(t.Context(), who); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "read after", must[Lease](t)(j.Lease(t.Context(), at(20*time.Second))), Lease{})
	same(t, "free", must[Lease](t)(j.Acquire(t.Context(), a, ttl, at(20*time.Second))), Lease{a, at(30 * time.Second), true})
	if _, err := j.Acquire(t.Context(), "", ttl, t0()); err == nil {
		t.Error("a holder without a name")
	}
}

// held is a time in which a process could rely on the lease.
type held struct {
	who      string
	from, to int64
}

// Many processes want the lease, the holder is killed, others give it back:
// never do two have it, and it always goes to another.
func TestLeaseProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	open(t, path) // so that opening is not part of the race
	const n = 8
	cs := map[string]*child{}
	said := make(chan string, 1<<16)
	for i := range n {
		name := Holder("h", i, t0())
		c := spawn(t, "lease", path, name)
		cs[name] = c
		go func() { // ends with the child's output
			for c.out.Scan() {
				said <- c.out.Text()
			}
			said <- ""
		}()
	}
	const heirs = 4 // have it one after the other, one of them until it is killed
	var hs []held
	who := map[string]bool{}
	killed, left := "", n
	end := time.After(time.Minute)
	kill := sync.OnceFunc(func() {
		for _, c := range cs {
			_ = c.Process.Kill()
		}
	})
	for left > 0 {
		select {
		case line := <-said:
			if line == "" {
				left--
				continue
			}
			f := strings.Fields(line)
			if f[1] == "ends" {
				for i := range hs { // also of the heartbeats before
					if hs[i].who == f[0] {
						hs[i].to = min(hs[i].to, number(t, f[2]))
					}
				}
				continue
			}
			hs = append(hs, held{f[0], number(t, f[1]), number(t, f[2])})
			who[f[0]] = true
			if killed == "" && len(hs) > 20 {
				killed = f[0]
				_ = cs[killed].Process.Kill()
			}
			if killed != "" && len(who) >= heirs {
				kill()
			}
		case <-end:
			kill()
		}
	}
	for name, c := range cs {
		if err := c.Wait(); err != nil && c.err.Len() > 0 {
			t.Errorf("%s: %v: %s", name, err, c.err.String())
		}
	}
	slices.SortFunc(hs, func(a, b held) int { return int(a.from - b.from) })
	for i, h := range hs {
		for _, later := range hs[i+1:] {
			if later.from >= h.to {
				break
			}
			if later.who != h.who {
				t.Fatalf("%s has it until %d, %s from %d (%v before)", h.who, h.to, later.who, later.from, time.Duration(h.to-later.from))
			}
		}
	}
	t.Logf("%d heartbeats of %d holders (%s was killed)", len(hs), len(who), killed)
	if len(who) < heirs || killed == "" {
		t.Errorf("only %d processes had it in a minute", len(who))
	}
}

func number(t testing.TB, s string) int64 {
	t.Helper()
	return must[int64](t)(strconv.ParseInt(s, 10, 64))
}
