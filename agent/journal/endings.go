package journal

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"vigil/agent"
)

const (
	maxFinal    = 16 << 10 // bytes kept of a final message
	maxEvidence = 64       // pieces of evidence kept
	maxLine     = 1 << 10  // bytes kept of one piece
)

// Ended is the record of a turn's end.
type Ended struct {
	Agent   agent.ID
	Session string
	Turn    agent.Turn // N, ID, Started, Ended, EndID, Final, Last and Tools only
	Verdict agent.Verdict

	First    agent.Ending // of the first verdict
	FirstAt  time.Time    // when that was recorded
	JudgedAt time.Time    // when the verdict that stands was recorded
}

// RecordEnding records why a turn of the session ended. It may be called again
// for the same end (t.EndID): the same verdict changes nothing, another one
// takes the earlier one's place, and when the first was recorded is kept.
func (j *Journal) RecordEnding(ctx context.Context, id agent.ID, session string, t agent.Turn, v agent.Verdict) error {
	if t.EndID == "" {
		return errors.New("record an ending: the turn has not ended")
	}
	evidence, err := json.Marshal(cleanEvidence(v.Evidence))
	if err != nil {
		return j.explain("record an ending", err)
	}
	now := nanos(j.now())
	_, err = change(ctx, j.sure, `
		INSERT INTO endings (session, end_id, agent, turn, turn_id, started_at, ended_at, final, last, tools,
			ending, confidence, resets_at, evidence, first_ending, first_at, judged_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?11, ?15, ?15)
		ON CONFLICT (session, end_id) DO UPDATE SET
			agent=?3, turn=?4, turn_id=?5, started_at=?6, ended_at=?7, final=?8, last=?9, tools=?10,
			ending=?11, confidence=?12, resets_at=?13, evidence=?14,
			judged_at=CASE WHEN ending=?11 AND confidence=?12 AND resets_at=?13 AND evidence=?14
				THEN judged_at ELSE ?15 END`,
		session, t.EndID, string(id), t.N, t.ID, nanos(t.Started), nanos(t.Ended),
		cut(agent.Clean(t.Final), maxFinal), string(t.Last), t.Tools,
		string(v.Ending), v.Confidence, nanos(v.Resets), string(evidence), now)
	return j.explain("record an ending", err)
}

// cleanEvidence returns what is kept of the evidence.
func cleanEvidence(in []agent.Evidence) []agent.Evidence {
	out := slices.Clone(in[:min(len(in), maxEvidence)])
	for i := range out {
		out[i].Source = agent.CleanLine(out[i].Source, maxLine)
		out[i].Text = agent.CleanLine(out[i].Text, maxLine)
		// Two readers of one transcript may give the same moment in two zones.
		out[i].At = out[i].At.UTC().Round(0)
	}
	return out
}

// cut keeps at most n bytes: the start and the end, which is where final
// messages say what they decide.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	const gap = "\n[...]\n"
	half := (n - len(gap)) / 2
	return agent.Clean(s[:half]) + gap + agent.Clean(s[len(s)-half:])
}

// Endings returns the agent's endings since, oldest first.
func (j *Journal) Endings(ctx context.Context, id agent.ID, since time.Time) ([]Ended, error) {
	return query(ctx, j, "read endings", scanEnded, `
		SELECT agent, session, turn, turn_id, started_at, ended_at, end_id, final, last, tools,
			ending, confidence, resets_at, evidence, first_ending, first_at, judged_at
		FROM endings WHERE agent=? AND ended_at>=? ORDER BY ended_at, turn`, string(id), nanos(since))
}

func scanEnded(s scanner) (e Ended, err error) {
	var started, ended, resets, first, judged int64
	var evidence string
	t, v := &e.Turn, &e.Verdict
	err = s.Scan(&e.Agent, &e.Session, &t.N, &t.ID, &started, &ended, &t.EndID, &t.Final, &t.Last, &t.Tools,
		&v.Ending, &v.Confidence, &resets, &evidence, &e.First, &first, &judged)
	if err != nil {
		return e, err
	}
	t.Started, t.Ended, v.Resets = fromNanos(started), fromNanos(ended), fromNanos(resets)
	e.FirstAt, e.JudgedAt = fromNanos(first), fromNanos(judged)
	return e, json.Unmarshal([]byte(evidence), &v.Evidence)
}

// RecordIdle records that the agent was idle from one time to another after
// the turn end endID, and why. A call with the same start extends the interval
// (it never shrinks) and its cause replaces the earlier one. An empty interval
// is not recorded.
func (j *Journal) RecordIdle(ctx context.Context, id agent.ID, session, endID string, cause agent.Ending, from, to time.Time) error {
	if !to.After(from) {
		return nil
	}
	_, err := change(ctx, j.loose, `
		INSERT INTO idle (session, end_id, from_at, to_at, agent, cause) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (session, end_id, from_at) DO UPDATE SET
			to_at=max(to_at, excluded.to_at), agent=excluded.agent, cause=excluded.cause`,
		session, endID, nanos(from), nanos(to), string(id), string(cause))
	return j.explain("record idle time", err)
}

type stretch struct {
	from, to int64
	cause    agent.Ending
}

// Idle returns the agent's idle time by cause since then. Time that two
// intervals cover (two processes watched) counts once, for the earlier one.
func (j *Journal) Idle(ctx context.Context, id agent.ID, since time.Time) (map[agent.Ending]time.Duration, error) {
	rows, err := query(ctx, j, "read idle time", func(s scanner) (r stretch, err error) {
		return r, s.Scan(&r.from, &r.to, &r.cause)
	}, `SELECT from_at, to_at, cause FROM idle WHERE agent=? AND to_at>? ORDER BY from_at, to_at`,
		string(id), nanos(since))
	if err != nil {
		return nil, err
	}
	sum := make(map[agent.Ending]time.Duration)
	covered := nanos(since)
	for _, r := range rows {
		if from := max(r.from, covered); r.to > from {
			sum[r.cause] += time.Duration(r.to - from)
			covered = r.to
		}
	}
	return sum, nil
}
