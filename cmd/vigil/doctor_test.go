package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/colorprofile"

	"vigil/agent"
	"vigil/agent/hook"
	"vigil/agent/journal"
	"vigil/remote"
	"vigil/remote/remotetest"
)

// A check that hangs is a line of its own, in its place, and holds up no other
// one for longer than its limit.
func TestExamine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forever := make(chan struct{})
		say := func(s string, after time.Duration) func(context.Context) []finding {
			return func(context.Context) []finding {
				time.Sleep(after)
				return found(fine, s+"\x1b[31m\n", "")
			}
		}
		all := []checkup{
			{"slow", 5 * time.Second, say("slow", 3*time.Second)},
			{"hangs", 4 * time.Second, func(context.Context) []finding { <-forever; return nil }},
			{"heeds", time.Second, func(ctx context.Context) []finding { <-ctx.Done(); return found(bad, ctx.Err().Error(), "") }},
			{"quick", time.Second, say("quick", 0)},
		}
		began := time.Now()
		var got []string
		for f := range examine(t.Context(), all) {
			got = append(got, f.Area+" "+string(f.Level)+" "+f.What)
		}
		want := []string{"slow ok slow", "hangs bad no answer within 4s", "heeds bad context deadline exceeded", "quick ok quick"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
		if took := time.Since(began); took != 4*time.Second+checkGrace {
			t.Errorf("it took %s", took)
		}
		close(forever)
	})
}

func envOf(vars map[string]string) env { return env{Getenv: func(k string) string { return vars[k] }} }

func TestTerminalFindings(t *testing.T) {
	none := envOf(nil)
	for name, c := range map[string]struct {
		got  finding
		want level
		part string
	}{
		"large":           {sizeFinding(200, 60), fine, "200 columns"},
		"usual":           {sizeFinding(80, 24), fine, "80 columns"},
		"small":           {sizeFinding(79, 24), note, "80x24"},
		"true colours":    {colourFinding(colorprofile.TrueColor, none), fine, "true colours"},
		"256":             {colourFinding(colorprofile.ANSI256, none), fine, "256 colours"},
		"16":              {colourFinding(colorprofile.ANSI, none), note, "COLORTERM"},
		"dumb":            {colourFinding(colorprofile.NoTTY, envOf(map[string]string{"TERM": "dumb"})), note, "TERM is dumb"},
		"asked for none":  {colourFinding(colorprofile.ASCII, envOf(map[string]string{"NO_COLOR": "1"})), fine, "NO_COLOR"},
		"locale":          {utf8Finding(envOf(map[string]string{"LANG": "de_DE.UTF-8"})), fine, "de_DE.UTF-8"},
		"LC_ALL wins":     {utf8Finding(envOf(map[string]string{"LC_ALL": "C", "LANG": "C.UTF-8"})), note, "the locale is C"},
		"no locale":       {utf8Finding(none), note, "not set"},
		"tmux":            {versionFinding("tmux 3.4"), fine, "tmux 3.4"},
		"old tmux":        {versionFinding("tmux 2.9a"), bad, "too old"},
		"tmux to come":    {versionFinding("tmux next-3.7"), fine, "next-3.7"},
		"another's tmux":  {versionFinding("tmux master"), fine, "tmux master"},
		"ssh asks":        {linkFinding(remote.Link{What: "x"}, "Password:", errRefused), note, `it asks "Password:"`},
		"ssh is refused":  {linkFinding(remote.Link{What: "its host key has changed", Do: "find out why"}, "", errRefused), bad, "host key has changed find out why"},
		"ssh is too slow": {linkFinding(remote.Link{}, "", errors.New("still connecting")), bad, "still connecting"},
	} {
		if c.got.Level != c.want || !strings.Contains(c.got.What+" "+c.got.Do, c.part) {
			t.Errorf("%s: %+v, want %s with %q", name, c.got, c.want, c.part)
		}
		if c.got.Level != fine && c.got.Do == "" && name != "ssh is too slow" {
			t.Errorf("%s: it does not say what to do: %+v", name, c.got)
		}
	}
}

