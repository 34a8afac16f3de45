package clients

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/cmd/vigil/internal/modelapi"
)

// Each real CLI starts, works, stops in the script's words, takes another
// message, and leaves nothing behind.
func TestStartAndStop(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
	}{
		{"codex", Options{Kind: agent.Codex}},
		{"codex daemon", Options{Kind: agent.Codex, Daemon: true}},
		{"claude", Options{Kind: agent.Claude}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Script = modelapi.Cycles("That was all of it.", "That was the rest of it.")
			cl := Start(t, c.o)
			answered := func(n int) {
				t.Helper()
				ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
				defer cancel()
				if err := cl.API.Await(ctx, "the end of a turn", func(log []modelapi.Request) bool {
					ends := 0
					for _, r := range log {
						if r.Thread == modelapi.MainThread && r.Answer.Run == "" && !r.Done.IsZero() {
							ends++
						}
					}
					return ends == n
				}); err != nil {
					t.Fatal(err)
				}
				cl.Until(20*time.Second, "the turn's end in the transcript", func() bool {
					ends, err := cl.TurnEnds()
					return err == nil && len(ends) == n
				})
			}
			answered(1)
			cl.Settle(500*time.Millisecond, 20*time.Second)
			cl.Type("one more time")
			cl.Until(5*time.Second, "the message", func() bool { return strings.Contains(cl.Screen(), "one more time") })
			cl.Settle(200*time.Millisecond, 5*time.Second)
			cl.Key("Enter")
			answered(2)
			if ps := cl.API.Prompts(); len(ps) != 2 || ps[0].Text != "start the loop" || ps[1].Text != "one more time" {
				t.Errorf("prompts %+v", ps)
			}
			cl.Kill9()
			cl.Stop()
			if left := processesOf(cl.Home); len(left) > 0 {
				t.Errorf("processes %v are left", left)
			}
			if err := exec.Command("tmux", "-S", cl.Socket, "has-session").Run(); err == nil {
				t.Error("the tmux server is left")
			}
		})
	}
}

func TestTurnEnds(t *testing.T) {
	const file = `{"type":"system","subtype":"turn_duration","timestamp":"2026-11-22T21:45:46.461Z"}
{"type":"user","message":{"content":"what is \"task_complete\"?"},"timestamp":"2026-11-22T21:45:47Z"}
not json, but turn_duration
{"timestamp":"2026-11-22T21:45:48Z","type":"event_msg","payload":{"type":"task_complete"}}
{"timestamp":"2026-11-22T21:45:49Z","type":"event_msg","payload":{"type":"task_comp`
	ends, err := turnEnds(strings.NewReader(file))
	if err != nil || len(ends) != 2 || ends[0].Nanosecond() != 461e6 || ends[1].Second() != 48 {
		t.Fatalf("ends %v, err %v", ends, err)
	}
}

func TestFresh(t *testing.T) {
	before := []string{"SESSION FINAL", "\u276f", "bypass permissions on · for agents", "tip"}
	if f := Fresh(before, []string{"SESSION FINAL", "\u276f", "bypass permissions on"}); len(f) != 0 {
		t.Errorf("hints that went away count as fresh: %q", f)
	}
	if f := Fresh(before, []string{"SESSION FINAL", "\u276f keep going"}); len(f) != 1 {
		t.Errorf("typed text is not seen: %q", f)
	}
}

func TestDescendants(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 60 & wait")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		killAll(descendants(strconv.Itoa(cmd.Process.Pid)))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if !Poll(10*time.Second, func() bool { return len(descendants(strconv.Itoa(cmd.Process.Pid))) == 1 }) {
		t.Fatalf("children %v, want one", descendants(strconv.Itoa(cmd.Process.Pid)))
	}
}
