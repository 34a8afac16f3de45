package journal

import (
	"context"
	"math"
	"time"

	"vigil/agent"
)

// Past returns all that is known of the time from one moment up to another; a
// zero from means the beginning. Results of before are told too: what is new in
// the span is so against them. Agents of which nothing is known are left out.
// Their goals are not in the journal.
func (j *Journal) Past(ctx context.Context, from, to time.Time) (agent.Past, error) {
	r := reading{j: j, ctx: ctx, from: nanos(from), to: nanos(to), at: map[agent.ID]int{}}
	if from.IsZero() {
		r.from = math.MinInt64
	}
	seen, err := j.Agents(ctx)
	if err != nil {
		return agent.Past{}, err
	}
	for _, a := range seen {
		r.at[a.ID] = len(r.past.Agents)
		r.past.Agents = append(r.past.Agents, agent.PastAgent{Agent: a.Agent, First: a.First, Last: a.Last})
	}
	for _, read := range []func() error{r.turns, r.idle, r.nudges, r.moments, r.open, r.results, r.usage, r.gpus, r.judge} {
		if err := read(); err != nil {
			return agent.Past{}, err
		}
	}
	all := r.past.Agents[:0]
	for _, a := range r.past.Agents {
		found := !a.First.Before(from) && a.First.Before(to)
		if found || len(a.Turns)+len(a.Idle)+len(a.Nudges)+len(a.Moments)+len(a.Results)+len(a.Usage)+len(a.GPUs) > 0 {
			all = append(all, a)
		}
	}
	r.past.Agents = all
	return r.past, nil
}

// reading is a Past that is being read.
type reading struct {
	j        *Journal
	ctx      context.Context
	from, to int64
	at       map[agent.ID]int
	past     agent.Past
}

// of returns where the facts of an agent go; those of one that was never
// recorded go nowhere.
func (r *reading) of(id agent.ID) *agent.PastAgent {
	if i, ok := r.at[id]; ok {
		return &r.past.Agents[i]
	}
	return &agent.PastAgent{}
}

func (r *reading) turns() error {
	all, err := query(r.ctx, r.j, "read endings", scanEnded, `
		SELECT agent, session, turn, turn_id, started_at, ended_at, end_id, final, last, tools,
			ending, confidence, resets_at, evidence, first_ending, first_at, judged_at
		FROM endings WHERE ended_at>=? AND ended_at<? ORDER BY ended_at, turn`, r.from, r.to)
	for _, e := range all {
		a := r.of(e.Agent)
		a.Turns = append(a.Turns, agent.PastTurn{Turn: e.Turn, Verdict: e.Verdict})
	}
	return err
}

// owned is a fact and the agent whose it is.
type owned[T any] struct {
	id agent.ID
	v  T
}

func (r *reading) idle() error {
	all, err := query(r.ctx, r.j, "read idle time", func(s scanner) (o owned[agent.Stretch], err error) {
		var from, to int64
		err = s.Scan(&o.id, &from, &to, &o.v.Cause)
		o.v.From, o.v.To = fromNanos(from), fromNanos(to)
		return o, err
	}, `SELECT agent, from_at, to_at, cause FROM idle WHERE to_at>? AND from_at<? ORDER BY from_at, to_at`, r.from, r.to)
	for _, o := range all {
		a := r.of(o.id)
		a.Idle = append(a.Idle, o.v)
	}
	return err
}

func (r *reading) nudges() error {
	all, err := query(r.ctx, r.j, "read nudges", scanNudge, `SELECT `+nudgeColumns+` FROM nudges
		WHERE planned_at>=? AND planned_at<? ORDER BY planned_at, rowid`, r.from, r.to)
	for _, n := range all {
		a := r.of(n.Agent)
		a.Nudges = append(a.Nudges, n)
	}
	return err
}

func (r *reading) moments() error {
	all, err := query(r.ctx, r.j, "read moments", func(s scanner) (m agent.Moment, err error) {
		var at int64
		err = s.Scan(&m.Agent, &at, &m.Type, &m.Text, &m.Ending, &m.For)
		m.At = fromNanos(at)
		return m, err
	}, `SELECT agent, at, type, text, ending, length FROM moments WHERE at>=? AND at<? ORDER BY at, type, text`, r.from, r.to)
	for _, m := range all {
		a := r.of(m.Agent)
		a.Moments = append(a.Moments, m)
	}
	return err
}

