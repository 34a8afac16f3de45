package journal

import (
	"context"

	"vigil/agent"
)

// schemaLinks is version 3: which session an agent's session goes on with.
const schemaLinks = `ALTER TABLE agents ADD COLUMN continues TEXT NOT NULL DEFAULT '';`

// maxLinks bounds a chain of sessions.
const maxLinks = 64

// Continue records that the agent goes on with the work of another one: the
// same place, with a new session. The agent must have been recorded.
func (j *Journal) Continue(ctx context.Context, id, from agent.ID) error {
	_, err := change(ctx, j.loose, `UPDATE agents SET continues=? WHERE id=? AND id<>?1`, string(from), string(id))
	return j.explain("link two sessions", err)
}

// Before returns the agents whose work the agent goes on with, the nearest
// first: its earlier sessions.
func (j *Journal) Before(ctx context.Context, id agent.ID) ([]agent.ID, error) {
	ids, err := query(ctx, j, "read the sessions before", func(s scanner) (id agent.ID, err error) {
		return id, s.Scan(&id)
	}, `WITH RECURSIVE chain (id, depth) AS (
			SELECT continues, 1 FROM agents WHERE id=?1 AND continues<>''
			UNION ALL
			SELECT a.continues, depth+1 FROM agents a JOIN chain c ON a.id=c.id WHERE a.continues<>'' AND depth<?2
		) SELECT id FROM chain WHERE id<>?1 GROUP BY id ORDER BY min(depth)`, string(id), maxLinks)
	return ids, err
}
