package supervise

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/tmux"
	"vigil/agent/transcript"
)

// These are the ends of turns that look like waits and are none, and the waits
// that look like ends, each from its transcript and its processes to the
// verdict.

const watchScript = "L=logs/a.txt; until [ $(grep -c 'step:2745/2745 val_loss' $L) -ge 8 ]; do sleep 120; done"

// The watcher lives and the run is dead: nothing will ever write what it looks
// for. So it is here, and on a machine that is asked through a shell.
func TestWatcherAliveRunDead(t *testing.T) {
	for name, machine := range map[string]tmux.Machine{"here": tmux.Here{}, "there": tmux.NewProber(tmux.Local{})} {
		for _, kind := range []agent.Kind{agent.Claude, agent.Codex} {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				l := newLab(t, kind)
				l.f.machine = machine
				l.file("logs/a.txt", "step:125/2745 val_loss:4.1\n", time.Hour)
				l.says("start")
				l.background("11", watchScript, "sleep")
				l.ends("Watching the @2745 8-trial set; I continue when it is complete.")
				if kind == agent.Claude {
					l.see(Registered{ID: l.id, Status: "shell", At: l.now})
				}
				l.rest(5 * time.Minute)
				l.want(agent.Waiting, agent.Waits, 0)
				l.rest(10 * time.Minute)
				l.want(agent.Stopped, agent.Stalled, 1)
				if !l.evidence("logs/a.txt, which has not grown for") || !l.evidence("nothing writes it") {
					t.Errorf("evidence: %+v", l.view().Verdict.Evidence)
				}
				if k := l.view().Tasks[0]; k.State != agent.TaskHollow || k.Source != "process" {
					t.Errorf("task: %+v", k)
				}
			})
		}
	}
}

// The same watcher is left alone while the run that it watches lives.
func TestWatcherAliveRunAlive(t *testing.T) {
	l := newLab(t, agent.Claude)
	l.says("start")
	l.trainer("logs/b.txt")
	l.file("logs/a.txt", "step:125/2745 val_loss:4.1\n", time.Hour)
	l.background("b1", watchScript, "sleep")
	l.ends("Watching the @2745 8-trial set; I continue when it is complete.")
	l.rest(3 * time.Hour)
	l.want(agent.Waiting, agent.Waits, 0)
	l.kill("trainer")
	l.rest(20 * time.Minute)
	l.want(agent.Stopped, agent.Stalled, 1)
}

// The end of what it says it waits for has been read already.
func TestPhantomWait(t *testing.T) {
	l := newLab(t, agent.Claude)
	l.says("start")
	l.background("b1", "sleep 900", "sleep")
	l.kill("sleep")
	l.line(map[string]any{"type": "queue-operation", "operation": "enqueue", "content": "<task-notification>\n<task-id>b1</task-id>\n<status>completed</status>\n</task-notification>"})
	l.uses("Bash", map[string]any{"command": "tail -1 run.log"}, "step:3000/3000 val_loss:3.28", nil)
	l.ends("E11 is running; waiting for its completion notification.")
	l.rest(10 * time.Second)
	l.want(agent.Stopped, agent.Stalled, 1)
}

// The sub-agent that is to watch is dead: its own transcript stands still, and
// what it had started is gone.
func TestDelegateDead(t *testing.T) {
	l := newLab(t, agent.Claude)
	l.says("start")
	l.x.agent.Session = filepath.Join(l.work, "s1.jsonl")
	l.uses("Agent", map[string]any{"description": "watch the set", "prompt": "watch it"}, "Async agent launched successfully.\nagentId: a77",
		map[string]any{"isAsync": true, "agentId": "a77"})
	own := l.file("s1/subagents/agent-a77.jsonl", "{}\n", 0)
	l.run("x1", "sleep 3000", "sleep") // the sub-agent's own shell
	l.ends("The 8-trial validation continues under heartbeat monitoring by the sub-agent.")
	l.rest(40 * time.Minute)
	l.want(agent.Waiting, agent.Waits, 0)
	l.kill("sleep")
	at := l.now.Add(-5 * time.Minute)
	if err := os.Chtimes(own, at, at); err != nil {
		t.Fatal(err)
	}
	l.rest(10 * time.Minute)
	l.want(agent.Waiting, agent.Waits, 0)
	l.rest(20 * time.Minute)
	l.want(agent.Stopped, agent.Stalled, 1)
	if k := l.view().Tasks[0]; k.State != agent.TaskOverdue {
		t.Errorf("task: %+v", k)
	}
}

