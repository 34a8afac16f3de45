package tmux_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/agent/tmux"
)

func TestParsePS(t *testing.T) {
	got := tmux.ParsePS(strings.Join([]string{
		"    1     0     1     0 Ss   ??       Sat Nov  7 09:01:02 2026 /sbin/launchd",
		"  501     1   501   733 S+   ttys004  Sun Nov 22 23:45:02 2026 /Applications/My App/claude",
		"  733   501   733   733 Z+   ttys004  Sun Nov 22 23:45:03 2026 (gone)",
		"  734 x 733 733 S+ ttys004 Sun Nov 22 23:45:03 2026 bad",
		"  735 1 733 733 S+ ttys004 Sun Foo 22 23:45:03 2026 bad",
		"short", "",
	}, "\n"))
	if len(got) != 2 {
		t.Fatalf("got %+v", got)
	}
	p := got[1]
	if p.PID != 501 || p.PPID != 1 || p.PGID != 501 || p.TPGID != 733 || p.Comm != "/Applications/My App/claude" ||
		!p.Started.Equal(time.Date(2026, 11, 22, 23, 45, 2, 0, time.Local)) || p.StartTicks == got[0].StartTicks {
		t.Errorf("got %+v", p)
	}
	if got[0].TPGID != -1 {
		t.Errorf("a process without a terminal has a foreground group: %+v", got[0])
	}
}

// The ps of this machine prints what is read, and agrees with /proc.
func TestRealPS(t *testing.T) {
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("no ps")
	}
	c := exec.Command("ps", append([]string{"-A"}, tmux.PSColumns...)...)
	c.Env = append(os.Environ(), "LC_ALL=C")
	out, err := c.Output()
	if err != nil {
		t.Skipf("this ps has other columns: %v", err)
	}
	i := slices.IndexFunc(tmux.ParsePS(string(out)), func(p tmux.Process) bool { return p.PID == os.Getpid() })
	if i < 0 {
		t.Fatalf("this process is missing in %s", out)
	}
	p := tmux.ParsePS(string(out))[i]
	table, err := tmux.Processes()
	if err != nil {
		t.Fatal(err)
	}
	q, ok := table.Get(os.Getpid())
	if !ok || p.PPID != q.PPID || p.PGID != q.PGID || p.TPGID != q.TPGID || p.Started.Sub(q.Started).Abs() > 2*time.Second {
		t.Errorf("ps: %+v, table: %+v", p, q)
	}
}

func TestParseLsof(t *testing.T) {
	out := "p501\nfcwd\nn/Users/me/w\nf3\nn/Users/me/.codex/sessions/a.jsonl\nf4\nn/dev/ttys004\nf5\nn->0x1234\nf6\nn/Users/me/w\n"
	if got := tmux.ParseLsof(out); !slices.Equal(got, []string{"/Users/me/w", "/Users/me/.codex/sessions/a.jsonl"}) {
		t.Errorf("got %q", got)
	}
}

// A table is read while processes come and go: parents may form a ring.
func TestTreeOfARing(t *testing.T) {
	table := tmux.Table0(tmux.Process{PID: 1, PPID: 1}, tmux.Process{PID: 2, PPID: 3}, tmux.Process{PID: 3, PPID: 2}, tmux.Process{PID: 4, PPID: 3})
	if got := table.Tree(2); len(got) != 2 {
		t.Errorf("tree: %+v", got)
	}
	if group, below := table.Foreground(9); group != nil || below != nil {
		t.Errorf("foreground of nothing: %v, %v", group, below)
	}
	if as := table.Agents(9, tmux.KindOf); as != nil {
		t.Errorf("agents of nothing: %v", as)
	}
}
