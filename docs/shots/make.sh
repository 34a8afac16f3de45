#!/usr/bin/env bash
# Makes the screenshots of the documentation: runs `vigil demo` in a private
# tmux server of 120x40 cells, presses each tab's key, and turns what tmux
# captured into docs/*.png. Needs tmux and Go.
#
#   docs/shots/make.sh [SECONDS]     how long the story runs first (default 80)
set -euo pipefail
cd "$(dirname "$0")/../.."

story=${1:-80}
dir=$(mktemp -d)
on_server() { env -u TMUX tmux -S "$dir/tmux" -f /dev/null "$@"; }
clean_up() {
	on_server kill-server 2>/dev/null || true
	rm -rf "$dir"
}
trap clean_up EXIT

go build -o "$dir/vigil" ./cmd/vigil
go build -o "$dir/shots" ./docs/shots

# A home of its own: no configuration, no other agents.
mkdir -p "$dir/home"
env -i HOME="$dir/home" PATH="$PATH" LANG=C.UTF-8 TERM=xterm-256color COLORTERM=truecolor \
	tmux -S "$dir/tmux" -f /dev/null new-session -d -s demo -x 120 -y 40 "'$dir/vigil' demo --speed 4"
on_server set -g remain-on-exit on
on_server set -g status off

shown() { on_server capture-pane -p -t demo; }
for _ in $(seq 200); do
	if shown | grep -q 'agents'; then break; fi
	sleep 0.1
done
shown | grep -q 'agents' || { echo "make.sh: the demo shows no agents:" >&2; shown >&2; exit 1; }
sleep "$story"
# The last of the list is the one that stops again and again.
on_server send-keys -t demo j
on_server send-keys -t demo j
sleep 1

# The agent whose story it is stands last.
on_server send-keys -t demo J
on_server send-keys -t demo J

shot() { # NAME KEY...
	local name=$1
	shift
	on_server send-keys -t demo "$@"
	sleep 2
	on_server capture-pane -p -e -t demo >"$dir/$name.txt"
	"$dir/shots" -o "docs/$name.png" "$dir/$name.txt"
	echo "docs/$name.png"
}
shot plan 1
shot scratchpad 2 g
shot curves 3
shot frontier f
on_server send-keys -t demo f # back to the curves
shot timeline 4
shot pane 5
shot report 7
shot jobs 6 e # everyone's, since the agents are on another machine

# Let it put its things away before its terminal goes.
on_server send-keys -t demo q
for _ in $(seq 100); do
	if [ "$(on_server display-message -p -t demo '#{pane_dead}')" = 1 ]; then break; fi
	sleep 0.1
done
