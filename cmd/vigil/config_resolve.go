package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
	"github.com/spf13/pflag"

	"vigil/agent"
	"vigil/agent/ending/judge"
	"vigil/agent/grind"
	"vigil/themes"
)

// layer is one source of settings: a TOML document and what to call it. The
// environment and the flags are made into such documents too, so that one
// strict decoder checks all of them.
type layer struct {
	name string // "/home/x/.config/vigil/config.toml", "VIGIL_THEME", "--theme"
	doc  []byte
}

// overrides are the flags that beat the configuration.
type overrides struct {
	theme string
	set   []string // "policy.delay=5s"
}

// bind declares the flags.
func (o *overrides) bind(f *pflag.FlagSet) {
	f.StringVar(&o.theme, "theme", "", "colour theme: auto, or one of `NAME` that vigil theme lists")
	f.StringArrayVar(&o.set, "set", nil, "set one key of the configuration, as in policy.delay=5s")
}

// layers turns the flags into layers.
func (o overrides) layers() ([]layer, error) {
	var out []layer
	set := o.set
	if o.theme != "" {
		set = append([]string{"theme=" + o.theme}, set...)
	}
	for _, s := range set {
		name, value, ok := strings.Cut(s, "=")
		k, known := keyNamed(strings.TrimSpace(name))
		if !ok || !known {
			return nil, usagef("--set %q: not KEY=VALUE with a key of `vigil config`", s)
		}
		flag := "--set " + k.name
		if k.name == "theme" && o.theme != "" {
			flag = "--theme"
		}
		out = append(out, k.layer(flag, strings.TrimSpace(value)))
	}
	return out, nil
}

// envLayers returns a layer for each VIGIL_* variable that is set.
func envLayers(getenv func(string) string) []layer {
	var out []layer
	for _, k := range keys() {
		if v := getenv(k.env()); v != "" {
			out = append(out, k.layer(k.env(), v))
		}
	}
	return out
}

// loadConfig reads the file and joins it with the environment and the flags.
// A file that is not there is an empty one.
func loadConfig(e env, o overrides) (Config, error) {
	path, err := e.configPath()
	if err != nil {
		return Config{}, err
	}
	state, err := e.stateDir()
	if err != nil {
		return Config{}, err
	}
	doc, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("read configuration: %w: make it readable or set VIGIL_CONFIG to another file", err)
	}
	flags, err := o.layers()
	if err != nil {
		return Config{}, err
	}
	layers := append([]layer{{path, doc}}, envLayers(e.Getenv)...)
	c, err := resolve(append(layers, flags...), e.expand)
	c.Path, c.State = path, state
	return c, err
}

// resolve joins layers, the later ones over the earlier ones, over the
// defaults. It is a pure function of its arguments: expand makes a path that a
// person wrote absolute.
func resolve(layers []layer, expand func(string) string) (Config, error) {
	var s settings
	c := Config{Origins: map[string]string{}}
	for _, l := range layers {
		if err := decodeStrict(l, &s); err != nil {
			return Config{}, err
		}
		for _, k := range keysOf(l.doc) {
			c.Origins[k.name] = l.at(k)
		}
	}
	c.Theme, c.Mouse = defaultTheme, true
	put(&c.Theme, s.Theme)
	put(&c.Mouse, s.Mouse)
	if themes.IsPath(c.Theme) {
		c.Theme = expand(c.Theme)
	}
	c.Policy = s.Policy.over(agent.DefaultPolicy())
	c.Goal = s.Goal.over(defaultGoal())
	c.Grinding = s.Grinding.over(grind.Defaults())
	c.Notices = s.Notices.over(defaultNotices(), expand)
	if s.Tmux.Sockets != nil {
		for _, path := range *s.Tmux.Sockets {
			c.Sockets = append(c.Sockets, expand(path))
		}
	}
	if s.Logs.Paths != nil {
		c.Logs.Paths = *s.Logs.Paths
	}
	if s.Logs.Lines != nil {
		for _, l := range *s.Logs.Lines {
			c.Logs.Lines = append(c.Logs.Lines, l.String())
		}
	}
	c.Messages = maps.Clone(s.Messages)
	c.Judge = defaultJudge()
	put(&c.Judge.Below, s.Judge.Below)
	if s.Judge.PerDay != nil {
		c.Judge.PerDay = int(min(*s.Judge.PerDay, 1<<30))
	}
	put(&c.Judge.USDPerDay, s.Judge.USDPerDay)
	put(&c.Judge.USDInput, s.Judge.USDInput)
	put(&c.Judge.USDOutput, s.Judge.USDOutput)
	put(&c.Judge.Messages, s.Judge.Messages)
	put(&c.Judge.BaseURL, s.Judge.BaseURL)
	put(&c.Judge.Model, s.Judge.Model)
	for _, h := range s.Hosts {
		hc := HostConfig{Name: h.Name, Slurm: h.Slurm, GPUs: true, Agents: true, Logs: h.Logs, Transport: "auto"}
		put(&hc.GPUs, h.GPUs)
		put(&hc.Agents, h.Agents)
		if h.SSHConfig != "" {
			hc.SSHConfig = expand(h.SSHConfig)
		}
		if h.Transport != "" {
			hc.Transport = h.Transport
		}
		c.Hosts = append(c.Hosts, hc)
	}
	for _, k := range s.Kinds {
		c.Kinds = append(c.Kinds, KindConfig{
			Name: agent.Kind(k.Name), Command: k.Command.Regexp, Prompt: regexps(k.Prompt), Resume: k.Resume,
			Restart: k.Restart, Compact: k.Compact, Fresh: k.Fresh,
		})
	}
	for _, a := range s.Agents {
		host := a.Host
		if host == "" {
			host = local
		}
		if a.Workspace != "" && host == local {
			a.Workspace = expand(a.Workspace)
		}
		c.Agents = append(c.Agents, AgentConfig{
			Name: a.Name, Host: host, Workspace: a.Workspace, Kind: agent.Kind(a.Kind),
			Command: a.Command.Regexp, Prompt: regexps(a.Prompt), Resume: a.Resume,
			Policy: a.Policy.over(c.Policy), Goal: a.Goal.over(c.Goal),
		})
	}
	var err error
	if c.Keys, err = ownKeys(s.Keys, c.Origins); err != nil {
		return c, err
	}
	return c, check(c)
}