func TestInsideFindings(t *testing.T) {
	for _, c := range []struct {
		line  string
		notes []string
	}{
		{"1|10|on|on|on|on", nil},
		{"1|10||on|off|off", nil}, // before tmux 3.3
		{"1|500|off|external|off|off", []string{"escape-time", "allow-passthrough"}},
		{"1|10|0|external|0|0", []string{"allow-passthrough"}}, // tmux 3.3
		{"0|10|all|on|on|on", []string{"tmux -u"}},
	} {
		got := insideFindings(strings.Split(c.line, "|"))
		var dos []string
		for _, f := range got {
			if f.Level != fine {
				dos = append(dos, f.Do)
			}
		}
		if len(dos) != len(c.notes) {
			t.Errorf("%s: %+v", c.line, got)
			continue
		}
		for i, want := range c.notes {
			if !strings.Contains(dos[i], want) {
				t.Errorf("%s: %q, want %q", c.line, dos[i], want)
			}
		}
	}
	if got := insideFindings([]string{"what?"}); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
}

// levels are the levels of findings, and what they say.
func levels(fs []finding) (out []level, text string) {
	for _, f := range fs {
		out = append(out, f.Level)
		text += f.What + " " + f.Do + "\n"
	}
	return out, text
}

func TestCheckState(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vigil")
	got, text := levels(checkState(t.Context(), dir))
	if !slices.Equal(got, []level{fine}) || !strings.Contains(text, "not there yet") {
		t.Errorf("no folder: %v %s", got, text)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("it made the folder")
	}
	j, err := journal.Open(t.Context(), filepath.Join(dir, "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := j.RecordAgent(t.Context(), agent.Agent{ID: "a"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Acquire(t.Context(), "desk/1/x", time.Minute, time.Now()); err != nil {
		t.Fatal(err)
	}
	got, text = levels(checkState(t.Context(), dir))
	if slices.Contains(got, bad) && !strings.Contains(text, "free some") || !strings.Contains(text, "knows 1 agent") || !strings.Contains(text, "yours alone") {
		t.Errorf("in use: %v %s", got, text)
	}
	got, text = levels(checkLease(t.Context(), env{Now: time.Now}, dir))
	if got[0] != fine || !strings.Contains(text, "desk/1/x does it") || !strings.Contains(text, "answers no hooks") {
		t.Errorf("lease: %v %s", got, text)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{".": 0o755, "journal.db": 0o644} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	got, text = levels(checkState(t.Context(), dir))
	if !slices.Contains(got, bad) || !strings.Contains(text, "chmod 700 "+dir) || !strings.Contains(text, "chmod 600 "+filepath.Join(dir, "journal.db")) {
		t.Errorf("open to others: %v %s", got, text)
	}
	if err := os.WriteFile(filepath.Join(dir, "journal.db"), []byte("no database, whatever its name says"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := checkJournal(t.Context(), filepath.Join(dir, "journal.db")); f.Level != bad || f.Do == "" {
		t.Errorf("damaged: %+v", f)
	}
	if got, _ := levels(checkLease(t.Context(), env{Now: time.Now}, t.TempDir())); got[0] != note {
		t.Errorf("nobody has the lease: %v", got)
	}
}

func TestCheckJudge(t *testing.T) {
	const key = "sk-secret"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var status int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d/v1/models", &status); err != nil || r.Header.Get("Authorization") != "Bearer "+key {
			status = http.StatusTeapot
		}
		if status == 0 {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(status)
	}))
	defer srv.Close()
	for code, want := range map[int]level{200: fine, 401: bad, 403: bad, 404: note, 503: bad, 0: bad} {
		within := 10 * time.Second
		if code == 0 {
			within = 50 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), within)
		got := checkJudge(ctx, fmt.Sprintf("%s/%d/v1", srv.URL, code), key)
		cancel()
		if got[0].Level != want || want != fine && got[0].Do == "" || strings.Contains(got[0].What+got[0].Do, key) {
			t.Errorf("%d: %+v, want %s", code, got, want)
		}
	}
	srv.Close()
	if got := checkJudge(t.Context(), strings.Replace(srv.URL, "http://", "http://user:pass@", 1)+"/v1", key); got[0].Level != bad || strings.Contains(got[0].What, "pass") {
		t.Errorf("nobody listens: %+v", got)
	}
}

