package transcript

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// opencodeSearch looks for sessions of opencode: rows of the table session in
// opencode.db in its data folder, which name the working folder. A sub-agent's
// names its parent.
type opencodeSearch struct {
	q    Query
	path string // of the base
}

func newOpencodeSearch(q Query, home string) *opencodeSearch {
	return &opencodeSearch{q: q, path: filepath.Join(home, "opencode.db")}
}

// registered finds the session that the command line names: its ids have a form
// of their own.
func (s *opencodeSearch) registered() (path, id string) {
	for i, a := range s.q.Args {
		v, ok := strings.CutPrefix(a, "--session=")
		if !ok && i+1 < len(s.q.Args) && (a == "--session" || a == "-s") {
			v = s.q.Args[i+1]
		}
		if strings.HasPrefix(v, "ses_") {
			return s.one(`id = ?`, v)
		}
	}
	return "", ""
}

func (s *opencodeSearch) own(string) string  { return "" } // what is open is the base of all
func (s *opencodeSearch) byID(string) string { return "" }

// newest takes the session of the folder that changed last.
func (s *opencodeSearch) newest() (path, id string) {
	since := s.q.since()
	if slices.Contains(s.q.Args, "--continue") {
		since = time.Time{}
	}
	var ms int64
	if !since.IsZero() {
		ms = since.UnixMilli()
	}
	dirs := []any{s.q.Dir, s.q.Dir}
	if real, ok := resolve(s.q.Files, s.q.Dir); ok {
		dirs[1] = real
	}
	return s.one(`directory IN (?, ?) AND time_updated >= ?`, append(dirs, ms)...)
}

// one returns the first session that is an agent's own and not taken.
func (s *opencodeSearch) one(where string, args ...any) (path, id string) {
	if _, local := s.q.Files.(OS); !local {
		return "", ""
	}
	if _, open := logOf(s.path); !open {
		return "", ""
	}
	// What cannot be read now is tried again at the next look.
	_ = readBase(s.path, func(tx *sql.Tx) error {
		rs, err := tx.Query(`SELECT id FROM session WHERE parent_id IS NULL AND time_archived IS NULL AND `+where+
			` ORDER BY time_updated DESC LIMIT 50`, args...)
		if err != nil {
			return err
		}
		defer rs.Close()
		for id == "" && rs.Next() {
			var found string
			if err := rs.Scan(&found); err != nil {
				return err
			}
			if p := basePath(s.path, found); found == agent.CleanLine(found, 100) && !s.q.Taken(p) {
				path, id = p, found
			}
		}
		return rs.Err()
	})
	return path, id
}
