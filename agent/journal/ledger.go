package journal

import (
	"context"
	"database/sql"
	"math"
	"time"

	"vigil/agent"
)

// schemaLedger is version 5: what runs came to, tokens used and GPU time, by
// which a report tells what a night has brought. A bucket is a time rounded
// down to a multiple of ledgerStep. GPU time is kept for each process that
// watched (holder): what two have seen is not twice as much.
const schemaLedger = `
CREATE TABLE results (
	agent TEXT NOT NULL, host TEXT NOT NULL, path TEXT NOT NULL, idx INTEGER NOT NULL,
	run TEXT NOT NULL, status TEXT NOT NULL, cause TEXT NOT NULL, metric TEXT NOT NULL, target REAL NOT NULL,
	least REAL NOT NULL, reached REAL, at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
	PRIMARY KEY (agent, host, path, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage (
	agent TEXT NOT NULL, bucket INTEGER NOT NULL, started_at INTEGER NOT NULL, at INTEGER NOT NULL,
	turn_at INTEGER NOT NULL, input INTEGER NOT NULL, cached INTEGER NOT NULL, output INTEGER NOT NULL,
	PRIMARY KEY (agent, bucket)
) STRICT, WITHOUT ROWID;
CREATE TABLE gpu_time (
	agent TEXT NOT NULL, bucket INTEGER NOT NULL, holder TEXT NOT NULL,
	held INTEGER NOT NULL, busy INTEGER NOT NULL, idle INTEGER NOT NULL,
	PRIMARY KEY (agent, bucket, holder)
) STRICT, WITHOUT ROWID;
`

// ledgerStep is how finely tokens and GPU time are told apart by time.
const ledgerStep = 5 * time.Minute

// RecordResults records what runs came to, all or none. What was recorded of a
// run before gives way. A result whose numbers are not finite is left out.
func (j *Journal) RecordResults(ctx context.Context, all []agent.Result) error {
	err := within(ctx, j.loose, func(tx *sql.Tx) error {
		for _, r := range all {
			if !finite(r.Least) || !finite(r.Target) || r.Hit && !finite(r.Reached) {
				continue
			}
			_, err := tx.ExecContext(ctx, `
				INSERT OR REPLACE INTO results
					(agent, host, path, idx, run, status, cause, metric, target, least, reached, at, ended_at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				string(r.Agent), r.Host, r.Path, r.Index, agent.CleanLine(r.Run, maxLine), r.Status,
				agent.CleanLine(r.Cause, maxLine), r.Metric, r.Target, r.Least,
				sql.NullFloat64{Float64: r.Reached, Valid: r.Hit}, nanos(r.At), nanos(r.Ended))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return j.explain("record results", err)
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// RecordUsage records how many tokens an agent's session had used in all at
// u.At. Counts never shrink: a session that is read anew tells them again.
func (j *Journal) RecordUsage(ctx context.Context, id agent.ID, u agent.UsageAt) error {
	_, err := change(ctx, j.loose, `
		INSERT INTO usage (agent, bucket, started_at, at, turn_at, input, cached, output) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (agent, bucket) DO UPDATE SET started_at=excluded.started_at, at=max(at, excluded.at), turn_at=excluded.turn_at,
			input=max(input, excluded.input), cached=max(cached, excluded.cached), output=max(output, excluded.output)`,
		string(id), nanos(u.At.Truncate(ledgerStep)), nanos(u.Started), nanos(u.At), nanos(u.Turn),
		u.Usage.Input, u.Usage.CachedInput, u.Usage.Output)
	return j.explain("record tokens", err)
}

// RecordGPUs adds to the GPU time that holder, this process, has seen an agent
// hold.
func (j *Journal) RecordGPUs(ctx context.Context, id agent.ID, holder string, g agent.GPUTime) error {
	_, err := change(ctx, j.loose, `
		INSERT INTO gpu_time (agent, bucket, holder, held, busy, idle) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (agent, bucket, holder) DO UPDATE SET
			held=held+excluded.held, busy=busy+excluded.busy, idle=idle+excluded.idle`,
		string(id), nanos(g.At.Truncate(ledgerStep)), holder, int64(g.Held), int64(g.Busy), int64(g.Idle))
	return j.explain("record GPU time", err)
}
