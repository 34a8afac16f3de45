package supervise

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// measured runs the night and holds vigil against what really happened.
func (w *sim) measured(t *testing.T, seed uint64) figures {
	t.Helper()
	began := time.Now()
	fig := w.run()
	share := float64(fig.own) / float64(fig.wall)
	t.Logf("seed %d: %d turns ended in words, %d stops, %d nudges %v; missed %d, disturbed %d, beyond policy %d, doubled %d; idle by vigil's own delays %v of %v (%.3f %%); took %v",
		seed, fig.endings, fig.stops, fig.nudges, fig.by, fig.missed, fig.disturbed, fig.beyond, fig.doubled, fig.own.Round(time.Second), fig.wall, 100*share,
		time.Since(began).Round(time.Millisecond))
	if fig.missed+fig.disturbed+fig.beyond+fig.doubled > 0 {
		t.Errorf("seed %d: missed %d, disturbed %d, beyond policy %d, doubled %d; all must be 0", seed, fig.missed, fig.disturbed, fig.beyond, fig.doubled)
	}
	if share >= 0.005 {
		t.Errorf("seed %d: vigil's own delays are %.2f %% of the time", seed, 100*share)
	}
	return fig
}

// TestSeventyTwoHours lets twenty agents go through three days in which all goes
// wrong that can. The race detector gets a shorter time.
func TestSeventyTwoHours(t *testing.T) {
	span, least := 72*time.Hour, 500
	if raceEnabled || testing.Short() {
		span, least = 8*time.Hour, 50
	}
	if fig := newSim(t, 1, span, 20).measured(t, 1); fig.nudges < least {
		t.Errorf("only %d nudges: the night was too quiet to show anything", fig.nudges)
	}
}

// TestNights has other nights, shorter ones: each number is one. All but the first
// are those in which bugs were found. VIGIL_NIGHTS=N has N more.
func TestNights(t *testing.T) {
	seeds := []uint64{100, 52, 127, 1976, 7279, 5100, 5730}
	if testing.Short() || raceEnabled {
		seeds = seeds[4:]
	}
	more, _ := strconv.Atoi(os.Getenv("VIGIL_NIGHTS"))
	for i := range more {
		seeds = append(seeds, uint64(5000+i))
	}
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			newSim(t, seed, 6*time.Hour, 20).measured(t, seed)
		})
	}
}
