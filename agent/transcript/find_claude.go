package transcript

import (
	"path/filepath"
	"regexp"
	"strings"
)

// claudeSearch looks for sessions of Claude Code: projects/FOLDER/ID.jsonl in
// its configuration folder, where FOLDER is the working folder with each
// character but letters and digits turned into "-".
type claudeSearch struct {
	q    Query
	home string
}

var notInFolder = regexp.MustCompile(`[^A-Za-z0-9]`)

// folders are where the sessions of a working folder may be: the CLI resolves
// links, the process's folder may have come through one.
func (s *claudeSearch) folders(dir string) []string {
	var out []string
	add := func(dir string) {
		p := filepath.Join(s.home, "projects", notInFolder.ReplaceAllString(dir, "-"))
		if len(out) == 0 || out[0] != p {
			out = append(out, p)
		}
	}
	if dir == "" {
		return nil
	}
	add(dir)
	if real, ok := resolve(s.q.Files, dir); ok {
		add(real)
	}
	return out
}

func (s *claudeSearch) registered() (path, id string) {
	r, err := ReadRegistry(s.q.Files, RegistryPath(s.q.Home, s.q.Env, s.q.PID))
	if err != nil || r.PID != s.q.PID || plainID(r.SessionID) == "" {
		return "", ""
	}
	if s.q.ProcStart != "" && r.ProcStart != "" && r.ProcStart != s.q.ProcStart {
		return "", "" // left behind by another process with this number
	}
	if path = s.byID(r.SessionID); path == "" {
		dir := r.Dir
		if dir == "" {
			dir = s.q.Dir
		}
		dirs := s.folders(dir)
		if len(dirs) == 0 {
			return "", ""
		}
		path = filepath.Join(dirs[len(dirs)-1], r.SessionID+".jsonl")
	}
	return path, r.SessionID
}

// own takes the id from the name, which is that of the session; sub-agents have
// their files in folders of their own or, in older versions, beside it with
// another name.
func (s *claudeSearch) own(path string) string {
	if !strings.HasPrefix(path, filepath.Join(s.home, "projects")+string(filepath.Separator)) {
		return ""
	}
	if filepath.Base(filepath.Dir(path)) == "subagents" {
		return ""
	}
	return plainID(strings.TrimSuffix(filepath.Base(path), ".jsonl"))
}

func (s *claudeSearch) byID(id string) string {
	for _, dir := range s.folders(s.q.Dir) {
		if p := filepath.Join(dir, id+".jsonl"); exists(s.q.Files, p) {
			return p
		}
	}
	// It was begun in another folder.
	entries, err := s.q.Files.ReadDir(filepath.Join(s.home, "projects"))
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if p := filepath.Join(s.home, "projects", e.Name(), id+".jsonl"); exists(s.q.Files, p) {
			return p
		}
	}
	return ""
}

func (s *claudeSearch) newest() (path, id string) {
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
