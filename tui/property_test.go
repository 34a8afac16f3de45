package tui

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"vigil/agent"
	"vigil/agent/report"
	"vigil/remote"
	"vigil/remote/curve"
)

// awkward are pieces of text that break screens: wide, combining, joined,
// right-to-left, long, and hostile.
var awkward = []string{
	"opus", "学习率扫描", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "e\u0301\u0323\u0302", "\u0301", "مرحبا بالعالم", "☑️", "\t", "\n", " ", "",
	"\x1b[31mred", "\x1b]0;title\x07", "\x1b[2J", "\r", "a\u202eb", "\u200b\u200d", "\xff\xfe", "%s%d", "│╭╮",
	strings.Repeat("long", 100), strings.Repeat("学", 60), "- [ ] item", "# heading", "| a | b |", "```", "**", "`", "[x](", "> quote", "\x1b[38;5;1m",
}

type chaos struct{ *rand.Rand }

func (r chaos) text(n int) string {
	var b strings.Builder
	for range r.IntN(n + 1) {
		b.WriteString(awkward[r.IntN(len(awkward))])
	}
	return b.String()
}

func (r chaos) time() time.Time {
	if r.IntN(4) == 0 {
		return time.Time{}
	}
	return clock.Add(time.Duration(r.Int64N(int64(2000*time.Hour))) - 1900*time.Hour)
}

func (r chaos) doc() agent.Document {
	d := agent.Document{Path: r.text(2), At: r.time(), Problem: r.text(1)}
	for range r.IntN(40) {
		d.Text += r.text(6) + "\n"
	}
	d.Versions = r.versions()
	return d
}

func (r chaos) versions() []agent.Version {
	var out []agent.Version
	for range r.IntN(4) {
		out = append(out, agent.Version{At: r.time(), Turn: r.IntN(3), Hash: []string{"h1", "lost", "l2", "c2", "wild"}[r.IntN(5)]})
	}
	return out
}

// file is the text of a file of any kind, and its name.
func (r chaos) file() (name, text string) {
	name = []string{"a.csv", "b.tsv", "c.jsonl", "d.md", "e.py", "f"}[r.IntN(6)]
	for range r.IntN(30) {
		switch r.IntN(4) {
		case 0:
			text += "{\"" + r.text(1) + "\": \"" + r.text(3) + "\"}\n"
		case 1:
			text += "| " + r.text(2) + " | 3 |\n|---|---|\n"
		case 2:
			text += r.text(2) + "," + r.text(2) + "\t" + r.text(1) + "\n"
		default:
			text += r.text(5) + "\n"
		}
	}
	return name, text
}

func (r chaos) view(id agent.ID) agent.View {
	states := []agent.State{"", agent.Working, agent.Waiting, agent.Stopped, agent.Limited, agent.Asking, agent.Exited, "new"}
	ends := append(agent.Endings(), "")
	v := agent.View{
		Agent:   agent.Agent{ID: id, Name: r.text(3), Kind: agent.Kind(r.text(1)), Host: r.text(1), Workspace: r.text(2)},
		State:   states[r.IntN(len(states))],
		Since:   r.time(),
		Started: r.time(),
		Verdict: agent.Verdict{Ending: ends[r.IntN(len(ends))], Confidence: r.Float64(), Resets: r.time()},
		Turn:    agent.Turn{N: r.IntN(3), Prompt: r.text(4), Started: r.time(), Final: r.text(8), Tools: r.IntN(1000)},
		Goal:    r.doc(), Plan: r.doc(), Problem: r.text(1), Nudges: r.IntN(3), Idle: time.Duration(r.Int64N(int64(time.Hour))),
	}
	v.Pane = agent.Pane{ID: r.text(1), Target: r.text(1)}
	for range r.IntN(4) {
		v.Verdict.Evidence = append(v.Verdict.Evidence, agent.Evidence{Source: r.text(1), Text: r.text(5)})
		v.Turn.Open = append(v.Turn.Open, agent.Call{Name: r.text(1), Summary: r.text(4)})
		v.Tasks = append(v.Tasks, agent.Task{Kind: agent.Shell, Summary: r.text(3), Started: r.time(), Due: r.time()})
	}
	if r.IntN(2) == 0 {
		v.Next = &agent.Next{At: r.time(), Text: r.text(3), Held: r.text(1)}
		v.Best = &agent.Best{Run: r.text(2), Value: r.Float64() * 1e6}
		v.LastNudge = &agent.Nudge{Status: agent.Sent, Text: r.text(3), Note: r.text(2)}
		v.Screen = &agent.Screen{Styled: r.text(60), Draft: r.text(2), Composer: agent.Composer(r.IntN(3)), Mode: true, Dialog: agent.Dialog(r.text(1))}
	}
	types := []agent.MomentType{agent.MTurnStart, agent.MTurnEnd, agent.MNudge, agent.MIdle, agent.MFile, agent.MRecord, agent.MState, agent.MNote, "new"}
	for range r.IntN(60) {
		v.Moments = append(v.Moments, agent.Moment{
			At: r.time(), Type: types[r.IntN(len(types))], Ending: ends[r.IntN(len(ends))],
			Text: r.text(4), For: time.Duration(r.Int64N(int64(100 * time.Hour))),
		})
		v.Files = append(v.Files, agent.FileChange{
			Path: r.text(3), At: r.time(), Turn: r.IntN(9), Added: r.IntN(1e6), Removed: r.IntN(1e6), New: r.IntN(3) == 0,
			Deleted: r.IntN(5) == 0, Binary: r.IntN(5) == 0, Diff: "@@ -1 +1 @@\n+" + r.text(9) + "\n-" + r.text(3), Versions: r.versions(),
		})
	}
	return v
}

