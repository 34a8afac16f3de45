package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/agent/hook"
)

// hookFlags say which settings are meant.
type hookFlags struct {
	user    bool
	project string
	kind    string
	yes     bool
}

func newHook(e env, given *overrides) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hook",
		Short: "Let agent CLIs ask vigil before they stop",
		Long: "Claude Code and Codex can run a command when a turn is about to end, and go on with what it answers.\n" +
			"With vigil's hook installed they ask the vigil that does auto-resume, which answers by the same policy\n" +
			"as ever, in some milliseconds: an agent that would only stop never stands still. While no vigil does\n" +
			"auto-resume, or if vigil is gone or broken, they stop as if there were no hook.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newHookInstall(e, given), newHookRemove(e, given), newHookStatus(e, given), newHookStop(e))
	return cmd
}

func (f *hookFlags) bind(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.user, "user", false, "in your own settings, for all workspaces (the default)")
	cmd.Flags().StringVar(&f.project, "project", "", "in the settings of the workspace in this folder")
	cmd.Flags().StringVar(&f.kind, "kind", "", "claude or codex; without it, those that you use")
}

func (f *hookFlags) bindYes(cmd *cobra.Command) {
	f.bind(cmd)
	cmd.Flags().BoolVar(&f.yes, "yes", false, "write without asking")
}

func newHookInstall(e env, given *overrides) *cobra.Command {
	var f hookFlags
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Put vigil's hook into the settings of Claude Code and Codex",
		Long: "Shows what would change in the settings as a diff, asks, and writes it. Everything else in the file\n" +
			"stays as it is, other hooks too. Codex asks you to trust a new hook when it starts next.",
		Example: "vigil hook install\nvigil hook install --project ~/v3/claude-code --kind claude",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if e.Exe == "" || strings.Contains(e.Exe, "/go-build") {
				return usagef("%s is a binary that `go run` will remove: install vigil (go install ./cmd/vigil) and run that one", e.Exe)
			}
			c, err := loadConfig(e, *given)
			if err != nil {
				return err
			}
			want := wantedHooks(e, c)
			return f.change(e, func(data []byte) ([]byte, error) { return hook.Install(data, want) }, "is installed already")
		},
	}
	f.bindYes(cmd)
	return cmd
}

func newHookRemove(e env, _ *overrides) *cobra.Command {
	var f hookFlags
	cmd := &cobra.Command{
		Use:   "remove",
		Short: "Take vigil's hook out of the settings again",
		Long:  "Shows what would change as a diff, asks, and writes it. Other hooks and settings stay as they are.",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return f.change(e, hook.Remove, "is not installed")
		},
	}
	f.bindYes(cmd)
	return cmd
}

// newHookStop describes the command that the CLIs run; main runs it before it
// gets here.
func newHookStop(e env) *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use:   "stop --state DIR",
		Short: "What the CLIs run when a turn ends",
		Long: "Reads the hook's JSON on stdin, asks the vigil that does auto-resume, and prints its answer, if it has one,\n" +
			"within three seconds at most. It ends with 0 and prints nothing if anything is wrong, so that the agent stops normally.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if state == "" {
				return usagef("vigil hook stop: --state is needed: the state folder of vigil")
			}
			hook.Relay(hook.Path(state), e.Stdin, e.Stdout)
			return nil
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "vigil's state folder")
	return cmd
}

// wantedHooks is what the settings are to hold: the command is run by the small
// program beside this one if it is there, else by this one.
func wantedHooks(e env, c Config) []hook.Wanted {
	exe := e.Exe
	small := filepath.Join(filepath.Dir(exe), "vigil-hook")
	if info, err := os.Stat(small); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
		exe = small
	}
	return []hook.Wanted{{Event: hook.Stop, Command: hook.Command(exe, c.State)}}
}

// settingsFile is the settings of one CLI in one scope.
type settingsFile struct {
	kind agent.Kind
	path string
}

