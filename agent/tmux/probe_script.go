package tmux

// script is what a Prober gives to the shell of another machine: functions for
// its questions, in POSIX sh, with nothing installed there. On Linux they read
// /proc, elsewhere they ask ps(1) and lsof(8).
//
// An answer stands between lines that hold N, a word that nobody there can
// know, so that no process's name or argument can pass for the end of one. What
// a file holds comes as "NAME:LINE" from grep, which a newline in it cannot
// fake either. Arguments and variables, which end in NUL, come as lines; a
// newline in one comes as the byte 1.
//
// sockets lists the tmux servers of the user in all folders, since a login shell
// may set another one than a command sees; with TMUX_TMPDIR, those in it.
//
// table lists the user's own processes, so that a login node with thousands of
// others costs a look at the owner of each and no more. A process may hide that
// it is the user's (Codex can): so a child of the user's processes is listed as
// well, whoever seems to own it.
const script = `LC_ALL=C; export LC_ALL
U=$(id -u)
q() { i=$1; shift; printf '\n%s\n' "$N< $i"; "$@" </dev/null 2>/dev/null; printf '\n%s\n' "$N> $i"; }
hello() {
	date +%s
	printf '%s\n' "system=$(uname -s)" "HOME=$HOME" "CLAUDE_CONFIG_DIR=$CLAUDE_CONFIG_DIR" "CODEX_HOME=$CODEX_HOME"
	printf '%s\n' "zone=$TZ" "zone=$(readlink /etc/localtime)" "zone=$(date +%z)"
	[ -r /proc/self/stat ] && grep '^btime ' /proc/stat
}
lines() { grep '' /dev/null "$@"; }
table() {
	date +%s
	if [ "$U" = 0 ]; then set -- /proc/[0-9]*/stat; else
		own=; kids=
		for d in /proc/[0-9]*; do
			[ -O "$d" ] && own="$own $d/stat" && kids="$kids $d/task/${d#/proc/}/children"
		done
		for p in $(cat $kids); do [ -O "/proc/$p" ] || own="$own /proc/$p/stat"; done
		set -- $own
	fi
	lines "$@"
}
args() { for p; do printf '\n%s\n' "$N= $p"; tr '\000\012' '\012\001' <"/proc/$p/cmdline"; done; }
dir() { readlink "/proc/$1/cwd"; }
env_of() { tr '\000\012' '\012\001' <"/proc/$1/environ" | grep -E "^($2)="; }
fds() { ls -l "/proc/$1/fd" | grep '\.jsonl$'; }
outs() { for p; do printf '%s %s\n' "$p" "$(readlink "/proc/$p/fd/1")"; done; }
writers() { find /proc/self -prune -perm -200 -lname '' && echo told; find /proc/[0-9]*/fd -maxdepth 1 -perm -200 -lname "$1"; }
sockets() {
	if [ -r /proc/net/unix ]; then
		d=
		[ -n "$TMUX_TMPDIR" ] && d=$(cd -P "$TMUX_TMPDIR" && pwd -P)
		grep -F "$d/tmux-$U/" /proc/net/unix
		return
	fi
	for s in "${TMUX_TMPDIR:-/tmp}/tmux-$U"/*; do [ -S "$s" ] && printf '%s\n' "socket $s"; done
}
columns='pid=,ppid=,pgid=,tpgid=,stat=,tty=,lstart=,comm='
ps_table() { date +%s; TZ=UTC0 ps -A -o "$columns"; }
ps_some() { TZ=UTC0 ps -o "$columns" -p "$1"; }
ps_args() { for p; do printf '\n%s\n' "$N= $p"; ps -ww -p "$p" -o args=; done; }
ps_dir() { lsof -a -d cwd -p "$1" -Fn; }
ps_env_of() { ps -E -ww -p "$1" -o command=; }
ps_outs() { :; }
ps_writers() { command -v lsof >/dev/null && echo told; lsof -F pa -- "$2"; }
ps_fds() { lsof -p "$1" -Fn; }
`