// open finds the turns of which no end is known: those that were seen to begin,
// and those that ran already when vigil first looked.
func (r *reading) open() error {
	all, err := query(r.ctx, r.j, "read open turns", func(s scanner) (o owned[int64], err error) {
		return o, s.Scan(&o.id, &o.v)
	}, `SELECT agent, max(at) AS began FROM (
			SELECT agent, at FROM moments WHERE type=?1 AND at<?2
			UNION ALL SELECT agent, turn_at FROM usage WHERE turn_at<>0 AND at<?2
		) m GROUP BY agent
		HAVING began>coalesce((SELECT max(ended_at) FROM endings e WHERE e.agent=m.agent AND e.ended_at<?2), ?3)`,
		string(agent.MTurnStart), r.to, int64(math.MinInt64))
	for _, o := range all {
		r.of(o.id).Open = fromNanos(o.v)
	}
	return err
}

func (r *reading) results() error {
	all, err := query(r.ctx, r.j, "read results", func(s scanner) (v agent.Result, err error) {
		var at, ended int64
		var reached *float64
		err = s.Scan(&v.Agent, &v.Host, &v.Path, &v.Index, &v.Run, &v.Status, &v.Cause, &v.Metric, &v.Target,
			&v.Least, &reached, &at, &ended)
		if reached != nil {
			v.Reached, v.Hit = *reached, true
		}
		v.At, v.Ended = fromNanos(at), fromNanos(ended)
		return v, err
	}, `SELECT agent, host, path, idx, run, status, cause, metric, target, least, reached, at, ended_at
		FROM results WHERE at<? ORDER BY at, agent, path, idx`, r.to)
	for _, v := range all {
		a := r.of(v.Agent)
		a.Results = append(a.Results, v)
	}
	return err
}

func (r *reading) usage() error {
	all, err := query(r.ctx, r.j, "read tokens", func(s scanner) (o owned[agent.UsageAt], err error) {
		var started, at, turn int64
		u := &o.v.Usage
		err = s.Scan(&o.id, &started, &at, &turn, &u.Input, &u.CachedInput, &u.Output)
		o.v.Started, o.v.At, o.v.Turn = fromNanos(started), fromNanos(at), fromNanos(turn)
		return o, err
	}, `SELECT agent, started_at, at, turn_at, input, cached, output FROM usage u
		WHERE at<?2 AND at>=coalesce((SELECT max(b.at) FROM usage b WHERE b.agent=u.agent AND b.at<?1), ?1)
			AND EXISTS (SELECT 1 FROM usage b WHERE b.agent=u.agent AND b.at>=?1 AND b.at<?2)
		ORDER BY agent, at`, r.from, r.to)
	for _, o := range all {
		a := r.of(o.id)
		a.Usage = append(a.Usage, o.v)
	}
	return err
}

func (r *reading) gpus() error {
	all, err := query(r.ctx, r.j, "read GPU time", func(s scanner) (o owned[agent.GPUTime], err error) {
		var at int64
		err = s.Scan(&o.id, &at, &o.v.Held, &o.v.Busy, &o.v.Idle)
		o.v.At = fromNanos(at)
		return o, err
	}, `SELECT agent, bucket, held, busy, idle FROM (
			SELECT *, row_number() OVER (PARTITION BY agent, bucket ORDER BY held DESC, holder) AS place FROM gpu_time
			WHERE bucket>=? AND bucket<?
		) WHERE place=1 ORDER BY bucket, agent`, r.from, r.to)
	for _, o := range all {
		a := r.of(o.id)
		a.GPUs = append(a.GPUs, o.v)
	}
	return err
}

func (r *reading) judge() error {
	err := r.j.loose.QueryRowContext(r.ctx, `SELECT coalesce(sum(tokens), 0), coalesce(sum(usd), 0) FROM judge_spent
		WHERE at>=? AND at<?`, r.from, r.to).Scan(&r.past.JudgeTokens, &r.past.JudgeUSD)
	return r.j.explain("read what the judge cost", err)
}
