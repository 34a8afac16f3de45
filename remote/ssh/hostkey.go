package ssh

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"vigil/remote"
)

// hostKeys checks the keys of one host against known_hosts.
type hostKeys struct {
	s      settings
	db     *knownhosts.HostKeyDB
	copyOf map[string]string // what a file that was read is a copy of
	ask    func(prompt string) (string, error)
}

// readHostKeys reads the known_hosts files that there are.
func readHostKeys(s settings, ask func(string) (string, error)) (*hostKeys, error) {
	var files []string
	for _, f := range slices.Concat(s.knownHosts, s.globalKnown) {
		if fi, err := os.Stat(f); err == nil && fi.Mode().IsRegular() {
			files = append(files, f)
		}
	}
	h := &hostKeys{s: s, ask: ask}
	var err error
	if h.db, err = knownhosts.NewDB(files...); err != nil {
		err = h.readCopies(files)
	}
	if err != nil {
		return nil, &problem{
			what: remote.Line("known_hosts can not be read: "+strings.TrimPrefix(err.Error(), "knownhosts: "), 300),
			do:   "remove or mend that line", final: true, err: err,
		}
	}
	return h, nil
}

// readCopies reads the files without the lines that the library can not read,
// for which it gives up a whole file. OpenSSH passes over them, and writes such
// lines by itself: keys of kinds that are newer than the library.
func (h *hostKeys) readCopies(files []string) error {
	dir, err := os.MkdirTemp("", "vigil-known-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	h.copyOf = map[string]string{}
	var copies []string
	for i, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		c := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(c, readable(b), 0o600); err != nil {
			return err
		}
		h.copyOf[c] = file
		copies = append(copies, c)
	}
	h.db, err = knownhosts.NewDB(copies...)
	return err
}

