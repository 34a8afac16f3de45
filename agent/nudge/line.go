package nudge

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"vigil/agent"
)

// maxLine bounds a line of the judge, in bytes.
const maxLine = 200

// minWords is what makes a line a sentence, and not a word for a shell.
const minWords = 4

// ErrLine says that a line of a model was refused.
var ErrLine = errors.New("the judge's line is not used")

// notInLine finds what no advice on research needs, and what an order to a
// machine or an attempt to take an agent over does. The letters, digits and
// marks of plain English prose are all that is left before it.
var notInLine = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`(^|[\s(])-+\w`,              // an option of a command
	`\w\.[a-z]`, `\d(\.\d+){2,}`, // a file's or a host's name, an address
	`\w{25,}`, // a key, or something encoded
	`\b(www|https?|ftp|ssh|scp|rsync|curl|wget|nc|sudo|su|sh|bash|zsh|eval|exec|source|export|rm|mv|cp|dd|cat|chmod|chown|mkfs|kill|pkill|killall|scancel|sbatch|srun|git|docker|kubectl|pip|npm|apt|crontab|nohup|env)\b`,
	`\b(passwords?|passwd|credentials?|secrets?|api keys?|private keys?|access tokens?|id rsa)\b`,
	`\b(delet|eras|wip|overwrit|upload|download|install|uninstall|exfiltrat|publish|post|email|mail|push|reboot|shut|disabl|bypass|approv|permi)\w*`,
	`\b(ignor|disregard|forget|obey|overrid|pretend|jailbreak)\w*|\b(instructions?|prompts?|operators?|administrators?|developers?|sandbox|guardrails?|polic(y|ies)|rules|system message|assistant|vigil)\b`,
	`\b(stop|stops|stopped|quit|exit|halt|abort|cancel|terminate|finish|pause|give up|stand down|wait for)\b`,
}, "|"))

// plainLine is what prose is written with.
var plainLine = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 .,:()'%+-]+[.!?]?$`)

// FreeLine checks a line that a model wrote for a message, and returns it as it
// is to be used. The model has read an agent's hostile text and may itself be
// anyone's, so the line is refused unless it is one short sentence of plain
// prose without a command, an address, a path, a name of a file, a secret's
// name, or an order about the agent's rules.
func FreeLine(s string) (string, error) {
	s = strings.NewReplacer("’", "'", "‘", "'", "–", "-", "—", "-", "\u00a0", " ").Replace(s)
	line := strings.TrimSpace(s)
	refuse := func(why string) (string, error) {
		return "", fmt.Errorf("%w: it %s: %q", ErrLine, why, agent.CleanLine(s, 80))
	}
	switch {
	case line == "" || len(line) > maxLine:
		return refuse(fmt.Sprintf("is not 1 to %d characters", maxLine))
	case !plainLine.MatchString(line):
		return refuse("holds more than the marks of plain prose")
	case len(strings.Fields(line)) < minWords:
		return refuse("is no sentence")
	}
	if m := notInLine.FindString(line); m != "" {
		return refuse(fmt.Sprintf("holds %q", strings.TrimSpace(m)))
	}
	line = strings.Join(strings.Fields(strings.TrimRight(line, ".!? ")), " ")
	return line, Check(line)
}
