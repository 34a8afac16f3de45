package supervise

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/ending"
	"vigil/agent/journal"
	"vigil/agent/liveness"
	"vigil/agent/nudge"
	"vigil/agent/tmux"
	"vigil/agent/transcript"
)

// lab is an agent whose transcript is written line by line in its CLI's own
// format, and whose processes are real: a shell plays the CLI and starts them.
// The night's clock runs by itself, so that hours pass at once.
type lab struct {
	*night
	kind  agent.Kind
	work  string
	cli   *exec.Cmd
	in    io.Writer
	f     *finder
	x     *find
	lines bytes.Buffer
	read  int // events that have been heard
	calls int
	log   string // one that something real writes; empty if nothing does
	size  int64
}

func newLab(t *testing.T, kind agent.Kind) *lab {
	t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc")
	}
	l := &lab{night: newNight(t, kind, nil), kind: kind, work: t.TempDir()}
	l.now = time.Now()
	l.supervisor()
	l.start()
	if kind == agent.Codex {
		l.line(map[string]any{"type": "session_meta", "payload": map[string]any{"id": "s1", "cwd": l.work, "cli_version": "0.169.0"}})
	}
	return l
}

// supervisor makes one that is never run: its finder looks at processes.
func (l *lab) supervisor() {
	j, err := journal.Open(l.t.Context(), filepath.Join(l.t.TempDir(), "j.db"))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = j.Close() })
	tm, err := nudge.NewTemplates(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	s, err := New(Options{
		Rules: Rules{
			Endings: ending.Default(), Templates: tm, Policy: func(agent.Agent) agent.Policy { return agent.DefaultPolicy() },
			Goal: func(agent.Agent) agent.GoalLine { return agent.GoalLine{} },
		},
		Journal: j, Holder: "test", Sockets: func() []string { return nil },
	})
	if err != nil {
		l.t.Fatal(err)
	}
	l.f = s.finders[local]
}

// start starts the CLI's process (again).
func (l *lab) start() {
	l.t.Helper()
	sh := exec.Command("sh")
	sh.Dir, sh.SysProcAttr = l.work, &syscall.SysProcAttr{Setsid: true}
	in, err := sh.StdinPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := sh.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.cli, l.in = sh, in
	pid := sh.Process.Pid
	l.t.Cleanup(func() {
		table, err := tmux.Processes()
		if err == nil {
			for _, p := range table.All() {
				if q, ok := table.Details(p.PID); ok && q.Dir != "" && below(l.work, q.Dir) {
					_ = syscall.Kill(p.PID, syscall.SIGKILL)
				}
			}
		}
		_ = syscall.Kill(pid, syscall.SIGKILL)
		_ = sh.Wait()
	})
	table, err := tmux.Processes()
	if err != nil {
		l.t.Fatal(err)
	}
	p, ok := table.Details(pid)
	if !ok {
		l.t.Fatal("the CLI has ended")
	}
	a := l.view().Agent
	a.PID, a.Workspace = pid, l.work
	l.x = &find{proc: p, agent: a, home: l.t.TempDir()}
	l.see(Seen{a})
	l.looks()
}

// run has the CLI run a command in a session of its own, as CLIs do, with its
// output going to the file of the task. It returns when a program of that name
// runs below it.
func (l *lab) run(task, script, program string) {
	l.t.Helper()
	dir := filepath.Join(l.work, ".cli", "tasks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		l.t.Fatal(err)
	}
	name := filepath.Join(l.work, ".cli", task+".sh")
	if err := os.WriteFile(name, []byte(script), 0o600); err != nil {
		l.t.Fatal(err)
	}
	out := filepath.Join(dir, task+".output")
	l.send(fmt.Sprintf("setsid bash -c \"$(cat %s)\" >%s 2>&1 </dev/null &", name, out))
	l.until("the task "+task, func() bool {
		for _, p := range l.seen() {
			for _, q := range p.Programs {
				if (p.Task == task || l.kind == agent.Codex) && q == program {
					return true
				}
			}
		}
		return false
	})
}

// send types a line to the shell that plays the CLI.
func (l *lab) send(line string) {
	l.t.Helper()
	if _, err := io.WriteString(l.in, line+"\n"); err != nil {
		l.t.Fatal(err)
	}
}

