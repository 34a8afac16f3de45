package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// autoLease names the right to send nudges by oneself (auto-resume mode).
const autoLease = "auto"

// Lease is the right to auto-resume, which one process at a time has.
type Lease struct {
	Holder string    // empty if nobody has it
	Until  time.Time // it must have been renewed by then
	Mine   bool      // the caller has it
}

// Holder returns the name under which a process takes leases and claims. It
// holds the start time, so that a later process with the same number is
// another holder.
func Holder(host string, pid int, started time.Time) string {
	return fmt.Sprintf("%s/%d/%s", host, pid, started.UTC().Format("20060102T150405.000Z"))
}

// Acquire takes the auto-resume lease for holder, or renews it, until now+ttl,
// and tells who has it. An expired lease is taken over. Call it as a heartbeat
// several times per ttl, and send nothing once Until has passed unrenewed.
func (j *Journal) Acquire(ctx context.Context, holder string, ttl time.Duration, now time.Time) (Lease, error) {
	if holder == "" || ttl <= 0 {
		return Lease{}, fmt.Errorf("acquire the lease: holder %q with %v is none", holder, ttl)
	}
	var l Lease
	err := within(ctx, j.loose, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?3)
			ON CONFLICT (name) DO UPDATE SET holder=?2, until=?3 WHERE holder=?2 OR until<=?4`,
			autoLease, holder, nanos(now.Add(ttl)), nanos(now))
		if err != nil {
			return err
		}
		l, err = scanLease(tx.QueryRowContext(ctx, selectLease, autoLease))
		return err
	})
	if err != nil {
		return Lease{}, j.explain("acquire the lease", err)
	}
	l.Mine = l.Holder == holder
	return l, nil
}

// Release gives the lease back at once, if holder has it.
func (j *Journal) Release(ctx context.Context, holder string) error {
	_, err := change(ctx, j.loose, "DELETE FROM leases WHERE name=? AND holder=?", autoLease, holder)
	return j.explain("release the lease", err)
}

// Lease tells who has the lease at now, without taking it: the zero Lease if
// nobody has.
func (j *Journal) Lease(ctx context.Context, now time.Time) (Lease, error) {
	l, err := scanLease(j.loose.QueryRowContext(ctx, selectLease, autoLease))
	if errors.Is(err, sql.ErrNoRows) || (err == nil && !l.Until.After(now)) {
		return Lease{}, nil
	}
	return l, j.explain("read the lease", err)
}

const selectLease = "SELECT holder, until FROM leases WHERE name=?"

func scanLease(s scanner) (l Lease, err error) {
	var until int64
	err = s.Scan(&l.Holder, &until)
	l.Until = fromNanos(until)
	return l, err
}
