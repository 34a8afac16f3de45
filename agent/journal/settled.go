package journal

import (
	"context"
	"database/sql"
	"time"

	"vigil/agent"
)

// schemaWords is the part of the schema about who wrote a nudge, in which
// words, and what the judge was paid.
const schemaWords = `
ALTER TABLE nudges ADD COLUMN wording TEXT NOT NULL DEFAULT '';
ALTER TABLE nudges ADD COLUMN written_by TEXT NOT NULL DEFAULT '';
CREATE TABLE judge_spent (at INTEGER NOT NULL, tokens INTEGER NOT NULL, usd REAL NOT NULL) STRICT;
CREATE INDEX judge_spent_at ON judge_spent (at);
`

// Settled returns the newest nudges, at most n of them, that had an effect or
// were wasted: all of the agent's session, and those to agents of its kind in
// its workspace before. The oldest comes first; dry runs are left out.
func (j *Journal) Settled(ctx context.Context, a agent.Agent, n int) ([]agent.Nudge, error) {
	return query(ctx, j, "read settled nudges", scanNudge, `SELECT `+nudgeColumns+` FROM (
		SELECT `+nudgeColumns+`, rowid AS place FROM nudges
		WHERE status IN ('effective', 'wasted') AND NOT dry_run AND rung>=0 AND (agent=?1 OR session=?2 AND ?2<>'' OR
			agent IN (SELECT id FROM agents WHERE host=?3 AND kind=?4 AND workspace=?5 AND ?5<>''))
		ORDER BY planned_at DESC, rowid DESC LIMIT ?6) ORDER BY planned_at, place`,
		string(a.ID), a.SessionID, a.Host, string(a.Kind), a.Workspace, n)
}

// Spent returns what the judge has cost since a time.
func (j *Journal) Spent(ctx context.Context, since time.Time) (tokens int, usd float64, err error) {
	err = j.loose.QueryRowContext(ctx, `SELECT coalesce(sum(tokens), 0), coalesce(sum(usd), 0) FROM judge_spent WHERE at>=?`,
		nanos(since)).Scan(&tokens, &usd)
	return tokens, usd, j.explain("read what the judge cost", err)
}

// spentKept is how long what the judge cost is remembered.
const spentKept = 90 * 24 * time.Hour

// Spend notes what a question to the judge cost. Processes that share the
// journal share its budget.
func (j *Journal) Spend(ctx context.Context, at time.Time, tokens int, usd float64) error {
	err := within(ctx, j.sure, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO judge_spent (at, tokens, usd) VALUES (?, ?, ?)`, nanos(at), tokens, usd); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM judge_spent WHERE at<?`, nanos(at.Add(-spentKept)))
		return err
	})
	return j.explain("note what the judge cost", err)
}
