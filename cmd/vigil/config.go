package main

import (
	"regexp"
	"time"

	"vigil/agent"
	"vigil/agent/grind"
)

// Config is the effective configuration: flags over environment over file over
// defaults. It is a value; a change makes a new one.
type Config struct {
	Path     string // of the file; it may not exist
	State    string // folder of the journal and the log
	Theme    string
	Mouse    bool // clicks and the wheel go to the screen, not to the terminal
	Policy   agent.Policy
	Goal     agent.GoalLine
	Sockets  []string // tmux sockets to look at; empty means all of the user
	Messages map[string]string
	Keys     map[string][]string // a person's own keys, by action
	Agents   []AgentConfig
	Kinds    []KindConfig
	Hosts    []HostConfig
	Logs     LogsConfig
	Judge    JudgeConfig
	Grinding grind.Limits
	Notices  NoticesConfig

	Origins map[string]string // where each key's value comes from
}

// AgentConfig is an [[agent]] entry: a name, and what is set for it alone.
type AgentConfig struct {
	Name      string
	Host      string // "local" or a [[host]]
	Workspace string // absolute; empty: found by itself
	Kind      agent.Kind
	Command   *regexp.Regexp // matches its process's command line
	Prompt    []*regexp.Regexp
	Resume    []string
	Policy    agent.Policy   // the general one with this entry's own keys over it
	Goal      agent.GoalLine // likewise
}

// KindConfig is a [[kind]] entry: a CLI that vigil does not know by itself.
type KindConfig struct {
	Name    agent.Kind
	Command *regexp.Regexp   // matches the process's command line
	Prompt  []*regexp.Regexp // start of the line in which it takes input
	Resume  []string         // headless resume; "{session}" and "{text}" are replaced
	Restart []string         // starts it again in its pane; "{session}" is replaced
	Compact string           // its own command that compacts the context
	Fresh   string           // its own command that begins a new session
}

// HostConfig is a [[host]] entry.
type HostConfig struct {
	Name      string   // as in ssh_config; "local" for this machine
	Slurm     bool     // it has a Slurm scheduler
	GPUs      bool     // watch the GPUs of its jobs' nodes
	Agents    bool     // look for agents there
	Logs      []string // globs of training logs beside those of agents; "~/" is the home folder there
	SSHConfig string   // an ssh_config other than the user's; absolute
	Transport string   // "auto", "native" or "ssh"
}

// LogsConfig is the [logs] table.
type LogsConfig struct {
	Paths []string // globs below a workspace; empty: the usual ones
	Lines []string // regular expressions with named groups
}

// JudgeConfig is the [judge] table.
type JudgeConfig struct {
	BaseURL, Model string  // empty: no judge
	Below          float64 // the confidence under which it is asked
	PerDay         int     // tokens in any 24 hours
	USDPerDay      float64 // in any 24 hours; 0 is no bound
	USDInput       float64 // for a million tokens
	USDOutput      float64
	Messages       bool // it writes a line of messages
}

// on reports whether there is a judge.
func (j JudgeConfig) on() bool { return j.BaseURL != "" && j.Model != "" }

// local is the name of the host that vigil runs on.
const local = "local"

// settings is the shape of the file. Pointers tell "not set" from a zero
// value. The table of keys in config_keys.go describes each.
type settings struct {
	Theme    *string           `toml:"theme,omitempty"`
	Mouse    *bool             `toml:"mouse,omitempty"`
	Policy   policyKeys        `toml:"policy"`
	Goal     goalKeys          `toml:"goal"`
	Tmux     tmuxKeys          `toml:"tmux"`
	Messages map[string]string `toml:"messages,omitempty"`
	Keys     map[string]any    `toml:"keys,omitempty"`
	Agents   []agentKeys       `toml:"agent,omitempty"`
	Kinds    []kindKeys        `toml:"kind,omitempty"`
	Hosts    []hostKeys        `toml:"host,omitempty"`
	Logs     logsKeys          `toml:"logs"`
	Judge    judgeKeys         `toml:"judge"`
	Grinding grindingKeys      `toml:"grinding"`
	Notices  noticesKeys       `toml:"notices"`
}

type policyKeys struct {
	Auto       *bool       `toml:"auto,omitempty"`
	Delay      *duration   `toml:"delay,omitempty"`
	BackOff    *[]duration `toml:"backoff,omitempty"`
	MaxPerHour *uint       `toml:"max_per_hour,omitempty"`
	MaxWasted  *uint       `toml:"max_wasted,omitempty"`
	Quiet      *quiet      `toml:"quiet,omitempty"`
	Until      *until      `toml:"until,omitempty"`
	Question   *bool       `toml:"question,omitempty"`
	Compact    *bool       `toml:"compact,omitempty"`
	HandOver   *bool       `toml:"hand_over,omitempty"`
	Restart    *restart    `toml:"restart,omitempty"`
	MaxRestart *uint       `toml:"max_restarts,omitempty"`
	RestartIn  *duration   `toml:"restart_within,omitempty"`
	Typed      *duration   `toml:"typed,omitempty"`
	Grinding   *grindAct   `toml:"grinding,omitempty"`
	Native     *bool       `toml:"native,omitempty"`
}

