package appserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vigil/agent"
)

// Errors of StartTurn and Compact about a thread that cannot take anything
// now. Nothing was sent.
var (
	ErrActive    = errors.New("the app-server says that it works")
	ErrAsks      = errors.New("the app-server says that it asks a person")
	ErrNotLoaded = errors.New("the app-server does not hold its session")
)

// StartTurn begins a turn of the thread with the text, under a key by which
// Prompted finds it again, and returns the turn's id. The error wraps one of
// this package's, or is a *Refusal; unless it wraps ErrUnsure, nothing was
// done.
func (c *Client) StartTurn(ctx context.Context, thread, key, text string) (turn string, err error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	cn, err := c.rests(ctx, thread)
	if err != nil {
		return "", err
	}
	var started struct {
		Turn struct {
			ID string `json:"id"`
		} `json:"turn"`
	}
	err = cn.call(ctx, "turn/start", map[string]any{
		"threadId": thread, "clientUserMessageId": key,
		"input": []map[string]string{{"type": "text", "text": text}},
	}, &started)
	return agent.CleanLine(started.Turn.ID, maxID), err
}

// Compact has the thread compact its context. It returns when that has begun:
// the thread is then Active until it is done. Errors are as of StartTurn.
func (c *Client) Compact(ctx context.Context, thread string) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	cn, err := c.rests(ctx, thread)
	if err != nil {
		return err
	}
	return cn.call(ctx, "thread/compact/start", map[string]string{"threadId": thread}, nil)
}

// lookBack is how many turns Prompted looks through: what comes after a lost
// answer is one turn, as a rule.
const lookBack = 5

// Prompted reports whether one of the thread's last turns has a message with
// the key. An error says that it is not known.
func (c *Client) Prompted(ctx context.Context, thread, key string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	cn := c.current()
	if cn == nil {
		return false, ErrNotConnected
	}
	var turns struct {
		Data []struct {
			Items []struct {
				ClientID string `json:"clientId"`
			} `json:"items"`
		} `json:"data"`
	}
	err := cn.call(ctx, "thread/turns/list", map[string]any{"threadId": thread, "limit": lookBack, "itemsView": "summary"}, &turns)
	if err != nil {
		return false, err
	}
	for _, t := range turns.Data {
		for _, i := range t.Items {
			if i.ClientID == key {
				return true, nil
			}
		}
	}
	return false, nil
}

// rests returns the connection if the thread is loaded and no turn of it runs,
// as the server says now.
func (c *Client) rests(ctx context.Context, thread string) (*conn, error) {
	cn := c.current()
	if cn == nil {
		return nil, ErrNotConnected
	}
	m, err := c.about(ctx, cn, thread)
	var r *Refusal
	switch {
	case errors.As(err, &r): // it knows no such thread
		return nil, fmt.Errorf("%w: %s", ErrNotLoaded, agent.CleanLine(r.Message, maxText))
	case err != nil: // only a question was asked
		return nil, fmt.Errorf("%w: %s", ErrNotConnected, agent.CleanLine(err.Error(), maxText))
	}
	t := m.Status.thread(thread, time.Time{})
	switch {
	case t.Approval || t.Input:
		return nil, ErrAsks
	case t.State == Active:
		return nil, ErrActive
	case !t.State.Loaded(), m.Direct != nil && !*m.Direct:
		return nil, ErrNotLoaded
	}
	return cn, nil
}

func (c *Client) current() *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

// about asks what the server knows of a thread.
func (c *Client) about(ctx context.Context, cn *conn, id string) (meta, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	var r struct {
		Thread meta `json:"thread"`
	}
	err := cn.call(ctx, "thread/read", map[string]string{"threadId": id}, &r)
	return r.Thread, err
}

// lastError asks how the last turn of a thread failed; nil if that is not
// told.
func (c *Client) lastError(ctx context.Context, cn *conn, id string) *agent.Failure {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	var turns struct {
		Data []struct {
			Error *turnError `json:"error"`
		} `json:"data"`
	}
	err := cn.call(ctx, "thread/turns/list", map[string]any{"threadId": id, "limit": 1, "itemsView": "notLoaded"}, &turns)
	if err != nil || len(turns.Data) == 0 || turns.Data[0].Error == nil {
		return nil
	}
	return turns.Data[0].Error.failure()
}
