// Package headnode is an SSH server on loopback that is as a login node's: it
// runs commands with /bin/sh and serves files by SFTP, to the holder of the one
// key that it makes. The demo and tests speak the real protocol with it where
// there is no sshd. Start with [Start]; [Server.Config] is the ssh_config by
// which a client finds it under the name [Alias].
package headnode

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Alias is the server's name in its ssh_config.
const Alias = "head"

const (
	user        = "vigil"
	maxSessions = 10 // of a connection, as sshd's
	loginWithin = 30 * time.Second
)

// Options say where the server works.
type Options struct {
	// Dir is where commands run, and where the files of a client are written:
	// ssh_config, known_hosts and the client's key. It must exist.
	Dir string
	// Env is the environment of commands.
	Env []string
}

// Server is a running server.
type Server struct {
	o        Options
	config   *ssh.ServerConfig
	listener net.Listener
	work     sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]bool
	procs  map[*process]bool
}

// Start makes the keys, writes the client's files and listens on a free port
// of loopback until Close.
func Start(o Options) (*Server, error) {
	s := &Server{o: o, conns: map[net.Conn]bool{}, procs: map[*process]bool{}}
	host, _, err := newKey()
	if err != nil {
		return nil, err
	}
	client, private, err := newKey()
	if err != nil {
		return nil, err
	}
	allowed := string(client.PublicKey().Marshal())
	s.config = &ssh.ServerConfig{
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if c.User() != user || string(key.Marshal()) != allowed {
				return nil, errors.New("not the client's key")
			}
			return &ssh.Permissions{}, nil
		},
	}
	s.config.AddHostKey(host)
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("ssh server: %w", err)
	}
	if err := s.write(host.PublicKey(), private); err != nil {
		s.listener.Close()
		return nil, fmt.Errorf("ssh server: %w", err)
	}
	s.work.Go(s.accept) // ends with the listener
	return s, nil
}

func newKey() (ssh.Signer, ed25519.PrivateKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("ssh server: key: %w", err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, nil, fmt.Errorf("ssh server: key: %w", err)
	}
	return signer, private, nil
}

// Config is the path of the ssh_config.
func (s *Server) Config() string { return filepath.Join(s.o.Dir, "ssh_config") }

// write writes the client's files.
func (s *Server) write(host ssh.PublicKey, private ed25519.PrivateKey) error {
	block, err := ssh.MarshalPrivateKey(private, "vigil demo")
	if err != nil {
		return err
	}
	addr := s.listener.Addr().String()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	key, known := filepath.Join(s.o.Dir, "id_ed25519"), filepath.Join(s.o.Dir, "known_hosts")
	config := fmt.Sprintf(`Host %s
  HostName 127.0.0.1
  Port %s
  User %s
  IdentityFile "%s"
  IdentitiesOnly yes
  IdentityAgent none
  PreferredAuthentications publickey
  UserKnownHostsFile "%s"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
`, Alias, port, user, key, known)
	for _, f := range []struct {
		path, text string
	}{
		{key, string(pem.EncodeToMemory(block))},
		{known, knownhosts.Line([]string{addr}, host) + "\n"},
		{s.Config(), config},
	} {
		if err := os.WriteFile(f.path, []byte(f.text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the server, its connections and all commands, and waits for them.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	err := s.listener.Close()
	for c := range s.conns {
		c.Close()
	}
	for p := range s.procs {
		p.kill()
	}
	s.mu.Unlock()
	s.work.Wait()
	return err
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			c.Close()
		} else {
			s.conns[c] = true
			s.work.Go(func() { s.serve(c) }) // ends with the connection
		}
		s.mu.Unlock()
	}
}

// serve speaks with one client until it leaves.
func (s *Server) serve(c net.Conn) {
	defer func() {
		c.Close()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	_ = c.SetDeadline(time.Now().Add(loginWithin))
	_, channels, requests, err := ssh.NewServerConn(c, s.config)
	if err != nil {
		return
	}
	_ = c.SetDeadline(time.Time{})
	s.work.Go(func() { ssh.DiscardRequests(requests) }) // keep-alives get their answer here
	slots := make(chan struct{}, maxSessions)
	for ch := range channels {
		if ch.ChannelType() != "session" {
			_ = ch.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			_ = ch.Reject(ssh.ConnectionFailed, "open failed")
			continue
		}
		s.work.Go(func() { // ends with the session's command
			s.session(ch)
			<-slots
		})
	}
}
