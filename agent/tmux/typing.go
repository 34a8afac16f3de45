package tmux

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// maxText is the longest text that Paste takes, in bytes.
const maxText = 64 << 10

// Paste puts text into the pane as a paste: bracketed if the program asked for
// that, newlines as they are. Every byte arrives, or none: control characters
// but newline and tab are refused, since one of them would end the bracket.
//
// Nothing is typed if the pane is gone, dead, in a mode, not taking input, or
// synchronized with others (tmux checks that itself, at that moment), nor later
// than the time-out; the error says which. After ErrTimeout it is unknown
// whether it was typed.
func (s *Server) Paste(ctx context.Context, paneID, text string) error {
	if !pasteable(text) {
		return fmt.Errorf("paste into pane %s: %w", paneID, ErrText)
	}
	return s.put(ctx, paneID, text, "-p -r -d")
}

// put puts text into the pane by way of a buffer of its own.
func (s *Server) put(ctx context.Context, paneID, text, flags string) error {
	if err := checkPane(paneID); err != nil {
		return err
	}
	c, err := s.current()
	if err != nil {
		return err
	}
	name := c.bufferName()
	err = s.typeInto(ctx, c, paneID,
		"set-buffer -b "+name+" -- "+quote(text),
		fmt.Sprintf("paste-buffer %s -b %s -t %s", flags, name, paneID),
		"delete-buffer -b "+name+" ; ")
	if errors.Is(err, ErrNoPane) {
		_, _ = c.do(ctx, s.o.Timeout, "delete-buffer -b "+name) // -d did not come to it
	}
	if err != nil {
		return fmt.Errorf("paste into pane %s: %w", paneID, err)
	}
	return nil
}

// Enter presses Enter in the pane, under the same conditions as Paste.
func (s *Server) Enter(ctx context.Context, paneID string) error {
	if err := checkPane(paneID); err != nil {
		return err
	}
	c, err := s.current()
	if err != nil {
		return err
	}
	if err := s.typeInto(ctx, c, paneID, "", "send-keys -t "+paneID+" Enter", ""); err != nil {
		return fmt.Errorf("press Enter in pane %s: %w", paneID, err)
	}
	return nil
}

// CancelMode ends copy mode and every other mode of the pane. It does nothing to
// a pane that is in none.
func (s *Server) CancelMode(ctx context.Context, paneID string) error {
	if err := checkPane(paneID); err != nil {
		return err
	}
	what := "end the mode of pane " + paneID
	_, _, err := s.ask(ctx, what, "copy-mode -q -t "+paneID)
	if err == nil || !noSuchFlag(err) {
		return err
	}
	// Before tmux 3.2: this ends copy mode only, and is an error outside a mode.
	_, _, err = s.ask(ctx, what, fmt.Sprintf(`if-shell -F -t %s "#{pane_in_mode}" "send-keys -t %s -X cancel"`, paneID, paneID))
	return err
}

// held is the first word of the answer that tells that nothing was typed.
const held = "vigil-held"

// typeInto runs the command on condition that the pane may be typed into. first
// is a line that is sent before in any case; undo precedes the report when the
// condition does not hold.
func (s *Server) typeInto(ctx context.Context, c *conn, paneID, first, command, undo string) error {
	may := fmt.Sprintf("#{==:#{pane_id} #{pane_in_mode}#{pane_dead}#{pane_synchronized}#{pane_input_off},%s 0000}", paneID)
	c.mu.Lock()
	expires := c.expires
	c.mu.Unlock()
	if expires {
		// A server that hung must not type into what the pane shows by then. The
		// clock has whole seconds.
		last := c.serverTime(time.Now().Add(s.o.Timeout + time.Second))
		may = fmt.Sprintf("#{&&:%s,%s}", may, before(last))
	}
	report := fmt.Sprintf("display-message -p -t %s '%s #{pane_id} #{pane_in_mode} #{pane_dead} #{pane_synchronized} #{pane_input_off}'", paneID, held)
	lines := []string{fmt.Sprintf(`if-shell -F -t %s "%s" "%s" "%s%s"`, paneID, may, command, undo, report)}
	if first != "" {
		lines = []string{first, lines[0]}
	}
	blocks, err := c.do(ctx, s.o.Timeout, lines...)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		// In 3.0 and 3.1 what if-shell runs does not count as ours.
		if b.failed && strings.HasPrefix(b.text(), "can't find pane") {
			return ErrNoPane
		}
		if !b.failed && strings.HasPrefix(b.text(), held) {
			return whyHeld(b.text(), paneID)
		}
	}
	return firstError(blocks)
}

func whyHeld(report, paneID string) error {
	f := strings.Fields(report)
	if len(f) != 6 || f[1] != paneID {
		return ErrNoPane
	}
	for i, err := range []error{ErrMode, ErrDead, ErrSynchronized, ErrInputOff} {
		if on(f[2+i]) {
			return err
		}
	}
	return ErrLate
}

// before is a tmux condition: the server's clock shows a time before t. The
// times are compared as texts, which have ten digits until 2286.
func before(t time.Time) string {
	return fmt.Sprintf("#{<:#{l;T:%%s},%010d}", t.Unix())
}

func (c *conn) bufferName() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	return fmt.Sprintf("%s-b%d", c.nonce, c.seq)
}

func pasteable(text string) bool {
	if text == "" || len(text) > maxText || !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && (r < 0x20 || r >= 0x7f && r < 0xa0) {
			return false
		}
	}
	return true
}

// quote makes text one argument of a command line of tmux. Single quotes take
// everything literally but themselves; a newline would end the line, and is
// written as an escape that double quotes know.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range len(text) {
		switch text[i] {
		case '\'':
			b.WriteString(`'"'"'`)
		case '\n':
			b.WriteString(`'"\n"'`)
		default:
			b.WriteByte(text[i])
		}
	}
	b.WriteByte('\'')
	return b.String()
}
