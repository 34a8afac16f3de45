package journal

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// schemaNotices is the part of the schema about what a person was told.
const schemaNotices = `
CREATE TABLE notices (key TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`

// noticesKept is how long it is remembered what was told.
const noticesKept = 90 * 24 * time.Hour

// ClaimNotice gives the caller the sole right, for ever, to tell a person of the
// event with the key, and reports whether it has it: nobody was told before. It
// is on the disk when it returns.
func (j *Journal) ClaimNotice(ctx context.Context, key string, at time.Time) (bool, error) {
	if key == "" {
		return false, errors.New("claim a notice: it has no key")
	}
	var rows int64
	err := within(ctx, j.sure, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM notices WHERE at<?", nanos(at.Add(-noticesKept))); err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, "INSERT INTO notices (key, at) VALUES (?, ?) ON CONFLICT DO NOTHING", key, nanos(at))
		if err == nil {
			rows, err = r.RowsAffected()
		}
		return err
	})
	return rows > 0, j.explain("claim a notice", err)
}

// ReleaseNotice gives the right back: the notice is known not to have arrived.
func (j *Journal) ReleaseNotice(ctx context.Context, key string) error {
	_, err := change(ctx, j.sure, "DELETE FROM notices WHERE key=?", key)
	return j.explain("release a notice", err)
}
