// Package tui is the screen: what a person sees of the agents and how they
// steer them. It reads snapshots and sends intents ([Source]); it touches no
// file, socket or clock and starts nothing but commands of Bubble Tea. Start
// with [New], [Model.Update] and [Model.View]; every key is in keys.go, every
// colour in package themes, and where a zone lies in layout.go.
package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"vigil/agent"
	"vigil/agent/report"
	"vigil/agent/report/figure"
	"vigil/remote"
	"vigil/remote/curve"
	"vigil/themes"
)

// Source is what the screen reads, and where intents go.
type Source interface {
	// Snapshot returns the newest snapshot; nil before the first. It is cheap.
	Snapshot() *agent.Snapshot
	// Changed receives after one or more changes: one wake-up for many. It has
	// one reader. Closed, it says that nothing will change any more.
	Changed() <-chan struct{}
	// Send hands an intent over. It is called from a command, one at a time,
	// and may wait.
	Send(agent.Intent)
	// Content returns the text of a version (agent.Version.Hash). It may be
	// slow, and is called from commands only.
	Content(hash string) (string, error)
	// Versions returns every version that is kept of an agent's file, oldest
	// first: a snapshot lists the newest ones. It may be slow, and is called from
	// commands only.
	Versions(id agent.ID, path string) ([]agent.Version, error)
	// Curves returns the runs, by the id of their agent ([curve.Run.Key]); nil
	// where there are none. It is cheap.
	Curves() *curve.Set
	// Report tells what happened in the last span; 0 means everything known. It
	// may be slow, and is called from commands only.
	Report(span time.Duration) (report.Report, error)
	// Export writes a figure to files of a name without an ending, and returns
	// their paths. It is called from commands only.
	Export(name string, f figure.Figure) (paths []string, err error)
	// Cluster returns what the schedulers, GPUs and connections last told. It
	// is cheap and never changes; nil where there is nothing remote.
	Cluster() *Cluster
	// Cancel cancels a job. It is called from commands only, after the person
	// has confirmed it.
	Cancel(host, job string) error
	// Answer answers a question of Cluster.Questions; refused says that the
	// person will not.
	Answer(id, text string, refused bool)
}

// Cluster is what the screen shows of other machines.
type Cluster struct {
	Version   int // grows with each change
	Links     []remote.Link
	Clusters  []*remote.Cluster
	GPUs      []remote.GPU
	Questions []remote.Question
}

// Options are what a person or the program chooses. The zero value works.
type Options struct {
	// Theme is used whatever the terminal is like. Nil: themes.Dark or
	// themes.Light, as its background is, or themes.Ansi16 if it has no more
	// colours than those.
	Theme *themes.Theme
	// Restyle receives what Theme is to be from now on. Nil: it stays.
	Restyle <-chan *themes.Theme
	// Themes are those that a key goes through. Nil: the built-in ones.
	Themes []themes.Theme
	// Now is the clock; nil is time.Now. It is read by commands and once by New.
	Now func() time.Time
	// Done ends the commands that wait, when closed; nil: they end with the
	// program.
	Done <-chan struct{}
	// NoMouse leaves the mouse to the terminal.
	NoMouse bool
	// Keys are a person's own keys, by action (see [Actions]), in place of the
	// usual ones. [CheckKeys] says whether they can be.
	Keys map[string][]string
	// Rebind receives what Keys and NoMouse are to be from now on. Nil: they
	// stay.
	Rebind <-chan Controls
	// Notices are what the person is to be told; nil: they are told nothing.
	Notices <-chan Alarm
	// GoTo takes the person to an agent's pane, and Popup shows it over what
	// they see, until they close it. They are called from commands. Nil: the
	// screen says that it cannot.
	GoTo, Popup func(agent.Agent) error
}

// pane is one tab of the detail. Only the one that is seen is shown snapshots.
type pane interface {
	SetSize(w, h int) // the room inside the border, in cells
	Show(look)        // there is something new to see
	View() string     // lines, at most as many and as wide as there is room for
	Note() string     // for the lower edge: where one is, how much there is
	Keys() []bound    // what the keys do here
}

// filterable is a zone whose entries can be narrowed down by a word.
type filterable interface {
	SetFilter(string)
	Filter() string
}

// backer is a pane with something of its own that esc undoes.
type backer interface {
	Back() bool // reports whether there was something
}

// look is what there is to see, at one moment.
type look struct {
	snap    *agent.Snapshot
	runs    *curve.Set  // nil if there are none
	cluster *Cluster    // nil if there is none
	v       *agent.View // the selected agent; nil if there is none
	now     time.Time
	st      *styles
	keys    shortcuts
	past    bool // it is of an earlier moment, which is now
	lost    int  // files of which nothing is kept of then
}