// A sub-agent that "completed" after it had started a watcher goes on when that
// ends: no list has it, and a process does.
func TestCompletedIsNotDone(t *testing.T) {
	l := newLab(t, agent.Claude)
	l.says("start")
	l.uses("Agent", map[string]any{"description": "run the set", "prompt": "run it"}, "Async agent launched successfully.\nagentId: a78",
		map[string]any{"isAsync": true, "agentId": "a78"})
	l.run("x2", "sleep 3000", "sleep")
	l.line(map[string]any{"type": "queue-operation", "operation": "enqueue", "content": "<task-notification>\n<task-id>a78</task-id>\n<status>completed</status>\n<result>Heartbeat 1</result>\n</task-notification>"})
	l.ends("Heartbeat 1: trial 3 of 8 is done.")
	l.rest(50 * time.Minute)
	l.want(agent.Waiting, agent.Waits, 0)
	l.kill("sleep")
	l.rest(time.Minute)
	if v := l.view(); v.State != agent.Stopped || len(l.sends) != 1 {
		t.Fatalf("%s %s, %d sent", v.State, v.Verdict.Ending, len(l.sends))
	}
}

// A headless CLI that ends takes its shells along. What had left its tree lives
// on, and is what the next process of the session waits for.
func TestHeadlessExitKillsItsChildren(t *testing.T) {
	l := newLab(t, agent.Claude)
	l.says("start")
	l.background("b1", "while :; do sleep 5; done", "sleep")
	l.trainer("logs/8.txt")
	l.ends("The set and its watcher run. I will be notified.")
	l.rest(time.Minute)
	l.want(agent.Waiting, agent.Waits, 0)
	l.exit()
	l.pass(time.Second)
	l.want(agent.Exited, agent.Gone, 0)
	if k := l.view().Tasks[0]; k.ID != "b1" || k.State != agent.TaskDead {
		t.Errorf("task: %+v", k)
	}
	l.now = maxTime(l.now, time.Now()).Add(3 * time.Second)
	l.start()
	l.says("continue")
	l.ends("Still waiting for the set to finish.")
	l.rest(3 * time.Hour)
	l.want(agent.Waiting, agent.Waits, 0)
	l.kill("trainer")
	l.rest(time.Minute)
	l.want(agent.Stopped, agent.Stalled, 1)
}

// The same heading stands over a finished session and over one whose run lives.
func TestStatusSummary(t *testing.T) {
	const head = "## Status summary\n\nSession total: 31 validated records. Standing record: 2798 steps."
	l := newLab(t, agent.Claude)
	l.says("start")
	l.background("b1", "sleep 9000", "sleep")
	l.ends(head + " The 8-trial set at 2797 is now running detached with its completion watcher.")
	l.rest(100 * time.Minute)
	l.want(agent.Waiting, agent.Waits, 0)
	d := newLab(t, agent.Claude)
	d.says("start")
	d.uses("Bash", map[string]any{"command": "true"}, "ok", nil)
	d.ends(head + " All cheap directions are exhausted and closed.")
	d.rest(5 * time.Second)
	d.want(agent.Stopped, agent.Terminal, 1)
}

