//go:build unix

package remotetest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// Line is a way to a server that is long, or thin, or both: what goes in comes
// out a time later, and no faster than its rate, however much is under way. It
// carries TCP connections, since few kernels that tests run on can delay the
// packets of their loopback.
type Line struct {
	l net.Listener
	o LineOptions
}

// LineOptions are what a line is like.
type LineOptions struct {
	HalfTrip time.Duration // how long a byte is under way
	Rate     int           // bytes a second, each way; 0: no limit
}

// NewLine makes a line that leads nowhere yet, and ends with the test.
func NewLine(t testing.TB, o LineOptions) *Line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &Line{l, o}
}

// Port is where it begins.
func (l *Line) Port() int { return l.l.Addr().(*net.TCPAddr).Port }

// To lets it lead to a server, whose client knows the key at this port then,
// too.
func (l *Line) To(t testing.TB, s *SSHD) {
	t.Helper()
	key, err := os.ReadFile(s.HostKey + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(s.KnownHosts, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(f, "[127.0.0.1]:%d %s", l.Port(), key)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	go l.serve(fmt.Sprintf("127.0.0.1:%d", s.Port)) // ends with the listener
}

func (l *Line) serve(to string) {
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
		go l.carry(far, near) // both end when one side does
		go l.carry(near, far)
	}
}

// carry takes bytes from one end to the other.
func (l *Line) carry(to, from net.Conn) {
	type parcel struct {
		b   []byte
		due time.Time
	}
	under := make(chan parcel, 64<<10)
	go func() {
		defer close(under)
		var free time.Time // when the line can take the next byte
		for {
			b := make([]byte, 1448) // as much as a packet
			n, err := from.Read(b)
			if n > 0 {
				now := time.Now()
				if free.Before(now) {
					free = now
				}
				if l.o.Rate > 0 {
					free = free.Add(time.Duration(n) * time.Second / time.Duration(l.o.Rate))
				}
				under <- parcel{b[:n], free.Add(l.o.HalfTrip)}
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
