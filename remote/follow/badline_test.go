//go:build linux

package follow

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"vigil/remote/remotetest"
)

// onOwnNetwork tells this program that its loopback is nobody else's.
const onOwnNetwork = "VIGIL_TEST_OWN_NETWORK"

// TestBadLine is fifty logs that grow at the other end of a line with a round
// trip of 300 ms that loses one packet in twenty, and is cut now and then. It
// runs in a network namespace of its own.
func TestBadLine(t *testing.T) {
	if os.Getenv(onOwnNetwork) == "" {
		if testing.Short() {
			t.Skip("-short: no end-to-end tests")
		}
		for _, p := range []string{"unshare", "ip", "iptables", "sshd"} {
			remotetest.Program(t, p)
		}
		if out, err := exec.Command("unshare", "--net", "true").CombinedOutput(); err != nil {
			why := fmt.Sprintf("no network namespace can be made: %v: %s", err, out)
			if os.Getenv("VIGIL_E2E") == "require" && !strings.Contains(os.Getenv("VIGIL_E2E_WITHOUT"), "netns") {
				t.Fatal(why)
			}
			t.Skip(why)
		}
		cmd := exec.Command("unshare", "--net", os.Args[0], "-test.run", "^TestBadLine$", "-test.v")
		cmd.Env = append(os.Environ(), onOwnNetwork+"=1")
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	system(t, "ip", "link", "set", "lo", "up")
	line := newLine(t)
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{Client: []string{fmt.Sprintf("Port %d", line.port())}})
	trust(t, s, line.port())
	go line.serve(fmt.Sprintf("127.0.0.1:%d", s.Port)) // ends with the listener
	for _, side := range []string{"--dport", "--sport"} {
		system(t, remotetest.Program(t, "iptables"), "-A", "INPUT", "-p", "tcp", side, fmt.Sprint(line.port()),
			"-m", "statistic", "--mode", "random", "--probability", "0.05", "-j", "DROP")
	}
	root, logs := fifty(t)
	began := time.Now()
	h := startHelper(t, s, root)
	h.await(t, "first", logs)
	t.Logf("all there %v after the start", time.Since(began).Round(100*time.Millisecond))
	rnd := rand.New(rand.NewPCG(3, 4))
	for round := range 4 {
		for range 200 {
			logs[rnd.IntN(len(logs))].write(t, 1+rnd.IntN(20))
		}
		if round == 2 {
			s.KillConnections()
		}
		began := time.Now()
		h.await(t, fmt.Sprintf("round %d", round), logs)
		t.Logf("round %d: caught up after %v", round, time.Since(began).Round(100*time.Millisecond))
	}
	h.eachOnce(t, logs)
}

func system(t *testing.T, argv ...string) {
	t.Helper()
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(argv, " "), err, out)
	}
}

// trust lets the client know the server's key at another port, too.
func trust(t *testing.T, s *remotetest.SSHD, port int) {
	t.Helper()
	key, err := os.ReadFile(s.HostKey + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(s.KnownHosts, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(f, "[127.0.0.1]:%d %s", port, key)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// line is a long way to a server: what goes in comes out halfTrip later.
type line struct{ l net.Listener }

const halfTrip = 150 * time.Millisecond

func newLine(t *testing.T) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &line{l}
}

func (l *line) port() int { return l.l.Addr().(*net.TCPAddr).Port }

func (l *line) serve(to string) {
	for {
		near, err := l.l.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", to)
		if err != nil {
			near.Close()
			continue
		}
		go carry(far, near) // both end when one side does
		go carry(near, far)
	}
}

// carry takes bytes from one end to the other, each after half a round trip.
func carry(to, from net.Conn) {
	type parcel struct {
		b   []byte
		due time.Time
	}
	under := make(chan parcel, 4096)
	go func() {
		defer close(under)
		for {
			b := make([]byte, 16<<10)
			n, err := from.Read(b)
			if n > 0 {
				under <- parcel{b[:n], time.Now().Add(halfTrip)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range under {
		time.Sleep(time.Until(p.due)) // the line is this long
		if _, err := to.Write(p.b); err != nil {
			break
		}
	}
	to.Close()
	from.Close()
	_, _ = io.Copy(io.Discard, from) // closed: only lets the reader end
	for range under {
		continue
	}
}