// until waits for what real processes do.
func (l *lab) until(what string, ok func() bool) {
	l.t.Helper()
	limit := time.After(60 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			l.t.Fatalf("waited in vain for %s; seen: %+v", what, l.seen())
		}
	}
}

// seen is what the finder sees of the agent's work now.
func (l *lab) seen() []liveness.Process {
	l.t.Helper()
	l.f.s.snap.Store(l.s.Snapshot(l.now))
	table, err := l.f.machine.Processes(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return l.f.work(l.t.Context(), table, l.x)
}

// looks has vigil look at the processes.
func (l *lab) looks() {
	l.t.Helper()
	alive := tmux.Alive(l.x.proc.PID, l.x.proc.StartTicks)
	o := Process{ID: l.id, Alive: alive}
	if alive {
		if l.log != "" {
			l.until("growth of "+l.log, l.grown)
		}
		o.Began, o.Work, o.Signs = l.x.proc.Started, l.seen(), l.f.signs(l.x)
	}
	l.see(o)
}

// grown reports whether the log has grown since it was last asked.
func (l *lab) grown() bool {
	info, err := os.Stat(l.log)
	old := l.size
	if err == nil {
		l.size = info.Size()
	}
	return err == nil && l.size != old
}

// program makes a program of that name, which is a shell.
func (l *lab) program(name string) string {
	l.t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		l.t.Fatal(err)
	}
	if sh, err = filepath.EvalSymlinks(sh); err != nil {
		l.t.Fatal(err)
	}
	b, err := os.ReadFile(sh)
	if err != nil {
		l.t.Fatal(err)
	}
	bin := filepath.Join(l.work, name)
	if err := os.WriteFile(bin, b, 0o700); err != nil {
		l.t.Fatal(err)
	}
	return bin
}

// trainer starts work that leaves the CLI's tree and writes a log: a program of
// its own, that is none of those which only wait.
func (l *lab) trainer(log string) {
	l.t.Helper()
	bin := l.program("trainer")
	l.log = l.file(log, "", 0)
	l.send(fmt.Sprintf("(setsid nohup %s -c 'while :; do echo step; sleep 0.02; done' >%s 2>&1 </dev/null &)", bin, l.log))
	l.until("the trainer", func() bool { return l.runs("trainer") })
}

// runs reports whether a program of that name runs for the agent.
func (l *lab) runs(program string) bool {
	for _, p := range l.seen() {
		if slices.Contains(p.Programs, program) {
			return true
		}
	}
	return false
}

