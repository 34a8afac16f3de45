package transcript

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"vigil/agent"
)

// A base is the SQLite database in which opencode keeps all its sessions. It is
// the user's and opencode's own: it is opened read-only for each look, its shared
// memory too, so that nothing of it is ever written, and closed after it. In WAL
// mode, which it is in, a reader holds up no writer. Only the bases of this
// machine are read: the log that belongs to one cannot be read over SFTP as of one
// moment.
type base struct {
	path    string
	session string
	seen    basePrint // when it was last read
	rows    *opencode
	started bool
}

// basePrint tells whether a base may have changed.
type basePrint struct {
	size, logSize int64
	at, logAt     time.Time
}

// Bounds on what is read of a base at once.
const (
	maxRows  = 5000
	maxRow   = 1 << 20 // bytes of a row's data; the rest is cut off
	baseWait = 200     // milliseconds that a look waits for a lock at most
)

// baseMark stands between the path of a base and the id of a session in it,
// where a path of a session is wanted.
const baseMark = "#"

// basePath is what stands for the path of a session in a base.
func basePath(path, session string) string { return path + baseMark + session }

// newBase returns the reader of what basePath names.
func newBase(name string) *base {
	path, session, _ := strings.Cut(name, baseMark)
	if i := strings.LastIndex(name, baseMark); i >= 0 {
		path, session = name[:i], name[i+1:]
	}
	return &base{path: path, session: session}
}

// belongs reports whether a file is the base's, or its log.
func (b *base) belongs(name string) bool {
	return b != nil && (name == b.path || name == b.path+"-wal")
}

// print looks at the files of a base; there is nothing to read where no process
// has it open.
func (b *base) print() (basePrint, bool, error) {
	main, err := os.Stat(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return basePrint{}, false, nil
	}
	if err != nil {
		return basePrint{}, false, err
	}
	log, open := logOf(b.path)
	if !open {
		return basePrint{}, false, nil
	}
	return basePrint{size: main.Size(), at: main.ModTime(), logSize: log.Size(), logAt: log.ModTime()}, true, nil
}

// logOf is the log of a base; there is none where no process has the base open.
// To read it then would make these files.
func logOf(path string) (fs.FileInfo, bool) {
	log, err := os.Stat(path + "-wal")
	if err != nil {
		return nil, false
	}
	_, err = os.Stat(path + "-shm")
	return log, err == nil
}

// poll reads what is new. A base that nobody has open gives nothing. fresh says
// that the events follow nothing that was told before.
func (b *base) poll(fresh bool) (events []agent.Event, began bool, err error) {
	p, there, err := b.print()
	if err != nil {
		return nil, false, fmt.Errorf("look at session: %w", err)
	}
	if !there || !fresh && b.started && p == b.seen {
		return nil, false, nil
	}
	if fresh || !b.started {
		b.rows, began = newOpencode(b.session), true
	}
	err = readBase(b.path, func(tx *sql.Tx) error {
		return b.rows.read(tx, func(e agent.Event) { events = append(events, e) })
	})
	if err != nil {
		b.started = false
		return nil, false, fmt.Errorf("read session %s: %w", filepath.Base(b.path), err)
	}
	b.seen, b.started = p, true
	return events, began, nil
}

// readBase calls f with a view of a base as it is now.
func readBase(path string, f func(*sql.Tx) error) error {
	u := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"mode": {"ro"}, "readonly_shm": {"1"},
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", baseWait), "query_only(1)"},
	}.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // it only reads
	return f(tx)
}
