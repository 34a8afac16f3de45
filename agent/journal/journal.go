// Package journal is the durable record of what was seen, decided and done:
// nudges with their life, turn endings with their evidence, idle time, the
// timeline's moments, versions of watched files, and the lease that says which
// process sends nudges. It is one SQLite file that several processes write to
// at once; they see each other through it. Start with [Open], then [Journal.Plan]
// (the exactly-once rule of nudges) and [Journal.Acquire] (the lease).
//
// What a nudge or an ending needs is on the disk before a call returns; moments,
// versions and the lease survive the death of a process, but a power cut may
// take the last of them. Text is made clean before it is stored.
package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// busyWait is how long a call waits for the other processes' writes, which
	// take milliseconds each.
	busyWait = 10 * time.Second
	// readers is how many calls of one process may read at once.
	readers = 4
	// walLimit is what is left of the write-ahead log after a checkpoint, in bytes.
	walLimit = 8 << 20
)

// ErrNotFound says that the journal does not hold what was asked for.
var ErrNotFound = errors.New("not in the journal")

// Journal is an open journal. Its methods may be called from several
// goroutines. Close it when done.
type Journal struct {
	path  string
	sure  *sql.DB // one connection; a commit is on the disk when it returns
	loose *sql.DB // for reading, and for writes that a power cut may take back
	pack  packer
	room  int64            // cap of all stored versions, in bytes; see versions.go
	now   func() time.Time // when a record was made; what was seen has times of its own
}

// Open opens the journal at path, an absolute or relative file name. It makes
// the file (0600) and its folder (0700) where they are missing and brings the
// schema up to date. Any number of processes may do so at once. The error is
// one line that says what to do.
func Open(ctx context.Context, path string) (*Journal, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{path: path, room: maxStored, now: time.Now}
	if err := j.open(ctx); err != nil {
		_ = j.Close()
		return nil, j.explain("open", err)
	}
	return j, nil
}

func (j *Journal) open(ctx context.Context) error {
	if err := create(j.path); err != nil {
		return err
	}
	var err error
	if j.sure, err = connect(j.path, "FULL", 1); err != nil {
		return err
	}
	if j.loose, err = connect(j.path, "NORMAL", readers); err != nil {
		return err
	}
	mode := "WAL"
	if networked(filepath.Dir(j.path)) {
		// The write-ahead log needs memory shared between the processes, which
		// machines do not share: a home folder on NFS is common on clusters.
		mode = "TRUNCATE"
	}
	if err := setMode(ctx, j.sure, mode); err != nil {
		return err
	}
	return migrate(ctx, j.sure, migrations())
}

// create makes the folder and the file, for this user alone.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	in, err := os.Stat(path)
	if err == nil {
		if in.Mode().IsRegular() && in.Mode().Perm()&0o077 != 0 {
			return os.Chmod(path, 0o600)
		}
		// An existing file is not opened here: closing it would drop the locks
		// that another Journal of this process has on it (POSIX locks do so).
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// connect returns a pool of at most n connections. sync is SQLite's
// synchronous setting. Transactions take the write lock when they begin, so
// that none fails half way for want of it.
func connect(path, sync string, n int) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyWait.Milliseconds()),
		"synchronous(" + sync + ")",
		fmt.Sprintf("journal_size_limit(%d)", walLimit),
	}}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return pool(u.String(), n)
}

// pool returns a pool of at most n connections to what the address names.
func pool(address string, n int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// setMode sets the journal mode, which the file keeps. SQLite does not wait
// for a lock here, so that processes that start together have to try again.
func setMode(ctx context.Context, db *sql.DB, mode string) error {
	deadline := time.Now().Add(busyWait)
	for {
		var got string
		err := db.QueryRowContext(ctx, "PRAGMA journal_mode="+mode).Scan(&got)
		switch {
		case err == nil && strings.EqualFold(got, mode):
			return nil
		case err == nil:
			return fmt.Errorf("the file system gives no %s (only %s)", mode, got)
		case code(err) != sqlite3.SQLITE_BUSY || time.Now().After(deadline):
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Close closes the journal. Calls that run are let finish.
func (j *Journal) Close() error {
	var errs []error
	for _, db := range []*sql.DB{j.sure, j.loose} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	j.pack.close()
	if err := errors.Join(errs...); err != nil {
		return j.explain("close", err)
	}
	return nil
}

// code returns SQLite's primary result code, or 0.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// explain turns an error into one line that says what, where, and what to do.
func (j *Journal) explain(what string, err error) error {
	if err == nil {
		return nil
	}
	var why string
	switch c := code(err); {
	case c == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		why = "the disk is full or over quota; free some space there"
	case c == sqlite3.SQLITE_READONLY || c == sqlite3.SQLITE_CANTOPEN || c == sqlite3.SQLITE_PERM ||
		errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		why = "it cannot be written; make the file and its folder writable, or choose another state folder"
	case c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB:
		why = "the file is damaged or no journal; move it away and start again"
	case c == sqlite3.SQLITE_BUSY:
		why = fmt.Sprintf("another process has held it for over %v; look for a hanging vigil", busyWait)
	case c == sqlite3.SQLITE_IOERR:
		why = "reading or writing failed; check the disk and its free space"
	default:
		return fmt.Errorf("journal %s: %s: %w", j.path, what, err)
	}
	return fmt.Errorf("journal %s: %s: %s: %w", j.path, what, why, err)
}

// nanos is how times are stored: Unix nanoseconds, 0 for the zero time. Times
// come from foreign files, so what does not fit is brought to the nearest end.
func nanos(t time.Time) int64 {
	switch {
	case t.IsZero():
		return 0
	case t.Year() < 1678:
		return math.MinInt64
	case t.Year() > 2261:
		return math.MaxInt64
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// change runs one statement and returns how many rows it changed.
func change(ctx context.Context, db *sql.DB, q string, args ...any) (int64, error) {
	r, err := db.ExecContext(ctx, q, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// within runs f in one transaction that holds the write lock from its start.
func within(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// scanner is what sql.Row and sql.Rows have in common.
type scanner interface{ Scan(dst ...any) error }

// query returns all rows of a query. The rows come through scan.
func query[T any](ctx context.Context, j *Journal, what string, scan func(scanner) (T, error), q string, args ...any) ([]T, error) {
	rows, err := j.loose.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, j.explain(what, err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, j.explain(what, err)
		}
		out = append(out, v)
	}
	return out, j.explain(what, rows.Err())
}
