#!/usr/bin/env bash
# Records the demo's story as it is seen in a terminal: docs/demo.cast (for
# asciinema) and docs/demo.svg (plays by itself, for the README). It runs `vigil
# demo` in a private tmux server, presses keys as a person would, and writes down
# what tmux was sent and what it showed. Needs tmux and Go.
#
#   docs/shots/record.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

cols=110 rows=30
dir=$(mktemp -d)
on_server() { env -u TMUX tmux -S "$dir/tmux" -f /dev/null "$@"; }
clean_up() {
	on_server kill-server 2>/dev/null || true
	rm -rf "$dir"
}
trap clean_up EXIT

go build -o "$dir/vigil" ./cmd/vigil
go build -o "$dir/shots" ./docs/shots

mkdir -p "$dir/home" "$dir/captures"
# It begins when it is told to, so that nothing of it is missed.
env -i HOME="$dir/home" PATH="$PATH" LANG=C.UTF-8 TERM=xterm-256color COLORTERM=truecolor \
	tmux -S "$dir/tmux" -f /dev/null new-session -d -s demo -x "$cols" -y "$rows" \
	"stty -echo; read -r _; exec '$dir/vigil' demo --speed 2"
on_server set -g status off
on_server set -g remain-on-exit on
on_server pipe-pane -t demo "exec '$dir/shots' -cast -cols $cols -rows $rows -o docs/demo.cast"
on_server send-keys -t demo Enter

shown() { on_server capture-pane -p -t demo; }
for _ in $(seq 200); do
	if shown | grep -q '3 agents'; then break; fi
	sleep 0.1
done
shown | grep -q '3 agents' || { echo "record.sh: the demo shows no agents:" >&2; shown >&2; exit 1; }

began=$(date +%s%3N)
film() { # SECONDS [KEY...]: press keys, then look for a while
	local until=$(($(date +%s%3N) + $1 * 1000)) now
	shift
	[ "$#" = 0 ] || on_server send-keys -t demo "$@"
	while now=$(date +%s%3N) && [ "$now" -lt "$until" ]; do
		on_server capture-pane -p -e -t demo >"$dir/captures/$((now - began)).txt"
		sleep 0.4
	done
}
film 7       # an agent stops, and is got going again
film 3 3     # the curves
film 1 Tab
film 5 b     # more of them
film 1 Left
film 1 Left
film 2 Left
film 3 f     # the frontier
film 4 2 J J # what the one that stops has written
film 3 4     # what happened
film 4 w     # why it is as it is
film 3 C-g 5
film 3 6 e
film 4 7

on_server send-keys -t demo q
for _ in $(seq 100); do
	if [ "$(on_server display-message -p -t demo '#{pane_dead}')" = 1 ]; then break; fi
	sleep 0.1
done
"$dir/shots" -film -cols "$cols" -rows "$rows" -o docs/demo.svg "$dir"/captures/*.txt
ls -l docs/demo.cast docs/demo.svg
