package transcript

import (
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// Bounds on the search for a rollout.
const (
	maxDays     = 400 // day folders that are looked at
	maxFarDays  = 31  // the same on another machine, where each costs round trips
	maxRollouts = 400 // heads that are read
)

// codexSearch looks for sessions of Codex:
// sessions/YYYY/MM/DD/rollout-START-ID.jsonl in its configuration folder.
type codexSearch struct {
	q    Query
	home string
}

// registered finds nothing: Codex keeps no registry of processes.
func (s *codexSearch) registered() (path, id string) { return "", "" }

// own reads the head of a rollout: an agent's own names the working folder and
// is no sub-agent's or title's.
func (s *codexSearch) own(path string) string {
	if !strings.HasPrefix(filepath.Base(path), "rollout-") {
		return ""
	}
	info, ok := peek(s.q.Files, agent.Codex, path)
	if !ok || info.Side || !s.here(info.Dir) {
		return ""
	}
	return info.ID
}

func (s *codexSearch) here(dir string) bool {
	if s.q.Dir == "" || dir == s.q.Dir {
		return true
	}
	a, err := s.q.Files.Stat(dir)
	if err != nil {
		return false
	}
	b, err := s.q.Files.Stat(s.q.Dir)
	return err == nil && os.SameFile(a, b)
}

// days gives the day folders, newest first: they are listed as far as they are
// looked at.
func (s *codexSearch) days() iter.Seq[string] {
	root := filepath.Join(s.home, "sessions")
	return func(yield func(string) bool) {
		left := maxDays
		if _, local := s.q.Files.(OS); !local {
			left = maxFarDays
		}
		for _, year := range names(s.q.Files, root, 4) {
			for _, month := range names(s.q.Files, filepath.Join(root, year), 2) {
				for _, day := range names(s.q.Files, filepath.Join(root, year, month), 2) {
					if left--; left < 0 || !yield(filepath.Join(root, year, month, day)) {
						return
					}
				}
			}
		}
	}
}

// names lists the entries of a folder whose names are numbers of n digits, the
// greatest first.
func names(files Files, dir string, n int) []string {
	entries, err := files.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if len(e.Name()) == n && strings.Trim(e.Name(), "0123456789") == "" {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out
}

func (s *codexSearch) byID(id string) string {
	for day := range s.days() {
		for _, c := range candidates(s.q.Files, day, time.Time{}, func(string) bool { return false }) {
			if strings.HasSuffix(c.path, "-"+id+".jsonl") {
				return c.path
			}
		}
	}
	return ""
}

// newest looks through the days, the newest first, for the rollout of the
// folder that was written last. A day's folder is that of a session's start, so
// one that a process has begun itself is not before the process's own day.
func (s *codexSearch) newest() (path, id string) {
	var best candidate
	read := 0
	first := ""
	if since := s.q.since(); !since.IsZero() {
		first = filepath.Join(s.home, "sessions", since.Add(-24*time.Hour).Format("2006/01/02"))
	}
	for day := range s.days() {
		if id != "" && day < first {
			break
		}
		for _, c := range candidates(s.q.Files, day, s.q.since(), s.q.Taken) {
			if !c.at.After(best.at) {
				break
			}
			if read++; read > maxRollouts {
				return best.path, id
			}
			if i := s.own(c.path); i != "" {
				best, id = c, i
				break
			}
		}
	}
	return best.path, id
}
