package main

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The tests in this file hold the house rules about the repository as a whole.

// repo is the root of the repository.
func repo(path ...string) string { return filepath.Join(append([]string{"..", ".."}, path...)...) }

// goPackage is what `go list` tells of a package.
type goPackage struct {
	ImportPath string
	Dir        string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps=false", "-json=ImportPath,Dir,Imports,Deps", "./...")
	cmd.Dir = repo()
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// ban forbids packages to some others.
type ban struct {
	who    string // path, or a path and "/..." for all below it as well
	except []string
	not    []string // likewise; forbidden also at one remove
	direct bool     // only direct imports are forbidden
	reason string
}

func bans() []ban {
	below := []string{"vigil/cmd/...", "vigil/tui/..."}
	return []ban{
		{
			who: "vigil/agent/...", not: append(below, "vigil/remote/...", "vigil/themes/..."),
			reason: "agent knows nothing of screens or other machines; cmd joins them",
		},
		{
			who: "vigil/remote/...", not: append(below, "vigil/agent/...", "vigil/themes/..."),
			reason: "remote knows nothing of agents or screens; cmd joins them",
		},
		{who: "vigil/themes/...", not: append(below, "vigil/agent/...", "vigil/remote/..."), reason: "themes are data and import nothing of ours"},
		{who: "vigil/agent/report/figure/...", not: append(below, "vigil/agent/...", "vigil/remote/...", "vigil/themes/..."), reason: "a figure is data that any room may make, the report too"},
		{who: "vigil/tui/...", not: []string{"vigil/cmd/..."}, reason: "imports point one way"},
		{who: "vigil/agent/...", not: []string{"charm.land/..."}, reason: "nothing below the screen draws"},
		{who: "vigil/remote/...", not: []string{"charm.land/..."}, reason: "nothing below the screen draws"},
		{who: "vigil/themes/...", not: []string{"charm.land/..."}, reason: "a theme is data; tui makes styles of it"},
		{who: "vigil/agent", not: []string{"vigil/..."}, reason: "the types that everyone speaks depend on no room"},
		{who: "vigil/remote", not: []string{"vigil/..."}, reason: "a parent does not import its children"},
		{
			who: "vigil/tui/...", not: []string{"os", "os/exec", "net", "net/http", "database/sql"}, direct: true,
			reason: "the screen touches no file, process or socket: it reads snapshots and sends intents",
		},
		{
			who: "vigil/...", except: []string{"vigil/cmd/vigil"}, not: []string{"github.com/spf13/...", "charm.land/fang/..."}, direct: true,
			reason: "only the command parses command lines",
		},
		{
			who: "vigil/cmd/vigil", not: []string{"vigil/cmd/vigil/internal/clients", "vigil/cmd/vigil/internal/modelapi", "testing"},
			reason: "what only tests use is not in the binary",
		},
		{
			who: "vigil/...", not: []string{"github.com/charmbracelet/bubbletea/...", "github.com/charmbracelet/lipgloss/..."},
			reason: "the first version of these libraries does not go with the second",
		},
	}
}

// covers reports whether a pattern of a ban means the path.
func covers(pattern, path string) bool {
	if parent, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == parent || strings.HasPrefix(path, parent+"/")
	}
	return path == pattern
}

func TestImportBans(t *testing.T) {
	all := packages(t)
	for _, p := range all {
		for _, b := range bans() {
			if !covers(b.who, p.ImportPath) || slices.Contains(b.except, p.ImportPath) {
				continue
			}
			imports := p.Deps
			if b.direct {
				imports = p.Imports
			}
			for _, i := range imports {
				for _, not := range b.not {
					if covers(not, i) && i != p.ImportPath {
						t.Errorf("%s imports %s: %s", p.ImportPath, i, b.reason)
					}
				}
			}
		}
		siblings(t, p)
	}
}

// siblings holds that inside agent/ and remote/ a child imports its parent
// only; agent/supervise alone joins its siblings.
func siblings(t *testing.T, p goPackage) {
	for _, room := range []string{"vigil/agent", "vigil/remote"} {
		if !strings.HasPrefix(p.ImportPath, room+"/") || p.ImportPath == "vigil/agent/supervise" {
			continue
		}
		for _, i := range p.Deps {
			if strings.HasPrefix(i, room+"/") && !strings.HasPrefix(i, p.ImportPath+"/") {
				t.Errorf("%s imports its sibling %s: only supervise joins siblings, so that each can be read alone", p.ImportPath, i)
			}
		}
	}
}

// The bans must bite: each is broken by an import made up for it.
func TestBansCover(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"vigil/agent/...", "vigil/agent", true},
		{"vigil/agent/...", "vigil/agent/ending", true},
		{"vigil/agent/...", "vigil/agents", false},
		{"vigil/agent", "vigil/agent/ending", false},
		{"charm.land/...", "charm.land/bubbletea/v2", true},
		{"os", "os/exec", false},
	} {
		if got := covers(c.pattern, c.path); got != c.want {
			t.Errorf("covers(%q, %q) = %v", c.pattern, c.path, got)
		}
	}
}

func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		documented := false
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			a, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			documented = documented || a.Doc != nil
		}
		if !documented {
			t.Errorf("%s has no package comment that says what it is for and where to start", p.ImportPath)
		}
	}
}

func TestTopLevel(t *testing.T) {
	allowed := []string{
		".ci", ".git", ".gitattributes", ".github", ".gitignore", "LICENSE", "README.md", "agent", "cmd", "docs", "go.mod", "go.sum",
		"remote", "themes", "tui",
		"bin", "vigil", // build outputs, which git ignores
	}
	entries, err := os.ReadDir(repo())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s stands at the top level: rooms are agent, remote, tui, themes and cmd; documents go to docs", e.Name())
		}
	}
}

func TestFileSizes(t *testing.T) {
	const most = 500 // lines
	for _, p := range packages(t) {
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue // a table of cases may be long
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(b), "\n"); n > most {
				t.Errorf("%s has %d lines: a file is one idea, at most %d lines", f, n, most)
			}
			if filepath.Base(f) == "main.go" && strings.HasSuffix(p.ImportPath, "cmd/vigil") && strings.Count(string(b), "\n") >= 40 {
				t.Errorf("%s: main only wires; under 40 lines", f)
			}
		}
	}
}

func TestGoMod(t *testing.T) {
	b, err := os.ReadFile(repo("go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`(?m)^\s*replace\b`).Match(b) {
		t.Error("go.mod has a replace: `go install` from elsewhere would not see it")
	}
	if !strings.HasPrefix(string(b), "module vigil\n") {
		t.Error("go.mod: the module is called vigil")
	}
}

func TestReadme(t *testing.T) {
	b, err := os.ReadFile(repo("README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"go run ./cmd/vigil demo", "go test ./..."} {
		if !strings.Contains(string(b), command) {
			t.Errorf("README.md does not show %q", command)
		}
	}
	links := regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(b), -1)
	for _, m := range links {
		if _, err := os.Stat(repo(m[1])); err != nil {
			t.Errorf("README.md: %v", err)
		}
	}
}
