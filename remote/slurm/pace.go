package slurm

import (
	"errors"
	"time"

	"vigil/remote"
)

// pace is how often a cluster is asked.
type pace struct {
	watched, idle time.Duration // between questions for jobs, while someone looks and else
	nodes         time.Duration // between questions for nodes
	details       time.Duration // between questions about one job
	acct          time.Duration // between questions to the accounting
	most          time.Duration // between questions for jobs after backing off
	offline       time.Duration // between tries without a connection, which cost the cluster nothing
	slow          time.Duration // an answer that takes longer is a reason to back off
	deadline      time.Duration // of a command; Slurm's own is 10 s
	requests      int           // at most, in any window
	window        time.Duration
}

// usual is a pace of 0.2 requests a second at most: four questions for jobs a
// minute, one for nodes and one for details, of two requests each.
func usual() pace {
	return pace{
		watched: 15 * time.Second, idle: time.Minute, nodes: time.Minute, details: time.Minute,
		acct: 5 * time.Minute, most: 5 * time.Minute, offline: 5 * time.Second,
		slow: 2 * time.Second, deadline: 30 * time.Second, requests: 12, window: time.Minute,
	}
}

// clock is when a poller asks what.
type clock struct {
	jobsAt      time.Time // when jobs were last asked for
	nodesAt     time.Time // when nodes may be asked for again
	detailAt    time.Time // when scontrol may be asked again
	acctAt      time.Time // when the accounting may be asked again
	unaccounted bool      // there is no accounting
	level       int       // how often the time between questions is doubled
	offline     bool
	jitter      float64 // added to the time between questions, so that pollers do not march in step
}

// heard takes how an answer came.
func (c *clock) heard(p pace, took time.Duration, err error) {
	c.offline = errors.Is(err, remote.ErrOffline)
	switch {
	case c.offline: // says nothing about the controller
	case err != nil || took > p.slow:
		c.level = min(c.level+1, maxLevel)
	default:
		c.level /= 2
	}
}

// maxLevel bounds the doubling; pace.most is reached before.
const maxLevel = 5

// every is the time between questions for jobs.
func (c *clock) every(p pace, watched bool) time.Duration {
	d := p.idle
	if watched {
		d = p.watched
	}
	if d = min(d<<c.level, p.most); c.offline {
		d = p.offline
	}
	return d + time.Duration(float64(d)*c.jitter)
}
