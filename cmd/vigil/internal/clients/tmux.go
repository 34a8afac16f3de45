package clients

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// tmuxTimeout bounds each call of tmux: one that hangs must not hang the test.
const tmuxTimeout = 20 * time.Second

// tmux runs one tmux command on the private server.
func (c *Client) tmux(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), tmuxTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "tmux", append([]string{"-S", c.Socket}, args...)...)
	cmd.Env = c.env()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("tmux %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

// Tmux runs one tmux command on the private server and returns what it
// prints. It ends the test if tmux fails.
func (c *Client) Tmux(args ...string) string {
	c.t.Helper()
	out, err := c.tmux(args...)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// show evaluates a tmux format for the pane.
func (c *Client) show(format string) string {
	c.t.Helper()
	return strings.TrimSpace(c.Tmux("display-message", "-p", "-t", c.Pane, format))
}

// blinking are signs that a CLI lets blink at the start of a line while it
// waits for a person or works.
const blinking = "●⏺•◦"

// Still returns the screen's lines without what a CLI lets blink, so that two
// looks differ only if something happened. Blank lines are left out.
func (c *Client) Still() []string {
	c.t.Helper()
	var out []string
	for l := range strings.SplitSeq(c.Screen(), "\n") {
		if l = strings.Trim(l, blinking+" \u00a0"); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// Fresh returns the lines of after that say something which none of before
// said. A hint that a CLI takes away, whole or from the end of a line, is
// nothing fresh.
func Fresh(before, after []string) []string {
	return slices.DeleteFunc(slices.Clone(after), func(l string) bool {
		return slices.ContainsFunc(before, func(old string) bool { return strings.HasPrefix(old, l) })
	})
}

// Screen returns what the pane shows, without spaces at the ends of lines.
func (c *Client) Screen() string {
	c.t.Helper()
	return trimLines(c.Tmux("capture-pane", "-p", "-t", c.Pane))
}

// screen is Screen for when the server may be gone.
func (c *Client) screen() string {
	out, err := c.tmux("capture-pane", "-p", "-t", c.Pane)
	if err != nil {
		return err.Error()
	}
	return trimLines(out)
}

// Type sends text to the pane as keys, as it is.
func (c *Client) Type(text string) {
	c.t.Helper()
	c.Tmux("send-keys", "-t", c.Pane, "-l", "--", text)
}

// Key sends named keys ("Enter", "C-u", "Escape") to the pane.
func (c *Client) Key(names ...string) {
	c.t.Helper()
	c.Tmux(append([]string{"send-keys", "-t", c.Pane}, names...)...)
}

// CopyMode puts the pane into copy mode, or out of it.
func (c *Client) CopyMode(on bool) {
	c.t.Helper()
	if on {
		c.Tmux("copy-mode", "-t", c.Pane)
	} else {
		c.Tmux("send-keys", "-t", c.Pane, "-X", "cancel")
	}
	want := map[bool]string{true: "1", false: "0"}[on]
	c.Until(5*time.Second, "copy mode "+want, func() bool { return c.show("#{pane_in_mode}") == want })
}

// trimLines cuts the white space at the ends of lines and of the text.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \u00a0")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
