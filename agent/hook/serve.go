package hook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// maxPath is what a socket's path may have everywhere, in bytes (macOS takes
// 103 and a zero).
const maxPath = 100

// Path is where the socket of a state folder is. One whose path would be too
// long for a socket is in a folder of its own below /tmp, which is the same for
// every process whatever its environment.
func Path(state string) string {
	path := filepath.Join(state, "hook.sock")
	if len(path) <= maxPath {
		return path
	}
	sum := sha256.Sum256([]byte(filepath.Clean(state)))
	return filepath.Join("/tmp", "vigil-"+strconv.Itoa(os.Getuid())+"-"+hex.EncodeToString(sum[:6]), "hook.sock")
}

// Reply is the answer to a call.
type Reply struct {
	Text string // what the turn goes on with; empty: it may end
	// Told is called once the outcome is known if Text is set: whether the CLI
	// has the answer.
	Told func(bool)
}

// pingEvent asks who serves, as no CLI does.
const pingEvent = "vigil.ping"

// pong is the answer to it.
type pong struct {
	Holder string `json:"holder"`
}

// Listen opens the socket. One that a dead process left, or that a process has
// which lost the right to serve, is replaced in one step.
func Listen(path string) (net.Listener, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("hook socket: %w", err)
	}
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 || !owned(info) {
		return nil, fmt.Errorf("hook socket: the folder %s is not this user's alone: move it away", dir)
	}
	fresh := path + "." + strconv.Itoa(os.Getpid())
	_ = os.Remove(fresh) // a process of the same number may have left it
	l, err := net.Listen("unix", fresh)
	if err != nil {
		return nil, fmt.Errorf("hook socket: %w", err)
	}
	// The name may be another process's by then; connecting to a dead one is refused.
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err = os.Chmod(fresh, 0o600); err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		l.Close()
		_ = os.Remove(fresh)
		return nil, fmt.Errorf("hook socket: %w", err)
	}
	return l, nil
}

// maxCalls is how many calls are answered at a time; others wait.
const maxCalls = 16

// Serve answers the calls that come in at the listener until ctx ends, and
// closes it. It returns when the last call has been answered. holder is what
// Ping is told.
func Serve(ctx context.Context, l net.Listener, holder string, handle func(context.Context, Call) Reply) {
	var calls sync.WaitGroup
	defer calls.Wait()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	free := make(chan struct{}, maxCalls)
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			select { // out of file descriptors, say
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		free <- struct{}{}
		calls.Go(func() {
			defer func() { <-free }()
			defer conn.Close()
			serveOne(ctx, conn, holder, handle)
		})
	}
}

func serveOne(ctx context.Context, conn net.Conn, holder string, handle func(context.Context, Call) Reply) {
	end := time.Now().Add(AnswerWithin)
	_ = conn.SetDeadline(end)
	if !mine(conn) {
		return
	}
	data, err := readFrame(conn, maxPayload)
	if err != nil {
		return
	}
	c, err := Parse(data)
	if err != nil {
		return
	}
	if c.Event == pingEvent {
		out, _ := json.Marshal(pong{holder})
		_ = writeFrame(conn, out)
		return
	}
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	r := handle(ctx, c)
	_ = conn.SetDeadline(time.Now().Add(ackWithin))
	err = writeFrame(conn, block(r.Text))
	if r.Text == "" {
		return
	}
	if err == nil {
		_, err = readFrame(conn, 0)
	}
	// Of one that is only slow it is not known; the transcript will tell.
	r.Told(err == nil || errors.Is(err, os.ErrDeadlineExceeded))
}

// Ping tells which process serves a socket; an error if none does.
func Ping(socket string) (holder string, err error) {
	conn, err := dial(socket)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	ask, _ := json.Marshal(map[string]string{"hook_event_name": pingEvent, "session_id": "-"})
	if err := writeFrame(conn, ask); err != nil {
		return "", err
	}
	data, err := readFrame(conn, maxAnswer)
	if err != nil {
		return "", err
	}
	var p pong
	if err := json.Unmarshal(data, &p); err != nil {
		return "", err
	}
	return p.Holder, nil
}
