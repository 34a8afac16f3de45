//go:build unix

package ssh

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"vigil/remote"
)

// askScript is what the ssh program runs to ask something. It hands the
// question to us and the answer to ssh through two pipes in a folder that only
// the user can enter, so that an answer is never in a file.
const askScript = `#!/bin/sh
[ "$SSH_ASKPASS_PROMPT" = none ] && exit
d=${0%/*}
printf '%s\0' "$1" >"$d/question"
IFS= read -r a <"$d/answer" || exit 1
case $a in
+*) printf '%s\n' "${a#+}" ;;
*) exit 1 ;;
esac
`

// askpass makes the ssh program ask us, and returns the environment for that;
// none where nobody can be asked. stop must be called at the end.
func (m *master) askpass(ctx context.Context, dir string) (env []string, stop func(), err error) {
	if m.asks == nil {
		return nil, func() {}, nil
	}
	script := filepath.Join(dir, "ask")
	if err := os.WriteFile(script, []byte(askScript), 0o700); err != nil {
		return nil, nil, err
	}
	var pipes [2]*os.File
	for i, name := range []string{"question", "answer"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			return nil, nil, fmt.Errorf("a pipe to the ssh program: %w", err)
		}
		// For both ways, so that opening waits for nobody.
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|syscall.O_NONBLOCK, 0)
		if err != nil {
			return nil, nil, err
		}
		pipes[i] = f
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { m.answer(ctx, pipes[0], pipes[1]) }) // until the pipes are closed
	stop = func() {
		cancel()
		_, _ = pipes[0].Close(), pipes[1].Close()
		wg.Wait()
	}
	env = []string{"SSH_ASKPASS=" + script, "SSH_ASKPASS_REQUIRE=force"}
	if os.Getenv("DISPLAY") == "" {
		env = append(env, "DISPLAY=none:0") // before OpenSSH 8.4 it asks only where there is one
	}
	return env, stop, nil
}

func (m *master) answer(ctx context.Context, questions, answers *os.File) {
	r := bufio.NewReaderSize(questions, 4<<10)
	for {
		q, err := r.ReadString(0)
		if err != nil {
			return
		}
		secret := !strings.Contains(q, "(yes/no")
		a, err := m.asks(ctx, remote.Line(q, 400), secret)
		reply := "-\n"
		if a, _, _ = strings.Cut(a, "\n"); err == nil {
			reply = "+" + a + "\n"
		}
		if _, err := answers.WriteString(reply); err != nil {
			return
		}
	}
}
