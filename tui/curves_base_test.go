package tui

import (
	"strings"
	"testing"
)

// The pinned run is marked, compared with, and stays drawn; the difference to it
// is another picture of the same runs, with a line at zero.
func TestBaseline(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3", "j", "j", "p", "left", "ctrl+left")
	p := &m.curves
	at := p.baseline()
	if at < 0 || p.readings.ref != at || p.picked[at].run.Name != "v11c-s2" {
		t.Fatalf("line %d is the baseline, %d is compared with", at, p.readings.ref)
	}
	shows(t, m, "pinned", "≡ v11c-s2", "to ≡", "target 3.28")
	press(m, "d")
	shows(t, m, "difference", "val_loss minus ≡ v11c-s2 over step")
	if strings.Contains(screenText(m), "target 3.28") {
		t.Error("a target is drawn among differences")
	}
	_, _, lo, hi := p.chart.Limits()
	if lo > 0 || hi < 0 || hi > 1 {
		t.Errorf("differences from %v to %v", lo, hi)
	}
	press(m, "y")
	if _, _, a, b := p.chart.Limits(); a != lo || b != hi {
		t.Error("differences are logarithmic")
	}
	press(m, "esc", "esc")
	if p.minus || p.aimed {
		t.Error("esc leaves the difference")
	}
	press(m, "p")
	if p.baseline() >= 0 || strings.Contains(screenText(m), "≡") {
		t.Error("p leaves the baseline")
	}
	press(m, "G", "d")
	shows(t, m, "without a baseline, the selected run is it", " minus ≡ "+p.picked[p.at].run.Name)
	press(m, "v")
	shows(t, m, "another metric", "train_loss minus ≡ ")
	press(m, "x")
	shows(t, m, "over time", "over training time")
}

// A baseline without the metric that is shown compares with nothing, and is
// there again with one that it has.
func TestBaselineOfAnotherAgent(t *testing.T) {
	m := start(newFake(story()), size{120, 40})
	press(m, "3", "d", "J")
	if p := &m.curves; p.subtracted() < 0 {
		t.Error("the baseline is gone with its agent")
	}
	shows(t, m, "the other agent's runs", "minus ≡ v11b-s2")
}

// A difference that rounds to nothing is neither more nor less.
func TestSigned(t *testing.T) {
	for v, want := range map[float64]string{0.0012: "+0.0012", -0.0029: "-0.0029", -0.00001: "0.0000", 0.00001: "0.0000", 0: "0.0000", -10: "-10.0000"} {
		if got := signed(v, 4); got != want {
			t.Errorf("signed(%v) is %q, want %q", v, got, want)
		}
	}
}