func (r chaos) snapshot() *agent.Snapshot {
	s := &agent.Snapshot{At: clock, Auto: r.IntN(2) == 0, DryRun: r.IntN(2) == 0, Holder: r.text(1)}
	for i := range r.IntN(9) {
		s.Agents = append(s.Agents, r.view(agent.ID(rune('a'+i))))
	}
	for range r.IntN(3) {
		s.Problems = append(s.Problems, agent.Problem{At: r.time(), Where: r.text(2), What: r.text(3), Do: r.text(2)})
	}
	s.Goal = agent.GoalLine{Metric: "val_loss", Target: float64(r.IntN(2)), Record: float64(r.IntN(3)) * 1000}
	if r.IntN(2) == 0 {
		s.Goal.Minimize = "step"
	}
	return s
}

// cluster is what other machines told, of any kind.
func (r chaos) cluster() *Cluster {
	if r.IntN(5) == 0 {
		return nil
	}
	states := []remote.JobState{"", remote.JobPending, remote.JobRunning, remote.JobCompleted, remote.JobFailed, remote.JobOutOfMem, remote.JobRequeued, remote.JobVanished, remote.JobState(r.text(2))}
	links := []remote.LinkState{remote.LinkIdle, remote.LinkConnecting, remote.LinkUp, remote.LinkDown, remote.LinkNeeds, remote.LinkRefused, "new"}
	wild := func() float64 {
		return []float64{0, 50, 100, -3, 1e300, math.NaN(), math.Inf(1), math.Inf(-1)}[r.IntN(8)]
	}
	long := func() time.Duration { return time.Duration(r.Int64() - r.Int64()) }
	out := &Cluster{}
	for range r.IntN(3) {
		c := &remote.Cluster{Host: r.text(1), Version: r.text(1), At: r.time(), RPCs: r.IntN(1e6), Every: long(), Problem: r.text(2)}
		for range r.IntN(40) {
			c.Jobs = append(c.Jobs, remote.Job{
				Host: c.Host, ID: r.text(1), Name: r.text(3), User: r.text(1), Account: r.text(1), Partition: r.text(1), State: states[r.IntN(len(states))],
				Reason: r.text(2), Why: r.text(3), Depends: r.text(2), Nodes: []string{r.text(2), r.text(1)}, NumNodes: r.IntN(9) - 2, GPUs: r.IntN(99) - 9,
				ExitCode: r.IntN(300) - 1, Signal: r.IntN(20), Restarts: r.IntN(3), Submitted: r.time(), Started: r.time(), Ended: r.time(), Elapsed: long(), Left: long(),
				Dir: r.text(2), Stdout: r.text(2), Seen: r.time(),
			})
		}
		for range r.IntN(20) {
			c.Nodes = append(c.Nodes, remote.Node{
				Name: r.text(2), State: []string{"idle", "mixed", "drained", r.text(1)}[r.IntN(4)], Marks: r.text(1), Reason: r.text(3),
				GPUs: r.IntN(20) - 2, GPUsUsed: r.IntN(20) - 2,
			})
		}
		out.Clusters = append(out.Clusters, c)
	}
	for range r.IntN(60) {
		out.GPUs = append(out.GPUs, remote.GPU{
			Host: r.text(1), Node: r.text(1), Util: wild(), MemUsed: wild(), MemTotal: wild(), Power: wild(), PowerLimit: wild(), Jobs: []string{""}, At: r.time(),
		})
	}
	for range r.IntN(4) {
		out.Links = append(out.Links, remote.Link{Host: r.text(1), State: links[r.IntN(len(links))], Since: r.time(), Retry: r.time(), What: r.text(3), Do: r.text(2)})
	}
	for range r.IntN(2) {
		out.Questions = append(out.Questions, remote.Question{ID: r.text(1), Host: r.text(1), Prompt: r.text(5), Secret: r.IntN(2) == 0})
	}
	return out
}

