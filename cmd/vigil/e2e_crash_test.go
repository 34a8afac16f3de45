package main_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"vigil/cmd/vigil/internal/clients"
	"vigil/cmd/vigil/internal/modelapi"
)

// lifeSpan is how long a vigil lives at most before it is killed: some cycles,
// or, after a crash at a bad moment, the seconds in which it looks for the
// nudge that it had planned, and then a cycle or two.
const lifeSpan = 6 * time.Second

// stopEvery is after how many kills there is a stop.
const stopEvery = 3

// wait lets vigil run for the time.
func wait(t *testing.T, v *auto, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-v.done:
		t.Fatalf("vigil ended by itself in life %d\n%s", v.lives, v.dump())
	}
}

// Killed at any moment and started again, vigil sends no nudge twice and loses
// none.
func TestE2ECrash(t *testing.T) {
	bin := buildVigil(t)
	kills := knob(t, "VIGIL_E2E_KILLS", 5)
	script := modelapi.Cycles(timelineFinals(t)...)
	for _, k := range clients.Kinds() {
		t.Run(string(k), func(t *testing.T) {
			c, set := launch(t, bin, clients.Options{Kind: k, Script: script})
			v := watch(t, bin, c, set)
			// A seed makes the moments the same again, as far as two other
			// programs allow.
			seed := uint64(knob(t, "VIGIL_E2E_SEED", int(time.Now().UnixMilli())))
			rnd := rand.New(rand.NewPCG(seed, 0))
			for i := range kills {
				span := time.Duration(rnd.Int64N(int64(lifeSpan)))
				wait(t, v, span)
				v.kill()
				v.start()
				// Now and then it is stopped in good order, which must work at
				// any moment as well.
				if i%stopEvery == 1 {
					wait(t, v, time.Duration(rnd.Int64N(int64(lifeSpan))))
					v.stop()
					v.start()
				}
				t.Logf("kill %d after %v; %d nudges so far", i+1, span.Round(time.Millisecond), len(nudges(c)))
			}
			// None lost: the agent goes on, again and again.
			goal := len(nudges(c)) + 3
			c.Until(90*time.Second, "nudges after the last crash", func() bool { return len(nudges(c)) >= goal })
			done := count(v, "effective") + 1
			c.Until(30*time.Second, "the effect of a nudge", func() bool { return count(v, "effective") >= done })
			v.stop()
			exactlyOnce(t, c, v)
			if n := len(nudges(c)); n < kills/10 {
				t.Errorf("only %d nudges in %d lives: the agent stood still between crashes", n, kills+1)
			}
			report(t, "%d kills (seed %d), %d nudges, each received once", kills, seed, len(nudges(c)))
		})
	}
}
