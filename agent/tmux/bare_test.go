package tmux

import (
	"regexp"
	"testing"

	"vigil/agent"
)

func TestPromptLook(t *testing.T) {
	look, err := PromptLook("aider", regexp.MustCompile(`^> `), regexp.MustCompile(`^architect> `))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		composer   agent.Composer
		draft      string
		dialog     agent.Dialog
	}{
		{"empty", "Applied edit.\n\n>", agent.EmptyComposer, "", ""},
		{"the other prompt", "done\narchitect>", agent.EmptyComposer, "", ""},
		{"draft", "> half a sent", agent.DraftComposer, "half a sent", ""},
		{"draft of two rows", "> a long draft that goes\non in the next row", agent.DraftComposer, "a long draft that goes on in the next row", ""},
		{"at work", "> do it\n\nThinking about the first of nine things\n2\n3\n4\n5\n6\n7\n8\n9", agent.NoComposer, "", ""},
		{"asks", "> do it\n1\n2\n3\n4\n5\n6\n7\n8\nRun this command? (y/n)", agent.NoComposer, "", agent.PermissionDialog},
		{"blank", "\n\n", agent.NoComposer, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := look.Read(Capture{Text: c.text})
			if s.Composer != c.composer || s.Draft != c.draft || s.Dialog != c.dialog {
				t.Errorf("composer %d, draft %q, dialog %q; want %d, %q, %q", s.Composer, s.Draft, s.Dialog, c.composer, c.draft, c.dialog)
			}
		})
	}
	if _, err := PromptLook("x"); err == nil {
		t.Error("a look without a prompt was made")
	}
}
