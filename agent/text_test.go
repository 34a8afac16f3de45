package agent

import "testing"

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "keep going\n\tnow", "keep going\n\tnow"},
		{"colour", "\x1b[31mred\x1b[0m", "red"},
		{"clipboard", "a\x1b]52;c;aGk=\x07b", "ab"},
		{"bidi", "abc\u202edef", "abcdef"},
		{"c1", "a\u009bb", "ab"},
		{"control", "a\rb\x00c\x08d", "abcd"},
		{"wide", "学习 🚀 é", "学习 🚀 é"},
		{"invalid", "a\xffb", "a\ufffdb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in); got != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[1mb\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Clean(s) {
			if hostile(r) {
				t.Fatalf("Clean(%q) kept %U", s, r)
			}
		}
		if got := CleanLine(s, 40); len(got) > 40 {
			t.Fatalf("CleanLine(%q) is %d bytes", s, len(got))
		}
	})
}
