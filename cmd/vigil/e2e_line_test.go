//go:build unix

package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/remote/remotetest"
)

// TestE2ELine uses the demo's screen through an SSH session over a line with a
// round trip of 200 ms that carries 100 kB a second: what a key does is seen
// within 300 ms beyond what the line itself takes, which the echo of a terminal
// tells.
func TestE2ELine(t *testing.T) {
	bin := buildVigil(t)
	line := remotetest.NewLine(t, remotetest.LineOptions{HalfTrip: 100 * time.Millisecond, Rate: 100_000})
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{Client: []string{fmt.Sprintf("Port %d", line.Port())}})
	line.To(t, s)
	x := startWalk(t, 120, 40, remotetest.Program(t, "ssh"), "-tt", "-F", s.Config, s.Alias,
		"echo ready; cat; LANG=C.UTF-8 TERM=xterm-256color exec "+bin+" demo")
	x.until("the other end", func(s string) bool { return strings.HasPrefix(s, "ready") })
	var echo []time.Duration
	for range 10 {
		echo = append(echo, x.takes(""))
	}
	x.ask("send-keys -t w Enter C-d") // the end of what cat reads
	x.until("agents", func(s string) bool { return strings.Contains(s, "3 agents") && strings.Contains(s, "1 plan") })
	var keys []time.Duration
	for range 3 {
		for _, key := range []string{"1", "j", "2", "j", "3", "j", "+", "-", "4", "k", "5", "6", "7", "z", "?"} {
			x.ask(clean)
			keys = append(keys, x.takes(key))
		}
	}
	slices.Sort(echo)
	slices.Sort(keys)
	own := percentile(keys, 50) - percentile(echo, 50)
	report(t, "key to screen over the line: p50 %v, p95 %v, of which its echo is %v", percentile(keys, 50).Round(time.Millisecond),
		percentile(keys, 95).Round(time.Millisecond), percentile(echo, 50).Round(time.Millisecond))
	if own > 300*time.Millisecond {
		t.Errorf("a key is seen %v after the line's own delay", own)
	}
}

// takes returns how long it is from a key until all that it does is on screen:
// until a number that is typed behind it is.
func (x *walk) takes(key string) time.Duration {
	x.t.Helper()
	x.mark++
	mark := fmt.Sprint(90000 + x.mark)
	began := time.Now()
	var commands []string
	if key != "" {
		commands = append(commands, "send-keys -t w -l "+key)
	}
	x.ask(append(commands, "send-keys -t w -l "+mark)...)
	x.until(key, func(s string) bool { return strings.Contains(s, mark) })
	return time.Since(began)
}
