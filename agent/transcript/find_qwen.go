package transcript

import (
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
		r, err := ReadRegistry(s.q.Files, filepath.Join(s.home, "sessions", strconv.Itoa(pid)+".json"))
		if err != nil || r.PID != pid || plainID(r.SessionID) == "" || s.q.Dir != "" && r.Dir != s.q.Dir {
			continue
		}
		if path, id = placed(s.byID(r.SessionID), s.folders(r.Dir), r.SessionID); id != "" {
			return path, id
		}
	}
	return "", ""
}

func (s *qwenSearch) own(path string) string {
	if !strings.HasPrefix(path, filepath.Join(s.home, "projects")+string(filepath.Separator)) ||
		filepath.Base(filepath.Dir(path)) != "chats" {
		return ""
	}
	return plainID(strings.TrimSuffix(filepath.Base(path), ".jsonl"))
}

func (s *qwenSearch) byID(id string) string { return inFolders(s.q.Files, s.folders(s.q.Dir), id) }

func (s *qwenSearch) newest() (path, id string) { return newestIn(s.q, s.folders(s.q.Dir), s.own) }
