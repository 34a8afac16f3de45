package ssh

import (
	"crypto/rand"
	"fmt"
	"strings"

	"vigil/remote"
)

// A command reaches the host through the user's login shell, which may be any
// (sh, zsh, fish, csh) and may print what its start-up files like. So:
//
//   - The line that the login shell sees has only bytes that mean themselves
//     inside single quotes to all of them; the rest of the script goes encoded
//     and is unpacked by sh.
//   - The script first says a word that nobody else can know, and the number of
//     its process group. What was printed before is not the command's.
//   - A guard beside the command sends an empty byte on standard error now and
//     then. When that fails there is no connection any more, and it ends the
//     group. sshd itself would leave a quiet command to live for ever, and would
//     not even notice a client that vanished without a word; closing the input
//     tells nothing, since a command may want its input closed.

// guardEvery is the time between two looks of the guard, in seconds.
const guardEvery = 15

// loginLine is what the login shell is to run: a POSIX script, whatever is in it.
func loginLine(script string) string {
	return `exec sh -c 'eval "$(printf %b "$1")"' sh '` + encode(script) + `'`
}

// encode makes text of printable ASCII without quotes, backslashes (but its
// own, never two in a row), and csh's "!", which printf's %b turns back.
func encode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == '\'' || c == '\\' || c == '!' {
			fmt.Fprintf(&b, `\0%03o`, c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// session is the script of a channel of its own: it says mark, and the number
// of its group, then runs command under the guard.
func session(mark, command string) string {
	return fmt.Sprintf(`printf '%%s %%d\n' %[1]s $$
printf '%%s\n' %[1]s >&2
(
trap '' PIPE
trap 'kill $s 2>/dev/null; exit' TERM
while :; do
sleep %[2]d 2>/dev/null & s=$!
wait $s
printf '\0' >&2 || break
done
trap '' TERM
kill -s TERM 0
sleep 2
kill -s KILL 0
) </dev/null >/dev/null &
w=$!
%[3]s
c=$?
kill $w 2>/dev/null
exit $c
`, mark, guardEvery, command)
}

// script is a command as a line of a POSIX script.
func script(c remote.Cmd) string {
	run := "exec " + remote.Quote(c.Args...)
	if c.Dir != "" {
		run = "cd -- " + remote.Quote(c.Dir) + " && " + run
	}
	return "(" + run + ")"
}

// endScript is the script that ends a process group, in the background: first
// as a terminal would, so that srun and its like can clean up.
func endScript(group int) string {
	// Not "kill -TERM --", which dash does not understand.
	return fmt.Sprintf("(kill -s TERM -- -%[1]d; sleep 1; kill -s KILL -- -%[1]d) </dev/null >/dev/null 2>&1 &", group)
}

// newMark returns a word that no program can print by chance or on purpose: it
// is in no argument and no environment.
func newMark() string { return "vigil-" + rand.Text() }

// exitCode turns what a shell says of a command into what [remote.ExitError]
// says: a shell adds 128 to the number of the signal that ended it.
func exitCode(code int) int {
	if code > 128 && code <= 128+64 {
		return -1
	}
	return code
}