// Model is the screen's only tea.Model. It alone knows the terminal's size,
// the focus, the theme and what floats over the rest.
type Model struct {
	src Source
	o   Options

	w, h   int
	layout layout
	st     *styles
	dark   bool
	// sixteen says that the terminal has no colours but its own sixteen, fewer
	// that it has not all of them.
	sixteen, fewer bool

	snap    *agent.Snapshot
	runs    *curve.Set
	cluster *Cluster
	history history
	past    past // the moment that is shown, if it is not now
	cuts    int  // how often the runs were cut to one
	now     time.Time
	due     time.Time // of the tick that is on its way
	tickGen int

	fleet   fleetPane
	plan    planPane
	files   scratchPane
	curves  curvesPane
	moment  timelinePane
	screen  screenPane
	jobs    jobsPane
	report  reportPane
	tabs    []tab
	tab     int
	onTabs  bool // the detail has the keys, not the fleet
	zoom    bool
	split   float64 // the share of the width that the fleet has; 0 for the usual one
	pointer pointer
	count   repeat

	over    overlay
	input   input
	palette palette
	named   shortcuts
	root    []action[*Model]
	above   []action[*Model] // while an overlay is open
	confirm []action[*Model] // while one waits for a yes
	typed   []action[*Model] // while a line is written
	picking []action[*Model] // while the palette is open

	outbox  []agent.Intent
	sending bool
	watched agent.ID // whose pane the supervisor keeps fresh for us

	asking   asking // what a host asks the person
	doomed   jobID  // the job whose cancellation waits for a yes
	drawing  bool   // what the curves have put off is on its way
	note     string
	noteLook paint
	noteGen  int
}

// tab is a pane and its title.
type tab struct {
	title string
	pane  pane
}

// New returns the screen over src. Run it as the model of a tea.Program.
func New(src Source, o Options) *Model {
	if o.Now == nil {
		o.Now = time.Now
	}
	m := blank(o.Keys)
	m.src, m.o, m.now = src, o, o.Now()
	m.plan.read, m.files.read, m.report.read = src.Content, src.Content, src.Report
	m.screen.goTo, m.screen.popup = o.GoTo, o.Popup
	m.curves.export = src.Export
	m.setTheme(true)
	m.refresh()
	return m
}

// blank returns a screen over nothing, with its tables of keys.
func blank(own map[string][]string) *Model {
	m := &Model{report: newReportPane()}
	m.tabs = []tab{
		{"plan", &m.plan},
		{"scratchpad", &m.files},
		{"curves", &m.curves},
		{"timeline", &m.moment},
		{"pane", &m.screen},
		{"jobs", &m.jobs},
		{"report", &m.report},
	}
	m.bindKeys(own)
	return m
}

// Init asks for what is not known yet, and starts waiting for changes.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.watch(), m.tick(), m.watchTheme(), m.watchControls(), m.hear()}
	if m.o.Theme == nil {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// Update implements tea.Model. It only routes.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return m, tea.Batch(m.update(msg), m.drawOn(), m.readReport(), m.readPairs(), m.readPlan(), m.readRuns(), m.readHistory())
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		m.show()
	case tea.BackgroundColorMsg:
		m.setTheme(msg.IsDark())
		m.show()
	case tea.ColorProfileMsg:
		m.sixteen, m.fewer = msg.Profile == colorprofile.ANSI, msg.Profile < colorprofile.TrueColor
		m.setTheme(m.dark)
		m.show()
	case changed:
		m.now = msg.at
		m.refresh()
		return tea.Batch(m.watch(), m.tick(), m.watchPane(), m.questions())
	case ticked:
		if msg.gen != m.tickGen {
			return nil
		}
		m.now = msg.at
		m.show()
		return m.tick()
	case restyled:
		return m.onRestyled(msg)
	case rebinding:
		return m.onRebound(msg.Controls)
	case sent:
		return m.onSent()
	case expired:
		if msg.gen == m.noteGen {
			m.note = ""
		}
	case drew:
		m.drawing, m.now = false, msg.at
		m.show()
	case paused:
		return m.onPause(msg)
	case cancelled:
		return m.onCancelled(msg)
	case noticed:
		return m.onNotice(msg.a)
	case wentTo:
		if msg.err != nil {
			return m.say(m.st.bad, line(msg.err.Error()))
		}
	case exported:
		return m.onExported(msg)
	case versionRead:
		m.plan.onVersion(msg)
	case runsCut:
		m.onRunsCut(msg)
	case historyRead:
		m.history.take(msg)
		m.show()
	case pairsRead:
		m.files.onPairs(msg)
	case reportRead:
		m.report.onRead(msg)
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.MouseMsg:
		return tea.Batch(m.mouse(msg), m.settle(msg))
	case tea.PasteMsg:
		if m.input.open() {
			cmd := m.input.update(msg)
			m.live()
			return cmd
		}
	}
	return nil
}

// press gives a key to what is on top: an input line, an overlay, the keys
// that work everywhere, then the zone that has the focus.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	return tea.Batch(m.pressed(msg), m.await())
}

