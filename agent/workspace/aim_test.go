package workspace

import "testing"

func TestAim(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"# Goal\n", "Goal"},
		{"# Goal\n\n## Objective\n", "Goal"},
		{"# Goal\n\nReach a validation loss of 3.28\nin fewer steps.\n\nMore.\n", "Reach a validation loss of 3.28 in fewer steps."},
		{"# Goal\nBeat 2990 steps.\n## Rules\n", "Beat 2990 steps."},
		{"\n# Beat the record of 2990 steps\n\nRead the rules.\n", "Beat the record of 2990 steps"},
		{"---\n\nBeat 2990 steps.", "Beat 2990 steps."},
		{"Beat 2990 steps.\r\n\r\nAnd more.\r\n", "Beat 2990 steps."},
		{"Goal\n====\n\nBeat 2990 steps.\n", "Beat 2990 steps."},
	} {
		if got := Aim(c.text); got != c.want {
			t.Errorf("Aim(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}
