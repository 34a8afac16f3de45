package workspace

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vigil/agent"
)

// Names are compared without case and extension: goal.md and GOAL.txt are both
// a goal. Earlier names win.
var (
	goalNames = []string{"goal", "goals", "program", "objective", "task"}
	planNames = []string{"plan", "plans", "strategy", "todo", "roadmap"}
	// padDirs are the folders that hold drafts.
	padDirs = []string{"scratchpad", "scratchpads", "scratch", "scratch_pad", "scratch-pad"}
	// padFiles are the files in the workspace itself that belong to the drafts.
	padFiles = []string{
		"scratchpad", "scratch", "thread", "notes", "journal", "log", "results", "state", "ideas", "records",
		"progress", "findings", "experiments", "ledger", "runs", "verification",
	}
	texts = []string{"", ".md", ".markdown", ".txt"}
	// marks say that a folder is a workspace, besides a goal and a plan.
	marks = []string{"AGENTS.md", "CLAUDE.md", ".git"}
	// ledgers are appended for ever and are always worth a look.
	ledgers = []string{"runs", "results", "all_results", "ledger", "experiments", "thread", "records", "journal"}
	// logDirs hold what programs write, not what the agent writes.
	logDirs = []string{"runs", "run", "logs", "log", "runouts", "outputs", "slurm", "slurm_logs", "slurm-logs"}
	logExts = []string{".log", ".out", ".err", ".stdout", ".stderr"}
	// dataExts grow for ever when programs write them.
	dataExts = []string{".txt", ".jsonl", ".ndjson", ".csv", ".tsv", ".json"}
	// binaryExts need no look inside.
	binaryExts = []string{
		".pt", ".pth", ".ckpt", ".safetensors", ".bin", ".npy", ".npz", ".pkl", ".pickle", ".parquet", ".arrow",
		".gz", ".zst", ".xz", ".bz2", ".zip", ".tar", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf",
		".so", ".o", ".a", ".pyc", ".db", ".sqlite", ".mp4",
	}
	skipDirs = []string{"node_modules", "__pycache__", "venv", "env", "site-packages", "wandb", "checkpoints", "ckpts"}
)

// stem splits a name into its lower-case stem and extension.
func stem(name string) (string, string) {
	name = strings.ToLower(name)
	ext := filepath.Ext(name)
	return strings.TrimSuffix(name, ext), ext
}

// rank returns the place of a text's name in the list, or -1.
func rank(name string, list []string) int {
	s, ext := stem(name)
	if !slices.Contains(texts, ext) {
		return -1
	}
	return slices.Index(list, s)
}

// document reports whether a name is that of a goal or plan.
func document(name string) bool {
	// A bare "task" or "plan" may be a program or a folder of anything.
	return filepath.Ext(name) != "" && (rank(name, goalNames) >= 0 || rank(name, planNames) >= 0)
}

// inRoot reports whether a file in the workspace itself is watched.
func inRoot(name string) bool {
	if document(name) {
		return true
	}
	s, ext := stem(name)
	if ext == ".jsonl" {
		return slices.Contains(ledgers, s)
	}
	return slices.Contains(texts, ext) && ext != "" && slices.Contains(padFiles, s)
}

// padDir reports whether a folder in the workspace holds drafts.
func padDir(name string) bool { return slices.Contains(padDirs, strings.ToLower(name)) }

// passing reports whether a name is that of a file which programs make and
// take away while they write another: hidden files, swap files, backups.
func passing(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") || strings.HasSuffix(name, "~") ||
		name == "4913" || // vim's test of whether it may write
		slices.Contains([]string{".swp", ".swx", ".tmp", ".temp", ".lock", ".part"}, strings.ToLower(filepath.Ext(name))) ||
		strings.Contains(name, ".tmp.")
}

// skipped reports whether a folder is left out whole.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(skipDirs, name)
}

// logDir reports whether the folder holds logs: it changes all the time, so it
// is looked at by the poll alone.
func logDir(rel string) bool {
	for part := range strings.SplitSeq(strings.ToLower(filepath.ToSlash(rel)), "/") {
		if slices.Contains(logDirs, part) {
			return true
		}
	}
	return false
}

// growing reports whether a file is a training log or the like, which grows
// for ever: no version of it is kept.
func growing(rel string, size int64) bool {
	s, ext := stem(filepath.Base(rel))
	switch {
	case slices.Contains(logExts, ext):
		return true
	case logDir(filepath.Dir(rel)):
		return slices.Contains(dataExts, ext)
	case ledger(rel):
		return false
	case slices.Contains(dataExts, ext) && ext != ".txt":
		return size > maxData
	}
	return s == "nohup"
}

// ledger reports whether a file is one that the agent appends its results to.
func ledger(rel string) bool {
	if logDir(filepath.Dir(rel)) {
		return false
	}
	s, ext := stem(filepath.Base(rel))
	return slices.Contains(ledgers, s) && slices.Contains([]string{".jsonl", ".md", ".txt", ".csv"}, ext)
}

// Root returns the workspace that a folder belongs to: the nearest folder, from
// dir upwards, that holds a goal, a plan, AGENTS.md, CLAUDE.md or .git, and dir
// itself if there is none. It never goes above the home folder; the home folder
// needs a goal or a plan, since the other marks are kept there for all folders.
func Root(dir string) string {
	home, _ := os.UserHomeDir() // without one, only the root of the file system ends the search
	return root(here{}, home, dir)
}

// RootOn is Root on another machine, with the home folder there.
func RootOn(files agent.Files, home, dir string) string { return root(far{files}, home, dir) }

func root(d disk, home, dir string) string {
	dir = filepath.Clean(dir)
	for up := dir; ; up = filepath.Dir(up) {
		if up == filepath.Dir(up) { // the root of the file system, or "."
			return dir
		}
		if !padDir(filepath.Base(up)) && isRoot(d, up, up != home) { // drafts may hold a plan of their own
			return up
		}
		if up == home {
			return dir
		}
	}
}

// isRoot reports whether the folder holds a mark. Plain says that the marks
// count which only say that agents or people work there.
func isRoot(d disk, dir string, plain bool) bool {
	entries, _ := d.list(dir, maxFiles) // a longer folder is no workspace
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return document(e.Name()) || plain && slices.Contains(marks, e.Name())
	})
}
