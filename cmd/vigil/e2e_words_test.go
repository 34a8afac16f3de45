package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// finals are last messages of agents that stop too early, each in another
// manner of putting it.
func finals() []string {
	return []string{
		"SESSION FINAL. The best run stands at 2950 steps and I see no lever left that is worth its hours.",
		"The sweep is through: 0.6, 0.65 and 0.75 all miss the target. I am not re-arming the wake-up; the loop ends here.",
		"Every marginal lever is exhausted. What remains is noise between seeds.",
		"I declare this version terminal. The report is in scratchpad/THREAD.md.",
		"Stopping the autonomous loop at this point: nothing in the queue has a positive expectation.",
		"No wake-up is armed and nothing runs. This concludes the session.",
		"The last fine-tune failed the noise floor. Work is complete; awaiting the user's direction.",
		"All planned experiments are done. The final result is 2975 steps, short of the record.",
		"That was a stale loop, so I end it and will not schedule another look.",
	}
}

// quoted is a passage in quotation marks: in the time line of real stops,
// those are the agent's own words.
var quoted = regexp.MustCompile(`"([^"]{8,})"`)

// timelineFinals are the words of real stops where the shared material is at
// hand (VIGIL_SHARED, else ../shared beside the repository), else our own.
func timelineFinals(t *testing.T) []string {
	dir := os.Getenv("VIGIL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "turnends", "timeline.txt"))
	if err != nil {
		t.Logf("the agents stop in our own words: %v", err)
		return finals()
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		// A line that tells how somebody got it going again is not a stop.
		if strings.Contains(line, "USER") || strings.Contains(line, "\u21a9") {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			out = append(out, m[1])
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s/turnends/timeline.txt holds no words of an agent", dir)
	}
	return append(out, finals()...)
}
