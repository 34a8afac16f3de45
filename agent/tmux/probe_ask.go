package tmux

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ident identifies a process of a machine, image what it runs: a process keeps
// its start when it becomes another program, but not its name.
type (
	ident struct {
		pid   int
		ticks string
	}
	image struct {
		ident
		comm string
	}
)

func (p Process) ident() ident { return ident{p.PID, p.StartTicks} }
func (p Process) image() image { return image{p.ident(), p.Comm} }

// linux reports whether the machine has /proc as Linux has.
func (p *Prober) linux() bool { return !p.boot.IsZero() }

// does returns the name of a function of the script for this machine.
func (p *Prober) does(name string) string {
	if p.linux() {
		return name
	}
	return "ps_" + name
}

// Processes is of [Machine]. The arguments of new processes on terminals are
// asked for at once; those of others when they are wanted.
func (p *Prober) Processes(ctx context.Context) (Table, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.connect(ctx); err != nil {
		return Table{}, fmt.Errorf("ask for processes: %w", err)
	}
	lines, err := p.ask(ctx, p.does("table"))
	if err != nil {
		return Table{}, err
	}
	ps := p.parse(lines)
	if len(ps) == 0 {
		return Table{}, errors.New("ask for processes: the machine lists none")
	}
	p.forget(ps)
	var unknown []Process
	for _, x := range ps {
		if _, ok := p.args[x.image()]; !ok && x.tty != 0 {
			unknown = append(unknown, x)
		}
	}
	for part := range slices.Chunk(unknown, atOnce) {
		if err := p.learnArgs(ctx, part...); err != nil {
			return Table{}, err
		}
	}
	return newTable(ps, probed{ctx, p}), nil
}

// parse reads a table of the machine's kind.
func (p *Prober) parse(lines []string) []Process {
	if !p.linux() {
		return parsePS(strings.Join(lines, "\n")+"\n", time.UTC)
	}
	var ps []Process
	for pid, stat := range statLines(lines) {
		if x, zombie, ok := parseStat([]byte(stat), p.boot); ok && !zombie && x.PID == pid {
			ps = append(ps, x)
		}
	}
	return ps
}

// forget lets go what is remembered of processes that have ended.
func (p *Prober) forget(ps []Process) {
	images, idents := make(map[image]bool, len(ps)), make(map[ident]bool, len(ps))
	for _, x := range ps {
		images[x.image()], idents[x.ident()] = true, true
	}
	maps.DeleteFunc(p.args, func(k image, _ []string) bool { return !images[k] })
	maps.DeleteFunc(p.dirs, func(k ident, _ string) bool { return !idents[k] })
}

func (p *Prober) learnArgs(ctx context.Context, ps ...Process) error {
	argv := []string{p.does("args")}
	for _, x := range ps {
		argv = append(argv, strconv.Itoa(x.PID))
	}
	lines, err := p.ask(ctx, argv...)
	if err != nil {
		return err
	}
	got := parseArgs(lines, p.shell.word+"= ", !p.linux())
	for _, x := range ps {
		p.args[x.image()] = got[x.PID]
	}
	return nil
}

// probed is the source of a prober's table, which lives no longer than the
// scan that asked for it.
type probed struct {
	ctx context.Context //nolint:containedctx // of the scan
	p   *Prober
}

func (s probed) args(x Process) ([]string, bool) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if _, ok := s.p.args[x.image()]; !ok {
		if err := s.p.learnArgs(s.ctx, x); err != nil {
			return nil, false
		}
	}
	return s.p.args[x.image()], true
}

func (s probed) dir(x Process) string {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if d, ok := s.p.dirs[x.ident()]; ok {
		return d
	}
	lines, err := s.p.ask(s.ctx, s.p.does("dir"), strconv.Itoa(x.PID))
	if err != nil {
		return ""
	}
	d := ""
	if s.p.linux() {
		if len(lines) == 1 && strings.HasPrefix(lines[0], "/") { // more: its name has a newline
			d = lines[0]
		}
	} else if paths := parseLsof(strings.Join(lines, "\n")); len(paths) > 0 {
		d = paths[0]
	}
	s.p.dirs[x.ident()] = d
	return d
}

// Beat is of [Machine]: one question, however many there are.
func (p *Prober) Beat(ctx context.Context, ps []Process, files []string) ([]bool, map[string][]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.connect(ctx); err != nil {
		return nil, nil, fmt.Errorf("ask for processes: %w", err)
	}
	if !p.linux() {
		return p.beatPS(ctx, ps, files)
	}
	argv := []string{"lines"}
	for _, x := range ps {
		argv = append(argv, statName(x.PID))
	}
	asked := askable(files)
	lines, err := p.ask(ctx, append(argv, asked...)...)
	if err != nil {
		return nil, nil, err
	}
	contents := parseFiles(lines, asked)
	runs := map[ident]bool{}
	for pid, stat := range statLines(lines) {
		if x, zombie, ok := parseStat([]byte(stat), p.boot); ok && !zombie && x.PID == pid {
			runs[x.ident()] = true
		}
	}
	return among(ps, runs), contents, nil
}

