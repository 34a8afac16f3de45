package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil/agent"
)

// Plan records n as planned, for ever: it is on the disk when Plan returns. It
// returns false, and changes nothing, if a nudge with the same key exists: the
// key is what makes a nudge happen once. Only a dry run's record gives way to
// a real nudge, since nothing was sent for it. n's status is not looked at; its
// Key and PlannedAt must be set.
func (j *Journal) Plan(ctx context.Context, n agent.Nudge) (created bool, err error) {
	if n.Key == "" || n.PlannedAt.IsZero() {
		return false, fmt.Errorf("plan a nudge for %q: it has no key or no time", n.Agent)
	}
	rows, err := change(ctx, j.sure, `
		INSERT INTO nudges (key, agent, session, end_id, ending, channel, rung, text, status, note,
			manual, dry_run, planned_at, wording, written_by, sent_at, received_at, settled_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0)
		ON CONFLICT (key) DO UPDATE SET
			agent=excluded.agent, session=excluded.session, end_id=excluded.end_id, ending=excluded.ending,
			channel=excluded.channel, rung=excluded.rung, text=excluded.text, status=excluded.status,
			note=excluded.note, manual=excluded.manual, dry_run=0, planned_at=excluded.planned_at,
			wording=excluded.wording, written_by=excluded.written_by,
			sent_at=0, received_at=0, settled_at=0, holder='', held_until=0
		WHERE nudges.dry_run AND NOT excluded.dry_run`,
		n.Key, string(n.Agent), n.Session, n.EndID, string(n.Ending), string(n.Channel), n.Rung,
		agent.Clean(n.Text), string(agent.Planned), agent.Clean(n.Note), n.Manual, n.DryRun, nanos(n.PlannedAt),
		agent.CleanLine(n.Wording, 40), agent.CleanLine(n.By, 40))
	return rows > 0, j.explain("plan a nudge", err)
}

// Reword gives a planned or sent nudge other words, with the ending that they
// answer: what it said before reached nobody. The caller must hold its claim.
func (j *Journal) Reword(ctx context.Context, n agent.Nudge) error {
	_, err := change(ctx, j.sure, `
		UPDATE nudges SET ending=?, rung=?, text=?, wording=?, written_by=?
		WHERE key=? AND status IN ('planned', 'sent') AND NOT dry_run`,
		string(n.Ending), n.Rung, agent.Clean(n.Text), agent.CleanLine(n.Wording, 40), agent.CleanLine(n.By, 40), n.Key)
	return j.explain("reword a nudge", err)
}

// before lists the states from which a nudge may come to another one.
func before(to agent.NudgeStatus) []string {
	all := []string{string(agent.Planned), string(agent.Sent), string(agent.Received)}
	switch to {
	case agent.Sent:
		return all[:1]
	case agent.Received, agent.Dropped:
		return all[:2]
	case agent.Effective, agent.Wasted:
		return all
	}
	return nil
}

// Advance takes the nudge on to a later state and is on the disk when it
// returns. A state only grows (planned, sent, received, then effective or
// wasted; dropped only before received) and may be skipped. It returns false, and
// changes nothing, if that is not allowed or there is no such nudge; of
// several processes that want the same step, one gets true. An empty note
// leaves the old one.
func (j *Journal) Advance(ctx context.Context, key string, to agent.NudgeStatus, at time.Time, note string) (bool, error) {
	from := before(to)
	if from == nil {
		return false, nil
	}
	column := "settled_at"
	switch to {
	case agent.Sent:
		column = "sent_at"
	case agent.Received:
		column = "received_at"
	}
	rows, err := change(ctx, j.sure,
		`UPDATE nudges SET status=?, `+column+`=?, note=CASE WHEN ?3='' THEN note ELSE ?3 END
		 WHERE key=? AND status IN ('`+strings.Join(from, "','")+`')`,
		string(to), nanos(at), agent.Clean(note), key)
	return rows > 0, j.explain("advance a nudge", err)
}

// Claim gives holder the sole right to deliver the nudge until at+ttl, and
// reports whether it has it. Another's claim is taken over once it has
// expired; the holder itself may renew its own, and gives it back with a ttl
// of 0. Only a nudge that is planned or sent, and no dry run, can be claimed.
// Who takes a claim over must look first whether the nudge has arrived.
func (j *Journal) Claim(ctx context.Context, key, holder string, at time.Time, ttl time.Duration) (bool, error) {
	if holder == "" {
		return false, errors.New("claim a nudge: the holder has no name")
	}
	rows, err := change(ctx, j.sure, `
		UPDATE nudges SET holder=?1, held_until=?2
		WHERE key=?3 AND NOT dry_run AND status IN ('planned', 'sent') AND (holder IN ('', ?1) OR held_until<=?4)`,
		holder, nanos(at.Add(ttl)), key, nanos(at))
	return rows > 0, j.explain("claim a nudge", err)
}

const nudgeColumns = `key, agent, session, end_id, ending, channel, rung, text, status, note,
	manual, dry_run, planned_at, sent_at, received_at, settled_at, wording, written_by`

func scanNudge(s scanner) (n agent.Nudge, err error) {
	var planned, sent, received, settled int64
	err = s.Scan(&n.Key, &n.Agent, &n.Session, &n.EndID, &n.Ending, &n.Channel, &n.Rung, &n.Text, &n.Status,
		&n.Note, &n.Manual, &n.DryRun, &planned, &sent, &received, &settled,
		&n.Wording, &n.By)
	n.PlannedAt, n.SentAt = fromNanos(planned), fromNanos(sent)
	n.ReceivedAt, n.SettledAt = fromNanos(received), fromNanos(settled)
	return n, err
}

// Pending returns the session's nudges of which it is not yet known that they
// arrived (planned or sent; no dry runs), oldest first. After a crash these
// are looked for before anything is sent.
func (j *Journal) Pending(ctx context.Context, session string) ([]agent.Nudge, error) {
	return query(ctx, j, "read open nudges", scanNudge, `SELECT `+nudgeColumns+` FROM nudges
		WHERE session=? AND status IN ('planned', 'sent') AND NOT dry_run ORDER BY planned_at, rowid`, session)
}

// Nudges returns the agent's nudges planned at or after since, oldest first,
// dry runs among them.
func (j *Journal) Nudges(ctx context.Context, id agent.ID, since time.Time) ([]agent.Nudge, error) {
	return query(ctx, j, "read nudges", scanNudge, `SELECT `+nudgeColumns+` FROM nudges
		WHERE agent=? AND planned_at>=? ORDER BY planned_at, rowid`, string(id), nanos(since))
}

// Nudge returns the nudge with the key and whether there is one.
func (j *Journal) Nudge(ctx context.Context, key string) (agent.Nudge, bool, error) {
	n, err := scanNudge(j.loose.QueryRowContext(ctx, `SELECT `+nudgeColumns+` FROM nudges WHERE key=?`, key))
	if errors.Is(err, sql.ErrNoRows) {
		return agent.Nudge{}, false, nil
	}
	return n, err == nil, j.explain("read a nudge", err)
}
