package journal

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// ProcessOf returns the host and process number in a holder's name.
func ProcessOf(holder string) (host string, pid int, err error) {
	host, rest, _ := strings.Cut(holder, "/")
	number, _, ok := strings.Cut(rest, "/")
	pid, perr := strconv.Atoi(number)
	if !ok || perr != nil || pid <= 0 {
		return "", 0, fmt.Errorf("holder %q: not a name made by Holder", holder)
	}
	return host, pid, nil
}

// Evict ends the lease and every claim of a holder that is known to be dead,
// so that its work can be taken over before they expire.
func (j *Journal) Evict(ctx context.Context, holder string) error {
	err := within(ctx, j.sure, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM leases WHERE holder=?", holder); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE nudges SET held_until=0 WHERE holder=?", holder)
		return err
	})
	return j.explain("evict "+holder, err)
}
