# The phases of a cutover are those of its state in etcd: see lib/app-state.sh.

prepare() {
  root=$STEP_PREFIX/$STEP_APP
  config=${STEP_CONFIG_FILE:-/etc/nginx/conf.d/$STEP_APP.conf}
  # No pattern of an include finds what begins with a dot.
  beside=${config%/*}/.${config##*/}
  # In the order in which etcd has them, so that the same backends are the same text.
  wanted=$(printf '%s' "$STEP_NEW_BACKENDS" | LC_ALL=C sort -u | paste -sd , -)
}

# take_turn: one cutover at a time on this file. The lock is the process's own: it ends with it, however that ends.
take_turn() {
  # Whoever cleans up in the process that has it must not wait for that process.
  if is_true "${has_turn-}"; then return; fi
  exec 9>>"$beside.lock" || fail "$beside.lock cannot be written" 'run it as who may change the configuration of nginx'
  flock -w "$(duration_seconds "$STEP_LOCK_TIMEOUT")" 9 ||
    fail "another cutover holds $beside.lock since $STEP_LOCK_TIMEOUT" 'wait for it, or give it more time: lockTimeout'
  has_turn=true
}

fetch() { curl -q --globoff --silent --noproxy '*' --output /dev/null --max-time 5 --fail "$1"; }

# answers URL TIMES: whether it answers well that often, one after the other.
answers() {
  local count
  for ((count = 0; count < $2; count++)); do
    fetch "$1" || return 1
  done
}

check_health() {
  local address
  for address in $(addresses "$1"); do
    say "waits until $address is healthy"
    wait_until "$(duration_seconds "$STEP_HEALTH_TIMEOUT")" \
      answers "http://$address$STEP_HEALTH_PATH" "$STEP_HEALTH_CHECKS" ||
      fail "$address was not healthy within $STEP_HEALTH_TIMEOUT: $STEP_HEALTH_PATH has to answer with 2xx $STEP_HEALTH_CHECKS times in a row" \
        "look at its log; try: curl -i http://$address$STEP_HEALTH_PATH"
  done
}

# verify [SECONDS]: through nginx, three times and then for so long.
verify() {
  local until=$((SECONDS + ${1-0}))
  given "$STEP_VERIFY_URL" || return 0
  while answers "$STEP_VERIFY_URL" 3; do
    [ "$SECONDS" -lt "$until" ] || return 0
    sleep 0.3
  done
  say "$STEP_VERIFY_URL does not answer with 2xx"
  return 1
}

step_plan() {
  local root config beside wanted
  prepare
  case $STEP_PHASE in
    undo) plan "take the upstream $STEP_APP back to what served before, in etcd below $root and in $config" ;;
    remove) plan "take the old backends out of the upstream $STEP_APP, once no worker of nginx knows them" ;;
    *)
      plan "wait until $wanted answers at $STEP_HEALTH_PATH"
      plan "put it below $root/backends and, by the $STEP_RENDERER renderer, into $config"
      if [ "$STEP_PHASE" = both ]; then plan 'take all others out once it serves'; fi
      ;;
  esac
  if given "$STEP_STOP_CONTAINER$STEP_STOP_COMMAND" && [ "$STEP_PHASE" != add ]; then plan 'stop what served before, once nothing goes to it any more'; fi
}

step_run() {
  local root config beside wanted backends phase new old generation state_version is_changed=true
  SECONDS=0
  prepare
  check_parts
  open_etcd
  take_turn
  read_state
  if [ "$phase" = undoing ]; then
    say 'goes on with an undo that was not finished'
    finish_undo || fail "the undo of $new could not be finished" "nginx has to take $config; its words stand above"
    [ "$STEP_PHASE" = undo ] || choose_way
  else
    choose_way
  fi
  while proceed; do :; done
  rm -f "$CALL_FOLDER/began"
  result active "$(addresses "$new")"
  result previous "$(addresses "$old")"
  result generation "$generation"
  result changed "$is_changed"
  result seconds "$SECONDS"
  if [ "$phase" = both ]; then
    report "$STEP_APP is served by ${backends//$'\n'/, }; phase: 'remove' or 'undo' ends that"
  else
    report "$STEP_APP is served by $new since generation $generation"
  fi
}

check_parts() {
  if given "$STEP_NGINX_CONTAINER"; then
    need_program docker docker.io
    if [ "$STEP_RENDERER" = confd ]; then
      fail "renderer: 'confd' needs an nginx of this machine, which it can ask to check a file"
    fi
    if [ "$STEP_LONG_CONNECTIONS" = cut ]; then
      fail "longConnections: 'cut' needs an nginx of this machine" 'set worker_shutdown_timeout in the nginx of the container'
    fi
  else
    need_program nginx nginx
    need_program ps procps
  fi
  workers >/dev/null || fail "no nginx is running: $(whose_nginx)" 'start it; or name its pidFile'
  if given "$STEP_STOP_CONTAINER"; then need_program docker docker.io; fi
  if [ "$STEP_RENDERER" = confd ] && given "${STEP_ETCD_LOGIN_USER-}"; then
    fail "renderer: 'confd' takes no etcdLogin: confd would show the password on its command line" "renderer: 'builtin' shows it to nobody"
  fi
}

# choose_way: where to go from the state that was found; what is on its way is only gone on with.
choose_way() {
  if [ "$STEP_PHASE" = undo ] && [ "$phase" != steady ]; then
    [ "$phase" != stopping ] || fail "$new serves alone, and what served before may be stopped already" "start it, and call it with newBackends: ['$old']"
    undo || fail "$STEP_APP could not be taken back to $old" 'its words stand above'
    return
  fi
  case $phase in
    steady) begin ;;
    *)
      [ -z "$wanted" ] || [ "$wanted" = "$new" ] ||
        fail "a cutover of $STEP_APP to $new was begun and not finished: $phase" \
          "finish it with newBackends: ['$new'], or take it back with phase: 'undo'"
      if [ "$phase" != both ]; then say "goes on with the cutover to $new: $phase"; fi
      note_begin
      if [ "$phase" = adding ]; then check_health "$new"; fi
      ;;
  esac
}

