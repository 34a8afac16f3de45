//go:build unix

// Package remotetest starts the real servers that the tests of package remote
// and its children speak with, in the manner of net/http/httptest: on loopback,
// with all their state in the test's own folder. A test is skipped where a
// program is missing, and fails there if the environment has
// VIGIL_E2E=require. Start with [NewSSHD]. Only tests may import it.
package remotetest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// SSHDOptions vary a server.
type SSHDOptions struct {
	MaxSessions int      // sshd's own default (10) if 0
	UserCA      bool     // log-ins by certificates of SSHD.CA only
	Via         *SSHD    // a bastion by which the client reaches it (ProxyJump)
	Env         []string // further variables of its sessions: NAME=value
	Client      []string // further lines of the Host block of ssh_config, which win
}

// SSHD is a running OpenSSH server whose client has a key, known_hosts and a
// configuration of its own.
type SSHD struct {
	Alias      string // what ssh_config calls it
	Config     string // the client's ssh_config
	KnownHosts string // the client's known_hosts
	Key        string // the client's private key; Key+".pub" is the public one
	HostKey    string // the server's private key
	CA         string // the private key that signs log-ins, with UserCA
	User       string
	Port       int
	Dir        string // where all of it lies; Dir/home is the home folder of its sessions

	t    testing.TB
	sshd string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
}