// kill ends all work in which a program of that name runs.
func (l *lab) kill(program string) {
	l.t.Helper()
	for _, p := range l.seen() {
		if slices.Contains(p.Programs, program) {
			var pid int
			if _, err := fmt.Sscan(strings.Split(p.Key, "/")[0], &pid); err != nil {
				l.t.Fatal(err)
			}
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
	l.until("the end of "+program, func() bool { return !l.runs(program) })
	if program == "trainer" {
		l.log = ""
	}
}

// exit ends the CLI, and its shells with it, as a headless one does.
func (l *lab) exit() {
	l.t.Helper()
	table, err := tmux.Processes()
	if err != nil {
		l.t.Fatal(err)
	}
	for _, p := range table.Tree(l.cli.Process.Pid) {
		_ = syscall.Kill(p.PID, syscall.SIGKILL)
	}
	_ = l.cli.Process.Kill()
	_ = l.cli.Wait()
	l.see(Process{ID: l.id})
}

// rest lets hours pass in which vigil looks at the processes every so often.
func (l *lab) rest(d time.Duration) {
	l.t.Helper()
	for end := l.now.Add(d); l.now.Before(end); {
		l.looks()
		l.pass(min(end.Sub(l.now), max(d/8, time.Second), 4*time.Minute))
	}
	l.looks()
	l.pass(3 * time.Second) // what is due after it
}

// line writes a line of the transcript, and has vigil read it.
func (l *lab) line(fields map[string]any) {
	l.t.Helper()
	l.calls++
	fields["timestamp"] = l.now.UTC().Format("2006-01-02T15:04:05.000Z")
	if l.kind == agent.Claude {
		fields["uuid"], fields["sessionId"], fields["cwd"], fields["version"] = fmt.Sprint("u", l.calls), "s1", l.work, "2.1.330"
	}
	b, err := json.Marshal(fields)
	if err != nil {
		l.t.Fatal(err)
	}
	l.lines.Write(append(b, '\n'))
	var events []agent.Event
	if _, err := transcript.Scan(bytes.NewReader(l.lines.Bytes()), func(e agent.Event) { events = append(events, e) }); err != nil {
		l.t.Fatal(err)
	}
	l.now = l.now.Add(10 * time.Millisecond)
	fresh := events[l.read:]
	l.read = len(events)
	l.busy = true
	l.see(Heard{ID: l.id, Events: fresh})
}

// says is a person's prompt.
func (l *lab) says(text string) {
	if l.kind == agent.Codex {
		l.line(map[string]any{"type": "event_msg", "payload": map[string]any{"type": "task_started", "turn_id": fmt.Sprint("t", l.calls)}})
		l.line(map[string]any{"type": "event_msg", "payload": map[string]any{"type": "user_message", "message": text}})
		return
	}
	l.line(map[string]any{
		"type": "user", "message": map[string]any{"role": "user", "content": text}, "origin": map[string]any{"kind": "human"}, "promptSource": "typed",
	})
}

// uses is the use of a tool with its result; extra are fields beside the result.
func (l *lab) uses(tool string, input map[string]any, result string, extra map[string]any) {
	id := fmt.Sprint("c", l.calls)
	if l.kind == agent.Codex {
		args, _ := json.Marshal(input) // of strings and numbers
		l.line(map[string]any{"type": "response_item", "payload": map[string]any{"type": "function_call", "name": tool, "arguments": string(args), "call_id": id}})
		l.line(map[string]any{"type": "response_item", "payload": map[string]any{"type": "function_call_output", "call_id": id, "output": result}})
		return
	}
	l.line(map[string]any{"type": "assistant", "message": map[string]any{"id": "m" + id, "model": "x", "stop_reason": "tool_use", "content": []any{
		map[string]any{"type": "tool_use", "id": id, "name": tool, "input": input},
	}}})
	line := map[string]any{"type": "user", "message": map[string]any{"role": "user", "content": []any{
		map[string]any{"type": "tool_result", "tool_use_id": id, "content": result},
	}}}
	if extra != nil {
		line["toolUseResult"] = extra
	}
	l.line(line)
}

// background starts a background shell, in the transcript and for real.
func (l *lab) background(task, script, program string) {
	l.t.Helper()
	l.run(task, script, program)
	if l.kind == agent.Codex {
		l.uses("exec_command", map[string]any{"cmd": script}, "Wall time: 1 seconds\nProcess running with session ID "+task+"\nOutput:\n", nil)
		return
	}
	l.uses("Bash", map[string]any{"command": script, "run_in_background": true}, "Command running in background with ID: "+task,
		map[string]any{"backgroundTaskId": task})
}

// ends is the final message and the end of the turn.
func (l *lab) ends(text string) {
	if l.kind == agent.Codex {
		if text != "" {
			l.line(map[string]any{"type": "event_msg", "payload": map[string]any{"type": "agent_message", "message": text}})
		}
		l.line(map[string]any{"type": "event_msg", "payload": map[string]any{"type": "task_complete", "turn_id": "t", "last_agent_message": text}})
	} else {
		if text != "" {
			l.line(map[string]any{"type": "assistant", "message": map[string]any{"id": fmt.Sprint("m", l.calls), "model": "x", "stop_reason": "end_turn", "content": []any{
				map[string]any{"type": "text", "text": text},
			}}})
		}
		l.line(map[string]any{"type": "system", "subtype": "turn_duration", "durationMs": 1})
	}
	l.busy = false
}

// file writes a file of the workspace that was last touched so long ago.
func (l *lab) file(name, text string, ago time.Duration) string {
	l.t.Helper()
	path := filepath.Join(l.work, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	at := time.Now().Add(-ago)
	if err := os.Chtimes(path, at, at); err != nil {
		l.t.Fatal(err)
	}
	return path
}

// evidence reports whether the verdict's evidence holds the text.
func (l *lab) evidence(text string) bool {
	for _, e := range l.view().Verdict.Evidence {
		if strings.Contains(e.Text, text) {
			return true
		}
	}
	return false
}
