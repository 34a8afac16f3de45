package transcript

import (
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// qwenSearch looks for sessions of Qwen Code: projects/FOLDER/chats/ID.jsonl in
// its configuration folder, FOLDER as with Claude Code. Like that it keeps a
// registry of its processes, sessions/PID.json.
type qwenSearch struct{ claudeSearch }

// maxBelow is how many processes are looked for in the registry: tools that the
// CLI runs come behind those that it is made of.
const maxBelow = 8

func (s *qwenSearch) folders(dir string) []string {
	out := s.claudeSearch.folders(dir)
	for i := range out {
		out[i] = filepath.Join(out[i], "chats")
	}
	return out
}

// registered looks for the process in the registry, or for one below it: the
// program starts itself again with other flags.
func (s *qwenSearch) registered() (path, id string) {
	below := s.q.Below[:min(len(s.q.Below), maxBelow)]
	for _, pid := range append([]int{s.q.PID}, below...) {
		r, ok := s.entry(pid)
		if !ok || r.PID != pid || plainID(r.SessionID) == "" || s.q.Dir != "" && r.Dir != s.q.Dir {
			continue
		}
		if path = s.byID(r.SessionID); path == "" {
			dirs := s.folders(r.Dir)
			if len(dirs) == 0 {
				continue
			}
			path = filepath.Join(dirs[len(dirs)-1], r.SessionID+".jsonl")
		}
		return path, r.SessionID
	}
	return "", ""
}

// qwenEntry is a file of the registry.
type qwenEntry struct {
	PID       int    `json:"pid"`
	SessionID string `json:"sessionId"`
	Dir       string `json:"cwd"`
}

func (s *qwenSearch) entry(pid int) (qwenEntry, bool) {
	var r qwenEntry
	f, err := s.q.Files.Open(filepath.Join(s.home, "sessions", strconv.Itoa(pid)+".json"))
	if err != nil {
		return r, false
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, maxRegistry))
	if err != nil && !errors.Is(err, io.EOF) {
		return r, false
	}
	return r, json.Unmarshal(b, &r) == nil
}

func (s *qwenSearch) own(path string) string {
	if !strings.HasPrefix(path, filepath.Join(s.home, "projects")+string(filepath.Separator)) ||
		filepath.Base(filepath.Dir(path)) != "chats" {
		return ""
	}
	return plainID(strings.TrimSuffix(filepath.Base(path), ".jsonl"))
}

func (s *qwenSearch) byID(id string) string {
	for _, dir := range s.folders(s.q.Dir) {
		if p := filepath.Join(dir, id+".jsonl"); exists(s.q.Files, p) {
			return p
		}
	}
	return ""
}

func (s *qwenSearch) newest() (path, id string) {
	var best candidate
	for _, dir := range s.folders(s.q.Dir) {
		for _, c := range candidates(s.q.Files, dir, s.q.since(), s.q.Taken) {
			if i := s.own(c.path); i != "" {
				if c.at.After(best.at) {
					best, id = c, i
				}
				break
			}
		}
	}
	return best.path, id
}
