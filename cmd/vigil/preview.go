package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"vigil/agent"
)

// preview is a nudge as it would be sent now.
type preview struct {
	Agent  string       `json:"agent"`
	State  agent.State  `json:"state"`
	Ending agent.Ending `json:"ending"`
	nextNudge
	Auto string `json:"auto"`
}

// nextNudge is what would be sent, how, and when.
type nextNudge struct {
	Text      string        `json:"text"`
	Rung      int           `json:"rung"`
	Wording   string        `json:"wording"`
	WrittenBy string        `json:"written_by"`
	Channel   agent.Channel `json:"channel"`
	Due       *time.Time    `json:"due"`
	Held      string        `json:"held"`
}

// runPreview prints what would be sent to the agent.
func runPreview(ctx context.Context, e env, given overrides, name string, asJSON bool) error {
	_, _, p, err := lookAt(ctx, e, given, name)
	if err != nil {
		return err
	}
	if asJSON {
		err = json.NewEncoder(e.Stdout).Encode(p)
	} else {
		err = p.write(e.Stdout, e.Now())
	}
	if err == nil && (p.Text == "" || p.Channel == "") {
		return fmt.Errorf("%s: nothing can be sent: %s", name, cmp.Or(p.Held, "there is no way in"))
	}
	return err
}

// lookAt looks at the fleet once, and returns it, the agent of that name and what
// would be sent to that. It takes no lease and sends nothing.
func lookAt(ctx context.Context, e env, given overrides, name string) (snap *agent.Snapshot, v agent.View, p preview, err error) {
	w, err := openWatch(ctx, e, given, watchOptions{})
	if err != nil {
		return nil, v, p, err
	}
	defer w.close()
	lease, err := w.journal.Lease(ctx, time.Now())
	if err != nil {
		return nil, v, p, err
	}
	rctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.run(rctx) }() // ends with rctx
	snap = w.settled(ctx)
	if v, err = agentNamed(snap, name); err == nil {
		p = w.previewOf(v, lease.Holder)
	}
	stop()
	if e := <-done; err == nil {
		err = e
	}
	return snap, v, p, err
}

// previewOf is what the agent would be sent now, by whoever does auto-resume.
func (w *watching) previewOf(v agent.View, holder string) preview {
	n := w.Preview(v.ID)
	p := preview{
		Agent: v.Name, State: v.State, Ending: v.Verdict.Ending, Auto: holder, nextNudge: nextNudge{
			Text: n.Text, Rung: n.Rung, Wording: n.Wording, WrittenBy: cmp.Or(n.By, "template"), Channel: n.Channel, Held: n.Held,
		},
	}
	if !n.At.IsZero() && (n.Held == "" || holder != "" && strings.HasPrefix(n.Held, "auto-resume is")) {
		p.Due, p.Held = &n.At, "" // who holds auto-resume sends it
	}
	return p
}

func (p preview) write(out io.Writer, now time.Time) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", p.Agent, p.State)
	if p.Ending != "" {
		fmt.Fprintf(&b, " (%s)", p.Ending)
	}
	b.WriteByte('\n')
	if p.Text != "" {
		fmt.Fprintf(&b, "rung %d, wording %s, by %s, channel %s\n", p.Rung, p.Wording, p.WrittenBy, cmp.Or(string(p.Channel), "none"))
	}
	switch {
	case p.Held != "":
		fmt.Fprintf(&b, "held: %s\n", p.Held)
	case p.Due != nil:
		fmt.Fprintf(&b, "due %s, in %s\n", p.Due.Local().Format("15:04:05"), max(p.Due.Sub(now), 0).Round(time.Second))
	}
	if p.Auto != "" {
		fmt.Fprintf(&b, "auto-resume: %s\n", p.Auto)
	}
	if p.Text != "" {
		fmt.Fprintf(&b, "\n%s\n", p.Text)
	}
	_, err := io.WriteString(out, agent.Clean(b.String()))
	return err
}
