package gpu

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"vigil/remote"
)

const (
	// grace is how long the script has to end what it started.
	grace = 3 * time.Second
	// A channel that cannot be had is tried again after firstTry, twice that,
	// and so on up to lastTry.
	firstTry = 2 * time.Second
	lastTry  = time.Minute
)

// Run looks at the targets until ctx ends. What it started on the host has
// then ended, or is about to.
func (w *Watcher) Run(ctx context.Context) {
	d := &desk{w: w}
	wait := firstTry
	told := false
	for ctx.Err() == nil {
		d.sync(w.wanted(), time.Now())
		if len(d.streams) == 0 {
			if len(w.GPUs()) > 0 {
				w.publish(nil)
			}
			w.rest(ctx, 0)
			continue
		}
		spoke, err := w.channel(ctx, d)
		if spoke || errors.Is(err, remote.ErrOffline) { // without a connection asking costs nothing
			wait = firstTry
		}
		switch {
		case err == nil:
			continue
		case spoke && told:
			told = false
			w.opt.Problem("", "", "")
		case !spoke && !told && !errors.Is(err, remote.ErrOffline) && ctx.Err() == nil:
			told = true
			w.opt.Problem("", remote.Line(err.Error(), 200), "check that `sh` works there")
		}
		w.rest(ctx, wait)
		wait = min(2*wait, lastTry)
	}
}

// rest waits for d, for ever if it is 0, or until the targets change.
func (w *Watcher) rest(ctx context.Context, d time.Duration) {
	var c <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		c = t.C
	}
	select {
	case <-ctx.Done():
	case <-w.wake:
	case <-c:
	}
}

// channel runs the script on the host and the streams by it, until ctx ends,
// the last target is gone (nil), or the script ends. It reports whether the
// script has said anything.
func (w *Watcher) channel(ctx context.Context, d *desk) (spoke bool, err error) {
	alive, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	early := context.AfterFunc(ctx, kill)
	p, err := w.host.Start(alive, command())
	if err != nil {
		early()
		return false, err
	}
	if early() { // an orderly end, from here on; but no order may block for ever
		defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, kill) })()
	}
	lines := make(chan string, 256)
	var wg sync.WaitGroup
	wg.Go(func() { // ends with the script, which ends below
		defer close(lines)
		scan(p.Stdout(), lines)
	})
	d.out = p.Stdin()
	spoke, ended := w.listen(ctx, d, lines)
	d.lost(time.Now())
	_ = p.Stdin().Close() // the script ends all that it started
	force := time.AfterFunc(grace, kill)
	defer force.Stop()
	for range lines {
	}
	wg.Wait()
	err = p.Wait()
	switch {
	case !ended:
		return spoke, nil
	case err == nil:
		err = errors.New("the script that looks at GPUs ended by itself")
	}
	return spoke, err
}

// listen hears the script until ctx ends, no target is left, or the script has
// ended.
func (w *Watcher) listen(ctx context.Context, d *desk, lines <-chan string) (spoke, ended bool) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		if next := d.work(now); !next.IsZero() {
			timer.Reset(next.Sub(now))
		}
		select {
		case <-ctx.Done():
			return spoke, false
		case <-w.wake:
			d.sync(w.wanted(), time.Now())
			if len(d.streams) == 0 {
				return spoke, false
			}
		case l, ok := <-lines:
			if !ok {
				return spoke, true
			}
			spoke = true
			d.hear(l, time.Now())
		case <-timer.C:
		}
	}
}

// scan sends the lines of r; of a line that is too long, its beginning.
func scan(r io.Reader, lines chan<- string) {
	b := bufio.NewReaderSize(r, 2*maxLine)
	long := false
	for {
		l, err := b.ReadSlice('\n')
		if len(l) > 0 && !long {
			lines <- strings.TrimRight(string(l), "\r\n")
		}
		long = errors.Is(err, bufio.ErrBufferFull)
		if err != nil && !long {
			return
		}
	}
}