// A promise is no process, and neither is a helper of the CLI or a server.
func TestPromisesAreNoProcesses(t *testing.T) {
	l := newLab(t, agent.Claude)
	l.send("sleep 3000 &") // in the CLI's own process group, as an MCP server is
	l.send("(setsid " + l.program("tensorboard") + " -c 'while :; do sleep 1; done' >/dev/null 2>&1 </dev/null &)")
	l.until("the server", func() bool { return l.runs("tensorboard") })
	l.says("start")
	l.uses("Bash", map[string]any{"command": "true"}, "ok", nil)
	l.ends("The record stands. The loop continues; I'll keep watching for a genuinely new lever.")
	l.rest(time.Minute)
	if v := l.view(); v.State != agent.Stopped || len(l.sends) != 1 || len(v.Tasks) != 0 {
		t.Fatalf("%s %s, %d sent, tasks %+v", v.State, v.Verdict.Ending, len(l.sends), v.Tasks)
	}
}

// A step that is announced has not begun.
func TestAnnouncedStep(t *testing.T) {
	l := newLab(t, agent.Codex)
	l.says("start")
	l.uses("exec_command", map[string]any{"cmd": "true"}, "Wall time: 1 seconds\nProcess exited with code 0\nOutput:\n", nil)
	l.ends("E001 is staged at 3000 steps. Optimization remains active; next is the matched screen.")
	l.rest(30 * time.Second)
	if v := l.view(); v.State != agent.Stopped || len(l.sends) != 1 {
		t.Fatalf("%s %s, %d sent", v.State, v.Verdict.Ending, len(l.sends))
	}
}

// A report of progress has no word of waiting: only what lives tells. Codex
// wakes nobody when it ends, so the nudge comes then, once.
func TestProgressWithoutAWaitWord(t *testing.T) {
	l := newLab(t, agent.Codex)
	l.says("start")
	l.trainer("logs/7.txt")
	l.ends("Trial 3: 3.2791. Mean so far 3.2790. 5 to go.")
	l.rest(3 * time.Hour)
	l.want(agent.Waiting, agent.Waits, 0)
	if k := l.view().Tasks[0]; k.Kind != agent.Child || k.Wakes || k.State != agent.TaskAlive {
		t.Errorf("task: %+v", k)
	}
	l.kill("trainer")
	l.rest(time.Minute)
	if v := l.view(); v.State != agent.Stopped || len(l.sends) != 1 {
		t.Fatalf("%s %s, %d sent", v.State, v.Verdict.Ending, len(l.sends))
	}
}

// "overloaded" in the output of a tool is no limit.
func TestOverloadedInToolOutput(t *testing.T) {
	const banner = "Setting OMP_NUM_THREADS environment variable for each process to be 1 in default, to avoid your system being overloaded, please further tune"
	for _, kind := range []agent.Kind{agent.Claude, agent.Codex} {
		l := newLab(t, kind)
		l.says("start")
		if kind == agent.Claude {
			l.uses("Bash", map[string]any{"command": "torchrun train.py"}, banner, nil)
		} else {
			l.uses("exec_command", map[string]any{"cmd": "torchrun train.py"}, "Wall time: 1 seconds\nProcess exited with code 0\nOutput:\n"+banner, nil)
		}
		l.ends(final)
		l.rest(30 * time.Second)
		l.want(agent.Stopped, agent.Terminal, 1)
	}
}

