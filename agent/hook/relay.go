package hook

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"time"
)

// Times of a call. vigil answers within some milliseconds; these are for a
// machine on which nothing moves, and for a vigil that hangs. The CLI waits
// meanwhile, as it does at the end of a turn anyway.
const (
	// RelayWithin is the longest that Relay takes once its input has come.
	RelayWithin = 2 * time.Second
	// AnswerWithin is the longest that a server takes to answer. It is shorter,
	// so that an answer that has been given is one that was waited for.
	AnswerWithin = 1500 * time.Millisecond
	// ackWithin is how long a server waits to hear that its answer was printed.
	ackWithin = 500 * time.Millisecond
)

// runMost is the longest that a hook's process lives, whatever its input and
// vigil do.
const runMost = RelayWithin + time.Second

// Run runs a hook by the arguments of its Command, and reports whether they are
// such. It exits with 0, always: by another status a CLI may take the turn for
// one that must go on.
func Run(args []string, in io.Reader, out io.Writer, exit func(int)) bool {
	if len(args) != 4 || args[0] != "hook" || args[1] != "stop" || args[2] != "--state" {
		return false
	}
	defer exit(0)
	defer func() { _ = recover() }()
	time.AfterFunc(runMost, func() { exit(0) })
	Relay(Path(args[3]), in, out)
	return true
}

// Relay is what runs in a hook's process: it hands the payload in to the vigil
// that serves the socket and writes its answer, if there is one, to out.
// Whatever fails, nothing is written.
func Relay(socket string, in io.Reader, out io.Writer) {
	payload, err := io.ReadAll(io.LimitReader(in, maxPayload+1))
	if err != nil || len(payload) > maxPayload {
		_, _ = io.Copy(io.Discard, in) // the CLI must be able to write all of it
		return
	}
	conn, err := dial(socket)
	if err != nil {
		return
	}
	defer conn.Close()
	if writeFrame(conn, payload) != nil {
		return
	}
	reply, err := readFrame(conn, maxAnswer)
	if err != nil {
		return
	}
	if reply = checked(reply); reply == nil {
		return
	}
	if _, err := out.Write(append(reply, '\n')); err == nil {
		_ = writeFrame(conn, nil) // vigil knows now that the CLI has it
	}
}

// dial connects to the vigil of the same user.
func dial(socket string) (net.Conn, error) {
	conn, err := net.DialTimeout("unix", socket, RelayWithin/4)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(RelayWithin))
	if !mine(conn) {
		conn.Close()
		return nil, os.ErrPermission
	}
	return conn, nil
}

// mine reports whether the other end is a process of this user.
func mine(conn net.Conn) bool {
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return false
	}
	uid, err := peer(u)
	return err == nil && uid == os.Getuid()
}

// maxAnswer is the longest answer, in bytes: a nudge has at most 500.
const maxAnswer = 64 << 10

// writeFrame writes data behind its length.
func writeFrame(w io.Writer, data []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...))
	return err
}

// readFrame reads what writeFrame wrote, of at most so many bytes.
func readFrame(r io.Reader, most int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if int64(n) > int64(most) {
		return nil, errPayload
	}
	data := make([]byte, n)
	_, err := io.ReadFull(r, data)
	return data, err
}
