package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"vigil/agent"
	"vigil/agent/hook"
	"vigil/agent/journal"
	"vigil/agent/nudge"
	"vigil/agent/supervise"
	"vigil/agent/tmux"
	"vigil/themes"
	"vigil/tui"
)

// watchOptions is how the supervisor is run by a subcommand.
type watchOptions struct {
	auto, dryRun bool
	watched      bool // a person looks
	stands       bool // it watches for long, and tells other processes how the agents stand
	report       func(supervise.Report)
}

// watching is a supervisor with what it stands on. Close it after Run has
// returned.
type watching struct {
	*supervise.Supervisor
	config  Config
	journal *journal.Journal
	log     *slog.Logger
	logFile io.Closer
	load    func() (Config, error)
	hosts   *hosts
	runs    *runs
	judge   *liveJudge
	notices atomic.Pointer[NoticesConfig]
	alarms  chan tui.Alarm // for the screen; nil without one
	env     env
	holder  string // the name under which this process writes
	stands  bool

	theme   *themes.Theme      // the screen's at its start
	restyle chan *themes.Theme // takes its next ones; nil where there is no screen
	rebind  chan tui.Controls  // takes the screen's next keys; nil where there is no screen
}

// openWatch builds the supervisor from the configuration.
func openWatch(ctx context.Context, e env, given overrides, o watchOptions) (*watching, error) {
	load := func() (Config, error) { return loadConfig(e, given) }
	c, err := load()
	if err != nil {
		return nil, err
	}
	return watchBy(ctx, e, c, load, o)
}

// watchBy builds the supervisor from one configuration; load reads it anew after
// a change.
func watchBy(ctx context.Context, e env, c Config, load func() (Config, error), o watchOptions) (*watching, error) {
	rules, err := rulesOf(c)
	if err != nil {
		return nil, err
	}
	log, logFile, err := openLog(c.State, slog.LevelInfo)
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(ctx, filepath.Join(c.State, "journal.db"))
	if err != nil {
		logFile.Close()
		return nil, err
	}
	judge := &liveJudge{key: e.Getenv("VIGIL_JUDGE_KEY"), book: j}
	kinds, err := kindRules(c)
	if err == nil {
		err = judge.use(c.Judge)
	}
	if err != nil {
		j.Close()
		logFile.Close()
		return nil, err
	}
	so := supervise.Options{
		Rules: rules, Auto: o.auto, DryRun: o.dryRun, Journal: j, Log: log, Report: o.report,
		Holder: holder(e), Kinds: kinds, Fixed: fixedAgents(c),
		Name: func(a agent.Agent) string {
			if ac := c.agent(a); ac != nil {
				return ac.Name
			}
			return ""
		},
		Judge: judge, Runner: headless{filepath.Join(c.State, "resume.log")}, Home: e.Home, Env: e.Getenv,
		HookSocket: hook.Path(c.State),
	}
	if len(c.Sockets) > 0 {
		so.Sockets = func() []string { return c.Sockets }
		so.NoLoose = true
	}
	hosts := newHosts(e, c, log, o.watched)
	so.Hosts = hosts.agents()
	s, err := supervise.New(so)
	if err != nil {
		j.Close()
		logFile.Close()
		return nil, err
	}
	w := &watching{
		Supervisor: s, config: c, journal: j, log: log, logFile: logFile,
		load: load, hosts: hosts, judge: judge, env: e, holder: so.Holder, stands: o.stands,
	}
	w.notices.Store(&c.Notices)
	hosts.problem = w.Problem
	w.runs = newRuns(w)
	return w, nil
}

// run watches until ctx ends, and takes over changes of the configuration.
func (w *watching) run(ctx context.Context) error {
	// What asks the supervisor ends before it does.
	sctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- w.Run(sctx) }()
	var wg sync.WaitGroup
	wg.Go(func() { w.reload(ctx) })
	if w.restyle != nil {
		wg.Go(func() { watchTheme(ctx, w.config, w.theme, w.load, w.Problem, w.restyle) })
	}
	wg.Go(func() { w.hosts.run(ctx) })
	wg.Go(func() { w.runs.run(ctx) })
	wg.Go(func() { w.runs.outlook(ctx) })
	wg.Go(func() { newLedger(w).run(ctx) })
	if w.stands {
		wg.Go(func() { w.stand(ctx) })
	}
	for _, t := range w.tellers() {
		wg.Go(func() { w.tellBy(ctx, t) })
	}
	wg.Wait()
	stop()
	return <-done
}

