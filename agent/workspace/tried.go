package workspace

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"vigil/agent"
)

// Bounds of what is read of notes, and told of them.
const (
	triedTail = 128 << 10 // bytes of a file: its end
	maxTried  = 24        // directions that a State tells
	maxName   = 80        // bytes of each
)

var (
	// closedRE is of headings and labels below which an agent lists what it will
	// not try again.
	closedRE = regexp.MustCompile(`(?i)\b(?:exhausted|failed|failures|ruled out|rejected|dead[ -]ends?|closed|abandoned|do not re-?test|don't re-?test|do not re-?try|already (?:tried|tested)|tried|what (?:did not|didn't) work|negative results?|no gain)\b`)
	// reopenRE takes a heading out again: "Untried", "not yet tried".
	reopenRE = regexp.MustCompile(`(?i)\b(?:un-?tried|un-?tested|not (?:yet )?(?:tried|tested|closed)|to (?:be )?(?:tried|tested)|to try)\b`)
	// failedRE is of an item that says so itself.
	failedRE = regexp.MustCompile(`(?:^|[-–—:→|(\[ ])\**(?:FAILED|REJECTED|EXHAUSTED|ABANDONED|DEAD|CLOSED|RULED OUT|NO GAIN)\b|[❌✗✘]`)
	// verdictRE cuts an item before what came of it.
	verdictRE = regexp.MustCompile(`\s*(?:[-–—→|=]+>?|:)\s+(?:\**(?:FAILED|REJECTED|EXHAUSTED|ABANDONED|DEAD|CLOSED|RULED OUT|NO GAIN)\b|[❌✗✘]).*$`)
	// seedRE is the end of a name that tells seeds and repeats apart.
	seedRE = regexp.MustCompile(`(?i)(?:[-_. ](?:s|sd|seed|rep|trial|t|run)?[-_=]?\d+)+$`)
)

// closedItems returns what a text's lists call tried and closed, in its order.
func closedItems(text string) []string {
	var out []string
	closed, depth := false, 0
	for line := range strings.Lines(tail(text)) {
		line = strings.TrimRight(line, " \t\r\n")
		if m := headingRE.FindStringSubmatch(line); m != nil {
			if d := len(m[1]); !closed || d <= depth { // a heading below a closed one is closed too
				closed, depth = closedRE.MatchString(m[2]) && !reopenRE.MatchString(m[2]), d
			}
			continue
		}
		if m := listRE.FindStringSubmatch(line); m != nil {
			item := strip(m[2])
			if b := boxRE.FindStringSubmatch(item); b != nil {
				item = strip(b[2])
			}
			if closed && m[1] == "" || failedRE.MatchString(item) {
				out = append(out, item)
			}
			continue
		}
		if m := labelRE.FindStringSubmatch(line); m != nil && m[2] == "" && line[0] != ' ' {
			closed, depth = closedRE.MatchString(m[1]) && !reopenRE.MatchString(m[1]), 7
		}
	}
	for i, s := range out {
		s = verdictRE.ReplaceAllString(s, "")
		if m := struckRE.FindStringSubmatch(s); m != nil {
			s = m[1]
		}
		out[i] = agent.CleanLine(s, maxName)
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// ledgerNames counts the runs of a ledger of one JSON object a line by what
// they are called, seeds aside, those with the most runs first.
func ledgerNames(text string) []string {
	counts := map[string]int{}
	for line := range strings.Lines(tail(text)) {
		var row map[string]json.RawMessage
		if json.Unmarshal([]byte(line), &row) != nil {
			continue
		}
		for _, key := range []string{"family", "candidate", "variant", "tag", "name", "run", "exp", "experiment", "id"} {
			var name string
			if json.Unmarshal(row[key], &name) != nil {
				continue
			}
			if name = agent.CleanLine(seedRE.ReplaceAllString(name, ""), maxName); name != "" {
				counts[name]++
			}
			break
		}
	}
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := counts[b] - counts[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		if n := counts[name]; n > 1 {
			names[i] = fmt.Sprintf("%s (%d runs)", name, n)
		}
	}
	return names
}

// tail is the end of a text, from a line's start.
func tail(s string) string {
	if n := len(s) - triedTail; n > 0 {
		s = s[n:]
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			s = s[i+1:]
		}
	}
	return s
}

// triedIn is what one file calls tried, the newest first; of a ledger, the most
// frequent first.
func triedIn(rel, text string) []string {
	if strings.EqualFold(filepath.Ext(rel), ".jsonl") {
		return ledgerNames(text)
	}
	out := closedItems(text)
	slices.Reverse(out)
	return out
}

// notes reports whether a file is one in which agents keep what they tried.
func notes(rel string) bool {
	s, _ := stem(filepath.Base(rel))
	return document(filepath.Base(rel)) || ledger(rel) || slices.Contains(padFiles, s) && rank(filepath.Base(rel), padFiles) >= 0
}

// tried gathers what the notes call tried. A file is read again when it has
// changed.
func (w *Watcher) tried() []string {
	var names []string
	for rel, f := range w.files {
		if f.kind == text && f.held && !f.change.Deleted && notes(rel) {
			names = append(names, rel)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if c := w.files[b].change.At.Compare(w.files[a].change.At); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	var out []string
	for _, rel := range names {
		f := w.files[rel]
		if of := fmt.Sprint(f.change.At.UnixNano(), len(f.text)); f.triedOf != of {
			f.tried, f.triedOf = triedIn(rel, f.text), of
		}
		for _, s := range f.tried {
			if len(out) == maxTried {
				return out
			}
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
