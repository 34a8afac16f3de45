package transcript

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"vigil/agent"
)

// Bounds on what is taken of results, beside those of agent.Signs.
const (
	maxResult = 256 << 10 // bytes of a tool's result that are searched
	maxTrials = 128
	maxChecks = 16
	maxLosses = 64
	maxName   = 120 // of a log
)

// resultSigns looks for results of training runs in a tool's result, as JSON.
// Nearly all have none, which is told by a search of the bytes.
func resultSigns(content raw) *agent.Signs {
	head := content[:min(len(content), maxResult)]
	if !bytes.Contains(head, []byte("loss")) && !bytes.Contains(head, []byte("RESULT:")) {
		return nil
	}
	if content.isObject() {
		content = content.get("content")
	}
	if content.isString() {
		return results(content.text(maxResult))
	}
	var b strings.Builder
	each(content, func(_ int, e raw) bool {
		b.WriteString(e.get("text").text(maxResult))
		b.WriteByte('\n')
		return b.Len() < maxResult
	})
	return results(b.String())
}

// noticeSigns looks for results in what a background task tells.
func noticeSigns(text string) *agent.Signs {
	if !strings.Contains(text, "loss") {
		return nil
	}
	return results(text)
}

// results reads finished trials and verdicts of a verifier in a text:
//
//	step:3290/3290 val_loss:3.27700 train_time:505.787s step_avg:138.51ms
//	  logs/x.txt: 3.27702
//	8-trial set   mean = 3.27702   (record bar: < 3.27859)
//	RESULT: PASS  record-valid (p<0.001)
//
// and the same as people and agents retell it ("Final step: 3290/3290", "Final
// val loss: 3.27700"). It returns nil if there are none.
func results(text string) *agent.Signs {
	if strings.Contains(text, `\n`) { // a program's output within a program's output
		text = strings.ReplaceAll(text, `\n`, "\n")
	}
	var s agent.Signs
	var set checking
	steps := int64(0) // of an "N/N" that no loss has followed yet
	apart := 0        // lines since
	for line := range strings.Lines(text) {
		if len(line) > 4096 {
			line = line[:4096]
		}
		steps, apart = trialOf(line, steps, apart, &s)
		if c, ok := set.line(line); ok && len(s.Checks) < maxChecks {
			s.Checks = append(s.Checks, c)
		}
	}
	if len(set.Losses) > 0 && len(s.Checks) < maxChecks {
		s.Checks = append(s.Checks, agent.Check{Losses: set.Losses})
	}
	if len(s.Trials) == 0 && len(s.Checks) == 0 {
		return nil
	}
	return &s
}

// trialOf reads a finished trial in a line: steps that are all done, and the
// validation loss there, in this line or one of the next two.
func trialOf(line string, steps int64, apart int, s *agent.Signs) (int64, int) {
	loss := strings.Index(line, "loss")
	for loss > 0 && !validation(line[:loss]) {
		next := strings.Index(line[loss+4:], "loss")
		if next < 0 {
			loss = -1
			break
		}
		loss += 4 + next
	}
	head := line
	if loss > 0 {
		head = line[:loss]
	}
	if n, m, ok := fraction(head); ok {
		steps, apart = 0, 0
		if n == m && n > 0 {
			steps = n
		}
	}
	if loss > 0 && steps > 0 {
		if v, ok := numberAfter(line[loss+4:]); ok && len(s.Trials) < maxTrials {
			t := agent.Trial{Horizon: steps, Loss: v}
			if _, rest, ok := strings.Cut(line[loss:], "train_time:"); ok {
				t.Took, _ = number(rest)
			}
			s.Trials = append(s.Trials, t)
		}
		return 0, 0
	}
	if apart++; apart > 2 {
		steps = 0
	}
	return steps, apart
}

// validation reports whether what stands before "loss" says that it is that of
// the validation.
func validation(before string) bool {
	before = strings.TrimRight(before, " _-*")
	return len(before) >= 3 && (strings.EqualFold(before[len(before)-3:], "val") ||
		len(before) >= 10 && strings.EqualFold(before[len(before)-10:], "validation"))
}

// fraction returns the last "N/M" of a text.
func fraction(s string) (n, m int64, ok bool) {
	for i := len(s) - 2; i > 0; i-- {
		if s[i] != '/' || !digit(s[i-1]) || !digit(s[i+1]) {
			continue
		}
		from, to := i, i+1
		for from > 0 && digit(s[from-1]) {
			from--
		}
		for to < len(s) && digit(s[to]) {
			to++
		}
		if i-from > 12 || to-i > 13 {
			return 0, 0, false
		}
		n, _ = strconv.ParseInt(s[from:i], 10, 64)
		m, _ = strconv.ParseInt(s[i+1:to], 10, 64)
		return n, m, true
	}
	return 0, 0, false
}

// numberAfter reads the number that a text begins with, after at most a few
// marks ("`: **").
func numberAfter(s string) (float64, bool) {
	i := 0
	for i < len(s) && i < 12 && strings.IndexByte(" :=`*\"|", s[i]) >= 0 {
		i++
	}
	return number(s[i:])
}

// number reads a number with decimals at the start of a text.
func number(s string) (float64, bool) {
	i, dot := 0, false
	for i < len(s) && i < 24 && (digit(s[i]) || s[i] == '.' && !dot) {
		dot = dot || s[i] == '.'
		i++
	}
	if !dot {
		return 0, false
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(s[:i], "."), 64)
	return v, err == nil && !math.IsInf(v, 0)
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// checking gathers what a verifier says of one set.
type checking struct {
	agent.Check
	log string
}

// line takes one line, and returns the verdict when it is whole.
func (c *checking) line(line string) (agent.Check, bool) {
	line = strings.Trim(unnumbered(line), " \t\r\n`*->")
	if all := losses(line); len(all) > 1 {
		c.Losses = all
		return agent.Check{}, false
	}
	if log, v, ok := lossOfLog(line); ok {
		if log != c.log {
			*c = checking{log: log}
		}
		if len(c.Losses) < maxLosses {
			c.Losses = append(c.Losses, v)
		}
		return agent.Check{}, false
	}
	if _, rest, ok := strings.Cut(line, "mean = "); ok {
		if v, ok := number(rest); ok {
			c.Mean = v
		}
	}
	word, ok := strings.CutPrefix(line, "RESULT:")
	if !ok {
		return agent.Check{}, false
	}
	done := c.Check
	*c = checking{}
	done.Pass = strings.HasPrefix(strings.TrimSpace(word), "PASS") && done.Mean > 0
	return done, done.Mean > 0 || len(done.Losses) > 0
}

// unnumbered takes away the number that a tool has put before a line.
func unnumbered(line string) string {
	i := 0
	for i < len(line) && i < 12 && (digit(line[i]) || line[i] == ' ') {
		i++
	}
	if i > 0 && i < len(line) && (line[i] == '\t' || line[i] == ':') {
		return line[i+1:]
	}
	return line
}

// losses reads a line of nothing but losses.
func losses(line string) []float64 {
	var out []float64
	for f := range strings.FieldsSeq(line) {
		v, ok := number(f)
		if !ok || len(out) == maxLosses {
			return nil
		}
		out = append(out, v)
	}
	return out
}

// lossOfLog reads "logs/NAME.txt: 3.27702".
func lossOfLog(line string) (log string, v float64, ok bool) {
	log, rest, ok := strings.Cut(line, ": ")
	if !ok || len(log) > 4*maxName || !strings.HasSuffix(log, ".txt") && !strings.HasSuffix(log, ".log") {
		return "", 0, false
	}
	v, ok = number(rest)
	return log, v, ok
}
