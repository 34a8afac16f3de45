package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"vigil/agent"
	"vigil/agent/ending/judge"
)

// liveJudge asks the judge that the configuration names now.
type liveJudge struct {
	key  string // of the API
	book judge.Book

	mu   sync.Mutex
	made JudgeConfig // what now was made of
	now  *judge.Judge
}

// use takes a configuration over. A judge whose configuration is the same
// stays, with what it remembers.
func (l *liveJudge) use(c JudgeConfig) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.Below, c.Messages = 0, false // the supervisor's matter
	switch {
	case c == l.made:
		return nil
	case !c.on():
		l.now, l.made = nil, c
		return nil
	}
	j, err := judge.New(judge.Options{
		BaseURL: c.BaseURL, Model: c.Model, Key: l.key, PerDay: c.PerDay, USDPerDay: c.USDPerDay,
		Prices: judge.Prices{Input: c.USDInput, Output: c.USDOutput}, Book: l.book,
	})
	if err == nil {
		l.now, l.made = j, c
	}
	return err
}

func (l *liveJudge) judge() (*judge.Judge, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == nil {
		return nil, errors.New("none is configured any more")
	}
	return l.now, nil
}

// Ask is of supervise.Options.Judge.
func (l *liveJudge) Ask(ctx context.Context, f agent.Facts) (agent.Verdict, error) {
	j, err := l.judge()
	if err != nil {
		return agent.Verdict{}, err
	}
	return j.Ask(ctx, f)
}

// Write is of supervise.Options.Judge.
func (l *liveJudge) Write(ctx context.Context, b agent.Brief) (string, error) {
	j, err := l.judge()
	if err != nil {
		return "", err
	}
	return j.Write(ctx, b)
}

// judgeCost is what the judge has cost in the last 24 hours, and what it may.
type judgeCost struct {
	Tokens       int     `json:"tokens"`
	TokensPerDay int     `json:"tokens_per_day"`
	USD          float64 `json:"usd"`
	USDPerDay    float64 `json:"usd_per_day"` // 0 is no bound
}

func (c judgeCost) String() string {
	s := fmt.Sprintf("%d of %d tokens", c.Tokens, c.TokensPerDay)
	switch {
	case c.USDPerDay > 0:
		s += fmt.Sprintf(", $%.4f of $%.2f", c.USD, c.USDPerDay)
	case c.USD > 0:
		s += fmt.Sprintf(", $%.4f", c.USD)
	}
	return s + " in 24 hours"
}
