package ssh

import (
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// me is a machine that no test depends on.
var me = local{user: "ada", uid: "1000", home: "/home/ada", name: "desk.example.org", env: func(name string) string {
	return map[string]string{"SSH_AUTH_SOCK": "/run/agent", "KEYS": "/keys"}[name]
}}

const flat = `host h200
user ada-l
hostname login.h200.example.org
port 2222
identitiesonly yes
hashknownhosts yes
stricthostkeychecking accept-new
identityfile ~/.ssh/id_%h
identityfile ${KEYS}/with space/%%r=%r
certificatefile %d/c-%n
userknownhostsfile /home/ada/.ssh/known hosts ~/.ssh/two
globalknownhostsfile none
identityagent $SSH_AUTH_SOCK
connecttimeout 7
controlpath none
proxycommand nc %h %p
ciphers aes128-ctr,aes256-ctr
gssapiauthentication yes
addressfamily inet
`

func TestSettings(t *testing.T) {
	s := newSettings("h200", readFlat(flat), me)
	for _, c := range []struct{ what, got, want any }{
		{"addr", s.addr(), "login.h200.example.org:2222"},
		{"user", s.user, "ada-l"},
		{"identities", s.identities, []string{"/home/ada/.ssh/id_login.h200.example.org", "/keys/with space/%r=ada-l"}},
		{"certificates", s.certificates, []string{"/home/ada/c-h200"}},
		{"knownHosts", s.knownHosts, []string{"/home/ada/.ssh/known hosts", "/home/ada/.ssh/two"}},
		{"globalKnown", len(s.globalKnown), 0},
		{"agent", s.agent, "/run/agent"},
		{"strict", s.strict, "accept-new"},
		{"timeout", s.timeout.Seconds(), 7.0},
		{"controlPath", s.controlPath, ""},
		{"proxyCommand", s.proxyCommand, "nc login.h200.example.org 2222"},
		{"ciphers", s.ciphers, []string{"aes128-ctr", "aes256-ctr"}},
		{"hash", s.hashHosts, true},
		{"only", s.onlyNamed, true},
		{"family", s.family, "tcp4"},
		{"keyName", s.keyName, "login.h200.example.org:2222"},
		{"gssapi", s.gssapi, true},
		{"onlyByProgram", s.onlyByProgram, ""},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s = %q, want %q", c.what, c.got, c.want)
		}
	}
}

func TestSettingsDefaults(t *testing.T) {
	s := newSettings("box", readFlat("identityagent none\npkcs11provider /lib/p.so\nhostkeyalias Farm\nstricthostkeychecking true\n"), me)
	if s.addr() != "box:22" || s.user != "ada" || s.agent != "" || s.keyName != "Farm:22" || s.strict != "yes" {
		t.Errorf("%+v", s)
	}
	if s.onlyByProgram != "pkcs11provider" || s.timeout != defaultConnectTimeout || !s.publicKey {
		t.Errorf("%+v", s)
	}
	if len(s.identities) != len(defaultIdentities) || s.knownHosts[0] != "/home/ada/.ssh/known_hosts" {
		t.Errorf("%+v", s)
	}
	if strict("no") != "accept-new" || strict("") != "ask" {
		t.Error("strict")
	}
}

// files is a file system of ssh_config files.
type files map[string]string

