package tmux_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/tmux"
)

func TestKindOf(t *testing.T) {
	const (
		claudeJS = "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js"
		codexJS  = "/usr/lib/node_modules/@openai/codex/bin/codex.js"
		codexBin = "/opt/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"
	)
	for _, c := range []struct {
		args string // words, or words between "|"
		want agent.Kind
	}{
		{"claude", agent.Claude},
		{"claude --dangerously-skip-permissions", agent.Claude},
		{"/home/me/.local/bin/claude --resume 8946fa74", agent.Claude},
		{"claude|fix the mcp server", agent.Claude},
		{"claude --model opus -c", agent.Claude},
		{"claude attach 8946", agent.Claude},
		{"node /usr/bin/claude --verbose", agent.Claude},
		{"node --max-old-space-size=4096 " + claudeJS, agent.Claude},
		{"bun " + claudeJS + " -c", agent.Claude},
		{"claude -p|say hi", ""},
		{"claude -cp hi", ""},
		{"claude --model opus --print hi", ""},
		{"claude mcp serve", ""},
		{"claude --model opus agents", ""},
		{"claude --settings mcp", agent.Claude},
		{"claude -- -p", agent.Claude},
		{"claude -p --output-format stream-json", ""},
		{"claude --version", ""},
		{"claude daemon run", ""},
		{"node " + claudeJS + " --print", ""},
		{"node /usr/lib/node_modules/@anthropic-ai/claude-code/vendor/helper.js", ""},
		{"codex", agent.Codex},
		{"codex --dangerously-bypass-approvals-and-sandbox", agent.Codex},
		{"codex resume --last", agent.Codex},
		{"codex -p fast", agent.Codex},
		{"codex -m gpt-5.5|run the loop", agent.Codex},
		{"node /usr/bin/codex", agent.Codex},
		{"node " + codexJS + " -C /w", agent.Codex},
		{codexBin, agent.Codex},
		{codexBin + " app-server --listen unix:// --managed-daemon", ""},
		{codexBin + " app-server daemon pid-update-loop", ""},
		{"codex exec --json hi", ""},
		{"codex -c a=b exec hi", ""},
		{"codex mcp-server", ""},
		{"codex queue --thread 1", ""},
		{"codex-linux-sandbox --x", ""},
		{"node /usr/bin/gemini --yolo", agent.Gemini},
		{"node --no-warnings /usr/lib/node_modules/@google/gemini-cli/bundle/gemini.js -m pro", agent.Gemini},
		{"gemini -i|run the loop", agent.Gemini},
		{"gemini -p hi", ""},
		{"gemini mcp list", ""},
		{"gemini --acp", ""},
		{"node /usr/bin/qwen --yolo", agent.Qwen},
		{"node --expose-gc /usr/lib/node_modules/@qwen-code/qwen-code/cli.js --yolo", agent.Qwen},
		{"qwen serve", ""},
		{"qwen --model x -p hi", ""},
		{"opencode", agent.OpenCode},
		{"opencode -s ses_1", agent.OpenCode},
		{"/opt/node_modules/opencode-linux-x64/bin/opencode /w", agent.OpenCode},
		{"opencode run hi", ""},
		{"opencode serve --port 4096", ""},
		{"node /w/qwen-tools/index.js", ""},
		{"bash -c|claude --resume x", ""},
		{"vim claude", ""},
		{"grep codex", ""},
		{"node server.js claude", ""},
		{"tail -f claude.log", ""},
		{"", ""},
	} {
		t.Run(c.args, func(t *testing.T) {
			var args []string
			for i, part := range strings.Split(c.args, "|") {
				if i > 0 {
					args = append(args, part)
				} else {
					args = append(args, strings.Fields(part)...)
				}
			}
			got, ok := tmux.KindOf(tmux.Process{Args: args})
			if got != c.want || ok != (c.want != "") {
				t.Errorf("got %q, %v", got, ok)
			}
		})
	}
}

