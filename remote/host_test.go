package remote

import (
	"bufio"
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
)

// shellArgs lets a real sh split a command line, and returns what it saw.
func shellArgs(t *testing.T, line string) []string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `printf '%s\0' `+line).Output()
	if err != nil {
		t.Fatalf("sh: %v on %q", err, line)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func TestQuote(t *testing.T) {
	for _, argv := range [][]string{
		{"plain", "a/b-c_d.e:f,g@h%i+j"},
		{"", "", "x"},
		{"it's", `"quoted"`, `back\slash`, "tab\tnew\nline"},
		{"$HOME", "$(id)", "`id`", "a;b", "a&&b", "a|b", ">x", "~", "*", "?", "[a]", "{a,b}", "#no", "!", "a=b"},
		{"学习 🚀", "\x01\x1b[31m", "\xff\xfe"},
		{"-n", "--", "''", "'"},
	} {
		got := shellArgs(t, Quote(argv...))
		if strings.Join(got, "\x00") != strings.Join(argv, "\x00") {
			t.Errorf("Quote(%q): sh saw %q", argv, got)
		}
	}
	if got := Quote("a b", "ok"); got != "'a b' ok" {
		t.Errorf("Quote = %s", got)
	}
	// A first word with "=" would be an assignment, not a command.
	if got := Quote("A=b"); got != "'A=b'" {
		t.Errorf("Quote = %s", got)
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("a'b", "$(x)\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.ReplaceAll(a, "\x00", ""), strings.ReplaceAll(b, "\x00", "")
		if got := shellArgs(t, Quote(a, b)); len(got) != 2 || got[0] != a || got[1] != b {
			t.Fatalf("Quote(%q, %q): sh saw %q", a, b, got)
		}
	})
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":                "plain text",
		"a\x1b[31mb\u202ec\x07\n d": "a[31mbc d",
		strings.Repeat("é", 40):     strings.Repeat("é", 8) + "…",
		"\xff\xfe":                  "",
	} {
		if got := Line(in, 20); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLocalRun(t *testing.T) {
	ctx, h := t.Context(), Local{}
	out, err := h.Run(ctx, Cmd{Args: []string{"cat"}, Stdin: strings.NewReader("in")})
	if err != nil || string(out) != "in" {
		t.Errorf("cat = %q, %v", out, err)
	}
	dir := t.TempDir()
	out, err = h.Run(ctx, Cmd{Args: []string{"pwd"}, Dir: dir})
	if got, _ := filepath.EvalSymlinks(dir); err != nil || strings.TrimSpace(string(out)) != got {
		t.Errorf("pwd = %q, %v", out, err)
	}
	_, err = h.Run(ctx, Cmd{Args: []string{"sh", "-c", "echo one >&2; echo 'two\x1b[1m' >&2; exit 3"}})
	ee, ok := errors.AsType[*ExitError](err)
	if !ok || ee.Code != 3 || ee.Stderr != "two[1m" {
		t.Errorf("err = %v", err)
	}
	if _, err = h.Run(ctx, Cmd{Args: []string{"no-such-program-here"}}); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
	if _, err = h.Run(ctx, Cmd{}); err == nil {
		t.Error("an empty command ran")
	}
}

func TestBounded(t *testing.T) {
	b := &bounded{max: 5}
	if n, err := io.Copy(b, strings.NewReader("0123456789")); n != 10 || err != nil {
		t.Errorf("copied %d, %v", n, err)
	}
	if string(b.b) != "01234" || !b.over {
		t.Errorf("kept %q, over %v", b.b, b.over)
	}
}

func TestLocalRunEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	// The child of the shell holds the pipe; it must die too.
	if _, err := (Local{}).Run(ctx, Cmd{Args: []string{"sh", "-c", "sleep 60; true"}}); err == nil {
		t.Error("no error")
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestLocalStart(t *testing.T) {
	p, err := Local{}.Start(t.Context(), Cmd{Args: []string{"cat"}})
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(p.Stdout())
	for _, want := range []string{"one\n", "two\n"} {
		if _, err := io.WriteString(p.Stdin(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := r.ReadString('\n'); err != nil || got != want {
			t.Fatalf("read %q, %v", got, err)
		}
	}
	if err := p.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadByte(); err != io.EOF {
		t.Errorf("err = %v", err)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}

	p, err = Local{}.Start(t.Context(), Cmd{Args: []string{"sleep", "60"}})
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if ee, ok := errors.AsType[*ExitError](p.Wait()); !ok || ee.Code != -1 {
		t.Errorf("killed: %v", ee)
	}
}

func TestLocalFiles(t *testing.T) {
	h, dir := Local{}, t.TempDir()
	name := filepath.Join(dir, "a.log")
	if err := os.WriteFile(name, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := h.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 4)
	if n, err := f.ReadAt(b, 8); n != 2 || err != io.EOF {
		t.Errorf("ReadAt = %d, %v", n, err)
	}
	if fi, err := h.Stat(name); err != nil || fi.Size() != 10 {
		t.Errorf("Stat = %v, %v", fi, err)
	}
	if es, err := h.ReadDir(dir); err != nil || len(es) != 1 || es[0].Name() != "a.log" {
		t.Errorf("ReadDir = %v, %v", es, err)
	}
	if f, err := h.Open(name + "x"); !errors.Is(err, fs.ErrNotExist) || f != nil {
		t.Errorf("Open = %v, %v", f, err)
	}
}
