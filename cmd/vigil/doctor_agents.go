package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"vigil/agent"
	"vigil/agent/hook"
)

// checkAgents looks for agents on this machine as every command does. What it
// writes down goes to a folder of its own, so that nothing is left behind.
func checkAgents(ctx context.Context, e env, c Config) []finding {
	tmp, err := os.MkdirTemp("", "vigil-doctor-")
	if err != nil {
		return found(bad, err.Error(), "make the folder for temporary files writable (TMPDIR)")
	}
	defer os.RemoveAll(tmp)
	c.State, c.Hosts = tmp, nil
	w, err := watchBy(ctx, e, c, nil, watchOptions{})
	if err != nil {
		return found(bad, err.Error(), "")
	}
	defer w.close()
	rctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.Run(rctx) }() // ends with rctx
	snap := w.settled(ctx)
	stop()
	if err := <-done; err != nil {
		return found(bad, err.Error(), "")
	}
	return agentFindings(snap, readable)
}

// readable reports why a file cannot be read; nil if it can.
func readable(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Read(make([]byte, 1)); err != nil && err != io.EOF {
		return err
	}
	return nil
}

// agentFindings tells of each agent, and of the sources that failed.
func agentFindings(snap *agent.Snapshot, readable func(string) error) []finding {
	var out []finding
	for _, v := range snap.Agents {
		who := fmt.Sprintf("%s (%s)", v.Name, v.Kind)
		switch {
		case v.Pane.Target != "":
			who += " in " + v.Pane.Target
		default:
			who += " outside tmux"
		}
		f := finding{Level: fine, What: who + ": its session file is read"}
		switch {
		case v.Session == "":
			f.Level, f.What = note, who+": no session file is known, so its pane is all there is"
			f.Do = "give it something to do once; see docs/clis.md for other CLIs"
		case readable(v.Session) != nil:
			f.Level, f.What, f.Do = bad, who+": "+readable(v.Session).Error(), "make the file readable"
		case v.Problem != "":
			f.Level, f.What = bad, who+": "+v.Problem
			f.Do = "`vigil explain " + v.Name + "` tells more"
		case v.Pane.Target == "":
			f.Level, f.What = note, who+": it is watched, and nudged only where its CLI has a way in"
			f.Do = "start it in tmux"
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		out = found(note, "no agent was found on this machine", "start claude or codex in tmux; `vigil demo` shows how it looks")
	}
	for _, p := range snap.Problems {
		out = append(out, finding{Level: bad, What: p.Where + ": " + p.What, Do: p.Do})
	}
	return out
}

// checkHooks looks whether the CLIs' hooks are there, and the program they run.
func checkHooks(e env, c Config) []finding {
	files, err := (&hookFlags{}).files(e)
	if err != nil {
		return found(note, err.Error(), "")
	}
	want := wantedHooks(e, c)
	var out []finding
	for _, file := range files {
		out = append(out, hookFinding(file, want))
	}
	return out
}

func hookFinding(file settingsFile, want []hook.Wanted) finding {
	x, err := readSettings(file)
	if err == nil {
		_, err = hook.Remove(x.old) // is it settings at all
	}
	if err != nil {
		return finding{Level: bad, What: fmt.Sprintf("%s: %s: %v", file.kind, file.path, err), Do: "mend the file"}
	}
	own := hook.Own(x.old)
	if len(own) == 0 {
		return finding{Level: note, What: string(file.kind) + ": not installed, so a stopped agent stands still for a moment before it is nudged", Do: "`vigil hook install`"}
	}
	for _, command := range own {
		program, ok := hook.Program(command)
		if !ok {
			continue
		}
		if info, err := os.Stat(program); err != nil || info.Mode().Perm()&0o111 == 0 {
			return finding{Level: bad, What: fmt.Sprintf("%s: its hook runs %s, which is not there", file.kind, program), Do: "`vigil hook install` again"}
		}
	}
	if !hook.Installed(x.old, want) {
		return finding{Level: note, What: string(file.kind) + ": installed for another vigil or state folder", Do: "`vigil hook install`, if you meant this one"}
	}
	return finding{Level: fine, What: string(file.kind) + ": installed"}
}
