# The demo in a private tmux server, for make.sh and record.sh, which source
# this from the project's folder. Needs tmux and Go.

dir=$(mktemp -d)
on_server() { env -u TMUX tmux -S "$dir/tmux" -f /dev/null "$@"; }
clean_up() {
	on_server kill-server 2>/dev/null || true
	rm -rf "$dir"
}
trap clean_up EXIT

go build -o "$dir/vigil" ./cmd/vigil
go build -o "$dir/shots" ./docs/shots

# start_demo COLS ROWS SPEED opens a window in which the demo begins with Enter,
# so that nothing of it is missed. It has a home of its own: no configuration, no
# other agents.
start_demo() {
	mkdir -p "$dir/home"
	env -i HOME="$dir/home" PATH="$PATH" LANG=C.UTF-8 TERM=xterm-256color COLORTERM=truecolor \
		tmux -S "$dir/tmux" -f /dev/null new-session -d -s demo -x "$1" -y "$2" \
		"stty -echo; read -r _; exec '$dir/vigil' demo --speed $3"
	on_server set -g status off
	on_server set -g remain-on-exit on
}

# begin_demo has it begin, and waits for its agents.
begin_demo() {
	on_server send-keys -t demo Enter
	for _ in $(seq 200); do
		if on_server capture-pane -p -t demo | grep -q '3 agents'; then return; fi
		sleep 0.1
	done
	echo "the demo shows no agents:" >&2
	on_server capture-pane -p -t demo >&2
	exit 1
}

# end_demo lets it put its things away before its terminal goes.
end_demo() {
	on_server send-keys -t demo q
	for _ in $(seq 100); do
		if [ "$(on_server display-message -p -t demo '#{pane_dead}')" = 1 ]; then return; fi
		sleep 0.1
	done
}