func (p *Prober) beatPS(ctx context.Context, ps []Process, files []string) ([]bool, map[string][]byte, error) {
	runs := map[ident]bool{}
	if len(ps) > 0 {
		pids := make([]string, len(ps))
		for i, x := range ps {
			pids[i] = strconv.Itoa(x.PID)
		}
		lines, err := p.ask(ctx, "ps_some", strings.Join(pids, ","))
		if err != nil {
			return nil, nil, err
		}
		for _, x := range p.parse(lines) {
			runs[x.ident()] = true
		}
	}
	asked := askable(files)
	if len(asked) == 0 {
		return among(ps, runs), nil, nil
	}
	lines, err := p.ask(ctx, append([]string{"lines"}, asked...)...)
	return among(ps, runs), parseFiles(lines, asked), err
}

func among(ps []Process, runs map[ident]bool) []bool {
	out := make([]bool, len(ps))
	for i, x := range ps {
		out[i] = runs[x.ident()]
	}
	return out
}

// InFront is of [Machine].
func (p *Prober) InFront(ctx context.Context, x Process, tty string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.connect(ctx); err != nil {
		return false, fmt.Errorf("ask for processes: %w", err)
	}
	argv := []string{"lines", statName(x.PID)}
	if !p.linux() {
		argv = []string{"ps_some", strconv.Itoa(x.PID)}
	}
	lines, err := p.ask(ctx, argv...)
	if err != nil {
		return false, err
	}
	number := ttyNumber(strings.TrimPrefix(tty, "/dev/"))
	if p.linux() {
		number = ptyNumber(tty)
	}
	for _, now := range p.parse(lines) {
		if now.ident() == x.ident() {
			return now.TPGID > 0 && now.PGID == now.TPGID && (tty == "" || number != 0 && now.tty == number), nil
		}
	}
	return false, nil
}

// Env is of [Machine].
func (p *Prober) Env(ctx context.Context, pid int, keys ...string) (map[string]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.connect(ctx); err != nil {
		return nil, fmt.Errorf("ask for processes: %w", err)
	}
	lines, err := p.ask(ctx, p.does("env_of"), strconv.Itoa(pid), strings.Join(keys, "|"))
	if err != nil {
		return nil, err
	}
	if !p.linux() {
		return pickEnv(strings.Fields(strings.Join(lines, "\n")), keys), nil
	}
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], "\x01", "\n")
	}
	return pickEnv(lines, keys), nil
}

// Sessions is of [Machine].
func (p *Prober) Sessions(ctx context.Context, pid int) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.connect(ctx); err != nil {
		return nil, fmt.Errorf("ask for processes: %w", err)
	}
	lines, err := p.ask(ctx, p.does("fds"), strconv.Itoa(pid))
	if err != nil {
		return nil, err
	}
	if !p.linux() {
		return sessionFiles(parseLsof(strings.Join(lines, "\n"))), nil
	}
	return sessionFiles(parseFDs(lines)), nil
}

// Outputs is of [Machine].
func (p *Prober) Outputs(ctx context.Context, ps []Process) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]string, len(ps))
	if err := p.connect(ctx); err != nil {
		return nil, fmt.Errorf("ask for processes: %w", err)
	}
	if len(ps) == 0 {
		return out, nil
	}
	argv := []string{p.does("outs")}
	for _, x := range ps {
		argv = append(argv, strconv.Itoa(x.PID))
	}
	lines, err := p.ask(ctx, argv...)
	if err != nil {
		return nil, err
	}
	byPID := parseOutputs(lines)
	for i, x := range ps {
		out[i] = byPID[x.PID]
	}
	return out, nil
}

// Writers is of [Machine].
func (p *Prober) Writers(ctx context.Context, file string) ([]int, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.connect(ctx); err != nil {
		return nil, false, fmt.Errorf("ask for processes: %w", err)
	}
	if len(askable([]string{file})) == 0 {
		return nil, false, nil
	}
	lines, err := p.ask(ctx, p.does("writers"), globQuote(file), file)
	if err != nil {
		return nil, false, err
	}
	if len(lines) == 0 || lines[0] != "told" {
		return nil, false, nil
	}
	if !p.linux() {
		return parseWriters(lines[1:]), true, nil
	}
	return parseFDOwners(lines[1:]), true, nil
}

// Sockets is of [Machine].
func (p *Prober) Sockets(ctx context.Context) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines, err := p.ask(ctx, "sockets")
	if err != nil {
		return nil, err
	}
	return parseSockets(lines), nil
}