func TestProcesses(t *testing.T) {
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "open"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("sleep", "600")
	c.Dir, c.Env, c.Stdin = dir, []string{"A=1", "B=x=y", "A=2"}, file
	start := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	_ = file.Close()
	var p tmux.Process
	await(t, "the program", func() bool {
		table, err := tmux.Processes()
		if err != nil {
			t.Fatal(err)
		}
		var ok bool
		p, ok = table.Details(c.Process.Pid)
		tree := table.Tree(os.Getpid())
		return ok && p.Comm == "sleep" && slices.ContainsFunc(tree, func(q tmux.Process) bool { return q.PID == p.PID })
	})
	if p.PPID != os.Getpid() || !slices.Equal(p.Args, []string{"sleep", "600"}) || p.Dir != dir || p.Started.Sub(start).Abs() > 3*time.Second {
		t.Errorf("process: %+v", p)
	}
	if !tmux.Alive(p.PID, p.StartTicks) || tmux.Alive(p.PID, p.StartTicks+"1") {
		t.Error("alive: wrong")
	}
	if env := tmux.Env(p.PID, "A", "B", "C"); len(env) != 2 || env["B"] != "x=y" {
		t.Errorf("environment: %v", env)
	}
	if files := tmux.OpenFiles(p.PID); !slices.Equal(files, []string{filepath.Join(dir, "open")}) {
		t.Errorf("open files: %v", files)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, "its death, though nobody waited for it", func() bool { return !tmux.Alive(p.PID, p.StartTicks) })
	if len(tmux.OpenFiles(1<<30)) != 0 || len(tmux.Env(1<<30, "A")) != 0 || tmux.Alive(1<<30, "1") {
		t.Error("something is told of no process")
	}
}

// A pane's shell starts a wrapper with a native child and a helper; then it
// stops it, and another takes its place.
func TestAgentsOfAPane(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("no sleep")
	}
	r := newRig(t)
	dir := t.TempDir()
	for _, name := range []string{"claude", "codex"} {
		if err := os.Symlink(sleep, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	wrapper := filepath.Join(dir, "wrap")
	script := "#!/bin/sh\n" + dir + "/codex 600 & " + dir + "/claude 601\n"
	if err := os.WriteFile(wrapper, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	pane := r.pane("a", "env", "PS1=$ ", "PATH="+dir+":"+os.Getenv("PATH"), "bash", "--norc", "--noprofile")
	s := r.server(tmux.Options{})
	ps, err := s.Panes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shell, tty := ps[0].PID, ps[0].TTY
	agents := func() (table tmux.Table, as []tmux.Agent) {
		table, err := tmux.Processes()
		if err != nil {
			t.Fatal(err)
		}
		return table, table.Agents(shell, tmux.KindOf)
	}
	show := func(as []tmux.Agent) string {
		var b strings.Builder
		for _, a := range as {
			b.WriteString(string(a.Kind) + " " + a.Args[1] + " " + strconv.FormatBool(a.Foreground) + "; ")
		}
		return b.String()
	}
	await(t, "the prompt", func() bool { return strings.Contains(r.run("capture-pane", "-p", "-t", pane), "$") })
	if _, as := agents(); len(as) != 0 {
		t.Errorf("agents in a bare shell: %v", as)
	}
	r.run("send-keys", "-t", pane, wrapper, "Enter")
	var table tmux.Table
	var as []tmux.Agent
	await(t, "the two", func() bool {
		table, as = agents()
		return len(as) == 2
	})
	if got := show(as); got != "codex 600 true; claude 601 true; " {
		t.Errorf("agents: %s", got)
	}
	if as[0].Dir == "" || !tmux.InFront(as[0].PID, as[0].StartTicks, tty) || tmux.InFront(shell, "", tty) ||
		tmux.InFront(as[0].PID, as[0].StartTicks, "/dev/null") {
		t.Error("in front: wrong")
	}
	group, below := table.Foreground(shell)
	if len(group) != 3 || len(below) != 0 {
		t.Errorf("foreground: %v and below %v", group, below)
	}
	r.run("send-keys", "-t", pane, "C-z")
	await(t, "the shell in front", func() bool {
		table, as = agents()
		return len(as) == 2 && !as[0].Foreground
	})
	if tmux.InFront(as[0].PID, as[0].StartTicks, tty) {
		t.Error("a stopped agent is in front")
	}
	// As the pane's own process, with one below that is none of its own.
	own := r.run("split-window", "-d", "-P", "-F", "#{pane_pid}", "-t", pane, filepath.Join(dir, "codex"), "602")
	pid, err := strconv.Atoi(own)
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the pane's own agent", func() bool {
		table, err := tmux.Processes()
		if err != nil {
			t.Fatal(err)
		}
		as = table.Agents(pid, tmux.KindOf)
		return show(as) == "codex 602 true; "
	})
}

func BenchmarkProcesses(b *testing.B) {
	n := 0
	for b.Loop() {
		table, err := tmux.Processes()
		if err != nil {
			b.Fatal(err)
		}
		n = table.Len()
	}
	b.ReportMetric(float64(n), "processes")
}

func BenchmarkAlive(b *testing.B) {
	table, err := tmux.Processes()
	if err != nil {
		b.Fatal(err)
	}
	p, _ := table.Get(os.Getpid())
	for b.Loop() {
		if !tmux.Alive(p.PID, p.StartTicks) {
			b.Fatal("dead")
		}
	}
}
