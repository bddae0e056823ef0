# socat parts the words of EXEC at blanks and ends addresses at commas and colons: so it sees neither values nor paths,
# but runs in CALL_FOLDER a script that holds them.
write_program() {
  local words labels
  read_lines words "$STEP_PROGRAM"
  call_labels
  {
    printf '#!/usr/bin/env bash\ncd %q || exit\n' "$PWD"
    if given "$STEP_IMAGE"; then
      printf 'exec docker run --rm --interactive --init --name %q"$$" ' "footman-$CALL_ID-"
      printf '%q ' "${labels[@]}" --user "$(id -u):$(id -g)" --volume "$PWD:$PWD" --workdir "$PWD" "$STEP_IMAGE"
    else
      printf 'exec '
    fi
    printf '%q ' "${words[@]}"
    printf '\n'
  } >"$CALL_FOLDER/program"
  chmod +x "$CALL_FOLDER/program"
  if ! given "$STEP_IMAGE"; then
    case ${words[0]} in
      */*) [ -x "${words[0]}" ] || fail "the program ${words[0]} is not there, or cannot be executed" 'paths are relative to the workspace' ;;
      *) has_program "${words[0]}" || fail "this machine has no program ${words[0]}" 'install it, or name an image that has it' ;;
    esac
  fi
}

# keep_socat NAME ARGUMENT...
keep_socat() {
  local name=$1
  shift
  # shellcheck disable=SC2016 # the inner shell expands them
  keep "$name" sh -c 'cd "$0" && exec socat "$@"' "$CALL_FOLDER" "$@"
}

start_service() {
  keep_socat service UNIX-LISTEN:socket,fork,mode=600 EXEC:./program
  wait_for_kept 10 test -S "$CALL_FOLDER/socket" || fail 'the service did not start' "$(words_of service)"
}

# start_proxy PORT
start_proxy() {
  keep_socat proxy -d -d -T "$(duration_seconds "$STEP_IDLE")" \
    "TCP4-LISTEN:$1,bind=$STEP_BIND,reuseaddr,fork,max-children=$STEP_CONNECTIONS" UNIX-CONNECT:socket
  # It takes a moment; asked at once, the answer would always be no.
  sleep 0.3
  wait_for_kept 10 listens "$1"
}

words_of() { grep -v ' N ' "$CALL_FOLDER/$1.log" 2>/dev/null | tail -n 3 || true; }

# Sets port.
offer() {
  local tries
  if given "$STEP_PORT"; then
    port=$STEP_PORT
    if listens "$port"; then fail "the port $port is taken" 'leave port out, or choose another'; fi
    start_proxy "$port" || fail "nothing can listen on $STEP_BIND:$port" "$(words_of proxy)"
    return
  fi
  for tries in 1 2 3 4 5; do
    port=$(free_port)
    if start_proxy "$port"; then return; fi
  done
  fail "no free port was found on $STEP_BIND after $tries tries" "$(words_of proxy)"
}

step_plan() {
  local words
  read_lines words "$STEP_PROGRAM"
  plan "offer ${words[*]}${STEP_IMAGE:+ of $STEP_IMAGE} on $STEP_BIND:${STEP_PORT:-a free port}, $STEP_CONNECTIONS connections at a time"
}

step_begin() {
  local port host
  if given "$STEP_IMAGE"; then need_program docker docker.io; fi
  write_program
  start_service
  offer
  host=$STEP_BIND
  [ "$host" != 0.0.0.0 ] || host=127.0.0.1
  body_env TCP_SERVICE_HOST "$host"
  body_env TCP_SERVICE_PORT "$port"
  result address "$STEP_BIND:$port"
  result port "$port"
  printf '%s' "$STEP_BIND:$port" >"$CALL_FOLDER/address"
}

step_finish() {
  local count
  count=$(grep -c ' accepting connection ' "$CALL_FOLDER/proxy.log" || true)
  result connections "$count"
  report "offered $(cat "$CALL_FOLDER/address") to $count connections"
}

step_end() {
  end_marked
  if [ -f "$CALL_FOLDER/program" ] && given "$STEP_IMAGE"; then release_containers; fi
}
