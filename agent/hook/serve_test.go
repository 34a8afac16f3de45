package hook

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// shortDir is a folder in which a socket's path is not too long.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vglh")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// serve starts a server and returns its socket.
func serve(t *testing.T, handle func(context.Context, Call) Reply) string {
	t.Helper()
	path := Path(shortDir(t))
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { Serve(ctx, l, "host/1/x", handle) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return path
}

func relay(socket, payload string) string {
	var out bytes.Buffer
	Relay(socket, strings.NewReader(payload), &out)
	return out.String()
}

func TestRelay(t *testing.T) {
	told := make(chan bool, 1)
	var got Call
	socket := serve(t, func(_ context.Context, c Call) Reply {
		got = c
		if c.Message == "let me go" {
			return Reply{}
		}
		return Reply{Text: "Keep going.\n<now> & then", Told: func(ok bool) { told <- ok }}
	})
	if out := relay(socket, claudeStop); out != `{"decision":"block","reason":"Keep going.\n\u003cnow\u003e \u0026 then"}`+"\n" {
		t.Errorf("printed %q", out)
	}
	if !<-told {
		t.Error("the server was not told that its answer was printed")
	}
	if got.Session != "aaaa-1" || got.Message != "The run is on." {
		t.Errorf("the server got %+v", got)
	}
	if out := relay(socket, `{"session_id":"s","hook_event_name":"Stop","last_assistant_message":"let me go"}`); out != "" {
		t.Errorf("printed %q", out)
	}
	if holder, err := Ping(socket); err != nil || holder != "host/1/x" {
		t.Errorf("ping: %q, %v", holder, err)
	}
	for _, path := range []string{socket, filepath.Dir(socket)} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: others may come in: %v, %v", path, info.Mode(), err)
		}
	}
}

// Whatever is at the other end, the relay says nothing and ends soon.
func TestRelayAgainstTheBroken(t *testing.T) {
	frame := func(b string) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }
	for name, talk := range map[string]func(net.Conn){
		"closes at once":   func(net.Conn) {},
		"says nothing":     func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"garbage":          func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 200 OK\r\n\r\n")) },
		"a huge frame":     func(c net.Conn) { _, _ = c.Write([]byte{0xff, 0xff, 0xff, 0xff, 'x'}) },
		"half a frame":     func(c net.Conn) { _, _ = c.Write(frame(`{"decision":"block","reason":"x"}`)[:20]) },
		"not an answer":    func(c net.Conn) { _, _ = c.Write(frame(`{"decision":"allow"}`)) },
		"an escape within": func(c net.Conn) { _, _ = c.Write(frame(`{"decision":"block","reason":"\u001b[2J"}`)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := Path(shortDir(t))
			l, err := Listen(path)
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			t.Cleanup(func() { l.Close(); wg.Wait() })
			wg.Go(func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				talk(conn)
			})
			if out := relay(path, claudeStop); out != "" {
				t.Errorf("printed %q", out)
			}
		})
	}
	t.Run("nobody", func(t *testing.T) {
		if out := relay(Path(shortDir(t)), claudeStop); out != "" {
			t.Errorf("printed %q", out)
		}
	})
	t.Run("a plain file", func(t *testing.T) {
		path := filepath.Join(shortDir(t), "hook.sock")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if out := relay(path, claudeStop); out != "" {
			t.Errorf("printed %q", out)
		}
	})
}

// A payload of any length is read to its end, so that the CLI can write it.
func TestRelayReadsAll(t *testing.T) {
	in := strings.NewReader(strings.Repeat("x", 3*maxPayload))
	Relay("/nonexistent", in, io.Discard)
	if in.Len() > 0 {
		t.Errorf("%d bytes were left", in.Len())
	}
}

// An answer that nobody waits for any more is known as such.
func TestRelayGivesUp(t *testing.T) {
	told := make(chan bool, 1)
	gone := make(chan struct{})
	socket := serve(t, func(context.Context, Call) Reply {
		<-gone
		return Reply{Text: "Keep going.", Told: func(ok bool) { told <- ok }}
	})
	conn, err := dial(socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFrame(conn, []byte(claudeStop)); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	close(gone)
	if <-told {
		t.Error("the answer counts as taken, though the CLI had gone")
	}
}

func TestListenTakesOver(t *testing.T) {
	path := Path(shortDir(t))
	old, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	old.Close() // as a process that is killed: its socket stays
	if _, err := os.Lstat(path); err != nil {
		t.Fatal(err)
	}
	fresh, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestListenRefusesAFolderThatOthersMayWrite(t *testing.T) {
	dir := shortDir(t)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if l, err := Listen(Path(dir)); err == nil {
		l.Close()
		t.Error("it listens")
	}
}

func TestPath(t *testing.T) {
	if got := Path("/home/u/.local/state/vigil"); got != "/home/u/.local/state/vigil/hook.sock" {
		t.Errorf("path %s", got)
	}
	long := "/" + strings.Repeat("x", 150)
	if got := Path(long); len(got) > maxPath || got != Path(long+"/") || got == Path(long+"y") {
		t.Errorf("path of a long folder: %s", got)
	}
}
