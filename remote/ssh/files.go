package ssh

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"vigil/remote"
)

// callTimeout bounds one call to SFTP, which has no context: a host that takes
// longer is sick. Reading gets a second more for each slowest of its bytes.
const (
	callTimeout = 20 * time.Second
	slowest     = 16 << 10 // bytes a second
)

// sftpSlot is the one SFTP channel of a connection.
type sftpSlot struct {
	mu     sync.Mutex
	client *sftp.Client
	ended  chan struct{} // closed when client's channel has ended
}

// files returns the SFTP client; it opens its channel again if that has ended.
func (c *conn) files() (*sftp.Client, error) {
	s := &c.sftp
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-c.done:
		return nil, c.offline()
	case <-s.ended: // nil before the first
	default:
		if s.client != nil {
			return s.client, nil
		}
	}
	err := c.retry(context.Background(), func(context.Context) error { return c.openFiles() })
	if err != nil {
		return nil, c.lost(err)
	}
	return s.client, nil
}

func (c *conn) openFiles() error {
	sess, err := c.client.NewSession()
	if err != nil {
		return err
	}
	f, err := c.subsystem(sess)
	if err != nil {
		_ = sess.Close() // the error is what matters
		return err
	}
	ended := make(chan struct{})
	c.sftp.client, c.sftp.ended = f, ended
	c.count(1)
	ok := c.spawn(func() { // ends with the channel, at the latest with the connection
		_ = f.Wait()
		_ = sess.Close()
		c.count(-1)
		close(ended)
	})
	if !ok {
		return c.offline()
	}
	return nil
}

func (c *conn) subsystem(sess *ssh.Session) (*sftp.Client, error) {
	in, err := sess.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := sess.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := sess.RequestSubsystem("sftp"); err != nil {
		return nil, fmt.Errorf("%s has no SFTP (its sshd_config needs a Subsystem sftp): %w", c.host, err)
	}
	f, err := sftp.NewClientPipe(bufio.NewReaderSize(out, 64<<10), in)
	if err != nil {
		return nil, fmt.Errorf("SFTP of %s does not answer (do start-up files of its login shell print text?): %w", c.host, err)
	}
	return f, nil
}

// call does something by SFTP, again if the channel had ended meanwhile. The
// connection ends if it takes too long.
func (c *conn) call(do func(*sftp.Client) error) error {
	defer c.limited(callTimeout)()
	f, err := c.files()
	if err != nil {
		return err
	}
	err = do(f)
	if errors.Is(err, sftp.ErrSSHFxConnectionLost) && !c.ended() {
		if f, err = c.files(); err == nil {
			err = do(f)
		}
	}
	return c.lost(err)
}

// lost says of an error that it came of the connection, where it did.
func (c *conn) lost(err error) error {
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, remote.ErrOffline):
		return err
	case c.ended():
		return c.offline()
	case errors.Is(err, sftp.ErrSSHFxConnectionLost):
		return fmt.Errorf("%s: the SFTP channel ended: %w", c.host, remote.ErrOffline)
	}
	return err
}

// file is an open file.
type file struct {
	c *conn
	f *sftp.File
}

var _ remote.File = (*file)(nil)

// ReadAt is of [remote.File].
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	defer f.c.limited(callTimeout + time.Duration(len(p)/slowest)*time.Second)()
	n, err := f.f.ReadAt(p, off)
	return n, f.c.lost(err)
}

// Stat is of [remote.File].
func (f *file) Stat() (fs.FileInfo, error) {
	defer f.c.limited(callTimeout)()
	fi, err := f.f.Stat()
	return fi, f.c.lost(err)
}

// Close is of [remote.File].
func (f *file) Close() error {
	defer f.c.limited(callTimeout)()
	return f.c.lost(f.f.Close())
}
