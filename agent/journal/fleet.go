package journal

import (
	"context"
	"time"
)

// schemaFleet is the part of the schema by which processes tell each other how
// the agents stand now.
const schemaFleet = `
CREATE TABLE fleet (holder TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL) STRICT, WITHOUT ROWID;
`

// Standing is how the agents stood, as one process last saw it.
type Standing struct {
	Holder string // of the process
	At     time.Time
	Data   string // in the process's own format
}

// standingKept is when a standing is of no use to anybody any more.
const standingKept = time.Hour

// Stand writes down how the agents stand for other processes to see, in the
// place of what the holder wrote before.
func (j *Journal) Stand(ctx context.Context, s Standing) error {
	_, err := change(ctx, j.loose, `
		INSERT INTO fleet (holder, at, data) VALUES (?1, ?2, ?3)
		ON CONFLICT (holder) DO UPDATE SET at=?2, data=?3`, s.Holder, nanos(s.At), s.Data)
	if err == nil {
		_, err = change(ctx, j.loose, "DELETE FROM fleet WHERE at<?", nanos(s.At.Add(-standingKept)))
	}
	return j.explain("write how the agents stand", err)
}

// Leave takes back what the holder wrote: it does not watch any more.
func (j *Journal) Leave(ctx context.Context, holder string) error {
	_, err := change(ctx, j.loose, "DELETE FROM fleet WHERE holder=?", holder)
	return j.explain("write how the agents stand", err)
}

// Standings returns what was written at or after since, the newest first.
func (j *Journal) Standings(ctx context.Context, since time.Time) ([]Standing, error) {
	return query(ctx, j, "read how the agents stand", func(s scanner) (st Standing, err error) {
		var at int64
		err = s.Scan(&st.Holder, &at, &st.Data)
		st.At = fromNanos(at)
		return st, err
	}, `SELECT holder, at, data FROM fleet WHERE at>=? ORDER BY at DESC, holder`, nanos(since))
}
