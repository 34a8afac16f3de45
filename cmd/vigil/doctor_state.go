package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"vigil/agent"
	"vigil/agent/hook"
	"vigil/agent/journal"
	"vigil/agent/tmux"
)

func checkConfig(c Config, err error) []finding {
	if err != nil {
		return found(bad, err.Error(), "mend it; `vigil config` checks it again")
	}
	var errs []error
	_, e1 := screenTheme(c)
	_, e2 := rulesOf(c)
	_, e3 := kindRules(c)
	if errs = append(errs, e1, e2, e3); errors.Join(errs...) != nil {
		return found(bad, errors.Join(errs...).Error(), "mend it; `vigil config` shows what holds")
	}
	if _, err := os.Stat(c.Path); err != nil {
		return found(fine, "no file, so the defaults hold", "")
	}
	return found(fine, c.Path+" is valid", "")
}

// Room in the state folder, in bytes.
const (
	scarceRoom = 100 << 20
	littleRoom = 1 << 30
)

// checkState looks at the state folder and at what is in it.
func checkState(ctx context.Context, dir string) []finding {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return found(fine, dir+" is not there yet: the first start makes it", "")
	case err != nil:
		return found(bad, err.Error(), "make it readable, or set XDG_STATE_HOME")
	case !info.IsDir():
		return found(bad, dir+" is not a folder", "move it away, or set XDG_STATE_HOME")
	case !writable(dir):
		return found(bad, dir+" cannot be written", "make it yours: chown, or set XDG_STATE_HOME to another folder")
	}
	out := modes(dir, info.Mode())
	if len(out) == 0 {
		out = []finding{{Level: fine, What: dir + " is yours alone"}}
	}
	if room, ok := roomIn(dir); ok {
		f := finding{Level: fine, What: fmt.Sprintf("%.1f GiB free on its disk", float64(room)/(1<<30))}
		switch {
		case room < scarceRoom:
			f.Level, f.Do = bad, "free some: nudges are held when the journal cannot be written"
		case room < littleRoom:
			f.Level, f.Do = note, "free some before a long night"
		}
		out = append(out, f)
	}
	return append(out, checkJournal(ctx, filepath.Join(dir, "journal.db")))
}

// modes finds what others than the person may read.
func modes(dir string, mode fs.FileMode) []finding {
	var out []finding
	if mode.Perm()&0o077 != 0 {
		out = append(out, finding{Level: bad, What: fmt.Sprintf("%s is open to others (%04o)", dir, mode.Perm()), Do: "chmod 700 " + dir})
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return append(out, finding{Level: bad, What: err.Error(), Do: "make it readable"})
	}
	for _, x := range entries {
		info, err := x.Info()
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		path := filepath.Join(dir, x.Name())
		out = append(out, finding{Level: note, What: fmt.Sprintf("%s is open to others (%04o)", path, info.Mode().Perm()), Do: "chmod 600 " + path})
	}
	return out
}

func checkJournal(ctx context.Context, path string) finding {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return finding{Level: fine, What: "no journal yet: the first start makes it"}
	}
	j, err := journal.OpenToRead(ctx, path)
	if err != nil {
		return finding{Level: bad, What: err.Error(), Do: "mend that, or move the journal away"}
	}
	defer j.Close()
	agents, err := j.Agents(ctx)
	if err != nil {
		return finding{Level: bad, What: err.Error(), Do: "move the journal away and start again"}
	}
	return finding{Level: fine, What: "the journal opens; it knows " + counted(len(agents), "agent")}
}

// checkLease says who does auto-resume, and whether it answers hooks.
func checkLease(ctx context.Context, e env, state string) []finding {
	nobody := found(note, "nobody does auto-resume: stopped agents stay stopped", "`vigil auto`, or `a` in the screen")
	path := filepath.Join(state, "journal.db")
	if _, err := os.Stat(path); err != nil {
		return nobody
	}
	j, err := journal.OpenToRead(ctx, path)
	if err != nil {
		return found(note, "not known: the journal does not open", "see the line on the state folder")
	}
	defer j.Close()
	l, err := j.Lease(ctx, e.Now())
	switch {
	case err != nil:
		return found(bad, err.Error(), "move the journal away and start again")
	case l.Holder == "":
		return nobody
	}
	here, _ := os.Hostname()
	if host, pid, err := journal.ProcessOf(l.Holder); err == nil && host == here && !tmux.Alive(pid, "") {
		return found(note, l.Holder+" had it and is dead; another vigil takes it over within seconds", "`vigil auto`, or `a` in the screen")
	}
	out := found(fine, l.Holder+" does it", "")
	if _, err := hook.Ping(hook.Path(state)); err != nil {
		out = append(out, finding{Level: note, What: "it answers no hooks here", Do: "harmless if it runs on another machine; else look into vigil.log"})
	}
	return out
}

// checkJudge asks the endpoint for its models: that costs nothing.
func checkJudge(ctx context.Context, base, key string) []finding {
	u, err := url.JoinPath(base, "models")
	if err != nil {
		return found(bad, "base_url is no address", "write it like http://127.0.0.1:8000/v1")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return found(bad, "base_url is no address", "write it like http://127.0.0.1:8000/v1")
	}
	where := req.URL.Host
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		// The error holds the whole address, with what a person may have put into it.
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return found(bad, where+" cannot be reached: "+err.Error(), "start it, or mend judge.base_url; the rules decide alone until then")
	}
	_ = resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		do := "set VIGIL_JUDGE_KEY to a key that it takes"
		if key == "" {
			do = "set VIGIL_JUDGE_KEY: no key is set"
		}
		return found(bad, where+" refuses the key", do)
	case resp.StatusCode >= 500:
		return found(bad, where+" answers "+agent.CleanLine(resp.Status, 60), "look into its log")
	case resp.StatusCode == http.StatusOK:
		return found(fine, where+" answers", "")
	}
	return found(note, where+" answers "+strings.ToLower(agent.CleanLine(resp.Status, 60))+" when asked for its models", "check that judge.base_url ends as in its manual, often in /v1")
}
