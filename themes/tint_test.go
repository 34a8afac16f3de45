package themes

import "testing"

// Every built-in theme of known colours has backgrounds for a diff on which
// its text can be read, and which can be told from its own and one another.
func TestTints(t *testing.T) {
	for _, th := range Builtin() {
		add, remove, ok := th.Tints()
		if th.Name == "ansi16" {
			if ok {
				t.Error("a theme of the terminal's colours has tints")
			}
			continue
		}
		if !ok {
			t.Errorf("%s has no tints", th.Name)
			continue
		}
		for _, on := range []Color{add, remove} {
			if ratio, _ := Contrast(th.Role.Text, on); ratio < forText {
				t.Errorf("%s: text on %s has contrast %.2f", th.Name, on, ratio)
			}
			if d := visions[0].distance(on, th.Ground()); d < 2 {
				t.Errorf("%s: %s cannot be told from the background (%.1f apart)", th.Name, on, d)
			}
		}
		if d := visions[0].distance(add, remove); d < 2 {
			t.Errorf("%s: %s and %s look alike (%.1f apart)", th.Name, add, remove, d)
		}
	}
}
