package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"vigil/agent"
	"vigil/agent/ending"
)

// maxClassifyLine bounds one JSON line, and a plain message: longer than any
// final message seen.
const maxClassifyLine = 16 << 20

func newClassify(e env, _ *overrides) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "classify",
		Short: "Say why a turn ended, from its final message on stdin",
		Long: "Reads a final message on stdin and prints its ending, the confidence and the evidence.\n\n" +
			"With --json it reads one object a line: text (the final message), last_event (text, thinking,\n" +
			"tool_use or none), result_after (a tool's result came after it), tail (the last tool calls, as\n" +
			"strings) and background_alive (true, false, or null where not known). It prints one object a line,\n" +
			"in order: ending, confidence (0 to 1) and evidence (a list of strings).\n\n" +
			"Rules of your own, in rules.toml beside the configuration, count as everywhere.",
		Example: "echo 'All levers exhausted, stopping here.' | vigil classify",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			rules, err := rulesFor(e)
			if err != nil {
				return err
			}
			if asJSON {
				return classifyLines(cmd.Context(), e.Stdin, e.Stdout, rules)
			}
			return classifyText(e.Stdin, e.Stdout, rules)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "read and print one JSON object a line")
	return cmd
}

// judger is what says why a turn ended.
type judger interface {
	Judge(agent.Facts) agent.Verdict
}

func classifyText(in io.Reader, out io.Writer, j judger) error {
	b, err := io.ReadAll(io.LimitReader(in, maxClassifyLine))
	if err != nil {
		return fmt.Errorf("read stdin: %w", err)
	}
	text := strings.TrimSpace(agent.Clean(string(b)))
	f := agent.Facts{Text: text, Last: agent.LastText}
	if text == "" {
		f.Last = agent.LastNone
	}
	v := ending.AnswerOf(j.Judge(f))
	fmt.Fprintf(out, "%s  %.2f\n", v.Ending, v.Confidence)
	for _, e := range v.Evidence {
		fmt.Fprintln(out, "  "+agent.CleanLine(e, 300))
	}
	return nil
}

// classifyLines answers each line as soon as it has been read, so that a
// program may keep the pipe open.
func classifyLines(ctx context.Context, in io.Reader, out io.Writer, j judger) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 1<<16), maxClassifyLine)
	enc := json.NewEncoder(out)
	n := 0
	for lines.Scan() {
		n++
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		f, err := ending.ParseLine(lines.Bytes())
		if err != nil {
			return fmt.Errorf("stdin:%d: %w", n, err)
		}
		if err := enc.Encode(ending.AnswerOf(j.Judge(f))); err != nil {
			return fmt.Errorf("write answer %d: %w", n, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("stdin:%d: the line is longer than %d MB: shorten the message", n+1, maxClassifyLine>>20)
	} else if err != nil {
		return fmt.Errorf("read stdin: %w", err)
	}
	return nil
}
