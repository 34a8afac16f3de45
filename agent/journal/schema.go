package journal

import (
	"context"
	"database/sql"
	"fmt"
)

// appID marks the file as a journal of vigil ("vigl" in ASCII; SQLite's
// application_id).
const appID = 0x7669676c

// migrations returns the steps that build the schema: step i leads to version
// i+1. Append only: a step that has been released is never changed, since
// people's journals were made by it. Times are Unix nanoseconds, 0 for none;
// durations are nanoseconds.
func migrations() []string {
	return []string{schemaRecord, schemaVersions, schemaLinks, schemaWords, schemaLedger, schemaNotices, schemaFleet}
}

// schemaRecord is version 1: what was seen, decided and done.
const schemaRecord = `
CREATE TABLE nudges (
	key TEXT PRIMARY KEY NOT NULL,
	agent TEXT NOT NULL, session TEXT NOT NULL, end_id TEXT NOT NULL, ending TEXT NOT NULL,
	channel TEXT NOT NULL, rung INTEGER NOT NULL, text TEXT NOT NULL,
	status TEXT NOT NULL, note TEXT NOT NULL, manual INTEGER NOT NULL, dry_run INTEGER NOT NULL,
	planned_at INTEGER NOT NULL, sent_at INTEGER NOT NULL,
	received_at INTEGER NOT NULL, settled_at INTEGER NOT NULL,
	holder TEXT NOT NULL DEFAULT '', held_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX nudges_agent ON nudges (agent, planned_at);
CREATE INDEX nudges_open ON nudges (session) WHERE status IN ('planned', 'sent');

CREATE TABLE endings (
	session TEXT NOT NULL, end_id TEXT NOT NULL, agent TEXT NOT NULL,
	turn INTEGER NOT NULL, turn_id TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
	final TEXT NOT NULL, last TEXT NOT NULL, tools INTEGER NOT NULL,
	ending TEXT NOT NULL, confidence REAL NOT NULL, resets_at INTEGER NOT NULL, evidence TEXT NOT NULL,
	first_ending TEXT NOT NULL, first_at INTEGER NOT NULL, judged_at INTEGER NOT NULL,
	PRIMARY KEY (session, end_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX endings_agent ON endings (agent, ended_at);

CREATE TABLE idle (
	session TEXT NOT NULL, end_id TEXT NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
	agent TEXT NOT NULL, cause TEXT NOT NULL,
	PRIMARY KEY (session, end_id, from_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX idle_agent ON idle (agent, to_at);

CREATE TABLE moments (
	agent TEXT NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, text TEXT NOT NULL,
	ending TEXT NOT NULL, length INTEGER NOT NULL,
	PRIMARY KEY (agent, at, type, text)
) STRICT, WITHOUT ROWID;

CREATE TABLE agents (
	id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, host TEXT NOT NULL,
	workspace TEXT NOT NULL, session_id TEXT NOT NULL, session TEXT NOT NULL, resume TEXT NOT NULL,
	first_at INTEGER NOT NULL, last_at INTEGER NOT NULL
) STRICT;

CREATE TABLE leases (
	name TEXT PRIMARY KEY NOT NULL, holder TEXT NOT NULL, until INTEGER NOT NULL
) STRICT;
`

// schemaVersions is version 2: the contents of watched files. stored holds the
// sum of the packed sizes, so that the cap costs no scan.
const schemaVersions = `
CREATE TABLE contents (
	hash TEXT PRIMARY KEY NOT NULL, size INTEGER NOT NULL, packed INTEGER NOT NULL, data BLOB NOT NULL
) STRICT;
CREATE TABLE versions (
	workspace TEXT NOT NULL, path TEXT NOT NULL, at INTEGER NOT NULL,
	hash TEXT NOT NULL REFERENCES contents (hash), turn INTEGER NOT NULL, size INTEGER NOT NULL,
	PRIMARY KEY (workspace, path, at, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX versions_hash ON versions (hash);
CREATE INDEX versions_at ON versions (at);
CREATE TABLE stored (bytes INTEGER NOT NULL) STRICT;
INSERT INTO stored VALUES (0);
CREATE TRIGGER contents_in AFTER INSERT ON contents
	BEGIN UPDATE stored SET bytes = bytes + new.packed; END;
CREATE TRIGGER contents_out AFTER DELETE ON contents
	BEGIN UPDATE stored SET bytes = bytes - old.packed; END;
`

// migrate brings the schema to the newest version. All of it happens in one
// transaction: another process sees the old schema or the new one.
func migrate(ctx context.Context, db *sql.DB, steps []string) error {
	have, app, err := version(ctx, db)
	if err != nil {
		return err
	}
	if have == len(steps) && app == appID {
		return nil // the usual case needs no write lock
	}
	return within(ctx, db, func(tx *sql.Tx) error {
		have, app, err := version(ctx, tx)
		if err != nil {
			return err
		}
		var tables int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
			return err
		}
		switch {
		case app != appID && (app != 0 || have != 0 || tables != 0):
			return fmt.Errorf("the file is another program's database; choose another state folder")
		case have > len(steps):
			return fmt.Errorf("its schema is version %d and this vigil knows %d; update vigil", have, len(steps))
		}
		for i := have; i < len(steps); i++ {
			if _, err := tx.ExecContext(ctx, steps[i]); err != nil {
				return fmt.Errorf("migrate to version %d: %w", i+1, err)
			}
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version=%d; PRAGMA application_id=%d", len(steps), appID))
		return err
	})
}

// version reads the schema's version and whose file it is.
func version(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row
},
) (have, app int, err error) {
	if err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err == nil {
		err = db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app)
	}
	return have, app, err
}
