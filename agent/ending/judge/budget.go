package judge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrBudget says that what may be spent in a day is spent. The errors say of
// what: tokens or money.
var ErrBudget = errors.New("used up for today")

// Prices are in US dollars for a million tokens.
type Prices struct{ Input, Output float64 }

// Book remembers what was spent. Processes that share a budget share a book.
type Book interface {
	// Spent returns what was spent since a time.
	Spent(ctx context.Context, since time.Time) (tokens int, usd float64, err error)
	// Spend notes what was spent at a time.
	Spend(ctx context.Context, at time.Time, tokens int, usd float64) error
}

// spending is what questions cost.
type spending struct {
	at     time.Time
	tokens int
	usd    float64
}

// day is the time over which budgets hold.
const day = 24 * time.Hour

// bookWithin bounds the note of what was spent. It is made though the one who
// asked has gone.
const bookWithin = 5 * time.Second

func (j *Judge) cost(input, output int) spending {
	p := j.o.Prices
	return spending{tokens: input + output, usd: (float64(input)*p.Input + float64(output)*p.Output) / 1e6}
}

// reserve sets the cost of a question aside, if what is left of the day's is
// enough. A book that cannot be read is an empty purse.
func (j *Judge) reserve(ctx context.Context, s spending) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	tokens, usd, err := j.o.Book.Spent(ctx, j.o.Now().Add(-day))
	switch {
	case err != nil:
		return fmt.Errorf("what the judge has cost cannot be read: %w", err)
	case tokens+j.pending.tokens+s.tokens > j.o.PerDay:
		return fmt.Errorf("the judge's %d tokens are %w", j.o.PerDay, ErrBudget)
	case j.o.USDPerDay > 0 && usd+j.pending.usd+s.usd > j.o.USDPerDay:
		return fmt.Errorf("the judge's $%.2f are %w", j.o.USDPerDay, ErrBudget)
	}
	j.pending.tokens += s.tokens
	j.pending.usd += s.usd
	return nil
}

func (j *Judge) release(s spending) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending.tokens -= s.tokens
	j.pending.usd -= s.usd
}

// spend books what a question cost. If that fails, the purse counts as empty
// by that much until the process ends.
func (j *Judge) spend(ctx context.Context, s spending) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bookWithin)
	defer cancel()
	if j.o.Book.Spend(ctx, j.o.Now(), s.tokens, s.usd) != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.pending.tokens += s.tokens
		j.pending.usd += s.usd
	}
}

// memory is a book that ends with the process.
type memory struct {
	mu  sync.Mutex
	all []spending
}

func (m *memory) Spent(_ context.Context, since time.Time) (tokens int, usd float64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = slices.DeleteFunc(m.all, func(s spending) bool { return s.at.Before(since) })
	for _, s := range m.all {
		tokens, usd = tokens+s.tokens, usd+s.usd
	}
	return tokens, usd, nil
}

func (m *memory) Spend(_ context.Context, at time.Time, tokens int, usd float64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, spending{at, tokens, usd})
	return nil
}
