package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"vigil/agent"
)

func newConfig(e env, given *overrides) *cobra.Command {
	var asJSON, initFile bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the effective configuration and where each value comes from",
		Long: "Prints each key, its value, and what set it: a flag, an environment variable, the file\n" +
			"with its line, or the default. --init writes a commented file and never overwrites one.\n\n" +
			"--json prints one object: path, state, and values, a list of key, value and origin.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if initFile {
				return initConfig(e)
			}
			c, err := loadConfig(e, *given)
			if err != nil {
				return err
			}
			if _, err := screenTheme(c); err != nil {
				return err
			}
			if asJSON {
				return writeConfigJSON(e.Stdout, c)
			}
			return writeConfig(e.Stdout, c)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&initFile, "init", false, "write a commented configuration file")
	return cmd
}

// initConfig writes the commented file where the configuration is looked for.
func initConfig(e env) error {
	path, err := e.configPath()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the configuration folder: %w: make it yourself or set XDG_CONFIG_HOME", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and is left as it is: edit it, or move it away first", path)
	}
	if err != nil {
		return fmt.Errorf("write configuration: %w: choose another place by VIGIL_CONFIG", err)
	}
	_, err = io.WriteString(f, commentedConfig())
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	_, err = fmt.Fprintln(e.Stdout, "wrote "+path)
	return err
}

// valueLine is one effective value.
type valueLine struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
}

// values lists the effective values in the order of the table.
func (c Config) values() ([]valueLine, error) {
	flat, err := flatten(c.settings())
	if err != nil {
		return nil, err
	}
	var out []valueLine
	for _, k := range keys() {
		origin := c.Origins[k.name]
		if origin == "" {
			origin = "default"
		}
		out = append(out, valueLine{k.name, flat[k.name], origin})
	}
	for _, action := range slices.Sorted(maps.Keys(c.Keys)) {
		own := []any{}
		for _, k := range c.Keys[action] {
			own = append(own, k)
		}
		out = append(out, valueLine{"keys." + action, own, c.Origins["keys."+action]})
	}
	return out, nil
}

// settings writes every general value back into the file's shape.
func (c Config) settings() settings {
	counts := func(n int) *uint { u := uint(max(n, 0)); return &u }
	back := []duration{}
	for _, d := range c.Policy.BackOff {
		back = append(back, duration(d))
	}
	sockets := c.Sockets
	if sockets == nil {
		sockets = []string{}
	}
	paths, lines := append([]string{}, c.Logs.Paths...), []pattern{}
	for _, l := range c.Logs.Lines {
		lines = append(lines, pattern{regexp.MustCompile(l)}) // it was one before
	}
	p, q, u := c.Policy, quiet(c.Policy.Quiet), until{c.Policy.Until}
	return settings{
		Theme: &c.Theme, Mouse: &c.Mouse,
		Policy: policyKeys{
			Auto: &p.Auto, Delay: (*duration)(&p.Delay), BackOff: &back, MaxPerHour: counts(p.MaxPerHour),
			MaxWasted: counts(p.MaxWasted), Quiet: &q, Until: &u, Question: &p.Question,
			Compact: &p.Compact, HandOver: &p.HandOver,
			Restart: &restart{p.Restart}, MaxRestart: counts(p.MaxRestarts), RestartIn: (*duration)(&p.RestartWithin),
			Typed: (*duration)(&p.Typed), Native: &p.Native, Grinding: (*grindAct)(&p.Grinding),
		},
		Goal: goalKeys{&c.Goal.Metric, &c.Goal.Target, &c.Goal.Minimize, &c.Goal.Record},
		Tmux: tmuxKeys{&sockets},
		Logs: logsKeys{&paths, &lines},
		Judge: judgeKeys{
			&c.Judge.BaseURL, &c.Judge.Model, &c.Judge.Below, counts(c.Judge.PerDay),
			&c.Judge.USDPerDay, &c.Judge.USDInput, &c.Judge.USDOutput, &c.Judge.Messages,
		},

		Grinding: grindingKeysOf(c.Grinding),
		Notices:  noticesKeysOf(c.Notices),
	}
}

// flatten turns settings into values by dotted key.
func flatten(s settings) (map[string]any, error) {
	doc, err := toml.Marshal(s)
	if err != nil {
		return nil, err
	}
	tree := map[string]any{}
	if err := toml.Unmarshal(doc, &tree); err != nil {
		return nil, err
	}
	out := map[string]any{}
	var walk func(prefix string, t map[string]any)
	walk = func(prefix string, t map[string]any) {
		for k, v := range t {
			if sub, ok := v.(map[string]any); ok {
				walk(prefix+k+".", sub)
			} else {
				out[prefix+k] = v
			}
		}
	}
	walk("", tree)
	return out, nil
}

// literal writes a value as TOML.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return `""`
	case string:
		return quote(v)
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, literal(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return fmt.Sprint(v)
}

func writeConfig(w io.Writer, c Config) error {
	lines, err := c.values()
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# file   %s%s\n# state  %s\n\n", c.Path, absent(c.Path), c.State)
	for _, l := range lines {
		fmt.Fprintf(&b, "%-46s # %s\n", l.Key+" = "+literal(l.Value), l.Origin)
	}
	for i, a := range c.Agents {
		fmt.Fprintf(&b, "\n[[agent]] %s: host %s, kind %s, workspace %s  # %s\n",
			a.Name, a.Host, orDash(string(a.Kind)), orDash(a.Workspace), c.Origins[fmt.Sprintf("agent[%d].name", i)])
	}
	for _, k := range c.Kinds {
		fmt.Fprintf(&b, "\n[[kind]] %s: command %s\n", k.Name, k.Command)
	}
	for _, h := range c.Hosts {
		fmt.Fprintf(&b, "\n[[host]] %s: transport %s, slurm %t, gpus %t, agents %t, logs %s\n", h.Name, h.Transport, h.Slurm, h.GPUs, h.Agents, orDash(strings.Join(h.Logs, ", ")))
	}
	_, err = io.WriteString(w, agent.Clean(b.String()))
	return err
}

func absent(path string) string {
	if _, err := os.Stat(path); err != nil {
		return " (not there; `vigil config --init` writes one)"
	}
	return ""
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func writeConfigJSON(w io.Writer, c Config) error {
	lines, err := c.values()
	if err != nil {
		return err
	}
	type named struct {
		Name      string `json:"name"`
		Host      string `json:"host,omitempty"`
		Kind      string `json:"kind,omitempty"`
		Workspace string `json:"workspace,omitempty"`
	}
	agents := []named{}
	for _, a := range c.Agents {
		agents = append(agents, named{a.Name, a.Host, string(a.Kind), a.Workspace})
	}
	return json.NewEncoder(w).Encode(struct {
		Path   string      `json:"path"`
		State  string      `json:"state"`
		Values []valueLine `json:"values"`
		Agents []named     `json:"agents"`
	}{c.Path, c.State, lines, agents})
}
