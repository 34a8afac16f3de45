package agent

import (
	"path/filepath"
	"regexp"
	"slices"
)

// The other kinds that vigil knows by itself.
const (
	Gemini   Kind = "gemini"
	Qwen     Kind = "qwen"
	OpenCode Kind = "opencode"
)

// CLI is what vigil knows of one agent CLI: by what its processes are known,
// where it keeps its sessions, how its screen looks and what it understands.
// The table is in the files beside this one, one for each CLI. What a CLI's
// session files hold is read by package transcript.
type CLI struct {
	Kind Kind

	// Processes.
	Program  string   // name of the executable or the script
	Packages []string // folders that hold the script, whatever its name
	Values   []string // flags whose value is the next argument
	Headless []string // flags of a run without a screen
	Short    string   // letters of flags that may be joined behind one dash; empty if none may
	Helpers  []string // first words that are no prompt but a subcommand without a screen for a session

	// Session files.
	HomeVar  string   // variable that moves the folder; empty if none does
	HomePath string   // path of the folder below what HomeVar holds
	HomeDir  string   // path of the folder below the home folder
	Sessions Sessions // what is in the folder
	// Retries is set where a session tells of each failed request, also of one
	// that the CLI makes again: only with the screen at rest has the turn ended.
	Retries bool
	// LateCalls is set where a call is in the session only once it has ended.
	LateCalls bool

	// Commands. "{session}" and "{text}" are replaced.
	Resume  []string // goes on with a session without a screen
	Compact string   // what a person types to shorten the context
	Fresh   string   // what a person types to begin a new session

	Looks []Look // of its screen; the first that finds an input line counts
}

// Sessions is how a CLI keeps its sessions.
type Sessions uint8

// The ways of keeping sessions.
const (
	NoSessions     Sessions = iota // none that vigil reads: the agent is known by its pane
	SessionFiles                   // a file of lines for each
	SessionsInBase                 // one SQLite database for all, which is read on this machine only
)

// CLIs returns what vigil knows of each CLI. It is not to be written to.
func CLIs() []CLI { return clis }

var clis = []CLI{claudeCLI, codexCLI, geminiCLI, qwenCLI, opencodeCLI}

// CLIOf returns what vigil knows of the CLI of a kind.
func CLIOf(k Kind) (CLI, bool) {
	i := slices.IndexFunc(clis, func(c CLI) bool { return c.Kind == k })
	if i < 0 {
		return CLI{}, false
	}
	return clis[i], true
}

// HomeVars are the variables by which CLIs move their folders.
func HomeVars() []string {
	var out []string
	for _, c := range clis {
		if c.HomeVar != "" {
			out = append(out, c.HomeVar)
		}
	}
	return out
}

// Home is the folder in which the CLI of a process keeps its sessions, given
// the process's home folder and environment.
func (c CLI) Home(home string, env map[string]string) string {
	if dir := env[c.HomeVar]; c.HomeVar != "" && dir != "" {
		return filepath.Join(dir, c.HomePath)
	}
	return filepath.Join(home, c.HomeDir)
}

// Look is how one CLI's screen is read: patterns over its lines without colours.
// Nil patterns never match.
type Look struct {
	Frame Frame

	// Prompt matches the start of the input line's first row, up to where its text
	// begins. Special matches such a start that means something to the CLI (a shell
	// mode, say): an input line that begins so holds a draft.
	Prompt, Special *regexp.Regexp
	// Placeholder matches the text of an empty input line that is not dim.
	Placeholder *regexp.Regexp
	// Pasted matches a draft that stands for a pasted text.
	Pasted *regexp.Regexp
	// Footer must match one of the rows below the input line, where it is set.
	Footer *regexp.Regexp
	// Menu matches a row beside the input line that belongs to a menu which takes
	// Enter for itself.
	Menu *regexp.Regexp

	// Busy matches a row that shows a running turn: below the input line, or a few
	// rows above it. The others match the pane's title while a turn runs, while
	// none does, and while a dialog is open.
	Busy, BusyTitle, IdleTitle, AskTitle *regexp.Regexp

	// Dialogs are looked for, in this order, in the last rows of a screen that has
	// no input line.
	Dialogs []DialogLook
}

// DialogLook is how one kind of dialog is known.
type DialogLook struct {
	Dialog  Dialog
	Pattern *regexp.Regexp
}

// Frame is what encloses a CLI's input line.
type Frame uint8

// The frames.
const (
	RulesFrame  Frame = iota // a horizontal line above and below
	BoxFrame                 // a box drawn around
	FooterFrame              // nothing above; the Footer below, after a blank row
	BarFrame                 // a bar to the left, and a closing row
	BareFrame                // nothing; it is what stands last on the screen
)

// Spinner matches a title in which a Braille pattern shows work.
const Spinner = `^[\x{2801}-\x{28ff}] `
