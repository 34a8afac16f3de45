package tui

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"vigil/remote"
)

// asking is how a host's question comes to the person: it opens by itself, and
// so only once they have paused, that no key they meant for something else
// answers it.
type asking struct {
	id   string   // of the question that is open; empty while none is
	done []string // questions that were answered and are still listed
	gen  int      // of the pause that is waited for
	wait bool     // one is waited for
}

// pauseTime is how long no key must have come before a question opens.
const pauseTime = 800 * time.Millisecond

// paused says that no key came for a while, if nothing newer is waited for.
type paused struct{ gen int }

// next returns the first question that is not answered, or nil.
func (m *Model) nextQuestion() *remote.Question {
	if m.cluster == nil {
		return nil
	}
	for i := range m.cluster.Questions {
		if q := &m.cluster.Questions[i]; !slices.Contains(m.asking.done, q.ID) {
			return q
		}
	}
	return nil
}

// questions takes over what the hosts ask: a question that is gone closes, a
// new one opens after a pause.
func (m *Model) questions() tea.Cmd {
	listed := func(id string) bool {
		return m.cluster != nil && slices.ContainsFunc(m.cluster.Questions, func(q remote.Question) bool { return q.ID == id })
	}
	m.asking.done = slices.DeleteFunc(m.asking.done, func(id string) bool { return !listed(id) })
	if id := m.asking.id; id != "" && !listed(id) {
		m.closeQuestion()
	}
	if m.asking.wait {
		return nil
	}
	return m.await()
}

// await waits for a pause, from now on, if there is a question to open.
func (m *Model) await() tea.Cmd {
	m.asking.wait = false
	if m.asking.id != "" || m.nextQuestion() == nil {
		return nil
	}
	m.asking.wait = true
	m.asking.gen++
	gen, done := m.asking.gen, m.o.Done
	return func() tea.Msg {
		t := time.NewTimer(pauseTime)
		defer t.Stop()
		select {
		case <-done:
			return nil
		case <-t.C:
			return paused{gen}
		}
	}
}

// onPause opens the question, unless the person is in the midst of something.
func (m *Model) onPause(msg paused) tea.Cmd {
	if msg.gen != m.asking.gen || !m.asking.wait {
		return nil
	}
	m.asking.wait = false
	q := m.nextQuestion()
	if q == nil || m.asking.id != "" {
		return nil
	}
	if m.input.open() || m.over.open() {
		return nil // the key that ends it waits anew
	}
	m.asking.id = q.ID
	m.input.ask(forAnswer, "›", "", "")
	if q.Secret {
		m.input.text.EchoMode = textinput.EchoPassword
	}
	prompt, secret := line(q.Prompt), q.Secret
	m.over = overlay{title: line(q.Host) + " asks", note: m.named.say(", ", "input-accept", "% answers", "input-cancel", "% refuses"), body: func(w int, st *styles) []string {
		out := append(wrapText(prompt, w, st.text), "", m.input.View(w))
		if secret {
			out = append(out, "", st.muted.Render(cut("It is not shown, and kept nowhere.", w)))
		}
		return out
	}}
	return nil
}

func (m *Model) closeQuestion() {
	m.asking.id = ""
	m.input.close()
	m.closeOverlay()
}

// answer hands over what the person wrote, or that they refused.
func (m *Model) answer(text string, refused bool) tea.Cmd {
	if text == "" && !refused {
		return m.say(m.st.muted, "nothing written"+m.named.say("", "input-cancel", "; % refuses to answer"))
	}
	id, src := m.asking.id, m.src
	m.asking.done = append(m.asking.done, id)
	m.closeQuestion()
	return func() tea.Msg {
		src.Answer(id, text, refused)
		return nil
	}
}
