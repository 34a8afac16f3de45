package nudge

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/agent"
)

// box is another machine that is this one. While it is cut off nothing of it
// can be had; the first answer to a command can be lost.
type box struct {
	env      []string
	down     bool
	loseNext bool
}

var errCut = errors.New("no connection")

func (b *box) Name() string { return "head" }

func (b *box) Start(context.Context, ...string) (io.ReadWriteCloser, error) { return nil, errCut }

func (b *box) Run(ctx context.Context, stdin string, argv ...string) ([]byte, error) {
	if b.down {
		return nil, errCut
	}
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Env, c.Stdin = append(os.Environ(), b.env...), strings.NewReader(stdin)
	out, err := c.Output()
	if b.loseNext {
		b.loseNext = false
		return nil, errCut
	}
	return out, err
}

func (b *box) Open(name string) (agent.File, error) {
	if b.down {
		return nil, errCut
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (b *box) Stat(name string) (fs.FileInfo, error)      { return os.Stat(name) }
func (b *box) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

func TestDetached(t *testing.T) {
	state, dir := t.TempDir(), t.TempDir()
	b := &box{env: []string{"XDG_STATE_HOME=" + state}}
	run := func(key, script string, args ...string) (string, error) {
		out, err := Detached{b, key}.Run(t.Context(), dir, append([]string{"sh", "-c", script, "x"}, args...)...)
		return string(out), err
	}
	out, err := run("a", `pwd; printf '%s\n' "$@"; exit 3`, `it's "$HOME"`, "a\nb", "")
	if err == nil || out != dir+"\nit's \"$HOME\"\na\nb\n\n" || !strings.Contains(err.Error(), "3") {
		t.Errorf("got %q, %v", out, err)
	}
	if out, err := run("a", "echo again"); err != nil || out != "again\n" {
		t.Errorf("after its end: %q, %v", out, err)
	}
	if _, err := (Detached{b, "b"}).Run(t.Context(), filepath.Join(dir, "none"), "true"); err == nil {
		t.Error("it ran in a folder that is not there")
	}
	b.down = true
	if _, err := run("c", "true"); !errors.Is(err, ErrUnsure) {
		t.Errorf("without a connection: %v", err)
	}
	b.down = false
	if left, _ := os.ReadDir(filepath.Join(state, "vigil", "resume")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The answer to the start is lost: asked again, it is not begun again.
func TestDetachedRunsOnce(t *testing.T) {
	state, dir := t.TempDir(), t.TempDir()
	b := &box{env: []string{"XDG_STATE_HOME=" + state}, loseNext: true}
	const script = "echo ran >>runs; until [ -e go ]; do sleep 0.05; done; echo done"
	d := Detached{b, "key"}
	if _, err := d.Run(t.Context(), dir, "sh", "-c", script); !errors.Is(err, ErrUnsure) {
		t.Fatalf("a lost answer: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := d.Run(ctx, dir, "sh", "-c", script); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ErrUnsure) {
		t.Fatalf("vigil ends: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := d.Run(t.Context(), dir, "sh", "-c", script)
	if err != nil || string(out) != "done\n" {
		t.Errorf("got %q, %v", out, err)
	}
	if runs, _ := os.ReadFile(filepath.Join(dir, "runs")); string(runs) != "ran\n" {
		t.Errorf("it ran: %q", runs)
	}
}
