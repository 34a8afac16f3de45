package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/cmd/vigil/internal/clients"
)

// TestE2EBytes counts what the demo's screen writes to a terminal of 120x40
// while its agents work, at rest and while it is scrolled, beside what btop
// writes in the same terminal: a line to a head node is thin.
func TestE2EBytes(t *testing.T) {
	t.Parallel() // it mostly waits
	bin := buildVigil(t)
	btop, err := exec.LookPath("btop")
	if err != nil {
		report(t, "btop is not installed: no ratio to it")
	}
	span := time.Duration(knob(t, "VIGIL_E2E_BYTES", 3)) * time.Second
	var peerRest, peerScrolled, sum float64
	if btop != "" {
		x := startWalk(t, 120, 40, btop)
		x.until("its processes", func(s string) bool { return len(s) > 2000 })
		wrote := x.wrote()
		peerRest, peerScrolled = rate(x, wrote, nil, span), rate(x, wrote, []string{"Down", "Up"}, span)
		report(t, "btop: %.1f kB/s at rest, %.1f kB/s while it scrolls", peerRest/1000, peerScrolled/1000)
	}
	const tabs = 7
	x := startWalk(t, 120, 40, bin, "demo")
	x.until("agents", func(s string) bool { return strings.Contains(s, "3 agents") && strings.Contains(s, "1 plan") })
	x.seen("the detail", clean+" Tab")
	wrote := x.wrote()
	for tab := 1; tab <= tabs; tab++ {
		x.seen("a tab", clean+fmt.Sprintf(" %d", tab))
		x.ask(clean)
		rest, scrolled := rate(x, wrote, nil, span), rate(x, wrote, []string{"j", "k"}, span)
		report(t, "tab %d: %.2f kB/s at rest, %.2f kB/s while it scrolls", tab, rest/1000, scrolled/1000)
		if btop != "" && scrolled > peerScrolled/3 {
			t.Errorf("tab %d writes more than a third of what btop does while it scrolls", tab)
		}
		sum += rest
	}
	if btop != "" && sum/tabs > peerRest/3 {
		t.Errorf("at rest it writes %.2f kB/s, more than a third of what btop does", sum/tabs/1000)
	}
}

// wrote returns how many bytes the program has written since.
func (x *walk) wrote() func() int64 {
	x.t.Helper()
	path := filepath.Join(x.t.TempDir(), "output")
	x.ask(fmt.Sprintf("pipe-pane -t w 'cat > %s'", path))
	return func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			return 0 // not made yet
		}
		return info.Size()
	}
}

// rate returns the bytes that are written in a second, on average of a span,
// while a key is pressed twenty times a second, ten times down and ten times up,
// or none is.
func rate(x *walk, wrote func() int64, keys []string, span time.Duration) float64 {
	began, before, n := time.Now(), wrote(), 0
	clients.Poll(span, func() bool {
		if keys != nil {
			x.ask("send-keys -t w " + keys[n/10%2])
			n++
		}
		return false
	})
	return float64(wrote()-before) / time.Since(began).Seconds()
}