// mouse is anything that a mouse does, also beside the screen.
func (r chaos) mouse(s size) tea.Msg {
	e := tea.Mouse{X: r.IntN(s.w+3) - 1, Y: r.IntN(s.h+3) - 1, Button: tea.MouseButton(r.IntN(9)), Mod: tea.KeyMod(r.IntN(8))}
	switch r.IntN(5) {
	case 0, 1:
		e.Button = tea.MouseLeft
		return tea.MouseClickMsg(e)
	case 2:
		return tea.MouseReleaseMsg(e)
	case 3:
		return tea.MouseMotionMsg(e)
	}
	return wheeled{e, r.IntN(40)}
}

// past is what a journal may hold of agents.
func (r chaos) past() agent.Past {
	p := agent.Past{JudgeTokens: r.IntN(3) * 1000}
	ends := append(agent.Endings(), "")
	for i := range r.IntN(6) {
		v := r.view(agent.ID(rune('a' + i)))
		a := agent.PastAgent{Agent: v.Agent, First: r.time(), Last: r.time(), Moments: v.Moments, Goal: agent.GoalLine{Metric: r.text(1), Target: float64(r.IntN(3)), Record: 1000}}
		for range r.IntN(20) {
			t := v
			t.Turn.Started, t.Turn.Ended, t.Verdict.Ending = r.time(), r.time(), ends[r.IntN(len(ends))]
			a.Turns = append(a.Turns, agent.PastTurn{Turn: t.Turn, Verdict: t.Verdict})
			a.Idle = append(a.Idle, agent.Stretch{From: r.time(), To: r.time(), Cause: t.Verdict.Ending})
			a.Nudges = append(a.Nudges, agent.Nudge{Text: r.text(3), Status: agent.Effective, PlannedAt: r.time(), ReceivedAt: r.time()})
			a.Moments = append(a.Moments, agent.Moment{Type: agent.MNudge, At: r.time(), Text: "held: " + r.text(3)})
			a.Results = append(a.Results, agent.Result{Run: r.text(2), Path: r.text(2), Least: r.NormFloat64(), Reached: r.Float64() * 1e9, Hit: r.IntN(2) == 0, At: r.time(), Ended: r.time()})
			a.Usage = append(a.Usage, agent.UsageAt{At: r.time(), Usage: agent.Usage{Input: r.Int64N(1e15)}})
			a.GPUs = append(a.GPUs, agent.GPUTime{At: r.time(), Held: time.Duration(r.Int64N(1e18)), Idle: time.Duration(r.Int64N(1e18))})
		}
		p.Agents = append(p.Agents, a)
	}
	return p
}

// curves are runs of any kind, of the agents of a snapshot.
func (r chaos) curves() *curve.Set {
	store := curve.NewStore()
	for range r.IntN(20) {
		w := store.Writer(remote.Source{Key: string(rune('a' + r.IntN(9))), Host: r.text(1), Path: "/" + r.text(3)})
		plan := int64(r.IntN(3)) * 1000
		for range r.IntN(4) {
			w.Add(remote.Record{Kind: remote.Setting, Key: []string{"lr", "width", r.text(2)}[r.IntN(3)], Text: r.text(2)})
		}
		for step := int64(0); step < int64(r.IntN(200)); step++ {
			v := r.NormFloat64()
			if r.IntN(30) == 0 {
				v = []float64{math.NaN(), math.Inf(1), 1e30, -1e30, 0}[r.IntN(5)]
			}
			w.Add(remote.Record{Kind: remote.Point, Step: step * 10, Plan: plan, Wall: float64(step) * r.Float64(), Metrics: []remote.Metric{
				{Name: "val_loss", Raw: "val_loss", Value: v}, {Name: r.text(1), Value: v},
			}})
		}
		switch r.IntN(4) {
		case 0:
			w.Add(remote.Record{Kind: remote.Failure, Text: r.text(3)})
		case 1:
			w.Add(remote.Record{Kind: remote.Note, Text: r.text(3)})
		}
		w.Seen(r.time())
	}
	return store.Snapshot()
}

