package ssh

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigil/remote"
)

func TestLoginLine(t *testing.T) {
	script := "printf '%s' 'it'\\''s ! \\0 \xff é\n \\\\' \"$0\" ; printf '%s' '\t'\n"
	l := loginLine(script)
	inner := strings.TrimSuffix(l[strings.LastIndex(l, " '")+2:], "'")
	if strings.ContainsAny(inner, "'!\n") || strings.Contains(inner, `\\`) {
		t.Errorf("not for every shell: %s", l)
	}
	want, err := exec.Command("sh", "-c", script, "sh").Output()
	if err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command("sh", "-c", l).Output()
	if err != nil || string(got) != string(want) {
		t.Errorf("%q, want %q; %v", got, want, err)
	}
}

func FuzzLoginLine(f *testing.F) {
	f.Add("a'b\\0!\n\n")
	f.Fuzz(func(t *testing.T, arg string) {
		arg = strings.ReplaceAll(arg, "\x00", "")
		l := loginLine("printf '%s.' " + remote.Quote(arg))
		if got, err := exec.Command("sh", "-c", l).Output(); err != nil || string(got) != arg+"." {
			t.Fatalf("%q arrives as %q, %v", arg, got, err)
		}
	})
}

// TestGuard: when nobody takes what the guard says any more, it ends the group.
func TestGuard(t *testing.T) {
	script := strings.Replace(session("mark", "sleep 1000"), "sleep 15", "sleep 0.1", 1)
	cmd := exec.Command("setsid", "-w", "sh", "-c", script)
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	b := make([]byte, 64)
	if _, err := out.Read(b); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil { // as sshd does when the connection is gone
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the command was not ended")
	}
}

func TestTail(t *testing.T) {
	l := &tail{}
	found := l.expect("mark")
	_, _ = l.Write([]byte("noise\n\x00one\nma"))
	_, _ = l.Write([]byte("rk\ntwo\x00\n"))
	<-found
	if l.lineBefore() != "one" || l.line() != "two" {
		t.Errorf("%q, %q", l.lineBefore(), l.line())
	}
	_, _ = l.Write([]byte(strings.Repeat("x", 3*maxTail) + "\nend"))
	if l.line() != "end" || len(l.b) > maxTail {
		t.Errorf("%q of %d", l.line(), len(l.b))
	}
	found = l.expect("mark")
	l.close()
	<-found
}

func TestSlept(t *testing.T) {
	if slept(time.Hour, time.Hour) || slept(15*time.Second, 16*time.Second) || !slept(time.Hour, 10*time.Second) {
		t.Error("only a wall clock that ran ahead tells of sleep")
	}
}

// TestPause: the next try comes after the pause, at once when a person asks for
// it, and never by itself after a final problem.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("h", Options{})
		began := time.Now()
		if !h.pause(false, time.Minute) || time.Since(began) != time.Minute {
			t.Errorf("paused for %v", time.Since(began))
		}
		h.Retry()
		h.Retry()
		if began = time.Now(); !h.pause(true, time.Second) || time.Since(began) != 0 {
			t.Errorf("paused for %v", time.Since(began))
		}
		ended := make(chan bool)
		go func() { ended <- h.pause(true, time.Second) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		select {
		case <-ended:
			t.Error("a final problem was tried again")
		default:
		}
		h.cancel()
		if <-ended {
			t.Error("paused on after the end")
		}
	})
}

// TestBackOff: a host that is not there is asked less and less, and callers do
// not wait for it.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("no such host", Options{})
		h.dial = func(context.Context) (*conn, *problem) { return nil, &problem{what: "gone", do: "wait"} }
		defer h.Close()
		if _, err := h.Stat("/"); err == nil {
			t.Fatal("no error")
		}
		var tries int
		for end := time.Now().Add(24 * time.Hour); time.Now().Before(end); {
			synctest.Wait()
			if l := h.Link(); l.State != remote.LinkDown || l.What != "gone" || l.Retry.IsZero() {
				t.Fatalf("%+v", l)
			}
			tries++
			time.Sleep(time.Until(h.Link().Retry) + time.Millisecond)
		}
		if tries < 200 || tries > 320 {
			t.Errorf("%d tries in a day", tries)
		}
	})
}
