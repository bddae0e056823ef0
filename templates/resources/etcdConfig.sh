# Sets range: the words by which etcdctl knows what is meant.
choose_range() {
  range=("$STEP_KEY")
  # With the slash, or /app would mean /apple too.
  if is_true "$STEP_BELOW"; then range=(--prefix "$STEP_KEY/"); fi
}

what() { if is_true "$STEP_BELOW"; then printf 'the keys below %s' "$STEP_KEY"; else printf '%s' "$STEP_KEY"; fi; }

# Sets value.
need_value() {
  if given "$STEP_VALUE" && given "${STEP_VALUE_SECRET_SECRET-}"; then fail 'it takes value or valueSecret, not both'; fi
  value=${STEP_VALUE_SECRET_SECRET:-$STEP_VALUE}
  given "$value" || fail "action: '$STEP_ACTION' needs value or valueSecret" "action: 'delete' takes a key away"
}

# after LINES: the revision that an answer of etcdctl names.
after() {
  local line
  while IFS= read -r line; do
    case $line in '"Revision" : '*) result revision "${line#*: }" ;; esac
  done <<<"$1"
}

# tell_found: what fetch_etcd found, as results; fails when nothing was and something has to be.
tell_found() {
  local key
  result revision "$etcd_revision"
  if [ ${#etcd_keys[@]} -eq 0 ]; then
    result found false
    if is_true "$STEP_REQUIRE"; then fail "etcd has no $(what)" 'or say require: false, and look at found'; fi
    report "etcd has no $(what)"
    return
  fi
  result found true
  result keys "$(for key in "${etcd_keys[@]}"; do printf '%s\n' "$key"; done)"
  result json "$(json_of_etcd 0)"
  if ! is_true "$STEP_BELOW"; then result value "${etcd_values[0]}"; fi
  report "read $(what) at revision $etcd_revision"
}

do_get() {
  fetch_etcd "${range[@]}"
  tell_found
}

do_put() {
  local answer value
  need_value
  # By standard input: what is on a command line can be read by everybody on the machine.
  answer=$(printf '%s' "$value" | etcd put -w fields -- "$STEP_KEY" 2>"$CALL_FOLDER/etcd-words") ||
    blame_etcd "$STEP_KEY could not be written"
  after "$answer"
  result changed true
  report "wrote $STEP_KEY"
}

do_delete() {
  local answer deleted
  answer=$(etcd del -w fields "${range[@]}" 2>"$CALL_FOLDER/etcd-words") || blame_etcd "$STEP_KEY could not be deleted"
  after "$answer"
  deleted=${answer##*'"Deleted" : '}
  deleted=${deleted%%[!0-9]*}
  if [ "${deleted:-0}" -eq 0 ]; then
    result found false
    result changed false
    if is_true "$STEP_REQUIRE"; then fail "etcd has no $(what)" 'or say require: false, and look at found'; fi
    report "etcd has no $(what)"
  else
    result found true
    result changed true
    report "deleted $(what): $deleted"
  fi
}

do_cas() {
  local compare value
  need_value
  if given "$STEP_EXPECT_REVISION"; then
    compare="mod($(quote_etcd "$STEP_KEY")) = \"$STEP_EXPECT_REVISION\""
  elif given "$STEP_EXPECT"; then
    compare="value($(quote_etcd "$STEP_KEY")) = $(quote_etcd "$STEP_EXPECT")"
  else
    fail "action: 'cas' needs expect or expectRevision" 'expectRevision: 0 expects that there is no such key'
  fi
  if change_etcd "$compare" "put -- $(quote_etcd "$STEP_KEY") $(quote_etcd "$value")"; then
    result changed true
    report "wrote $STEP_KEY"
    return
  fi
  result changed false
  fetch_etcd "$STEP_KEY"
  result revision "${etcd_versions[0]-0}"
  if is_true "$STEP_REQUIRE"; then
    fail "$STEP_KEY is not as expected: it was changed last at revision ${etcd_versions[0]-0}" 'read it again, and decide anew; or say require: false, and look at changed'
  fi
  report "left $STEP_KEY alone: it is not as expected"
}

do_watch() {
  need_program ps procps
  local until=$((SECONDS + $(duration_seconds "$STEP_TIMEOUT"))) first=${STEP_SINCE_REVISION:-}
  while :; do
    # What is there is what counts; a watch that died without a word only costs time.
    fetch_etcd "${range[@]}"
    given "$first" || first=$etcd_revision
    if has_come "$first"; then break; fi
    [ "$SECONDS" -lt "$until" ] || fail "$(what) did not change within $STEP_TIMEOUT" 'give it more time: timeout'
    await_event $((etcd_revision + 1)) $((until - SECONDS))
  done
  result changed true
  tell_found
}

# has_come REVISION: whether the key has the value that is waited for; without one, whether anything changed since.
has_come() {
  local index
  if given "$STEP_UNTIL"; then
    [ "${etcd_values[0]-}" = "$STEP_UNTIL" ]
    return
  fi
  # A key that is gone has no revision any more.
  [ "${#etcd_keys[@]}" -eq "${known:=${#etcd_keys[@]}}" ] || return 0
  for index in ${etcd_keys[@]+"${!etcd_keys[@]}"}; do
    [ "${etcd_versions[index]}" -le "$1" ] || return 0
  done
  return 1
}

# await_event REVISION SECONDS: until something happens from there on, five seconds at most.
await_event() {
  local seconds=$2 watcher
  [ "$seconds" -le 5 ] || seconds=5
  : >"$CALL_FOLDER/event"
  set -m
  etcd watch --rev "$1" "${range[@]}" </dev/null >"$CALL_FOLDER/event" 2>/dev/null &
  watcher=$!
  set +m
  printf '%s\n' "$watcher" >"$CALL_FOLDER/watcher"
  wait_until "$seconds" has_news "$watcher" || true
  end_watch
}

has_news() { [ -s "$CALL_FOLDER/event" ] || ! kill -0 "$1"; }

end_watch() {
  local pid
  pid=$(cat "$CALL_FOLDER/watcher" 2>/dev/null) || return 0
  # The number may belong to somebody else by now.
  case $(ps -o args= -p "$pid" 2>/dev/null) in
    *"$CALL_FOLDER"*) stop_group "$pid" ;;
  esac
  rm -f "$CALL_FOLDER/watcher"
}

do_health() {
  local needed
  count_etcd
  needed=$((etcd_total / 2 + 1))
  result healthy "$etcd_healthy"
  result members "$etcd_total"
  if [ "$etcd_healthy" -ge "$needed" ]; then
    result quorum true
    report "$etcd_healthy of $etcd_total members answer${etcd_sick:+, not ${etcd_sick//$'\n'/ }}"
    return
  fi
  result quorum false
  if is_true "$STEP_REQUIRE"; then
    fail "$etcd_healthy of $etcd_total members answer, and $needed are needed: $(name_loss)" "start the others: ${etcd_sick//$'\n'/ }"
  fi
  report "$etcd_healthy of $etcd_total members answer, and $needed are needed: $(name_loss)"
}

step_plan() {
  case $STEP_ACTION in
    get) plan "read $(what)" ;;
    put) plan "write $STEP_KEY" ;;
    delete) plan "delete $(what)" ;;
    cas) plan "write $STEP_KEY if it is as expected" ;;
    watch) plan "wait until $(what) changes, $STEP_TIMEOUT at most" ;;
    health) plan 'ask every member whether it answers' ;;
  esac
}

step_run() {
  local range known=''
  choose_range
  open_etcd
  "do_$STEP_ACTION"
}

step_end() { end_watch; }
