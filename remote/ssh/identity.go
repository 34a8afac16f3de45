package ssh

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

const (
	maxKeyFile   = 64 << 10
	agentTimeout = 5 * time.Second // to list its keys; to sign takes as long as a person needs
	maxOffered   = 16              // keys: servers allow a few tries (MaxAuthTries 6)
	maxTries     = 3               // at a passphrase or a password
)

// keyring keeps keys whose passphrase was told, for the reconnects: in memory
// only.
type keyring struct {
	mu   sync.Mutex
	open map[string]ssh.Signer // by file
}

func (k *keyring) get(file string) ssh.Signer {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.open[file]
}

func (k *keyring) put(file string, s ssh.Signer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open == nil {
		k.open = map[string]ssh.Signer{}
	}
	k.open[file] = s
}

// offer is a key that a log-in offers.
type offer struct {
	name   string // for people: where it came from
	signer ssh.Signer
}

// offers are the keys for a log-in in OpenSSH's order: those of the agent that
// ssh_config names, the agent's others, then the files.
func (l *login) offers() []offer {
	held := l.agentKeys()
	var named, files []offer
	for _, path := range l.s.identities {
		id := l.identity(path)
		if id.pub == nil {
			continue
		}
		if i := indexKey(held, id.pub); i >= 0 {
			named = append(named, held[i])
			held = append(held[:i:i], held[i+1:]...)
			continue
		}
		if id.signer != nil {
			files = append(files, offer{path, id.signer})
		}
	}
	if l.s.onlyNamed {
		held = nil
	}
	all := append(append(named, held...), files...)
	all = l.certified(all)
	return all[:min(len(all), maxOffered)]
}

func indexKey(offers []offer, pub ssh.PublicKey) int {
	for i, o := range offers {
		if bytes.Equal(o.signer.PublicKey().Marshal(), pub.Marshal()) {
			return i
		}
	}
	return -1
}

// agentKeys are the keys of the agent, none if it does not answer.
func (l *login) agentKeys() []offer {
	if l.s.agent == "" {
		return nil
	}
	c, err := net.DialTimeout("unix", l.s.agent, agentTimeout)
	if err != nil {
		l.note("the agent is not there")
		return nil
	}
	l.close = append(l.close, c)
	late := time.AfterFunc(agentTimeout, func() { _ = c.Close() })
	signers, err := agent.NewClient(c).Signers()
	if !late.Stop() || err != nil {
		l.note("the agent does not answer")
		return nil
	}
	var out []offer
	for _, s := range signers {
		out = append(out, offer{"the agent's " + fingerprint(s.PublicKey()), s})
	}
	return out
}

// certified puts before each key its certificates: of CertificateFile, and the
// one that lies beside its file.
func (l *login) certified(offers []offer) []offer {
	var certs []*ssh.Certificate
	for _, file := range l.s.certificates {
		certs = appendCert(certs, file)
	}
	for _, file := range l.s.identities {
		certs = appendCert(certs, file+"-cert.pub")
	}
	var out []offer
	for _, o := range offers {
		for _, c := range certs {
			if !bytes.Equal(c.Key.Marshal(), o.signer.PublicKey().Marshal()) {
				continue
			}
			if s, err := ssh.NewCertSigner(c, o.signer); err == nil {
				out = append(out, offer{"the certificate of " + o.name, s})
			}
		}
		out = append(out, o)
	}
	return out
}

func appendCert(certs []*ssh.Certificate, file string) []*ssh.Certificate {
	if c, ok := publicKey(file).(*ssh.Certificate); ok {
		return append(certs, c)
	}
	return certs
}

// identity is what is known of a key file.
type identity struct {
	pub    ssh.PublicKey
	signer ssh.Signer // nil where the private key can not be had
}

// identity reads a key file. Of an encrypted one the public key is enough until
// the server wants it.
func (l *login) identity(path string) identity {
	if s := l.keys.get(path); s != nil {
		return identity{s.PublicKey(), s}
	}
	b, err := readKey(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			l.note(err.Error())
		}
		return identity{pub: publicKey(path + ".pub")}
	}
	s, err := ssh.ParsePrivateKey(b)
	if err == nil {
		return identity{s.PublicKey(), s}
	}
	missing, ok := errors.AsType[*ssh.PassphraseMissingError](err)
	if !ok {
		l.note(fmt.Sprintf("%s: %v", path, err))
		return identity{pub: publicKey(path + ".pub")}
	}
	pub := missing.PublicKey
	if pub == nil {
		pub = publicKey(path + ".pub")
	}
	unlock := func() (ssh.Signer, error) { return l.unlock(path, b) }
	if pub == nil { // an old format, and nothing beside it
		s, err := unlock()
		if err != nil {
			return identity{}
		}
		return identity{s.PublicKey(), s}
	}
	if !l.canAsk() {
		l.note(path + " needs a passphrase, and nobody can be asked")
		return identity{pub: pub}
	}
	return identity{pub, &lockedKey{pub: pub, unlock: unlock}}
}

// unlock asks for a key's passphrase.
func (l *login) unlock(path string, b []byte) (ssh.Signer, error) {
	if s := l.keys.get(path); s != nil {
		return s, nil
	}
	for try := range maxTries {
		prompt := "Passphrase for " + path
		if try > 0 {
			prompt = "That was not it. " + prompt
		}
		answer, err := l.ask(prompt, true)
		if err != nil {
			return nil, err
		}
		s, err := ssh.ParsePrivateKeyWithPassphrase(b, []byte(answer))
		if err == nil {
			l.keys.put(path, s)
			return s, nil
		}
		if !errors.Is(err, x509.IncorrectPasswordError) {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil, fmt.Errorf("%s: no passphrase opened it", path)
}

// lockedKey is an encrypted key whose passphrase is asked for only when the
// server has said that it takes the key.
type lockedKey struct {
	pub    ssh.PublicKey
	unlock func() (ssh.Signer, error)
}

var _ ssh.AlgorithmSigner = (*lockedKey)(nil)

// PublicKey is of [ssh.Signer].
func (k *lockedKey) PublicKey() ssh.PublicKey { return k.pub }

// Sign is of [ssh.Signer].
func (k *lockedKey) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return k.SignWithAlgorithm(rand, data, "")
}

// SignWithAlgorithm is of [ssh.AlgorithmSigner].
func (k *lockedKey) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	s, err := k.unlock()
	if err != nil {
		return nil, err
	}
	as, ok := s.(ssh.AlgorithmSigner)
	if !ok {
		return s.Sign(rand, data)
	}
	return as.SignWithAlgorithm(rand, data, algorithm)
}

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxKeyFile))
}

// publicKey reads a public key or a certificate, nil if there is none.
func publicKey(file string) ssh.PublicKey {
	b, err := readKey(file)
	if err != nil {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(b)
	if err != nil {
		return nil
	}
	return key
}

// hardwareKey names a key file that only the ssh program can use: its private
// part is in a token, and the agent does not have it.
func (l *login) hardwareKey() string {
	var held []offer
	asked := false
	for _, path := range l.s.identities {
		pub := publicKey(path + ".pub")
		if _, err := os.Stat(path); err != nil || pub == nil || !strings.HasPrefix(pub.Type(), "sk-") {
			continue
		}
		if !asked {
			held, asked = l.agentKeys(), true
		}
		if indexKey(held, pub) < 0 {
			return filepath.Base(path)
		}
	}
	return ""
}