func TestAgentFindings(t *testing.T) {
	ok := func(string) error { return nil }
	in := agent.Pane{Target: "v3:1.0"}
	for name, c := range map[string]struct {
		snap *agent.Snapshot
		read func(string) error
		want level
		part string
	}{
		"none":          {&agent.Snapshot{}, ok, note, "vigil demo"},
		"well":          {&agent.Snapshot{Agents: []agent.View{{Agent: agent.Agent{Name: "a", Pane: in, Session: "/s"}}}}, ok, fine, "v3:1.0"},
		"no session":    {&agent.Snapshot{Agents: []agent.View{{Agent: agent.Agent{Name: "a", Pane: in}}}}, ok, note, "its pane is all"},
		"not readable":  {&agent.Snapshot{Agents: []agent.View{{Agent: agent.Agent{Name: "a", Pane: in, Session: "/s"}}}}, func(string) error { return os.ErrPermission }, bad, "permission"},
		"problem":       {&agent.Snapshot{Agents: []agent.View{{Agent: agent.Agent{Name: "a", Pane: in, Session: "/s"}, Problem: "broken"}}}, ok, bad, "vigil explain a"},
		"outside":       {&agent.Snapshot{Agents: []agent.View{{Agent: agent.Agent{Name: "a", Session: "/s"}}}}, ok, note, "start it in tmux"},
		"failed source": {&agent.Snapshot{Problems: []agent.Problem{{Where: "processes", What: "no /proc", Do: "mount it"}}}, ok, bad, "mount it"},
	} {
		fs := agentFindings(c.snap, c.read)
		f := fs[len(fs)-1]
		if f.Level != c.want || !strings.Contains(f.What+" "+f.Do, c.part) {
			t.Errorf("%s: %+v, want %s with %q", name, fs, c.want, c.part)
		}
	}
}

func TestHookFinding(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "it's vigil")
	if err := os.WriteFile(exe, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	file := settingsFile{agent.Claude, filepath.Join(dir, "settings.json")}
	want := []hook.Wanted{{Event: hook.Stop, Command: hook.Command(exe, "/state")}}
	look := func(text string) finding {
		if err := os.WriteFile(file.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return hookFinding(file, want)
	}
	install := func(w []hook.Wanted) string {
		b, err := hook.Install(nil, w)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, c := range map[string]struct {
		text string
		want level
		part string
	}{
		"none":         {"{}", note, "hook install"},
		"installed":    {install(want), fine, "installed"},
		"another's":    {install([]hook.Wanted{{Event: hook.Stop, Command: hook.Command(exe, "/else")}}), note, "another"},
		"gone":         {install([]hook.Wanted{{Event: hook.Stop, Command: hook.Command(exe+"2", "/state")}}), bad, "it's vigil2, which is not there"},
		"not settings": {"[", bad, "mend"},
	} {
		if f := look(c.text); f.Level != c.want || !strings.Contains(f.What+" "+f.Do, c.part) {
			t.Errorf("%s: %+v, want %s with %q", name, f, c.want, c.part)
		}
	}
}

// A host is connected to for real, and one that cannot be reached says why.
func TestCheckHost(t *testing.T) {
	s := remotetest.NewSSHD(t, remotetest.SSHDOptions{})
	hc := HostConfig{Name: s.Alias, SSHConfig: s.Config, Transport: "native", Agents: true}
	got, text := levels(checkHost(t.Context(), env{}, Config{}, hc))
	if slices.Contains(got, bad) || !strings.Contains(text, "connected, by native") || !strings.Contains(text, "SFTP works") {
		t.Errorf("%v %s", got, text)
	}
	s.Stop()
	if got, text := levels(checkHost(t.Context(), env{}, Config{}, hc)); !slices.Equal(got, []level{bad}) || !strings.Contains(text, "connect") {
		t.Errorf("nobody listens: %v %s", got, text)
	}
}

// TestDoctor runs all of it in an empty home: nothing is bad there but what the
// machine itself lacks, and nothing is left behind.
func TestDoctor(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it builds the binary")
	}
	bin, tmp := buildSelf(t), t.TempDir()
	out, _, err := runSelf(t, bin, tmp, os.Getenv("PATH"), "--set", "tmux.sockets="+filepath.Join(tmp, "none"), "doctor", "--json")
	var got struct {
		Checks        []finding
		OK, Note, Bad int
	}
	if jerr := json.Unmarshal([]byte(out), &got); jerr != nil {
		t.Fatalf("%v (%v): %s", jerr, err, out)
	}
	if got.OK+got.Note+got.Bad != len(got.Checks) || (got.Bad > 0) != (err != nil) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, f := range got.Checks {
		if f.Level == bad && f.Area != "tmux" && !strings.Contains(f.What, "tmux server") && !strings.Contains(f.What, "GiB") {
			t.Errorf("bad in an empty home: %+v", f)
		}
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("it left behind %v, %v", left, err)
	}
	out, _, err = runSelf(t, bin, tmp, os.Getenv("PATH"), "--set", "policy.delay=soon", "doctor")
	if err == nil || !strings.Contains(out, "bad   config       ") || !strings.Contains(out, "policy.delay") {
		t.Errorf("a bad configuration: %v\n%s", err, out)
	}
}
