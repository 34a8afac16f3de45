//go:build linux

package follow

import (
	"fmt"
	"math/rand/v2"
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
	line := remotetest.NewLine(t, remotetest.LineOptions{HalfTrip: 150 * time.Millisecond})
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{Client: []string{fmt.Sprintf("Port %d", line.Port())}})
	line.To(t, s)
	for _, side := range []string{"--dport", "--sport"} {
		system(t, remotetest.Program(t, "iptables"), "-A", "INPUT", "-p", "tcp", side, fmt.Sprint(line.Port()),
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
