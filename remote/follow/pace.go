package follow

import "time"

// pace says how often things are looked at. It is the one place where vigil
// polls logs.
type pace struct {
	focus   time.Duration // a file that a person looks at
	running time.Duration // a file that grew, a folder that changed lately
	least   time.Duration // other files, and folders
	most    time.Duration // files that have not grown for long
	relist  time.Duration // a folder whose time tells of no change: its files may have grown
}

var usual = pace{
	focus:   250 * time.Millisecond,
	running: 2 * time.Second,
	least:   15 * time.Second,
	most:    time.Minute,
	relist:  5 * time.Minute,
}

const (
	// lately is how long ago a file grew that is taken to be written now.
	lately = 2 * time.Minute
	// quiet is how long a file must not have grown to be taken for finished.
	quiet = 15 * time.Minute
	// patience is how long a file that has become shorter, but starts as
	// before, is taken for a copy of itself that is still being written.
	patience = 10 * time.Second
	// holePatience is how long NUL bytes are taken for a part of the file that
	// is on its way: a network file system may write a later part first.
	holePatience = 30 * time.Second
	// ancient is how old a file's or folder's time must be to be called old
	// whatever the host's clock says.
	ancient = time.Hour
	// fresh is how long a folder's time must have been seen to be believed: a
	// change within the same tick of its host's clock does not show.
	fresh = 2 * time.Second
	// gather is how soon after a look a notice leads to the next.
	gather = 20 * time.Millisecond
	// saveEvery is how often positions are told.
	saveEvery = 3 * time.Minute
	// retryMin and retryMax bound how long an unreachable host is left alone.
	retryMin = 500 * time.Millisecond
	retryMax = 8 * time.Second
)

// file is when to look again at a file that has not grown for idle.
func (p pace) file(idle time.Duration, focus bool) time.Duration {
	switch {
	case idle < lately && focus:
		return p.focus
	case idle < lately || focus:
		return p.running
	}
	return min(max(idle/8, p.least), p.most)
}

// dir is when to look again at a folder that has not changed for idle, and
// whose listing took so long: a big one far away must not be all that is done.
func (p pace) dir(idle, took time.Duration) time.Duration {
	every := p.least
	if idle < lately {
		every = p.running
	}
	return max(every, 4*took)
}
