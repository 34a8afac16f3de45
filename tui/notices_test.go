package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"vigil/agent"
	"vigil/agent/notice"
)

// Each terminal is told in its own way, with nothing in it that could be taken
// for more than text.
func TestAlarmSequence(t *testing.T) {
	n := notice.Notice{Title: "a;b: asks\x1b]0;evil\a", Text: "Bash\x1b[31m; rm"}
	for _, c := range []struct {
		a    Alarm
		want string
	}{
		{Alarm{Notice: n}, ""},
		{Alarm{Notice: n, Bell: true}, "\a"},
		{Alarm{Notice: n, Desktop: OSC9}, "\x1b]9;a,b: asks: Bash, rm\a"},
		{Alarm{Notice: notice.Notice{Title: "a"}, Desktop: OSC9}, "\x1b]9;a\a"},
		{Alarm{Notice: n, Desktop: OSC777}, "\x1b]777;notify;a,b: asks;Bash, rm\a"},
		{Alarm{Notice: n, Desktop: OSC99, Bell: true}, "\x1b]99;i=vigil:d=0;a,b: asks\a\x1b]99;i=vigil:d=1:p=body;Bash, rm\a\a"},
		{Alarm{Notice: n, Desktop: OSC9, Bell: true, Tmux: true}, "\x1bPtmux;\x1b\x1b]9;a,b: asks: Bash, rm\a\x1b\\\a"},
	} {
		if got := c.a.sequence(); got != c.want {
			t.Errorf("%+v:\n got %q\nwant %q", c.a, got, c.want)
		}
	}
}

// A notice stands in the footer for a while, and the next one is waited for.
func TestNotice(t *testing.T) {
	from := make(chan Alarm, 2)
	m := New(newFake(story()), Options{Notices: from})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 30})
	from <- Alarm{Notice: notice.Notice{Title: "opus-v3: asks for permission", Text: "Bash: rm"}}
	msg := m.hear()()
	_, cmd := m.Update(msg)
	if got := screenText(m); !strings.Contains(got, "opus-v3: asks for permission: Bash: rm") || cmd == nil {
		t.Errorf("not in the footer:\n%s", got)
	}
	close(from)
	if msg := m.hear()(); msg != nil {
		t.Errorf("of a closed channel: %v", msg)
	}
	if cmd := New(newFake(story()), Options{}).hear(); cmd != nil {
		t.Error("it waits for what never comes")
	}
}

// The terminal is told what a person must know first.
func TestProgramStatus(t *testing.T) {
	view := func(s agent.State, need agent.NeedType) agent.View {
		v := agent.View{State: s}
		if need != "" {
			v.Need = &agent.Need{Type: need}
		}
		return v
	}
	works, asks, permit, stuck := view(agent.Working, ""), view(agent.Stopped, agent.NeedAnswer), view(agent.Asking, agent.NeedPermission), view(agent.Stopped, agent.NeedHelp)
	for _, c := range []struct {
		agents []agent.View
		state  tea.ProgramState
		kind   tea.ProgramStatusKind
	}{
		{nil, tea.ProgramStateIdle, ""},
		{[]agent.View{view(agent.Waiting, ""), works}, tea.ProgramStateWorking, ""},
		{[]agent.View{works, stuck, works}, tea.ProgramStateBlocked, ""},
		{[]agent.View{asks, stuck, works}, tea.ProgramStateBlocked, tea.ProgramStatusKindQuestion},
		{[]agent.View{asks, permit}, tea.ProgramStateBlocked, tea.ProgramStatusKindPermission},
	} {
		m := &Model{snap: &agent.Snapshot{Agents: c.agents}}
		if got := m.programStatus(); got.State != c.state || got.Kind != c.kind {
			t.Errorf("%+v: %+v", c.agents, got)
		}
	}
}