// readable empties the lines of a known_hosts that can not be read, so that the
// others keep their numbers.
func readable(known []byte) []byte {
	lines := bytes.Split(known, []byte("\n"))
	for i, l := range lines {
		if _, _, _, _, _, err := ssh.ParseKnownHosts(l); err != nil {
			lines[i] = nil // or a comment, or empty
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

// place is where a key stands, for people, and its file.
func (h *hostKeys) place(k xknownhosts.KnownKey) (file, place string) {
	file = cmp.Or(h.copyOf[k.Filename], k.Filename)
	return file, fmt.Sprintf("%s:%d", file, k.Line)
}

// algorithms are those of the keys that known_hosts has, so that the server
// shows such a one, then the others that ssh_config allows, so that a server
// with other keys is told from one that can not be spoken with.
func (h *hostKeys) algorithms() []string {
	supported := ssh.SupportedAlgorithms().HostKeys
	allowed := supported
	if len(h.s.hostKeyAlgos) > 0 {
		allowed = among(h.s.hostKeyAlgos, slices.Concat(supported, ssh.InsecureAlgorithms().HostKeys))
	}
	out := among(h.db.HostKeyAlgorithms(h.s.keyName), allowed)
	for _, a := range allowed {
		// Certificates only where known_hosts has an authority, or a server
		// would show one that nobody can judge.
		if !slices.Contains(out, a) && !strings.Contains(a, "-cert-") {
			out = append(out, a)
		}
	}
	return out
}

// among keeps those of list that are in of.
func among(list, of []string) []string {
	var out []string
	for _, a := range list {
		if slices.Contains(of, a) {
			out = append(out, a)
		}
	}
	return out
}

// check is an [ssh.HostKeyCallback].
func (h *hostKeys) check(_ string, addr net.Addr, key ssh.PublicKey) error {
	err := h.db.HostKeyCallback()(h.s.keyName, address(addr), key)
	if err == nil {
		return nil
	}
	if r, ok := errors.AsType[*xknownhosts.RevokedError](err); ok {
		_, place := h.place(r.Revoked)
		return &problem{
			what: fmt.Sprintf("the key of %s (%s) is revoked by %s", h.name(), fingerprint(key), place),
			do:   "ask the host's administrator", final: true, err: err,
		}
	}
	if knownhosts.IsHostKeyChanged(err) {
		return h.changed(key, err)
	}
	if !knownhosts.IsHostUnknown(err) { // a certificate that is not right
		return &problem{
			what: remote.Line(fmt.Sprintf("the key of %s is not accepted: %v", h.name(), err), 300),
			do:   "ask the host's administrator", final: true, err: err,
		}
	}
	return h.unknown(key, err)
}

func (h *hostKeys) name() string { return knownhosts.Normalize(h.s.keyName) }

// changed refuses a key in whose place known_hosts has another.
func (h *hostKeys) changed(key ssh.PublicKey, err error) error {
	ke, _ := errors.AsType[*xknownhosts.KeyError](err)
	known := ke.Want[0]
	for _, w := range ke.Want {
		if w.Key.Type() == key.Type() {
			known = w
		}
	}
	file, place := h.place(known)
	return &problem{
		what: fmt.Sprintf("the key of %s has changed: it shows %s, but %s has %s",
			h.name(), fingerprint(key), place, fingerprint(known.Key)),
		do: fmt.Sprintf("somebody may be between you and the host; if its key was changed on purpose: ssh-keygen -f %s -R %s",
			remote.Quote(file), remote.Quote(h.name())),
		final: true, err: err,
	}
}

// unknown takes a key that known_hosts does not have, as far as
// StrictHostKeyChecking and the person allow it.
func (h *hostKeys) unknown(key ssh.PublicKey, err error) error {
	p := &problem{
		what:  fmt.Sprintf("the key of %s is not known: it shows %s", h.name(), fingerprint(key)),
		do:    fmt.Sprintf("log in once with: ssh %s", remote.Quote(h.s.alias)),
		final: true, err: err,
	}
	switch h.s.strict {
	case "yes":
		return p
	case "ask":
		answer, err := h.ask(p.what + ". Is it the right one, and shall it be remembered (yes/no)?")
		if errors.Is(err, errNobody) {
			return p
		}
		if err != nil {
			return err
		}
		answer = strings.TrimSpace(answer)
		if !strings.EqualFold(answer, "yes") && !strings.EqualFold(answer, "y") && answer != ssh.FingerprintSHA256(key) {
			p.what += "; you did not accept it"
			return p
		}
	}
	if err := h.remember(key); err != nil {
		return &problem{
			what: remote.Line(fmt.Sprintf("the key of %s can not be written to known_hosts: %v", h.name(), err), 300),
			do:   "check the file's permissions", final: true, err: err,
		}
	}
	return nil
}

// remember appends the key to the user's first known_hosts.
func (h *hostKeys) remember(key ssh.PublicKey) (err error) {
	if len(h.s.knownHosts) == 0 {
		return nil // the user wants none to be kept
	}
	file := h.s.knownHosts[0]
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	line := knownhosts.Line([]string{h.s.keyName}, key) + "\n"
	if h.s.hashHosts {
		_, rest, _ := strings.Cut(line, " ")
		line = xknownhosts.HashHostname(h.name()) + " " + rest
	}
	if fi, err := f.Stat(); err == nil && fi.Size() > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, fi.Size()-1); err == nil && !bytes.Equal(last, []byte("\n")) {
			line = "\n" + line
		}
	}
	_, err = f.WriteString(line)
	return err
}

func fingerprint(key ssh.PublicKey) string {
	return strings.TrimPrefix(key.Type(), "ssh-") + " " + ssh.FingerprintSHA256(key)
}

// address gives known_hosts an address also where there is none: behind a
// ProxyCommand. It is the name that counts.
func address(a net.Addr) net.Addr {
	if a != nil {
		if _, _, err := net.SplitHostPort(a.String()); err == nil {
			return a
		}
	}
	return &net.TCPAddr{IP: net.IPv4zero}
}