func (f files) open(name string) (io.ReadCloser, error) {
	text, ok := f[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (f files) glob(pattern string) ([]string, error) {
	var found []string
	for name := range f {
		if ok, err := filepath.Match(pattern, name); err != nil || ok {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, nil
}

func (f files) read(alias, name string) (values, string, error) {
	c := &configFile{alias: alias, home: me.home, open: f.open, glob: f.glob}
	err := c.read(name, 0)
	return c.values(), c.problem(), err
}

func TestConfigFile(t *testing.T) {
	f := files{
		"main": "Include conf.d/*\n" +
			"Host \"h200\" other\n  HostName=one\n\tUser ada # not me\n  IdentityFile ~/a\n" +
			"Match host h200 exec \"true\"\n  ProxyCommand evil\n  Include ~/never\n" +
			"Match user root\n  ProxyJump evil\n" +
			"Host other\n  Include ~/other\n" +
			"Match all\n  IdentityFile ~/b\n  Port 99\r\n" +
			"Host !h200 *\n  Port 1\n",
		"/home/ada/.ssh/conf.d/1": "Host h2*\n  Port 2222\n",
		"/home/ada/other":         "Port 5\nHost h200\n  User evil\n",
		"/home/ada/never":         "HostName evil\n",
		"/home/ada/.ssh/conf.d/2": "Match final\nHostName evil\n",
	}
	v, problem, err := f.read("h200", "main")
	if err != nil {
		t.Fatal(err)
	}
	want := values{
		"hostname": {"one"}, "port": {"2222"}, "identityfile": {"~/a", "~/b"},
		"user": {"ada"},
	}
	v["user"] = []string{strings.Fields(v.first("user"))[0]} // the comment is as OpenSSH has it before 8.5
	if !reflect.DeepEqual(v, want) {
		t.Errorf("got %q\nwant %q", v, want)
	}
	if !strings.Contains(problem, "3 Match blocks") || !strings.Contains(problem, "Match final") {
		t.Errorf("problem = %q", problem)
	}
	if v, _, err = f.read("other", "main"); err != nil || v.first("port") != "5" || v.first("user") == "evil" {
		t.Errorf("other: %q, %v", v, err)
	}
	f["loop"] = "Include /loop\n"
	f["/loop"] = f["loop"]
	if _, _, err = f.read("h200", "loop"); err == nil {
		t.Error("a loop of Include lines has no end")
	}
}

// TestConfigProgram holds the reader of "ssh -G" against the real program, and
// the reader of files against it.
func TestConfigProgram(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not installed")
	}
	name := filepath.Join(t.TempDir(), "ssh_config")
	text := "Host h*\n HostName %h.example.org\n Port 2200\n IdentityFile /k/%r@%h\n UserKnownHostsFile /a /b\n StrictHostKeyChecking yes\n HashKnownHosts yes\n Match all\n User ada\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config{program: "ssh", file: name, me: me}
	asked, problem, err := c.of(t.Context(), "h200")
	if err != nil || problem != "" {
		t.Fatal(problem, err)
	}
	c.program = ""
	read, problem, err := c.of(t.Context(), "h200")
	if err != nil || problem != "" {
		t.Fatal(problem, err)
	}
	for _, s := range []settings{asked, read} {
		if s.addr() != "h200.example.org:2200" || s.user != "ada" || s.strict != "yes" || !s.hashHosts ||
			!slices.Equal(s.identities, []string{"/k/ada@h200.example.org"}) || !slices.Equal(s.knownHosts, []string{"/a", "/b"}) {
			t.Errorf("%+v", s)
		}
	}
	for _, program := range []string{"ssh", ""} {
		c.program = program
		s, _, err := c.of(t.Context(), "bob@h200")
		if err != nil || s.user != "bob" || s.alias != "bob@h200" || s.host != "h200.example.org" {
			t.Errorf("%+v, %v", s, err)
		}
	}
	for _, bad := range []string{"", "-oProxyCommand=x", "a b", "$(id)", "a\nb"} {
		if _, _, err := c.of(t.Context(), bad); err == nil {
			t.Errorf("%q passed for a host", bad)
		}
	}
}

func FuzzSettings(f *testing.F) {
	f.Add(flat)
	f.Add("identityfile %\nproxycommand %%%h%\nuserknownhostsfile  ~ ${ /\nport -1\nconnecttimeout 99999999999\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := newSettings("h", readFlat(text), me)
		if s.host == "" || s.port == "" || s.timeout <= 0 || s.keyName == "" {
			t.Fatalf("%q: %+v", text, s)
		}
		for _, p := range slices.Concat(s.identities, s.certificates) {
			if strings.HasPrefix(p, "~/") && !strings.ContainsAny(text, "%$") {
				t.Fatalf("%q: not expanded: %q", text, p)
			}
		}
	})
}

func FuzzConfigFile(f *testing.F) {
	f.Add("Host h\n  User a\nMatch host h exec \"x\"\n  User evil\n")
	f.Add("Host *\rMatch all\nInclude /x\nHost [\"\n = =\n")
	f.Add("Match host h\n a=b\nInclude\nMatch\nHost\n")
	f.Fuzz(func(t *testing.T, text string) {
		// Whatever stands before it: what a Match exec would set is never set.
		fs := files{"main": text + "\nMatch host h exec \"true\"\n  Evil yes\n", "/x": text}
		v, problem, err := fs.read("h", "main")
		if err != nil || strings.Contains(strings.ToLower(text), "evil") {
			return
		}
		if v.first("evil") != "" || problem == "" {
			t.Fatalf("%q: a Match exec was applied: %q, %q", text, v, problem)
		}
	})
}

// For a user whom the system does not know, ssh does nothing: its configuration
// is read without it.
func TestConfigNoUser(t *testing.T) {
	dir := t.TempDir()
	program, file := filepath.Join(dir, "ssh"), filepath.Join(dir, "config")
	for name, text := range map[string]string{
		program: "#!/bin/sh\necho 'No user exists for uid 12345' >&2\nexit 255\n",
		file:    "Host head\n  HostName 127.0.0.1\n  Port 2222\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s, problem, err := config{program: program, file: file, me: me}.of(t.Context(), "head")
	if err != nil || problem != "" || s.host != "127.0.0.1" || s.port != "2222" {
		t.Errorf("%+v, %q, %v", s, problem, err)
	}
}