// NewSSHD starts a server, which ends with the test.
func NewSSHD(t testing.TB, o SSHDOptions) *SSHD {
	t.Helper()
	s := &SSHD{t: t, Dir: t.TempDir(), sshd: Program(t, "sshd")}
	Program(t, "ssh-keygen")
	s.KnownHosts = filepath.Join(s.Dir, "known_hosts")
	s.Config = filepath.Join(s.Dir, "ssh_config")
	s.Key = s.keygen("id", "")
	s.HostKey = s.keygen("host_key", "")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s.User = me.Username
	s.Port = freePort(t)
	s.Alias = fmt.Sprintf("host%d", s.Port)
	if o.UserCA {
		s.CA = s.keygen("ca", "")
	}
	s.write("authorized_keys", s.read("id.pub"))
	if err := os.Mkdir(filepath.Join(s.Dir, "home"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.TrustHostKey()
	s.write("sshd_config", s.serverConfig(o))
	s.write("ssh_config", s.clientConfig(o))
	t.Cleanup(func() {
		s.Stop()
		if log, err := os.ReadFile(filepath.Join(s.Dir, "sshd.log")); err == nil && t.Failed() {
			t.Logf("sshd's log:\n%s", log[max(0, len(log)-4<<10):])
		}
	})
	s.Start()
	return s
}

// Program finds a program, or ends the test. VIGIL_E2E_WITHOUT lists those that
// may be missing even with VIGIL_E2E=require.
func Program(t testing.TB, name string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name} {
		if found, err := exec.LookPath(p); err == nil {
			return found // absolute, as sshd wants to be called
		}
	}
	without := strings.Split(os.Getenv("VIGIL_E2E_WITHOUT"), ",")
	if os.Getenv("VIGIL_E2E") == "require" && !slices.Contains(without, name) {
		t.Fatalf("%s is not installed, and VIGIL_E2E=require wants it", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

func (s *SSHD) serverConfig(o SSHDOptions) string {
	var lines []string
	if o.MaxSessions > 0 {
		lines = append(lines, "MaxSessions "+strconv.Itoa(o.MaxSessions))
	}
	if o.UserCA {
		lines = append(lines, "TrustedUserCAKeys "+s.CA+".pub", "AuthorizedKeysFile none")
	}
	// The login shell's start-up files are the developer's own otherwise.
	env := strconv.Quote("HOME=" + filepath.Join(s.Dir, "home"))
	for _, e := range o.Env {
		env += " " + strconv.Quote(e)
	}
	lines = append(
		lines,
		"SetEnv "+env,
		"Port "+strconv.Itoa(s.Port),
		"ListenAddress 127.0.0.1",
		"HostKey "+s.HostKey,
		"PidFile none",
		"AuthorizedKeysFile "+filepath.Join(s.Dir, "authorized_keys"),
		"PermitRootLogin yes",
		"StrictModes no",
		"UsePAM no",
		"PasswordAuthentication no",
		"KbdInteractiveAuthentication no",
		"MaxStartups 100",
		"LogLevel VERBOSE",
		"PrintMotd no",
		"Subsystem sftp internal-sftp",
	)
	return strings.Join(lines, "\n") + "\n"
}

// clientConfig has the bastion's block, too.
func (s *SSHD) clientConfig(o SSHDOptions) string {
	lines := append([]string{"Host " + s.Alias}, o.Client...)
	if o.Via != nil {
		lines = append(lines, "ProxyJump "+o.Via.Alias)
	}
	lines = append(
		lines,
		"HostName 127.0.0.1",
		"Port "+strconv.Itoa(s.Port),
		"User "+s.User,
		"UserKnownHostsFile "+s.KnownHosts,
		"GlobalKnownHostsFile none",
		"IdentityFile "+s.Key,
		"IdentitiesOnly yes",
		"IdentityAgent none",
		"ControlPath none",
	)
	text := strings.Join(lines, "\n    ") + "\n"
	if o.Via != nil {
		text += "\n" + o.Via.read("ssh_config")
	}
	return text
}

// Start starts the server again after Stop, on the same port, and returns when
// it listens.
func (s *SSHD) Start() {
	s.t.Helper()
	if os.Geteuid() == 0 {
		// Compiled into sshd as the folder of its unprivileged part.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	cmd := exec.Command(s.sshd, "-D", "-e", "-f", filepath.Join(s.Dir, "sshd_config"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	listens, exited := make(chan struct{}), make(chan struct{})
	go func() { // until the server and its connections are gone
		s.keepLog(stderr, listens)
		_ = cmd.Wait() // killed
		close(exited)
	}()
	select {
	case <-listens:
	case <-exited:
		log, _ := os.ReadFile(filepath.Join(s.Dir, "sshd.log"))
		s.t.Fatalf("sshd does not start:\n%s", log)
	}
	s.mu.Lock()
	s.cmd, s.exited = cmd, exited
	s.mu.Unlock()
}

// keepLog copies what the server says to its log, and closes listens once it
// says that it listens.
func (s *SSHD) keepLog(r io.Reader, listens chan struct{}) {
	log, err := os.OpenFile(filepath.Join(s.Dir, "sshd.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer log.Close()
	said := false
	for lines := bufio.NewScanner(r); lines.Scan(); {
		fmt.Fprintln(log, lines.Text())
		if !said && strings.Contains(lines.Text(), "Server listening") {
			said = true
			close(listens)
		}
	}
}

// Stop kills the server and its connections.
func (s *SSHD) Stop() {
	s.mu.Lock()
	cmd, exited := s.cmd, s.exited
	s.cmd = nil
	s.mu.Unlock()
	if cmd == nil {
		return
	}
	// The connections first: without their parent they are not found.
	pids := s.servers(cmd.Process.Pid)
	_ = cmd.Process.Kill()
	signalAll(append(pids, s.servers(cmd.Process.Pid)...), kill)
	<-exited
}

// KillConnections kills the server's side of all connections; the server
// itself goes on.
func (s *SSHD) KillConnections() { signalAll(s.connections(), kill) }

// Pause stops the server's side of all connections as a frozen machine would:
// they stay open and say nothing. Resume lets them go on.
func (s *SSHD) Pause() { signalAll(s.connections(), pause) }

// Resume ends a Pause.
func (s *SSHD) Resume() { signalAll(s.connections(), resume) }

func (s *SSHD) connections() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return nil
	}
	return s.servers(s.cmd.Process.Pid)
}

// servers returns the processes of sshd below a process: not the commands that
// they run.
func (s *SSHD) servers(pid int) []int {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		s.t.Fatal("the connections of sshd can only be found where there is a /proc")
	}
	below := map[int]bool{pid: true}
	var found []int
	for grown := true; grown; {
		grown = false
		for _, name := range stats {
			child, parent, comm := stat(name)
			if child > 0 && below[parent] && !below[child] && strings.HasPrefix(comm, "sshd") {
				below[child], grown = true, true
				found = append(found, child)
			}
		}
	}
	return found
}

// stat reads a process's number, parent and name; the name stands in
// parentheses and may hold any byte.
func stat(name string) (pid, parent int, comm string) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, 0, ""
	}
	text := string(b)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return 0, 0, ""
	}
	var state string
	_, err = fmt.Sscan(text[:open], &pid)
	if _, err2 := fmt.Sscan(text[end+1:], &state, &parent); err != nil || err2 != nil {
		return 0, 0, ""
	}
	return pid, parent, text[open+1 : end]
}

// NewHostKey gives the server another host key, which the client does not
// know, from its next start on.
func (s *SSHD) NewHostKey() {
	s.t.Helper()
	for _, ext := range []string{"", ".pub"} {
		if err := os.Remove(s.HostKey + ext); err != nil {
			s.t.Fatal(err)
		}
	}
	s.keygen("host_key", "")
}

// TrustHostKey writes the server's host key to the client's known_hosts, in
// place of what was there.
func (s *SSHD) TrustHostKey() {
	s.t.Helper()
	s.write("known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s", s.Port, s.read("host_key.pub")))
}

// Certify signs the client's key, for the server's user, with the server's CA;
// a client finds the certificate beside the key.
func (s *SSHD) Certify() {
	s.t.Helper()
	s.run("ssh-keygen", "-q", "-s", s.CA, "-I", "test", "-n", s.User, s.Key+".pub")
}

// keygen makes a key pair in Dir and returns the private one's path.
func (s *SSHD) keygen(name, passphrase string) string {
	s.t.Helper()
	path := filepath.Join(s.Dir, name)
	s.run("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", path)
	return path
}

// Encrypt gives the client's key a passphrase.
func (s *SSHD) Encrypt(passphrase string) {
	s.t.Helper()
	s.run("ssh-keygen", "-q", "-p", "-P", "", "-N", passphrase, "-f", s.Key)
}

func (s *SSHD) run(argv ...string) {
	s.t.Helper()
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
}

func (s *SSHD) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *SSHD) read(name string) string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.Dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
