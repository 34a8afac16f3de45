#!/usr/bin/env bash
# Makes the screenshots of the documentation: runs `vigil demo` in a private
# tmux server of 120x40 cells, presses each tab's key, and turns what tmux
# captured into docs/*.png. Needs tmux and Go.
#
#   docs/shots/make.sh [SECONDS]     how long the story runs first (default 80)
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=docs/shots/demo.sh
. docs/shots/demo.sh

start_demo 120 40 4
begin_demo
sleep "${1:-80}"
on_server send-keys -t demo J J # the agent whose story it is stands last
sleep 1

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
end_demo
