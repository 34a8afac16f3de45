package tui

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// repeat is the number that a person types before a key: it is done so many
// times, or goes to the entry of that number.
type repeat struct{ digits string }

// mostDigits bounds a count: there are no lists of a million entries.
const mostDigits = 5

// take takes a key that belongs to a count. A count begins with a digit to
// which no key is bound, or with alt and any digit; from then on each digit
// belongs to it.
func (c *repeat) take(keys []bound, msg tea.KeyPressMsg) bool {
	digit, alt := strings.CutPrefix(msg.String(), "alt+")
	if len(digit) != 1 || digit[0] < '0' || digit[0] > '9' {
		return false
	}
	if c.digits == "" && !alt && slices.ContainsFunc(keys, func(b bound) bool { return key.Matches(msg, b.Binding) }) {
		return false
	}
	if len(c.digits) < mostDigits {
		c.digits += digit
	}
	return true
}

// end returns the count, 0 for none, and begins anew.
func (c *repeat) end() int {
	n, _ := strconv.Atoi(c.digits) // digits alone
	c.digits = ""
	return n
}
