package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vigil/agent"
	"vigil/agent/report"
	"vigil/agent/report/figure"
	"vigil/remote/curve"
	"vigil/themes"
	"vigil/tui"
)

// openScreen shows the screen until the person leaves it. With auto, it begins
// with auto-resume on.
func openScreen(ctx context.Context, e env, given overrides, auto bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := openWatch(ctx, e, given, watchOptions{auto: auto, watched: true, stands: true})
	if err != nil {
		return err
	}
	defer w.close()
	theme, err := screenTheme(w.config)
	if err != nil {
		return err
	}
	w.restyle, w.rebind = make(chan *themes.Theme, 1), make(chan tui.Controls, 1)
	w.theme = theme
	w.alarms = make(chan tui.Alarm, 16)
	done := make(chan error, 1)
	go func() { done <- w.run(ctx) }() // ends with ctx

	model := tui.New(screenSource{w}, tui.Options{
		Theme: theme, Restyle: w.restyle, Themes: choosable(w.config),
		Keys: w.config.Keys, NoMouse: !w.config.Mouse, Rebind: w.rebind, Notices: w.alarms,
		Done:  ctx.Done(),
		GoTo:  func(a agent.Agent) error { return visit(ctx, e, w.config, a, false) },
		Popup: func(a agent.Agent) error { return visit(ctx, e, w.config, a, true) },
	})
	_, err = tea.NewProgram(model, append(tui.ProgramOptions(),
		tea.WithContext(ctx), tea.WithInput(e.Stdin), tea.WithOutput(e.Stdout), tea.WithEnvironment(e.drawing()),
	)...).Run()
	fmt.Fprint(e.Stdout, ansi.SetProgramStatus(ansi.ProgramStatus{State: ansi.ProgramStateIdle})) // the program leaves it as it was
	cancel()
	return errors.Join(err, <-done)
}

// screenSource is what the screen reads: the supervisor's snapshots and the
// runs of the agents' logs.
type screenSource struct{ w *watching }

var _ tui.Source = screenSource{}

// Snapshot returns the newest snapshot.
func (s screenSource) Snapshot() *agent.Snapshot { return s.w.Snapshot() }

// Changed is woken after changes of the agents or the runs.
func (s screenSource) Changed() <-chan struct{} { return s.w.runs.changed }

// Send passes an intent on.
func (s screenSource) Send(in agent.Intent) { s.w.Send(in) }

// Curves returns the runs.
func (s screenSource) Curves() *curve.Set { return s.w.runs.store.Snapshot() }

// Content returns a version's text from the journal.
func (s screenSource) Content(hash string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), contentWithin)
	defer cancel()
	b, err := s.w.journal.Content(ctx, hash)
	return agent.Clean(string(b)), err
}

// Versions returns every version of an agent's file from the journal.
func (s screenSource) Versions(id agent.ID, path string) ([]agent.Version, error) {
	ctx, cancel := context.WithTimeout(context.Background(), contentWithin)
	defer cancel()
	return s.w.Versions(ctx, id, path)
}

// contentWithin bounds a read of the journal for the screen.
const contentWithin = 5 * time.Second

// Report makes a report of the last span, or of everything.
func (s screenSource) Report(span time.Duration) (report.Report, error) {
	ctx, cancel := context.WithTimeout(context.Background(), reportWithin)
	defer cancel()
	now := time.Now()
	from := now.Add(-span)
	if span == 0 {
		from = time.Time{}
	}
	return readReport(ctx, s.w.journal, s.w.config, from, now)
}

// reportWithin bounds the reading of a report for the screen: the journal of a
// long time on a slow disk takes a while.
const reportWithin = 30 * time.Second

// Export writes a figure into the state folder, as PNG and as SVG.
func (s screenSource) Export(name string, f figure.Figure) ([]string, error) {
	dir, err := filepath.Abs(filepath.Join(s.w.config.State, "pictures"))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for pictures: %w", err)
	}
	file := filepath.Join(dir, name)
	paths := []string{file + ".png", file + ".svg"}
	return paths, errors.Join(writeFigure(paths[0], f, encodePNG), writeFigure(paths[1], f, figure.SVG))
}

// Cluster returns what the remote hosts last told.
func (s screenSource) Cluster() *tui.Cluster { return s.w.hosts.cluster() }

// Cancel cancels a job.
func (s screenSource) Cancel(host, job string) error {
	ctx, cancel := context.WithTimeout(context.Background(), cancelWithin)
	defer cancel()
	return s.w.hosts.cancel(ctx, host, job)
}

// Answer answers a question of a host.
func (s screenSource) Answer(id, text string, refused bool) {
	s.w.hosts.questions.answer(id, text, refused)
}

// cancelWithin bounds the cancelling of a job: Slurm's programs give up after
// some ten seconds, and what became of the job is asked for besides.
const cancelWithin = time.Minute
