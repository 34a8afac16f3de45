package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/agent"
	"vigil/agent/hook"
	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
)

// hookWrap is what the CLIs put around a hook's answer.
var hookWrap = regexp.MustCompile(`(?s)^Stop hook feedback:\n(.*)$|^<hook_prompt [^>]*>(.*)</hook_prompt>$`)

// unwrapped is the text of a hook's answer; another text stays what it is.
func unwrapped(text string) string {
	if m := hookWrap.FindStringSubmatch(text); m != nil {
		return m[1] + m[2]
	}
	return text
}

// byHook counts the nudges that came by the CLI's hook.
func byHook(c *clients.Client) int {
	n := 0
	for _, p := range c.API.Prompts() {
		if strings.Contains(p.Text, nudgeMark) && hookWrap.MatchString(p.Text) {
			n++
		}
	}
	return n
}

// hooked starts a CLI with vigil's hook in its settings, put there by vigil
// itself, and returns the settings for a vigil that answers it.
func hooked(t *testing.T, bin string, o clients.Options) (*clients.Client, settings) {
	t.Helper()
	dir := t.TempDir()
	o.Hooks = true
	o.Before = func(c *clients.Client) {
		cmd := exec.CommandContext(t.Context(), bin, "hook", "install", "--yes", "--kind", string(o.Kind))
		cmd.Env = []string{"HOME=" + c.Home, "PATH=" + os.Getenv("PATH"), "XDG_STATE_HOME=" + filepath.Join(dir, "state")}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("vigil hook install: %v\n%s", err, out)
		}
	}
	return clients.Start(t, o), settings{Dir: dir}
}

// buildHook builds the small program beside vigil.
func buildHook(t *testing.T, bin string) {
	t.Helper()
	small := filepath.Join(filepath.Dir(bin), "vigil-hook")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", small, "../vigil-hook").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}

// launch starts a CLI, with vigil's hook in its settings if VIGIL_E2E_HOOKS is
// set, and returns the settings for the vigil beside it.
func launch(t *testing.T, bin string, o clients.Options) (*clients.Client, settings) {
	t.Helper()
	if os.Getenv("VIGIL_E2E_HOOKS") != "" {
		return hooked(t, bin, o)
	}
	return clients.Start(t, o), settings{}
}

// eachKind runs a test with each CLI, side by side.
func eachKind(t *testing.T, test func(*testing.T, agent.Kind)) {
	tests := map[string]func(*testing.T){}
	for _, k := range clients.Kinds() {
		tests[string(k)] = func(t *testing.T) { test(t, k) }
	}
	together(t, knob(t, "VIGIL_E2E_TOGETHER", 3), tests)
}

// Over and over, the agent works and declares itself finished: its CLI asks the
// hook, and the turn goes on.
func TestE2EHookCycles(t *testing.T) {
	bin := buildVigil(t)
	buildHook(t, bin)
	n := knob(t, "VIGIL_E2E_CYCLES", 3)
	script := modelapi.Cycles(timelineFinals(t)...)
	// vigil must be there before the first stop, which is left to the pane if it
	// comes right after what a person typed.
	script.Turns = slices.Insert(script.Turns, 0, modelapi.Turn{{Run: "sleep 2; until [ -e go ]; do sleep 0.1; done"}, script.Turns[0][1]})
	script.LoopFrom = 1
	eachKind(t, func(t *testing.T, k agent.Kind) {
		c, s := hooked(t, bin, clients.Options{Kind: k, Script: script})
		v := watch(t, bin, c, s)
		sees(c, v)
		c.Until(30*time.Second, "a vigil that answers", func() bool {
			_, err := hook.Ping(hook.Path(filepath.Join(s.Dir, "state", "vigil")))
			return err == nil
		})
		if err := os.WriteFile(filepath.Join(c.Work, "go"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for i := 1; i <= n; i++ {
			c.Until(90*time.Second, "the next nudge", func() bool { return len(nudges(c)) >= i })
		}
		c.Until(30*time.Second, "the effect of the nudges", func() bool { return count(v, "effective") >= n })
		v.stop()
		exactlyOnce(t, c, v)
		if all, went := len(nudges(c)), byHook(c); went != all {
			t.Errorf("%d stops, %d continued by the hook\n%s", all, went, v.dump())
		}
		if n := count(v, "wasted"); n > 0 {
			t.Errorf("%d nudges counted as wasted, though the agent worked after each", n)
		}
		reportHook(t, c)
	})
}

// reportHook tells how long the agent stood still: from the last byte of the
// model's final message to the next request.
func reportHook(t *testing.T, c *clients.Client) {
	t.Helper()
	var took []time.Duration
	var final time.Time
	for _, r := range c.API.Requests() {
		if r.Thread != modelapi.MainThread {
			continue
		}
		if !final.IsZero() {
			took = append(took, r.At.Sub(final))
		}
		final = time.Time{}
		if r.Answer.Text != "" {
			final = r.Done
		}
	}
	if len(took) == 0 {
		t.Fatal("no turn went on")
	}
	slices.Sort(took)
	report(t, "%d stops, %d continued by the hook; last byte to next request p50 %v, p95 %v, max %v", len(took), byHook(c),
		percentile(took, 50).Round(time.Millisecond), percentile(took, 95).Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}

// Whatever is wrong with vigil, the CLI stops at the end of its turn as it does
// without a hook, and takes the next prompt.
func TestE2EHookWithoutVigil(t *testing.T) {
	t.Parallel() // they wait, most of the time
	bin := buildVigil(t)
	eachKind(t, func(t *testing.T, k agent.Kind) {
		clients.Find(t, k) // one skip
		own := filepath.Join(t.TempDir(), "vigil")
		if err := os.Link(bin, own); err != nil {
			t.Fatal(err)
		}
		script := modelapi.Script{Turns: []modelapi.Turn{{{Run: "sleep 3"}, {Text: stops}}, done(stops)}, LoopFrom: 1}
		c, s := hooked(t, own, clients.Options{Kind: k, Script: script})
		rest := func(turn int) {
			t.Helper()
			c.Until(60*time.Second, "the turn's end", func() bool { return ended(c, turn) })
			c.Settle(2*time.Second, 60*time.Second)
			if n := len(c.API.Prompts()); n != turn+1 {
				t.Fatalf("%d prompts reached the model, want %d\n%s\n%s", n, turn+1, c.API.Dump(), c.Screen())
			}
		}
		say := func(text string) {
			t.Helper()
			c.Type(text)
			c.Until(20*time.Second, "the prompt on screen", func() bool { return strings.Contains(c.Screen(), text) })
			c.Key("Enter")
		}
		rest(0) // nobody serves

		// Something takes the call and never answers.
		if err := os.MkdirAll(filepath.Join(s.Dir, "state", "vigil"), 0o700); err != nil {
			t.Fatal(err)
		}
		l, err := hook.Listen(hook.Path(filepath.Join(s.Dir, "state", "vigil")))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		asked := make(chan struct{}, 8)
		go func() { // ends with the listener
			for {
				if _, err := l.Accept(); err != nil {
					return
				}
				asked <- struct{}{}
			}
		}()
		say("once more")
		rest(1)
		select {
		case <-asked:
		default:
			t.Error("the hook was not run")
		}
		l.Close()

		if err := os.Remove(own); err != nil {
			t.Fatal(err)
		}
		say("and again")
		rest(2)
		if s := c.Screen(); strings.Contains(strings.ToLower(s), "hook error") || strings.Contains(strings.ToLower(s), "hook failed") {
			t.Errorf("a person is bothered with it:\n%s", s)
		}
	})
}
