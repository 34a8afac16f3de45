package simagent

import (
	"context"
	"fmt"
	"time"
)

// stage is where an actor's doings are seen: a terminal, or nothing.
type stage interface {
	show(text string)            // one more line of the conversation
	state(busy bool, shells int) // what the CLI's footer tells
	prompts() <-chan string      // messages submitted; nil when there can be none
}

// player plays an actor's story on a stage.
type player struct {
	a     *Actor
	rec   record
	stage stage
	reg   registry
	queue []string  // messages that came in while a turn runs
	task  *training // the background task that is alive
	id    string    // its id
	ended chan error
}

// play plays until ctx ends, or until nothing can wake the actor: no task is
// alive and the stage has no prompts. A first prompt starts it off; without
// one it waits for the stage's.
func (p *player) play(ctx context.Context, first string) error {
	if first != "" {
		if err := p.turn(ctx, first, human); err != nil {
			return err
		}
	}
	for {
		if len(p.queue) > 0 { // came too late to be absorbed
			text := p.queue[0]
			p.queue = p.queue[1:]
			if err := p.turn(ctx, text, human); err != nil {
				return err
			}
			continue
		}
		if p.task == nil && p.stage.prompts() == nil {
			return nil
		}
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case text := <-p.stage.prompts():
			err = p.turn(ctx, text, human)
		case err = <-p.ended:
			if err == nil {
				err = p.wake(ctx)
			}
		}
		if err != nil {
			return err
		}
	}
}

// turn plays one turn, from the prompt to its end. A notice has been written
// already.
func (p *player) turn(ctx context.Context, text string, from origin) error {
	began := time.Now()
	p.reg.set("busy")
	p.stage.state(true, p.shells())
	if from == human {
		if err := p.rec.prompt(text, from); err != nil {
			return err
		}
		p.stage.show(promptMark(p.a.Kind) + text)
	}
	t := story(p.a.Name, p.a.Turn)
	p.a.Turn++
	if err := p.a.save(); err != nil { // the place in the story outlives a kill
		return err
	}
	for s := range t.steps {
		if err := p.step(ctx, s, t.wake); err != nil {
			return err
		}
	}
	if err := p.wait(ctx, time.Second); err != nil {
		return err
	}
	p.stage.show(sayMark(p.a.Kind) + t.final)
	if err := p.rec.final(t.final, time.Since(began)); err != nil {
		return err
	}
	p.reg.set(map[bool]string{true: "shell", false: "idle"}[p.task != nil])
	p.stage.state(false, p.shells())
	return p.a.save()
}

func (p *player) shells() int {
	if p.task != nil {
		return 1
	}
	return 0
}

// wake tells the actor that its background task has ended, and plays the turn
// that this starts.
func (p *player) wake(ctx context.Context) error {
	job := *p.task
	p.task = nil
	if err := p.rec.done(p.id, "bash run.sh "+job.variant); err != nil {
		return err
	}
	p.stage.show(sayMark(p.a.Kind) + "Background command completed")
	return p.turn(ctx, "", notice)
}

// step does one step of a turn.
func (p *player) step(ctx context.Context, s step, wake time.Duration) error {
	if s.say != "" {
		p.stage.show(sayMark(p.a.Kind) + s.say)
		if err := p.rec.say(s.say); err != nil {
			return err
		}
	}
	id, err := p.rec.call(s.tool, p.argument(s))
	if err != nil {
		return err
	}
	p.stage.show("  " + s.tool + "(" + s.command + ")")
	output, task := s.output, ""
	switch {
	case s.tool == background:
		task = "b" + shortID()
		p.start(ctx, *s.run, task, wake)
		err = p.wait(ctx, s.take)
	case s.run != nil:
		output, err = p.train(*s.run, s.take, func(d time.Duration) error { return p.wait(ctx, d) })
	default:
		output, err = p.edit(s)
		if err == nil {
			err = p.wait(ctx, s.take)
		}
	}
	if err != nil {
		return err
	}
	if s.note != "" {
		if err := p.a.appendTo("scratchpad/THREAD.md", s.note+"\n"); err != nil {
			return err
		}
	}
	if s.tick != "" {
		if err := p.a.tick(s.tick); err != nil {
			return err
		}
	}
	if err := p.rec.result(id, output, task); err != nil {
		return err
	}
	for _, text := range p.queue { // taken in after the tool, as the CLIs do
		if err := p.rec.absorbed(text); err != nil {
			return err
		}
	}
	p.queue = nil
	return nil
}

// argument is what the tool is called with: paths are absolute.
func (p *player) argument(s step) string {
	if s.tool == "Write" || s.tool == "Edit" {
		return p.a.in(s.command)
	}
	return s.command
}

// edit writes the file that a step is about.
func (p *player) edit(s step) (string, error) {
	if s.tool != "Write" {
		return "ok", nil
	}
	text := "# " + s.command + "\n# one change against the base recipe\ntrain_steps = 2990\n"
	return "File created", replaceFile(p.a.in(s.command), []byte(text))
}

// start runs a training in the background, as a shell of its own. The
// goroutine ends with the run or with ctx; p.ended tells.
func (p *player) start(ctx context.Context, t training, id string, take time.Duration) {
	p.task, p.id = &t, id
	p.ended = make(chan error, 1)
	go func(ended chan<- error) {
		_, err := p.train(t, take, func(d time.Duration) error { return pause(ctx, p.real(d)) })
		ended <- err
	}(p.ended)
}

// train writes a training log in fast motion and enters the run in the ledger.
func (p *player) train(t training, take time.Duration, wait func(time.Duration) error) (string, error) {
	path := "scratchpad/runs/" + t.run + ".log"
	if err := p.a.appendTo(path, t.head()); err != nil {
		return "", err
	}
	lines := t.lines()
	for _, l := range lines {
		if err := p.a.appendTo(path, l+"\n"); err != nil {
			return "", err
		}
		if err := wait(take / time.Duration(len(lines))); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s\nfinal val_loss %.5f at step %d", path, t.final, t.steps), p.a.ledger(t)
}

// pause waits for a real duration.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// real turns story time into real time.
func (p *player) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / p.a.Speed)
}

// wait lets story time pass. Messages that come in meanwhile are queued.
func (p *player) wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(p.real(d))
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case text := <-p.stage.prompts():
			p.queue = append(p.queue, text)
			if err := p.rec.queued(text); err != nil {
				return err
			}
		case <-t.C:
			return nil
		}
	}
}