// defaultJudge is what holds for a judge where the configuration says nothing.
func defaultJudge() JudgeConfig { return JudgeConfig{Below: 0.75, PerDay: judge.DefaultPerDay} }

func regexps(in []pattern) []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, p := range in {
		out = append(out, p.Regexp)
	}
	return out
}

// decodeStrict decodes one layer over s. Its errors name the layer, the line
// and the column, and say what to do.
func decodeStrict(l layer, s *settings) error {
	dec := toml.NewDecoder(bytes.NewReader(l.doc)).DisallowUnknownFields()
	err := dec.Decode(s)
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown) && len(unknown.Errors) > 0:
		first := unknown.Errors[0]
		row, col := first.Position()
		name := strings.Join(first.Key(), ".")
		do := "`vigil config` lists the keys"
		if near := nearestKey(name); near != "" {
			do = "did you mean " + near + "?"
		}
		return fmt.Errorf("%s: unknown key %s: %s", l.where(row, col), name, do)
	case errors.As(err, &wrong):
		row, col := wrong.Position()
		what := strings.TrimPrefix(wrong.Error(), "toml: ")
		if k, ok := keyNamed(strings.Join(wrong.Key(), ".")); ok {
			if strings.HasPrefix(what, "cannot decode TOML") || l.inline() {
				what = fmt.Sprintf("wrong value for %s: %s", k.name, k.kind)
			} else {
				what = k.name + ": " + what
			}
		}
		return fmt.Errorf("%s: %s", l.where(row, col), what)
	}
	return fmt.Errorf("%s: %w", l.name, err)
}

// inline reports whether the layer is a variable or a flag, not a file.
func (l layer) inline() bool {
	return strings.HasPrefix(l.name, "VIGIL_") || strings.HasPrefix(l.name, "--")
}

// where names a place in the layer.
func (l layer) where(row, col int) string {
	if l.inline() {
		return l.name
	}
	return fmt.Sprintf("%s:%d:%d", l.name, row, col)
}

// at names the place where a key is set, for people.
func (l layer) at(k foundKey) string {
	if l.inline() {
		return l.name
	}
	return l.name + ":" + strconv.Itoa(k.row)
}

// foundKey is a key that a document sets. Entries of arrays of tables are
// counted from 0: "agent[0].policy.auto".
type foundKey struct {
	name     string
	row, col int
}

// keysOf lists the keys that a document sets, with their places. A document
// that does not parse gives those before the error.
func keysOf(doc []byte) []foundKey {
	var out []foundKey
	var p unstable.Parser
	p.Reset(doc)
	counts := map[string]int{}
	prefix := ""
	for p.NextExpression() {
		e := p.Expression()
		parts, row, col := keyParts(&p, e)
		name := strings.Join(parts, ".")
		switch e.Kind {
		case unstable.ArrayTable:
			prefix = fmt.Sprintf("%s[%d].", name, counts[name])
			counts[name]++
		case unstable.Table:
			if n := counts[parts[0]]; n > 0 {
				name = fmt.Sprintf("%s[%d].%s", parts[0], n-1, strings.Join(parts[1:], "."))
			}
			prefix = name + "."
		case unstable.KeyValue:
			out = append(out, inner(&p, e.Value(), foundKey{prefix + name, row, col})...)
		}
	}
	return out
}

// inner descends into inline tables.
func inner(p *unstable.Parser, v *unstable.Node, k foundKey) []foundKey {
	if v.Kind != unstable.InlineTable {
		return []foundKey{k}
	}
	var out []foundKey
	for it := v.Children(); it.Next(); {
		parts, row, col := keyParts(p, it.Node())
		out = append(out, inner(p, it.Node().Value(), foundKey{k.name + "." + strings.Join(parts, "."), row, col})...)
	}
	return out
}

func keyParts(p *unstable.Parser, e *unstable.Node) (parts []string, row, col int) {
	for it := e.Key(); it.Next(); {
		if parts == nil {
			at := p.Shape(it.Node().Raw).Start
			row, col = at.Line, at.Column
		}
		parts = append(parts, string(it.Node().Data))
	}
	return parts, row, col
}