func (w *watching) reload(ctx context.Context) {
	where, have := w.config.Path, w.config.controls()
	err := Watch(ctx, where, w.load, func(c Config, err error) {
		var rules supervise.Rules
		if err == nil {
			rules, err = rulesOf(c)
		}
		if err == nil {
			err = w.judge.use(c.Judge)
		}
		if err != nil {
			w.Problem(agent.Problem{Where: where, What: agent.CleanLine(err.Error(), 200), Do: "mend it; the old configuration still holds"})
			return
		}
		w.Problem(agent.Problem{Where: where})
		w.notices.Store(&c.Notices)
		w.Reconfigure(rules)
		if next := c.controls(); w.rebind != nil && !reflect.DeepEqual(next, have) {
			have = next
			renew(w.rebind, next)
		}
	})
	if err != nil {
		w.Problem(agent.Problem{Where: where, What: agent.CleanLine(err.Error(), 200), Do: "restart vigil after a change"})
	}
}

// close releases what openWatch opened.
func (w *watching) close() error {
	err := w.journal.Close()
	if e := w.logFile.Close(); err == nil {
		err = e
	}
	return err
}

// rulesOf makes the configuration's decisions.
func rulesOf(c Config) (supervise.Rules, error) {
	t, err := nudge.NewTemplates(c.Messages)
	if err != nil {
		return supervise.Rules{}, fmt.Errorf("%s: [messages]: %w", c.Path, err)
	}
	endings, err := endingRules(c.Path)
	if err != nil {
		return supervise.Rules{}, err
	}
	below := 0.0
	if c.Judge.on() {
		below = c.Judge.Below
	}
	return supervise.Rules{
		JudgeBelow:  below,
		Grinding:    c.Grinding,
		JudgeWrites: c.Judge.on() && c.Judge.Messages,
		Endings:     endings,
		Templates:   t,
		Policy: func(a agent.Agent) agent.Policy {
			if ac := c.agent(a); ac != nil {
				return ac.Policy
			}
			return c.Policy
		},
		Goal:     c.goal,
		Commands: c.commands,
	}, nil
}

// commands returns a CLI's own commands: those of its [[kind]] entry, else the
// ones that vigil knows.
func (c Config) commands(k agent.Kind) nudge.Commands {
	own := nudge.CommandsOf(k)
	for _, kc := range c.Kinds {
		if kc.Name != k {
			continue
		}
		own.Compact, own.Fresh = cmp.Or(kc.Compact, own.Compact), cmp.Or(kc.Fresh, own.Fresh)
	}
	return own
}

// agent returns the entry that is meant for the agent, or nil: the one with
// its workspace or its kind's command; an entry by name alone configures
// nothing that could be told apart.
func (c Config) agent(a agent.Agent) *AgentConfig {
	for i := range c.Agents {
		ac := &c.Agents[i]
		switch {
		case ac.Host != "" && ac.Host != a.Host:
		case ac.Kind != "" && ac.Kind != a.Kind:
		case ac.Workspace != "" && ac.Workspace == a.Workspace:
			return ac
		case ac.Workspace == "" && ac.Kind != "":
			return ac
		}
	}
	return nil
}

// kindRules finds the CLIs that only the configuration knows.
func kindRules(c Config) ([]supervise.KindRule, error) {
	var out []supervise.KindRule
	add := func(kind agent.Kind, command *regexp.Regexp, prompts []*regexp.Regexp, resume []string) error {
		r := supervise.KindRule{
			Kind: kind, Resume: resume,
			Match: func(p tmux.Process) bool { return command.MatchString(strings.Join(p.Args, " ")) },
		}
		if len(prompts) > 0 {
			look, err := tmux.PromptLook(kind, prompts...)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Path, err)
			}
			r.Read = look.Read
		}
		out = append(out, r)
		return nil
	}
	for _, k := range c.Kinds {
		if err := add(k.Name, k.Command, k.Prompt, k.Resume); err != nil {
			return nil, err
		}
		out[len(out)-1].Restart = k.Restart
	}
	for _, a := range c.Agents {
		if a.Command == nil || a.Kind == "" {
			continue
		}
		if err := add(a.Kind, a.Command, a.Prompt, a.Resume); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fixedAgents are those of a configured workspace that no process shows: they
// are nudged by their resume command.
func fixedAgents(c Config) []supervise.Fixed {
	var out []supervise.Fixed
	for _, a := range c.Agents {
		if a.Workspace == "" || a.Host != "" && a.Host != local || a.Command != nil || len(a.Resume) == 0 {
			continue
		}
		out = append(out, supervise.Fixed{Name: a.Name, Kind: a.Kind, Workspace: a.Workspace, Resume: a.Resume})
	}
	return out
}

// holder names this process in leases.
func holder(e env) string {
	host, err := os.Hostname()
	if err != nil {
		host = local
	}
	return journal.Holder(host, os.Getpid(), e.Now())
}