// Nothing that is drawn exceeds its rectangle, whatever there is to draw, and
// wherever a person goes.
func TestNothingExceedsItsRectangle(t *testing.T) {
	r := chaos{rand.New(rand.NewPCG(7, 11))}
	m := New(newFake(nil), Options{Now: at0})
	var keys []string
	for _, z := range append(m.zones(), m.floating()...) {
		for _, b := range z.keys {
			keys = append(keys, b.Keys()...)
		}
	}
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	for round := range rounds {
		s := size{r.IntN(220), r.IntN(70)}
		if round%4 == 0 {
			s = size{r.IntN(40), r.IntN(12)}
		}
		src := newFake(r.snapshot())
		src.cluster, src.runs = r.cluster(), r.curves()
		m := start(src, s)
		for range 30 {
			switch r.IntN(12) {
			case 9, 10:
				m.Update(r.mouse(s))
			case 11: // something to find
				m.Update(keyMsg(":"))
				typeIn(m, strings.Map(func(c rune) rune {
					if c < 0x20 || c == 0xfffd {
						return -1
					}
					return c
				}, r.text(1)))
			case 0:
				src.snap = r.snapshot()
				src.cluster, src.runs = r.cluster(), r.curves()
				m.Update(changed{clock.Add(time.Second)})
			case 7: // what is on screen is compared
				m.tab, m.onTabs = 1, true
				name, text := r.file()
				src.versions["wild"] = text
				for i := range m.files.rows {
					m.files.fileAt(i).Path = name
				}
				m.show()
				if m.files.reading = false; m.readPairs() != nil {
					m.files.reading = false
					m.Update(m.readPairs()())
				}
				for _, read := range []func() tea.Cmd{m.readPlan, m.readRuns} {
					m.plan.asked, m.past.cutting = false, false
					if cmd := read(); cmd != nil {
						m.Update(cmd())
					}
				}
			case 8:
				m.Update(paused{m.asking.gen})
			case 1:
				s = size{r.IntN(220), r.IntN(70)}
				m.Update(tea.WindowSizeMsg{Width: s.w, Height: s.h})
			case 2:
				m.Update(tea.PasteMsg{Content: r.text(3)})
			case 3:
				m.Update(reportRead{gen: m.report.gen, r: report.Build(r.past(), r.time(), clock)})
			default:
				m.Update(keyMsg(keys[r.IntN(len(keys))]))
			}
			frame := m.View().Content
			check(t, frame, s)
			harmless(t, frame)
			checkPanes(t, m)
			if t.Failed() {
				t.Fatalf("round %d at %dx%d, tab %d", round, s.w, s.h, m.tab)
			}
		}
	}
}

// checkPanes holds the parts to their rooms too: a frame can be right because
// a border cuts what a pane draws too wide.
func checkPanes(t *testing.T, m *Model) {
	t.Helper()
	if m.snap == nil || len(m.snap.Agents) == 0 {
		return
	}
	in := innerOf(m.layout.Detail)
	if w, h := lipgloss.Size(m.tabs[m.tab].pane.View()); w > in.W || h > max(in.H, 1) {
		t.Errorf("%s draws %dx%d in %dx%d", m.tabs[m.tab].title, w, h, in.W, in.H)
	}
	in = innerOf(m.layout.Fleet)
	if m.layout.Strip {
		in = m.layout.Fleet
	}
	if w, h := lipgloss.Size(m.fleet.View()); w > in.W || h > max(in.H, 1) {
		t.Errorf("the fleet draws %dx%d in %dx%d", w, h, in.W, in.H)
	}
}

// harmless holds a frame to colours: no other sequence and no control
// character of what was read may reach the terminal.
func harmless(t *testing.T, frame string) {
	t.Helper()
	rest := frame
	for {
		i := strings.IndexByte(rest, 0x1b)
		if i < 0 {
			break
		}
		end := strings.IndexByte(rest[i:], 'm')
		if end < 0 || !isSGR(rest[i:i+end+1]) {
			t.Fatalf("the frame has %q", rest[i:min(i+20, len(rest))])
		}
		rest = rest[i+end+1:]
	}
	for i, c := range frame {
		if c < 0x20 && c != '\n' && c != 0x1b || c >= 0x7f && c < 0xa0 || c == 0x202e {
			t.Fatalf("the frame has %U after %q", c, frame[max(i-60, 0):i])
		}
	}
}

func FuzzSGRLines(f *testing.F) {
	for _, s := range awkward {
		f.Add(s)
	}
	f.Add("\x1b[1;31mred\nstill\x1b[0m plain\x1b[38:2::1:2:3mx\x1b[?1049h\x1b[5n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, l := range sgrLines(s) {
			if strings.ContainsAny(l, "\n\r\t") {
				t.Fatalf("%q is not one line", l)
			}
			harmless(t, l)
		}
	})
}

func FuzzMarkdown(f *testing.F) {
	f.Add(planText, 40)
	for _, s := range awkward {
		f.Add(s, 7)
	}
	st := newStyles(New(newFake(nil), Options{Now: at0}).st.theme)
	f.Fuzz(func(t *testing.T, s string, w int) {
		w = min(max(w, 1), 300)
		n := strings.Count(s, "\n") + 1
		for _, l := range markdown(s, w, st) {
			if got := lipgloss.Width(l.text); got > w || strings.Contains(l.text, "\n") || l.src < 0 || l.src >= n {
				t.Fatalf("line %q of source line %d is %d cells wide in %d", l.text, l.src, got, w)
			}
			harmless(t, l.text)
		}
	})
}
