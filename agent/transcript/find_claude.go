package transcript

import (
	"cmp"
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
	return placed(s.byID(r.SessionID), s.folders(cmp.Or(r.Dir, s.q.Dir)), r.SessionID)
}

// placed is the file of a session that a registry names: the one that was found
// or, before there is one, where it will be.
func placed(found string, dirs []string, session string) (path, id string) {
	switch {
	case found != "":
		return found, session
	case len(dirs) == 0:
		return "", ""
	}
	return filepath.Join(dirs[len(dirs)-1], session+".jsonl"), session
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
	if p := inFolders(s.q.Files, s.folders(s.q.Dir), id); p != "" {
		return p
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

// inFolders returns the file that is named after a session in the first of the
// folders that has it.
func inFolders(files Files, dirs []string, id string) string {
	for _, dir := range dirs {
		if p := filepath.Join(dir, id+".jsonl"); exists(files, p) {
			return p
		}
	}
	return ""
}

func (s *claudeSearch) newest() (path, id string) { return newestIn(s.q, s.folders(s.q.Dir), s.own) }

// newestIn returns the session file of the folders that was written last, of
// those that are an agent's own.
func newestIn(q Query, dirs []string, own func(path string) (id string)) (path, id string) {
	var best candidate
	for _, dir := range dirs {
		for _, c := range candidates(q.Files, dir, q.since(), q.Taken) {
			if i := own(c.path); i != "" {
				if c.at.After(best.at) {
					best, id = c, i
				}
				break
			}
		}
	}
	return best.path, id
}
