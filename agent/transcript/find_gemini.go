package transcript

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil/agent"
)

// geminiSearch looks for sessions of Gemini CLI:
// tmp/FOLDER/chats/session-START-ID.jsonl in its configuration folder, where
// FOLDER is a name that the CLI gave the working folder (it stands in the file
// .project_root there) or, in older versions, the SHA-256 of its path. Sessions
// of sub-agents have folders of their own below chats.
type geminiSearch struct {
	q    Query
	home string
}

const (
	maxProjects = 1000 // folders that are looked through
	maxPathLen  = 4096 // of a working folder, in bytes
)

// registered finds nothing: Gemini CLI keeps no registry of processes.
func (s *geminiSearch) registered() (path, id string) { return "", "" }

// chats are the folders with the sessions of the working folder.
func (s *geminiSearch) chats() []string {
	dirs := []string{s.q.Dir}
	if real, ok := resolve(s.q.Files, s.q.Dir); ok && real != s.q.Dir {
		dirs = append(dirs, real)
	}
	root := filepath.Join(s.home, "tmp")
	entries, err := s.q.Files.ReadDir(root)
	if err != nil || s.q.Dir == "" {
		return nil
	}
	var hashes, out []string
	for _, d := range dirs {
		sum := sha256.Sum256([]byte(d))
		hashes = append(hashes, hex.EncodeToString(sum[:]))
	}
	for _, e := range entries[:min(len(entries), maxProjects)] {
		dir := filepath.Join(root, e.Name())
		if slices.Contains(hashes, e.Name()) || slices.Contains(dirs, s.text(filepath.Join(dir, ".project_root"))) {
			out = append(out, filepath.Join(dir, "chats"))
		}
	}
	return out
}

// text is what a small file holds.
func (s *geminiSearch) text(path string) string {
	f, err := s.q.Files.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, maxPathLen)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	return strings.TrimSpace(string(b[:n]))
}

// own reads the head of a session: a sub-agent's says so.
func (s *geminiSearch) own(path string) string {
	if !strings.HasPrefix(filepath.Base(path), "session-") || filepath.Base(filepath.Dir(path)) != "chats" {
		return ""
	}
	info, ok := peek(s.q.Files, agent.Gemini, path)
	if !ok || info.Side {
		return ""
	}
	return plainID(info.ID)
}

func (s *geminiSearch) byID(id string) string {
	for _, c := range s.candidates(time.Time{}, func(string) bool { return false }) {
		if strings.HasSuffix(c.path, "-"+id[:8]+".jsonl") && s.own(c.path) == id {
			return c.path
		}
	}
	return ""
}

// newest takes the session of the folder that was written last. A process that
// resumes one by its number, or the latest, goes on in an old file.
func (s *geminiSearch) newest() (path, id string) {
	since := s.q.since()
	if slices.ContainsFunc(s.q.Args, func(a string) bool {
		return a == "-r" || a == "--resume" || strings.HasPrefix(a, "--resume=")
	}) {
		since = time.Time{}
	}
	for _, c := range s.candidates(since, s.q.Taken) {
		if i := s.own(c.path); i != "" {
			return c.path, i
		}
	}
	return "", ""
}

func (s *geminiSearch) candidates(since time.Time, taken func(string) bool) []candidate {
	var out []candidate
	for _, dir := range s.chats() {
		out = append(out, candidates(s.q.Files, dir, since, taken)...)
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return b.at.Compare(a.at) })
	return out[:min(len(out), maxRollouts)]
}