// files lists the settings that the flags mean.
func (f *hookFlags) files(e env) ([]settingsFile, error) {
	if f.user && f.project != "" {
		return nil, usagef("hook: --user and --project exclude each other: leave one out")
	}
	var kinds []agent.Kind
	switch k := agent.Kind(f.kind); k {
	case agent.Claude, agent.Codex:
		kinds = []agent.Kind{k}
	case "":
		kinds = []agent.Kind{agent.Claude, agent.Codex}
	default:
		return nil, usagef("--kind %q: choose claude or codex", f.kind)
	}
	var out []settingsFile
	for _, k := range kinds {
		dir, err := f.dir(e, k)
		if err != nil {
			return nil, err
		}
		if f.kind == "" && f.project == "" {
			if _, err := os.Stat(dir); err != nil {
				continue // a CLI that is not used here
			}
		}
		name := "settings.json"
		if k == agent.Codex {
			name = "hooks.json"
		}
		out = append(out, settingsFile{k, filepath.Join(dir, name)})
	}
	if len(out) == 0 {
		return nil, errors.New("neither Claude Code nor Codex has been used here: name one with --kind")
	}
	return out, nil
}

// dir is the folder with a CLI's settings.
func (f *hookFlags) dir(e env, k agent.Kind) (string, error) {
	own, variable := ".claude", "CLAUDE_CONFIG_DIR"
	if k == agent.Codex {
		own, variable = ".codex", "CODEX_HOME"
	}
	if f.project != "" {
		dir, err := filepath.Abs(e.expand(f.project))
		if err != nil {
			return "", err
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return "", usagef("--project %s: not a folder", f.project)
		}
		return filepath.Join(dir, own), nil
	}
	if dir := e.Getenv(variable); filepath.IsAbs(dir) {
		return dir, nil
	}
	if e.Home == "" {
		return "", errNoHome
	}
	return filepath.Join(e.Home, own), nil
}

// change edits each of the settings, shows the difference, and writes it if the
// person agrees. Nothing is written before all of them could be edited.
func (f *hookFlags) change(e env, edit func([]byte) ([]byte, error), none string) error {
	files, err := f.files(e)
	if err != nil {
		return err
	}
	var edits []settingsEdit
	codex := false
	for _, file := range files {
		x, err := readSettings(file)
		if err != nil {
			return err
		}
		if x.new, err = edit(x.old); err != nil {
			return fmt.Errorf("%s: %w: nothing was changed; mend the file first", file.path, err)
		}
		if bytes.Equal(x.old, x.new) {
			fmt.Fprintf(e.Stdout, "%s: vigil's hook %s\n", file.path, none)
			continue
		}
		fmt.Fprint(e.Stdout, agent.Clean(udiff.Unified(file.path, file.path, string(x.old), string(x.new))))
		edits = append(edits, x)
		codex = codex || file.kind == agent.Codex && len(hook.Own(x.new)) > 0
	}
	if len(edits) == 0 {
		return nil
	}
	if !f.yes {
		if !e.Terminal {
			return usagef("nobody is there to ask: --yes writes without asking")
		}
		fmt.Fprint(e.Stdout, "Write this? [y/N] ")
		s := bufio.NewScanner(e.Stdin)
		s.Scan()
		if a := strings.ToLower(strings.TrimSpace(s.Text())); a != "y" && a != "yes" {
			return errors.New("nothing was changed")
		}
	}
	for _, x := range edits {
		if err := x.write(); err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "wrote %s\n", x.path)
	}
	if codex {
		fmt.Fprintln(e.Stdout, "Codex runs a new hook only after you have trusted it: it asks when it starts next (or see /hooks there)")
	}
	return nil
}

// settingsEdit is a change of one file.
type settingsEdit struct {
	settingsFile
	real     string // the file behind symbolic links
	mode     fs.FileMode
	old, new []byte
}

// maxSettings is the longest settings file that is read, in bytes.
const maxSettings = 8 << 20

