package ssh

import (
	"cmp"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are what ssh_config says of one host, tokens expanded.
type settings struct {
	alias string // what the user calls it
	host  string // HostName
	port  string
	user  string

	jump         string // ProxyJump; empty without one
	proxyCommand string // empty without one
	controlPath  string // empty without one
	family       string // for net.Dialer: tcp, tcp4 or tcp6
	timeout      time.Duration

	keyName       string   // under which known_hosts has the host: host:port, or HostKeyAlias
	knownHosts    []string // the user's files; new keys go to the first
	globalKnown   []string
	strict        string // yes, ask or accept-new
	hashHosts     bool
	hostKeyAlgos  []string
	kex           []string
	ciphers       []string
	macs          []string
	identities    []string // private key files, also where they are not there
	certificates  []string // CertificateFile
	agent         string   // socket; empty without one
	onlyNamed     bool     // IdentitiesOnly
	publicKey     bool
	interactive   bool // keyboard-interactive
	password      bool
	preferred     []string // PreferredAuthentications; empty for the usual order
	onlyByProgram string   // a setting that only the ssh program can follow
	gssapi        bool
}

// addr is where it listens.
func (s *settings) addr() string { return net.JoinHostPort(s.host, s.port) }

// values are the settings of a host as a reader found them: by keyword in
// lower case, in order, tokens not expanded.
type values map[string][]string

func (v values) first(key string) string {
	if len(v[key]) == 0 {
		return ""
	}
	return v[key][0]
}

// set is the first value, empty for the words by which ssh says that there is
// none.
func (v values) set(key string) string {
	if s := v.first(key); !strings.EqualFold(s, "none") {
		return s
	}
	return ""
}

func (v values) yes(key string, otherwise bool) bool {
	switch strings.ToLower(v.first(key)) {
	case "yes", "true", "on":
		return true
	case "no", "false", "off":
		return false
	}
	return otherwise
}

func (v values) list(key string) []string {
	return strings.FieldsFunc(v.first(key), func(r rune) bool { return r == ',' || r == ' ' })
}

// Bounds of what "ssh -G" prints: more is no configuration.
const (
	maxFlatBytes = 1 << 20
	maxFlatLines = 10000
)

// readFlat reads what "ssh -G" prints: a lower-case keyword, a space, its value,
// without quotes.
func readFlat(text string) values {
	v := values{}
	text = text[:min(len(text), maxFlatBytes)]
	n := 0
	for line := range strings.Lines(text) {
		if n++; n > maxFlatLines {
			break
		}
		key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if !ok || key == "" {
			continue
		}
		key = strings.ToLower(key)
		v[key] = append(v[key], strings.TrimSpace(value))
	}
	return v
}

// paths splits the value of a keyword that takes several files. "ssh -G" prints
// them without quotes, so a blank inside of a name is told from one between two
// names by what follows: ssh_config's paths begin with "/" or "~".
func paths(value string) []string {
	var out []string
	for _, f := range strings.Split(value, " ") {
		switch {
		case len(out) > 0 && f != "" && !strings.HasPrefix(f, "/") && !strings.HasPrefix(f, "~") && f != "none":
			out[len(out)-1] += " " + f
		case f != "" && f != "none":
			out = append(out, f)
		}
	}
	return out
}

// defaultIdentities are tried where ssh_config names none.
var defaultIdentities = []string{"~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk"}

// newSettings gives the values their types and defaults.
func newSettings(alias string, v values, me local) settings {
	s := settings{
		alias: alias,
		host:  cmp.Or(v.set("hostname"), alias),
		port:  cmp.Or(v.set("port"), "22"),
		user:  cmp.Or(v.set("user"), me.user),
		jump:  v.set("proxyjump"),

		strict:       strict(v.first("stricthostkeychecking")),
		hashHosts:    v.yes("hashknownhosts", false),
		hostKeyAlgos: v.list("hostkeyalgorithms"),
		kex:          v.list("kexalgorithms"),
		ciphers:      v.list("ciphers"),
		macs:         v.list("macs"),
		onlyNamed:    v.yes("identitiesonly", false),
		publicKey:    v.yes("pubkeyauthentication", true),
		interactive:  v.yes("kbdinteractiveauthentication", true),
		password:     v.yes("passwordauthentication", true),
		preferred:    v.list("preferredauthentications"),
		gssapi:       v.yes("gssapiauthentication", false),
		timeout:      defaultConnectTimeout,
	}
	s.host = strings.ReplaceAll(s.host, "%h", alias)
	if n, err := strconv.Atoi(v.set("connecttimeout")); err == nil && n > 0 {
		s.timeout = time.Duration(min(n, 3600)) * time.Second
	}
	switch v.first("addressfamily") {
	case "inet":
		s.family = "tcp4"
	case "inet6":
		s.family = "tcp6"
	default:
		s.family = "tcp"
	}
	s.keyName = s.addr()
	if a := v.set("hostkeyalias"); a != "" {
		s.keyName = net.JoinHostPort(a, "22") // known_hosts then has no port
	}
	s.files(v, me)
	s.only(v)
	return s
}

// files fills in what names files and so may hold tokens.
func (s *settings) files(v values, me local) {
	t := me.tokens(s)
	s.proxyCommand = t.command(v.set("proxycommand"))
	s.controlPath = t.path(v.set("controlpath"))
	for _, f := range paths(cmp.Or(v.first("userknownhostsfile"), "~/.ssh/known_hosts ~/.ssh/known_hosts2")) {
		s.knownHosts = append(s.knownHosts, t.path(f))
	}
	for _, f := range paths(cmp.Or(v.first("globalknownhostsfile"), "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2")) {
		s.globalKnown = append(s.globalKnown, t.path(f))
	}
	named := v["identityfile"]
	if len(named) == 0 {
		named = defaultIdentities
	}
	for _, f := range named {
		if f != "none" {
			s.identities = append(s.identities, t.path(f))
		}
	}
	for _, f := range v["certificatefile"] {
		if f != "none" {
			s.certificates = append(s.certificates, t.path(f))
		}
	}
	switch a := v.first("identityagent"); {
	case a == "" || a == "SSH_AUTH_SOCK":
		s.agent = me.env("SSH_AUTH_SOCK")
	case strings.HasPrefix(a, "$") && !strings.HasPrefix(a, "${"):
		s.agent = me.env(a[1:])
	case a != "none":
		s.agent = t.path(a)
	}
}

// only finds the setting that the native client can not follow.
func (s *settings) only(v values) {
	for _, key := range []string{"pkcs11provider", "knownhostscommand"} {
		if v.set(key) != "" {
			s.onlyByProgram = key
		}
	}
	for _, key := range []string{"hostbasedauthentication", "proxyusefdpass"} {
		if v.yes(key, false) {
			s.onlyByProgram = key
		}
	}
	if slices.Contains(s.preferred, "hostbased") && len(s.preferred) == 1 {
		s.onlyByProgram = "preferredauthentications"
	}
}

// strict is how keys are checked that known_hosts does not have. "no" would
// also take changed keys: those are never taken here.
func strict(value string) string {
	switch strings.ToLower(value) {
	case "yes", "true":
		return "yes"
	case "no", "false", "off", "accept-new":
		return "accept-new"
	}
	return "ask"
}

// local is what settings need to know of this machine.
type local struct {
	user string
	uid  string
	home string
	name string // of the machine
	env  func(string) string
}

func thisMachine() local {
	me := local{env: os.Getenv}
	me.home, _ = os.UserHomeDir() // empty: the paths stay relative and are not found
	me.name, _ = os.Hostname()
	me.uid = strconv.Itoa(os.Getuid())
	me.user = currentUser()
	return me
}