// Ten thousand tasks that end in mid-turn leave nothing behind; ten thousand
// that never end leave a bounded list, and a restart clears it.
func TestTheRegisterDoesNotLeak(t *testing.T) {
	const n = 10_000
	at := time.Date(2026, 5, 2, 3, 0, 0, 0, time.UTC)
	lines := func(ending bool) []byte {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		put := func(m map[string]any) {
			at = at.Add(time.Millisecond)
			m["timestamp"], m["uuid"], m["sessionId"] = at.Format("2006-01-02T15:04:05.000Z"), fmt.Sprint("u", b.Len()), "s1"
			if err := enc.Encode(m); err != nil {
				t.Fatal(err)
			}
		}
		put(map[string]any{"type": "user", "message": map[string]any{"role": "user", "content": "start"}, "origin": map[string]any{"kind": "human"}})
		for i := range n {
			id := fmt.Sprint("c", i)
			put(map[string]any{"type": "assistant", "message": map[string]any{"id": "m" + id, "model": "x", "stop_reason": "tool_use", "content": []any{
				map[string]any{"type": "tool_use", "id": id, "name": "Bash", "input": map[string]any{"command": "sleep 1", "run_in_background": true}},
			}}})
			put(map[string]any{"type": "user", "toolUseResult": map[string]any{"backgroundTaskId": "b" + id}, "message": map[string]any{"role": "user", "content": []any{
				map[string]any{"type": "tool_result", "tool_use_id": id, "content": "Command running in background with ID: b" + id},
			}}})
			if ending {
				put(map[string]any{"type": "queue-operation", "operation": "enqueue", "content": "<task-notification>\n<task-id>b" + id + "</task-id>\n<status>completed</status>\n</task-notification>"})
			}
		}
		return b.Bytes()
	}
	feed := func(ending bool) *night {
		nt := newNight(t, agent.Claude, nil)
		var events []agent.Event
		if _, err := transcript.Scan(bytes.NewReader(lines(ending)), func(e agent.Event) { events = append(events, e) }); err != nil {
			t.Fatal(err)
		}
		nt.now = at
		for part := range slices.Chunk(events, 500) {
			nt.see(Heard{ID: nt.id, Events: part})
		}
		return nt
	}
	ended := feed(true)
	tr := ended.s.agents[ended.id]
	if len(tr.session.Tasks) != 0 || len(tr.known.Tasks) != 0 {
		t.Errorf("%d tasks are left of those that ended", len(tr.session.Tasks))
	}
	open := feed(false)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 1000 {
		open.now = open.now.Add(time.Second)
		open.see(Process{ID: open.id, Alive: true, Work: nil})
		open.see(Backed{ID: open.id, Source: "log", Tasks: []agent.Task{{ID: fmt.Sprint(i), Kind: agent.Log, Sign: open.now}}})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("%d bytes were kept", grown)
	}
	tr = open.s.agents[open.id]
	if len(tr.session.Tasks) > 256 || len(open.view().Tasks) > 64 {
		t.Errorf("%d tasks, %d shown", len(tr.session.Tasks), len(open.view().Tasks))
	}
	open.event(agent.Event{Type: agent.Restarted})
	open.see(Backed{ID: open.id, Source: "log"})
	if n := len(open.view().Tasks); n != 0 {
		t.Errorf("%d tasks after a restart", n)
	}
}

// Some CLIs end a turn without a word, by the tool that declares the goal met.
func TestCompletionByTool(t *testing.T) {
	l := newLab(t, agent.Codex)
	l.says("start")
	l.uses("update_goal", map[string]any{"status": "complete"}, `{"goal":{"status":"complete","objective":"x"}}`, nil)
	l.ends("")
	l.rest(30 * time.Second)
	l.want(agent.Stopped, agent.Terminal, 1)
}

// Another copy of the session works on: the process has moved to it, and the
// file that stands still is nobody's any more.
func TestTranscriptFork(t *testing.T) {
	l := newLab(t, agent.Claude)
	pid := l.cli.Process.Pid
	folder := filepath.Join(l.x.home, ".claude", "projects", "-w")
	register := func(id string) []byte {
		return fmt.Appendf(nil, `{"pid":%d,"sessionId":%q,"cwd":%q,"procStart":%q,"status":"busy","statusUpdatedAt":%d}`, pid, id, l.work, l.x.proc.StartTicks, time.Now().UnixMilli())
	}
	write := func(name string, data []byte) {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	session := func(id string) string {
		write(filepath.Join(l.x.home, ".claude", "sessions", fmt.Sprint(pid)+".json"), register(id))
		l.f.registered(l.x, register(id))
		l.f.session(t.Context(), l.x, nil)
		return l.x.agent.SessionID
	}
	for _, id := range []string{"11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"} {
		write(filepath.Join(folder, id+".jsonl"), fmt.Appendf(nil, `{"type":"user","uuid":"u","sessionId":%q,"cwd":%q,"timestamp":"2026-05-02T03:00:00.000Z","message":{"role":"user","content":"start"}}`+"\n", id, l.work))
		if got := session(id); got != id {
			t.Errorf("the session is %q, want %q", got, id)
		}
	}
}
