#!/usr/bin/env bash
# Records the demo's story as it is seen in a terminal: docs/demo.cast (for
# asciinema) and docs/demo.svg (plays by itself, for the README). It runs `vigil
# demo` in a private tmux server, presses keys as a person would, and writes down
# what tmux was sent and what it showed. Needs tmux and Go.
#
#   docs/shots/record.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=docs/shots/demo.sh
. docs/shots/demo.sh

cols=110 rows=30
mkdir "$dir/captures"
start_demo "$cols" "$rows" 2
on_server pipe-pane -t demo "exec '$dir/shots' -cast -cols $cols -rows $rows -o docs/demo.cast"
begin_demo

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
film 5 b     # more of them
film 1 Left
film 1 Left
film 2 Left
film 4 p     # one pinned as the baseline
film 4 d     # ... and how far the others are from it
film 1 d
film 3 f     # the frontier
film 4 2 J J # what the one that stops has written
film 3 4     # what happened
film 4 w     # why it is as it is
film 3 C-g 5
film 3 6 e
film 4 7

end_demo
"$dir/shots" -film -cols "$cols" -rows "$rows" -o docs/demo.svg "$dir"/captures/*.txt
ls -l docs/demo.cast docs/demo.svg
