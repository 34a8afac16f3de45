package nudge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"vigil/agent"
)

// Detached runs a command on another machine so that it goes on when the
// connection is lost: it is a whole turn of an agent. It runs once for each
// key: who asks again while it runs, or after the connection was lost, waits
// for the same one.
type Detached struct {
	Host agent.Host
	Key  string // of the nudge
}

var _ Runner = Detached{}

// begin starts a command, if that has not been done for its key, in a session
// of its own and through the user's login shell, which knows where programs
// are. A folder, which only one can make, holds its number, its output and at
// the end its exit code; its name is printed.
const begin = `umask 077
base=${XDG_STATE_HOME:-$HOME/.local/state}/vigil/resume
job=$base/$1
dir=$2
shift 2
mkdir -p "$base" || exit
if mkdir "$job" 2>/dev/null; then
	cd "$dir" || { rmdir "$job"; exit 1; }
	case ${SHELL##*/} in bash|zsh|ksh|dash|ash|sh) login=$SHELL ;; *) login=sh ;; esac
	run='"$@" >"$0/out" 2>&1; echo $? >"$0/code.new"; mv "$0/code.new" "$0/code"'
	if command -v setsid >/dev/null; then
		setsid "$login" -lc "$run" "$job" "$@" </dev/null >/dev/null 2>&1 &
	else
		nohup "$login" -lc "$run" "$job" "$@" </dev/null >/dev/null 2>&1 &
	fi
	echo $! >"$job/pid"
fi
[ -d "$job" ] && printf 'vigil:%s\n' "$job"
`

// lives prints whether the command of a folder runs or has ended.
const lives = `[ -e "$1/code" ] || kill -0 "$(cat "$1/pid")" 2>/dev/null && echo yes || echo no`

// Times of the wait for a command.
const (
	codeEvery  = 2 * time.Second  // one look at a file
	livesEvery = 30 * time.Second // one small command
)

// errEnded is of a command that was killed, or whose machine was started anew.
var errEnded = errors.New("it was ended before it was done")

// Run is of [Runner]. An error that wraps ErrUnsure says that the connection
// was lost before it was known whether the command has begun.
func (d Detached) Run(ctx context.Context, dir string, argv ...string) ([]byte, error) {
	sum := sha256.Sum256([]byte(d.Key))
	out, err := d.Host.Run(ctx, "", append([]string{"sh", "-c", begin, "vigil", hex.EncodeToString(sum[:16]), dir}, argv...)...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	_, job, ok := strings.Cut(string(out), "vigil:/")
	if job = "/" + strings.TrimSuffix(job, "\n"); !ok || strings.Contains(job, "\n") {
		return nil, fmt.Errorf("%s: it cannot be begun on %s: check that its folder and the state folder there can be used", argv[0], d.Host.Name())
	}
	code, err := d.wait(ctx, job)
	if err != nil {
		return nil, err
	}
	text := d.tail(job)
	_, _ = d.Host.Run(ctx, "", "rm", "-rf", "--", job) // what stays is found ended
	if code != "0" {
		return text, fmt.Errorf("exit code %s", agent.CleanLine(code, 20))
	}
	return text, nil
}

// wait waits for the exit code, over lost connections.
func (d Detached) wait(ctx context.Context, job string) (string, error) {
	look := time.NewTicker(codeEvery)
	defer look.Stop()
	asked := time.Now()
	for {
		b, err := d.read(path.Join(job, "code"), 64, false)
		if err == nil {
			return strings.TrimSpace(string(b)), nil
		}
		if errors.Is(err, fs.ErrNotExist) && time.Since(asked) >= livesEvery {
			asked = time.Now()
			out, err := d.Host.Run(ctx, "", "sh", "-c", lives, "vigil", job)
			if err == nil && strings.TrimSpace(string(out)) == "no" {
				return "", errEnded
			}
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// outputTail is how much of a command's output is read back, in bytes.
const outputTail = 4 << 10

func (d Detached) tail(job string) []byte {
	b, err := d.read(path.Join(job, "out"), outputTail, true)
	if err != nil {
		return nil // it only explains
	}
	return b
}

// read reads at most so many bytes of a file, from its begin or its end.
func (d Detached) read(name string, most int64, end bool) ([]byte, error) {
	f, err := d.Host.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	from := int64(0)
	if end {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		from = max(info.Size()-most, 0)
	}
	return io.ReadAll(io.NewSectionReader(f, from, most))
}