begin() {
  local active=${backends//$'\n'/,} added
  case $STEP_PHASE in
    remove) fail "there is no cutover of $STEP_APP whose old backends could be removed" "phase: 'add' comes first" ;;
    undo)
      [ "$old" != - ] || fail "etcd knows of nothing that served $STEP_APP before"
      wanted=$old
      ;;
  esac
  if [ -n "$active" ] && [ "$(without "$active" "$wanted")$(without "$wanted" "$active")" = -- ]; then
    is_changed=false
    if ! serves "$generation"; then bring_into_force || give_up; fi
    say "$wanted serves already"
    return
  fi
  check_health "$wanted"
  added=$(without "$wanted" "$active")
  note_begin
  enter adding "$wanted" "${active:--}" $((generation + 1)) "$added"
}

# note_begin: from now on whoever ends the call takes it back.
note_begin() { printf '%s %s\n' "$phase" "$generation" >"$CALL_FOLDER/began"; }

give_up() {
  fail "the cutover of $STEP_APP to $new failed while $phase" "its words stand above; what follows is the way back"
}

# proceed: one phase; fails when there is none left.
proceed() {
  case $phase in
    adding)
      bring_into_force || give_up
      verify || give_up
      enter both "$new" "$old" "$generation"
      ;;
    both)
      [ "$STEP_PHASE" != add ] || return 1
      serves "$generation" || bring_into_force || give_up
      if [ "$(outgoing)" = - ]; then
        enter steady "$new" "$old" "$generation"
        return
      fi
      check_health "$new"
      enter removing "$new" "$old" $((generation + 1)) '' "$(outgoing)"
      ;;
    removing)
      bring_into_force || give_up
      await_drain || give_up
      verify "$(duration_seconds "$STEP_SOAK")" || give_up
      enter stopping "$new" "$old" "$generation"
      ;;
    stopping)
      rm -f "$CALL_FOLDER/began"
      stop_old
      enter steady "$new" "$old" "$generation"
      ;;
    *) return 1 ;;
  esac
}

# Those that do not serve any more; one that was there before and is wanted again stays all the time.
outgoing() { without "$old" "$new"; }

# stop_old: nobody sends to it any more, so there is no way back if that fails, and none is needed.
stop_old() {
  local seconds status=0
  seconds=$(duration_seconds "$STEP_STOP_TIMEOUT")
  if given "$STEP_STOP_CONTAINER"; then
    say "stops $STEP_STOP_CONTAINER"
    supervise docker stop --time "$seconds" "$STEP_STOP_CONTAINER" 9>&- >/dev/null || status=$?
  elif given "$STEP_STOP_COMMAND"; then
    printf '%s\n' "$STEP_STOP_COMMAND" >"$CALL_FOLDER/stop"
    CUTOVER_OLD=$(outgoing | tr , ' ') CUTOVER_NEW=${new//,/ } supervise timeout --foreground "$seconds" \
      bash -e "$CALL_FOLDER/stop" 9>&- || status=$?
  fi
  [ "$status" -eq 0 ] ||
    fail "$new serves alone, but $(outgoing) could not be stopped: exit code $status" 'nothing is sent to it any more; the same call tries again'
}

# undo: back to the old backends alone. Fails when nginx cannot be brought there, with the state left at undoing.
undo() {
  local before
  if [ "$old" = - ]; then
    undo_first
    return
  fi
  say "takes $STEP_APP back to $old"
  enter undoing "$new" "$old" $((generation + 1)) "$old" "$(without "$new" "$old")"
  finish_undo && return
  # A file that nginx did not take was never in force, and is not there any more.
  before=$(cat "$CALL_FOLDER/began" 2>/dev/null) || return 1
  [ "${before% *}" = steady ] && serves "${before#* }" || return 1
  say "nginx never left generation ${before#* }, and goes on with it"
  enter steady "$old" - "${before#* }"
}

# finish_undo: the traffic is back with the reload; a worker that does not end only means that the new one may not yet.
finish_undo() {
  local left=$new
  bring_into_force || return 1
  enter steady "$old" - "$generation"
  await_drain || say "$left may be asked until those workers are gone: do not stop it before"
}

# undo_first: with nothing to go back to, nginx keeps what it has taken; an empty upstream is worse.
undo_first() {
  if serves "$generation"; then
    say "$new is the only backend of $STEP_APP, and stays in nginx: an empty upstream is refused"
    return
  fi
  say "takes $new out of etcd again"
  change_etcd "mod($(quote_etcd "$root/state")) = \"$state_version\"" "del --prefix -- $(quote_etcd "$root/")" || return 1
  read_state
}

step_end() {
  local root config beside wanted
  [ -s "$CALL_FOLDER/began" ] || return 0
  prepare
  take_turn
  # Another process of this call may have done it while we waited.
  [ -s "$CALL_FOLDER/began" ] || return 0
  (take_back) || fail "the cutover of $STEP_APP could not be taken back: no backend may be stopped, neither old nor new" \
    "mend what is said above, then call it with phase: 'undo'"
  rm -f "$CALL_FOLDER/began"
}

take_back() {
  local backends phase new old generation state_version
  read_state
  case $phase in
    adding | both | removing) undo ;;
    undoing) finish_undo ;;
  esac
}
