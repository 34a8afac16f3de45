package agent

import "regexp"

// GeneralLook is for the screen of a CLI that nothing is known of: an input line between two
// rules, and dialogs in the words that most use.
func GeneralLook() Look { return generalLook }

var generalLook = Look{
	Frame:       RulesFrame,
	Prompt:      regexp.MustCompile(`^ {0,2}[❯›>](?:[ \x{a0}]|$)`),
	Placeholder: regexp.MustCompile(`^Type your message\b`),
	Busy:        regexp.MustCompile(`(?i)\b(?:esc|ctrl\+c) (?:to )?(?:interrupt|cancel|stop)\b`),
	BusyTitle:   regexp.MustCompile(Spinner),
	Dialogs: []DialogLook{
		{PermissionDialog, regexp.MustCompile(`(?i)^[│┃ ]*(?:allow execution of|permission required|do you want to (?:proceed|allow|run)\b.*\?|.{0,80}\b(?:allow|approve|proceed|continue|run)\b.{0,60}[\[(]y(?:es)?/n)`)},
		{QuestionDialog, regexp.MustCompile(`(?i)^[│┃ ]*enter to select\b`)},
		{OtherDialog, regexp.MustCompile(`(?i)^[│┃ ]*[❯›●] \d+\. |^[│┃ ]*(?:press )?(?:enter|esc) to (?:confirm|continue|cancel|close)\b|[\[(]y(?:es)?/n(?:o)?[\])]\??:?$`)},
	},
}
