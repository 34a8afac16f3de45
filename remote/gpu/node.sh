# Runs on a node, below one line that sets query, every and apps (seconds).
# It prints nvidia-smi's table every few seconds, and now and then which
# processes compute on which GPU, each with its Slurm job where the system
# tells it: "@apps", "@app GPU PID JOB"..., "@done". It ends with nvidia-smi,
# and nvidia-smi with it.

job_of() {
  sed -n 's,.*/job_\([0-9][0-9]*\).*,\1,p' "/proc/$1/cgroup" | head -n 1 | grep . && return
  tr '\0' '\n' <"/proc/$1/environ" | sed -n 's/^SLURM_JOB_ID=//p' | head -n 1
}

processes() {
  trap 'kill $! 2>/dev/null; exit' TERM
  while :; do
    echo @apps
    nvidia-smi --query-compute-apps=gpu_uuid,pid --format=csv,noheader,nounits 2>/dev/null |
      while IFS=', ' read -r gpu pid rest; do
        case $pid in '' | *[!0-9]*) continue ;; esac
        printf '@app %s %s %s\n' "$gpu" "$pid" "$(job_of "$pid" 2>/dev/null)"
      done
    echo @done
    sleep "$apps" >/dev/null 2>&1 &
    wait "$!"
  done
}

# A signal may come at any moment: before there is anything to end, before it
# has a name ("$!"), and while it is so young that it does not hear the signal.
finish() {
  trap '' HUP INT TERM
  exec 2>/dev/null
  kill $smi $others $!
  (sleep 1; kill -9 $smi $others) >/dev/null &
  wait $smi $others
}
smi=
others=
trap finish EXIT
trap 'exit 143' HUP INT TERM

nvidia-smi --query-gpu="$query" --format=csv,noheader,nounits -l "$every" 2>&1 &
smi=$!
processes 2>/dev/null &
others=$!
wait "$smi"
exit $?