type goalKeys struct {
	Metric   *string  `toml:"metric,omitempty"`
	Target   *float64 `toml:"target,omitempty"`
	Minimize *string  `toml:"minimize,omitempty"`
	Record   *float64 `toml:"record,omitempty"`
}

type tmuxKeys struct {
	Sockets *[]string `toml:"sockets,omitempty"`
}

type agentKeys struct {
	Name      string     `toml:"name"`
	Host      string     `toml:"host,omitempty"`
	Workspace string     `toml:"workspace,omitempty"`
	Kind      string     `toml:"kind,omitempty"`
	Command   pattern    `toml:"command,omitempty"`
	Prompt    []pattern  `toml:"prompt,omitempty"`
	Resume    []string   `toml:"resume,omitempty"`
	Policy    policyKeys `toml:"policy,omitempty"`
	Goal      goalKeys   `toml:"goal,omitempty"`
}

type kindKeys struct {
	Name    string    `toml:"name"`
	Command pattern   `toml:"command"`
	Prompt  []pattern `toml:"prompt,omitempty"`
	Resume  []string  `toml:"resume,omitempty"`
	Restart []string  `toml:"restart,omitempty"`
	Compact string    `toml:"compact,omitempty"`
	Fresh   string    `toml:"fresh,omitempty"`
}

type hostKeys struct {
	Name      string   `toml:"name"`
	Slurm     bool     `toml:"slurm,omitempty"`
	GPUs      *bool    `toml:"gpus,omitempty"`
	Agents    *bool    `toml:"agents,omitempty"`
	Logs      []string `toml:"logs,omitempty"`
	SSHConfig string   `toml:"ssh_config,omitempty"`
	Transport string   `toml:"transport,omitempty"`
}

type logsKeys struct {
	Paths *[]string  `toml:"paths,omitempty"`
	Lines *[]pattern `toml:"lines,omitempty"`
}

type judgeKeys struct {
	BaseURL *string  `toml:"base_url,omitempty"`
	Model   *string  `toml:"model,omitempty"`
	Below   *float64 `toml:"below,omitempty"`
	PerDay  *uint    `toml:"tokens_per_day,omitempty"`

	USDPerDay *float64 `toml:"usd_per_day,omitempty"`
	USDInput  *float64 `toml:"usd_per_million_input,omitempty"`
	USDOutput *float64 `toml:"usd_per_million_output,omitempty"`
	Messages  *bool    `toml:"messages,omitempty"`
}

// put writes what is set to dst.
func put[T any](dst *T, src *T) {
	if src != nil {
		*dst = *src
	}
}

// over returns p with the keys that are set.
func (k policyKeys) over(p agent.Policy) agent.Policy {
	put(&p.Auto, k.Auto)
	put(&p.Delay, (*time.Duration)(k.Delay))
	if k.BackOff != nil {
		p.BackOff = nil
		for _, d := range *k.BackOff {
			p.BackOff = append(p.BackOff, time.Duration(d))
		}
	}
	if k.MaxPerHour != nil {
		p.MaxPerHour = int(min(*k.MaxPerHour, 1<<30))
	}
	if k.MaxWasted != nil {
		p.MaxWasted = int(min(*k.MaxWasted, 1<<30))
	}
	put(&p.Quiet, (*[]agent.DaySpan)(k.Quiet))
	if k.Until != nil {
		p.Until = k.Until.Time
	}
	put(&p.Question, k.Question)
	put(&p.Compact, k.Compact)
	put(&p.HandOver, k.HandOver)
	if k.Restart != nil {
		p.Restart = k.Restart.RestartWhen
	}
	if k.MaxRestart != nil {
		p.MaxRestarts = int(min(*k.MaxRestart, 1<<30))
	}
	put(&p.RestartWithin, (*time.Duration)(k.RestartIn))
	put(&p.Typed, (*time.Duration)(k.Typed))
	put(&p.Grinding, (*bool)(k.Grinding))
	put(&p.Native, k.Native)
	return p
}

// over returns g with the keys that are set.
func (k goalKeys) over(g agent.GoalLine) agent.GoalLine {
	put(&g.Metric, k.Metric)
	put(&g.Target, k.Target)
	put(&g.Minimize, k.Minimize)
	put(&g.Record, k.Record)
	return g
}