func (m *Model) pressed(msg tea.KeyPressMsg) tea.Cmd {
	if m.input.open() {
		keys := m.typed
		if m.input.what == forPalette {
			keys = m.picking
		}
		if cmd, ok := dispatch(tie(keys, m), msg, 0); ok {
			return cmd
		}
		cmd := m.input.update(msg)
		m.live()
		return cmd
	}
	m.note = ""
	keys := m.active()
	if m.count.take(keys, msg) {
		return nil
	}
	cmd, _ := dispatch(keys, msg, m.count.end())
	return m.after(cmd)
}

// active returns the keys that work now: an overlay's, or those that work
// everywhere and those of the zone that has the focus.
func (m *Model) active() []bound {
	switch {
	case m.over.open() && m.over.keys != nil:
		return tie(m.over.keys, m)
	case m.over.open():
		return tie(m.above, m)
	case m.fleetFocused():
		return append(tie(m.root, m), m.fleet.Keys()...)
	}
	return append(tie(m.root, m), m.tabs[m.tab].pane.Keys()...)
}

// after does what an action of a zone leaves to the screen.
func (m *Model) after(cmd tea.Cmd) tea.Cmd {
	if m.fleetFocused() {
		m.show() // another agent may be selected
	}
	return tea.Batch(cmd, m.watchPane(), m.taken())
}

// taken does what the panes were asked to do that is not theirs to do.
func (m *Model) taken() tea.Cmd {
	if mo, ok := m.moment.take(); ok {
		m.goMoment(mo)
	}
	j, what := m.jobs.take()
	switch what {
	case jobCancel:
		m.confirmCancel(j)
	case jobRun:
		return m.openRunOf(j)
	}
	return nil
}

// refresh takes the newest snapshot.
func (m *Model) refresh() {
	if s := m.src.Snapshot(); s != nil {
		m.snap = s
		if s.At.After(m.now) {
			m.now = s.At
		}
	}
	m.runs, m.cluster = m.src.Curves(), m.src.Cluster()
	m.show()
}

// show lays the screen out and hands everything that is seen what it shows.
func (m *Model) show() {
	n := 0
	if m.snap != nil {
		n = len(m.snap.Agents)
	}
	m.layout = arrange(m.w, m.h, open{Zoom: m.zoom, Fleet: n > 0, Status: m.problem() != "", Banner: m.past.on(), Split: m.split})
	l := look{snap: m.snap, runs: m.runs, cluster: m.cluster, now: m.now, st: m.st, keys: m.named}
	inner := innerOf(m.layout.Fleet)
	if m.layout.Strip {
		inner = m.layout.Fleet
	}
	m.fleet.strip = m.layout.Strip
	m.fleet.SetSize(inner.W, inner.H)
	m.fleet.Show(l)
	if l.v = m.view(); l.v == nil && m.deserted() && m.alone() {
		l.v = &agent.View{} // nobody's: what is everyone's is shown
	}
	inner = innerOf(m.layout.Detail)
	p := m.tabs[m.tab].pane
	p.SetSize(inner.W, inner.H)
	p.Show(m.lookThen(l))
}

// deserted reports whether there is no agent.
func (m *Model) deserted() bool { return m.snap == nil || len(m.snap.Agents) == 0 }

// others counts what there is to see without an agent: runs and jobs.
func (m *Model) others() int {
	n := 0
	if m.runs != nil {
		n = m.runs.Len()
	}
	if m.cluster != nil {
		for _, c := range m.cluster.Clusters {
			n += len(c.Jobs)
		}
		n += len(m.cluster.GPUs)
	}
	return n
}

// alone reports whether the open tab has something to show without an agent.
func (m *Model) alone() bool {
	p := m.tabs[m.tab].pane
	return m.snap != nil && (p == pane(&m.report) || m.others() > 0 && (p == pane(&m.curves) || p == pane(&m.jobs)))
}

// view returns the selected agent, or nil.
func (m *Model) view() *agent.View {
	if m.snap == nil {
		return nil
	}
	return m.snap.Find(m.fleet.sel)
}

// selected takes over that another agent may have been selected.
func (m *Model) selected() tea.Cmd {
	m.show()
	return m.watchPane()
}

// watchPane asks the supervisor to keep the agent's pane fresh while it is
// looked at, and no longer.
func (m *Model) watchPane() tea.Cmd {
	var want agent.ID
	if m.tabs[m.tab].pane == pane(&m.screen) {
		want = m.fleet.sel
	}
	if want == m.watched {
		return nil
	}
	m.watched = want
	return m.send(agent.Intent{Type: agent.WatchPane, Agent: want})
}

func (m *Model) setTheme(dark bool) {
	m.dark = dark
	switch {
	case m.o.Theme != nil:
		m.st = newStyles(*m.o.Theme)
	case m.sixteen:
		m.st = newStyles(themes.Ansi16())
	case dark:
		m.st = newStyles(themes.Dark())
	default:
		m.st = newStyles(themes.Light())
	}
	if m.fewer {
		m.st.diff = newDiffLooks(m.st, false)
	}
	m.input.style(m.st)
}

// fleetFocused reports whether the fleet has the keys. It has none while it
// is not on the screen.
func (m *Model) fleetFocused() bool { return !m.onTabs && m.layout.Fleet.H > 0 }
