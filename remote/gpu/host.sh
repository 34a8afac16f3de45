# Runs on the host, once for all its nodes. $1 is the script for a node, $2 the
# same as one quoted shell line. Orders come on standard input:
#   start TOKEN here|srun|own|ssh JOB NODE
#   stop TOKEN      ends what was started
#   forget TOKEN    its end was told
# What a node prints comes out as "TOKEN LINE", its end as "TOKEN @exit CODE".
# At the end of the input, which a lost connection is too, all that was started
# ends.
node=$1
line=$2
tokens=
exec 3>&1

# stream TOKEN COMMAND... prints the process id of the command and lets it run.
stream() {
  token=$1
  shift
  exec 4>&1
  {
    "$@" </dev/null 2>&1 3>&- 4>&- &
    echo "$!" >&4
    exec 4>&-
    wait "$!"
    echo "@exit $?"
  } | {
    exec >&3 3>&- 4>&-
    while IFS= read -r text; do
      printf '%s %s\n' "$token" "$text" || exit
    done
  } &
}

# on_node WHERE WAY JOB prints nothing itself: it becomes the command.
on_node() {
  case $2 in
  here) exec sh -c "$node" ;;
  # The step shares what the job has and takes nothing from it.
  srun) exec srun --jobid="$3" --overlap --mem=0 --gres=none -n1 -N1 -w "$1" -Q -J vigil-gpu sh -c "$node" ;;
  own) exec srun --jobid="$3" --overlap --mem=0 -n1 -N1 -w "$1" -Q -J vigil-gpu sh -c "$node" ;;
  ssh) exec ssh -T -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=30 -o ClearAllForwardings=yes "$1" "$line" ;;
  esac
}

drop() {
  kept=
  for t in $tokens; do
    [ "$t" = "$1" ] || kept="$kept $t"
  done
  tokens=$kept
}

halt() {
  eval "pid=\$pid_$1"
  kill "$pid" 2>/dev/null
}

finish() {
  for t in $tokens; do halt "$t"; done
  exit 0
}
trap finish HUP INT TERM

while read -r op token way job where; do
  case $token in '' | *[!0-9]*) continue ;; esac
  case $op in
  start)
    eval "pid_$token=\$(stream $token on_node \"\$where\" \"\$way\" \"\$job\")"
    tokens="$tokens $token"
    ;;
  stop) case " $tokens " in *" $token "*) halt "$token" ;; esac ;;
  forget) drop "$token" ;;
  esac
done
finish
