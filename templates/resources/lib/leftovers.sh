# Processes that must not outlive the call, wherever they put themselves: browsers leave the process group of whoever
# started them. They are known by a variable of their environment, which children inherit and the kernel remembers.

# mark_call: whatever is started from now on carries the mark; in a body, whatever that starts.
mark_call() { export FOOTMAN_CALL="$CALL_ID"; }
mark_body() { body_env FOOTMAN_CALL "$CALL_ID"; }

# keep NAME COMMAND...: starts a process that lives until end_marked; what it says goes into "$CALL_FOLDER/NAME.log".
# Sets kept to its process id.
keep() {
  local log=$CALL_FOLDER/$1.log
  shift
  mark_call
  set -m
  "$@" </dev/null >"$log" 2>&1 &
  kept=$!
  set +m
  disown "$kept" 2>/dev/null || true
}

# wait_for_kept SECONDS COMMAND...: until it succeeds; fails when the process that was kept last is gone by then.
wait_for_kept() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    kill -0 "$kept" 2>/dev/null || return 1
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.1
  done
}

# last_words NAME: what a kept process said last.
last_words() { tail -n 20 -- "$CALL_FOLDER/$1.log" >&2 || true; }

marked() {
  local file
  grep -lzxF "FOOTMAN_CALL=$CALL_ID" /proc/[0-9]*/environ 2>/dev/null | while IFS= read -r file; do
    file=${file%/environ}
    printf '%s\n' "${file##*/}"
  done
}

# end_marked: SIGTERM to all of them, SIGKILL after five seconds to those that are still there. A process that is just
# being started carries the mark a moment later, so nobody must be found twice.
end_marked() {
  local pids round absent=0
  unset FOOTMAN_CALL
  for ((round = 0; round < 100; round++)); do
    read_lines pids "$(marked)"
    if [ "${#pids[@]}" -eq 0 ]; then
      absent=$((absent + 1))
      if [ "$absent" -eq 2 ]; then return; fi
    else
      absent=0
      if [ "$round" -lt 2 ]; then kill -TERM "${pids[@]}" 2>/dev/null || true; fi
      if [ "$round" -ge 50 ]; then kill -KILL "${pids[@]}" 2>/dev/null || true; fi
    fi
    sleep 0.1
  done
  say "these processes could not be ended: ${pids[*]}"
}
