package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"slices"
	"time"

	"vigil/agent"
)

// maxMoment is how many bytes are kept of a moment's text.
const maxMoment = 2 << 10

// AddMoments adds entries to timelines, all or none. An entry that is there
// already (same agent, time, type and text) is not added again; its stretch
// may grow.
func (j *Journal) AddMoments(ctx context.Context, ms []agent.Moment) error {
	if len(ms) == 0 {
		return nil
	}
	err := within(ctx, j.loose, func(tx *sql.Tx) error {
		st, err := tx.PrepareContext(ctx, `
			INSERT INTO moments (agent, at, type, text, ending, length) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (agent, at, type, text) DO UPDATE SET
				ending=excluded.ending, length=max(length, excluded.length)`)
		if err != nil {
			return err
		}
		defer st.Close()
		for _, m := range ms {
			_, err := st.ExecContext(ctx, string(m.Agent), nanos(m.At), string(m.Type),
				agent.CleanLine(m.Text, maxMoment), string(m.Ending), int64(m.For))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return j.explain("add moments", err)
}

// Moments returns the newest limit entries of the agent's timeline at or after
// since, oldest first. A limit of 0 means all.
func (j *Journal) Moments(ctx context.Context, id agent.ID, since time.Time, limit int) ([]agent.Moment, error) {
	if limit <= 0 {
		limit = math.MaxInt
	}
	ms, err := query(ctx, j, "read moments", func(s scanner) (m agent.Moment, err error) {
		var at int64
		err = s.Scan(&m.Agent, &at, &m.Type, &m.Text, &m.Ending, &m.For)
		m.At = fromNanos(at)
		return m, err
	}, `SELECT agent, at, type, text, ending, length FROM moments WHERE agent=? AND at>=?
		ORDER BY at DESC, type DESC, text DESC LIMIT ?`, string(id), nanos(since), limit)
	slices.Reverse(ms)
	return ms, err
}

// Seen is an agent that was watched once. Its Pane and PID are not kept: they
// are another's tomorrow.
type Seen struct {
	agent.Agent
	First, Last time.Time
}

// RecordAgent records that the agent was seen at the time.
func (j *Journal) RecordAgent(ctx context.Context, a agent.Agent, at time.Time) error {
	resume, err := json.Marshal(a.Resume)
	if err != nil {
		return j.explain("record an agent", err)
	}
	_, err = change(ctx, j.loose, `
		INSERT INTO agents (id, name, kind, host, workspace, session_id, session, resume, first_at, last_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
		ON CONFLICT (id) DO UPDATE SET name=?2, kind=?3, host=?4, workspace=?5, session_id=?6, session=?7,
			resume=?8, first_at=min(first_at, ?9), last_at=max(last_at, ?9)`,
		string(a.ID), agent.CleanLine(a.Name, maxLine), string(a.Kind), a.Host, a.Workspace, a.SessionID, a.Session,
		string(resume), nanos(at))
	return j.explain("record an agent", err)
}

// Agents returns every agent that was ever recorded, the latest seen first.
func (j *Journal) Agents(ctx context.Context) ([]Seen, error) {
	return query(ctx, j, "read agents", func(s scanner) (a Seen, err error) {
		var first, last int64
		var resume string
		err = s.Scan(&a.ID, &a.Name, &a.Kind, &a.Host, &a.Workspace, &a.SessionID, &a.Session, &resume, &first, &last)
		if err != nil {
			return a, err
		}
		a.First, a.Last = fromNanos(first), fromNanos(last)
		return a, json.Unmarshal([]byte(resume), &a.Resume)
	}, `SELECT id, name, kind, host, workspace, session_id, session, resume, first_at, last_at
		FROM agents ORDER BY last_at DESC, id`)
}
