package agent

// Need is what only a person can do for an agent.
type Need struct {
	Type NeedType
	Text string // what it is about; clean, one line
	// Mark names the moment: the same need of the same moment has the same one,
	// whoever sees it and whenever.
	Mark string
}

// NeedType names a Need.
type NeedType string

// The needs.
const (
	NeedPermission NeedType = "permission" // to answer a permission prompt
	NeedAnswer     NeedType = "question"   // to answer a question or another dialog
	NeedHelp       NeedType = "stuck"      // nudges had no effect, or cannot help
	NeedRestart    NeedType = "exited"     // to start it again
)