// readSettings reads settings; a file that is not there is empty.
func readSettings(file settingsFile) (settingsEdit, error) {
	x := settingsEdit{settingsFile: file, real: file.path, mode: 0o600}
	real, err := filepath.EvalSymlinks(file.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, lerr := os.Lstat(file.path); lerr == nil {
			return x, fmt.Errorf("%s: a symbolic link to a file that is not there: mend it first", file.path)
		}
		return x, nil
	case err != nil:
		return x, err
	}
	x.real = real
	info, err := os.Stat(real)
	if err != nil {
		return x, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSettings {
		return x, fmt.Errorf("%s: not a settings file", file.path)
	}
	x.mode = info.Mode().Perm()
	x.old, err = os.ReadFile(real)
	return x, err
}

// write puts the new settings in the place of the old in one step, unless they
// have changed meanwhile.
func (x settingsEdit) write() error {
	now, err := os.ReadFile(x.real)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !bytes.Equal(now, x.old) {
		return fmt.Errorf("%s: it was changed meanwhile: run the command again", x.path)
	}
	dir := filepath.Dir(x.real)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".vigil-*")
	if err != nil {
		return err
	}
	_, err = f.Write(x.new)
	if err == nil {
		err = f.Chmod(x.mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), x.real)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// hookStatus is one line of `vigil hook status --json`.
type hookStatus struct {
	Kind      agent.Kind        `json:"kind"`
	Scope     string            `json:"scope"`
	Path      string            `json:"path"`
	Installed bool              `json:"installed"`
	Current   bool              `json:"current"` // it runs this binary with this state folder
	Commands  map[string]string `json:"commands,omitempty"`
	Problem   string            `json:"problem,omitempty"`
}

func newHookStatus(e env, given *overrides) *cobra.Command {
	var f hookFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say where vigil's hook is installed and who answers it",
		Long: "Lists your own settings and those of the folder that --project names (else the current one).\n\n" +
			"--json prints one object: hooks (each kind, scope, path, installed, current, commands by event and\n" +
			"problem), socket, and served_by, the holder of the auto-resume lease that answers (empty: nobody).",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			c, err := loadConfig(e, *given)
			if err != nil {
				return err
			}
			return f.status(e, c, asJSON)
		},
	}
	f.bind(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (f *hookFlags) status(e env, c Config, asJSON bool) error {
	want := wantedHooks(e, c)
	var all []hookStatus
	look := func(scope string, f hookFlags) error {
		files, err := f.files(e)
		if err != nil {
			return err
		}
		for _, file := range files {
			s := hookStatus{Kind: file.kind, Scope: scope, Path: file.path}
			x, err := readSettings(file)
			if err == nil {
				_, err = hook.Remove(x.old) // is it settings at all
			}
			if err != nil {
				s.Problem = agent.CleanLine(err.Error(), 200)
			}
			s.Commands = hook.Own(x.old)
			s.Installed = len(s.Commands) > 0
			s.Current = hook.Installed(x.old, want)
			all = append(all, s)
		}
		return nil
	}
	if f.project == "" {
		if err := look("user", hookFlags{kind: f.kind}); err != nil && f.kind != "" {
			return err
		}
	}
	project := f.project
	if project == "" && !f.user {
		project = "."
	}
	if project != "" {
		if err := look("project", hookFlags{project: project, kind: f.kind}); err != nil {
			return err
		}
	}
	socket := hook.Path(c.State)
	holder, err := hook.Ping(socket)
	if asJSON {
		return json.NewEncoder(e.Stdout).Encode(struct {
			Hooks    []hookStatus `json:"hooks"`
			Socket   string       `json:"socket"`
			ServedBy string       `json:"served_by"`
		}{all, socket, holder})
	}
	w := tabwriter.NewWriter(e.Stdout, 0, 8, 2, ' ', 0)
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Kind, s.Scope, s.word(), s.Path)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err != nil {
		fmt.Fprintln(e.Stdout, "nobody answers: no vigil does auto-resume now, so the CLIs stop as without a hook")
		return nil
	}
	fmt.Fprintf(e.Stdout, "answered by %s\n", agent.CleanLine(holder, 100))
	return nil
}

// word says in a word or two how it stands.
func (s hookStatus) word() string {
	switch {
	case s.Problem != "":
		return s.Problem
	case s.Current:
		return "installed"
	case s.Installed:
		return "installed for another vigil or state folder"
	}
	return "not installed"
}
