package slurm

import (
	"context"
	"sync"
	"time"
)

// budget holds the requests to a controller to a number in any window of time,
// and counts them.
type budget struct {
	most   int
	window time.Duration

	mu    sync.Mutex
	spent []spending // in the last window, oldest first
	total int
}

type spending struct {
	at   time.Time
	cost int
}

// spend counts requests that are made now, whether there is room or not.
func (b *budget) spend(cost int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.add(time.Now(), cost)
}

// try counts requests if there is room for them now.
func (b *budget) try(cost int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.delay(now, cost) > 0 {
		return false
	}
	b.add(now, cost)
	return true
}

// wait counts requests once there is room for them.
func (b *budget) wait(ctx context.Context, cost int) error {
	for !b.try(cost) {
		b.mu.Lock()
		d := b.delay(time.Now(), cost)
		b.mu.Unlock()
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// made is the number of requests since the beginning.
func (b *budget) made() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total
}

func (b *budget) add(now time.Time, cost int) {
	b.spent = append(b.spent, spending{now, cost})
	b.total += cost
}

// delay is the time until there is room.
func (b *budget) delay(now time.Time, cost int) time.Duration {
	for len(b.spent) > 0 && now.Sub(b.spent[0].at) >= b.window {
		b.spent = b.spent[1:]
	}
	sum := cost
	for _, s := range b.spent {
		sum += s.cost
	}
	for _, s := range b.spent {
		if sum <= b.most {
			break
		}
		if sum -= s.cost; sum <= b.most {
			return s.at.Add(b.window).Sub(now)
		}
	}
	return 0
}

// sleep waits, or ends with ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
