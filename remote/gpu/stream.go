package gpu

import (
	"regexp"
	"strings"
	"time"

	"vigil/remote"
)

// way is how a node is reached. The words are those of host.sh.
type way string

const (
	here    way = "here"
	bySrun  way = "srun" // a step without GPUs of its own: it sees all of the node's
	byOwn   way = "own"  // a step that shares the job's GPUs, where the site hides others
	bySSH   way = "ssh"
	nothing way = ""
)

func (t Target) ways() []way {
	switch {
	case t.Local:
		return []way{here}
	case t.Job != "":
		return []way{bySrun, byOwn, bySSH}
	}
	return []way{bySSH}
}

const (
	// silence is how long a way may say nothing of a GPU before it is given up.
	silence = time.Minute
	// again is how soon a way is tried again that has worked until now.
	again = 5 * time.Second
	// Rounds through all ways in vain are firstPause apart, twice that, and so
	// on up to lastPause: each costs the scheduler a few requests.
	firstPause = 15 * time.Second
	lastPause  = 10 * time.Minute
	maxApps    = 256 // processes of one node
)

// stream is what is known of one target. It knows no clock and does no I/O.
type stream struct {
	Target
	at     int       // ways()[at] runs, or is tried next
	token  int       // of what runs; 0 when nothing does
	began  time.Time // what runs, or ran last
	heard  time.Time // when it last told of a GPU; began before that
	next   time.Time // when nothing runs: no try before
	over   bool      // there is nothing to look at, and that is no trouble
	worked bool      // what runs has told of a GPU
	fails  int       // in a row
	said   string    // what the way that runs had to say besides
	why    string    // what the first way of this round had to say
	told   bool      // of a problem

	gpus map[int]remote.GPU
	jobs map[string][]string // by the GPU's UUID
	apps map[string][]string // jobs, while a list of them comes in
	nApp int
}

// verdict is a problem of a node and what to do about it; empty without one.
type verdict struct{ what, do string }

// way returns what runs.
func (s *stream) way() way {
	if s.token == 0 {
		return nothing
	}
	return s.ways()[s.at]
}

func (s *stream) start(token int, now time.Time) {
	s.token, s.began, s.heard = token, now, now
	s.worked, s.said, s.apps = false, "", nil
}

// hear takes a line that is not its end, and reports whether there is
// something new to show.
func (s *stream) hear(line string, now time.Time) bool {
	if g, ok := row(line); ok {
		g.Node, g.At = s.Node, now
		s.heard, s.worked = now, true
		s.gpus[g.Index] = g
		for i, old := range s.gpus {
			if now.Sub(old.At) > 4*Every { // it fell off the bus
				delete(s.gpus, i)
			}
		}
		return true
	}
	switch {
	case line == "@apps":
		s.apps, s.nApp = map[string][]string{}, 0
	case line == "@done":
		s.jobs, s.apps = s.apps, nil
		return true
	case strings.HasPrefix(line, "@app "):
		if uuid, job, ok := app(line); ok && s.apps != nil && s.nApp < maxApps {
			s.nApp++
			s.apps[uuid] = union(s.apps[uuid], job)
		}
	case s.said == "" || telling.MatchString(line) && !telling.MatchString(s.said):
		s.said = remote.Line(line, 200)
	}
	return false
}

var (
	// telling are lines that say why something failed, among those that srun,
	// ssh and login scripts print besides.
	telling = regexp.MustCompile(`^srun: error: [A-Z]|(?i:unrecognized|denied|not found|no such|refused|failed|no devices|timed out|could not|unreachable)`)
	// gone are srun's words for a job that has ended, or that runs no more.
	gone = regexp.MustCompile(`(?i)invalid job id|has expired|unable to confirm allocation|pending execution|already complet`)
	// hidden are nvidia-smi's words where no device can be seen.
	hidden = regexp.MustCompile(`(?i)no devices were found`)
	// broken are nvidia-smi's words where the driver is at fault.
	broken = regexp.MustCompile(`NVML|NVIDIA-SMI has failed`)
)

// ended takes the end of what ran, and says what to tell of the node.
func (s *stream) ended(code string, now time.Time) (v verdict) {
	w, worked, said := s.way(), s.worked, s.said
	s.token, s.worked = 0, false
	if said == "" {
		said = "nvidia-smi ended with code " + remote.Line(code, 20)
	}
	switch {
	case worked:
		s.pause(now, now.Sub(s.began) >= silence)
	case w == here && (code == "127" || hidden.MatchString(said)):
		s.over = true
	case w != bySSH && w != here && gone.MatchString(said):
		s.at = 0
		s.pause(now, false)
	default:
		if s.why == "" {
			s.why = said
		}
		s.at++
		if w == bySrun && !hidden.MatchString(said) {
			s.at++ // the job's own GPUs would not help
		}
		if s.at < len(s.ways()) {
			s.next = now
			return v
		}
		v = s.problem()
		s.at, s.why, s.told = 0, "", true
		s.pause(now, false)
	}
	return v
}

// pause sets when to try again: soon if all was well until now.
func (s *stream) pause(now time.Time, well bool) {
	if well {
		s.fails = 0
		s.next = now.Add(again)
		return
	}
	s.next = now.Add(min(firstPause<<min(s.fails, 10), lastPause))
	s.fails++
}

func (s *stream) problem() verdict {
	switch {
	case broken.MatchString(s.why):
		return verdict{s.why, "reload its driver or reboot it"}
	case s.Local:
		return verdict{s.why, "make nvidia-smi work there"}
	case s.Job == "":
		return verdict{s.why, "let `ssh " + s.Node + "` work from the host; until then only the scheduler's count is known"}
	}
	return verdict{s.why, "let `srun --overlap` or `ssh " + s.Node + "` work from the host; until then only the scheduler's count is known"}
}

func union(jobs []string, job string) []string {
	for _, j := range jobs {
		if j == job {
			return jobs
		}
	}
	if job == "" {
		return jobs
	}
	return append(jobs, job)
}
