prepare() {
  cluster=$CALL_FOLDER/cluster
  name=${STEP_NAME:-footman-$CALL_ID}
  network=${STEP_NETWORK:-$name}
}

# next_port: one that nobody listens on and that was not given out before, as far as can be told beforehand.
next_port() {
  local tries
  if given "$STEP_FIRST_PORT"; then
    port=$((port + 1))
    return
  fi
  for ((tries = 0; tries < 200; tries++)); do
    # Below the range from which the system takes ports for outgoing connections.
    port=$((RANDOM % 12000 + 20000))
    case " $given_ports " in *" $port "*) continue ;; esac
    given_ports="$given_ports $port"
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
  done
  fail 'there is no free port for etcd'
}

# The token keeps clusters apart: members that find data or neighbours of another cluster refuse to work with them.
write_cluster() {
  local number port=$((STEP_FIRST_PORT - 1)) given_ports='' client
  mkdir -p "$cluster"
  cp "$CALL_FOLDER/etcdCluster/etcd-cluster.sh" "$cluster/etcd-cluster"
  chmod 755 "$cluster/etcd-cluster"
  printf '%s-%s\n' "$name" "$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')" >"$cluster/token"
  printf '%s\n' $((STEP_QUOTA_MB * 1024 * 1024)) >"$cluster/quota"
  : >"$cluster/members"
  for ((number = 1; number <= STEP_SIZE; number++)); do
    if given "$STEP_IMAGE"; then
      printf '%s-%s http://%s-%s:2379 http://%s-%s:2380\n' "$name" "$number" "$name" "$number" "$name" "$number"
    else
      next_port
      client=$port
      next_port
      printf 'member-%s http://127.0.0.1:%s http://127.0.0.1:%s\n' "$number" "$client" "$port"
    fi >>"$cluster/members"
  done
  if given "$STEP_IMAGE"; then
    printf '%s\n' "$STEP_IMAGE" >"$cluster/image"
    printf '%s\n' "$network" >"$cluster/network"
  fi
  if is_true "$STEP_KEEP"; then printf 'keep\n' >"$cluster/keep"; fi
}

# refuse_lost_data: a kept member whose volume is gone would come back as a stranger, whom the others do not take.
refuse_lost_data() {
  local member rest volumes
  volumes=" $(docker volume ls --quiet --filter "name=$name-" | tr '\n' ' ') "
  while read -r member rest; do
    case $volumes in
      *" $name-"*" $member "* | *" $member "*) ;;
      *" $name-"[1-7]' '*)
        fail "the data of $member are gone, those of others are not" \
          "take it out and in again: etcdctl member remove and member add; or remove all volumes $name-N to begin anew"
        ;;
    esac
  done <"$cluster/members"
}

make_network() {
  if given "$STEP_NETWORK"; then return; fi
  [ -z "$(docker network ls --quiet --filter "name=^$network\$")" ] || return 0
  # Nothing outside of it reaches the members; this machine does.
  docker network create --internal --label "jenkins.job=${JOB_NAME-}" --label "jenkins.build=${BUILD_NUMBER-}" \
    "$network" >/dev/null
}

# show_words: what each member said last.
show_words() {
  local member rest
  while read -r member rest; do
    say "$member said last:"
    if given "$STEP_IMAGE"; then
      docker logs --tail 10 "$member" 2>&1 | cut -c -300 >&2 || true
    else
      tail -n 10 "$cluster/$member.log" 2>/dev/null | cut -c -300 >&2 || true
    fi
  done <"$cluster/members"
}

# await_cluster: all members answer; or, when time is up, at least so many that they can write.
await_cluster() {
  local until=$((SECONDS + $(duration_seconds "$STEP_HEALTH_TIMEOUT"))) words
  while :; do
    words=$("$cluster/etcd-cluster" status) || true
    case $words in
      "$STEP_SIZE of $STEP_SIZE members answer") return ;;
    esac
    [ "$SECONDS" -lt "$until" ] || break
    sleep 0.3
  done
  case $words in
    'the quorum is lost'*)
      show_words
      fail "etcd did not come up within $STEP_HEALTH_TIMEOUT: $words"
      ;;
    *) say "goes on with what there is: $words" ;;
  esac
}

step_plan() {
  local cluster name network
  prepare
  plan "start $STEP_SIZE members of etcd${STEP_IMAGE:+ from $STEP_IMAGE in the network $network}${STEP_NAME:+, named $name}"
  if is_true "$STEP_KEEP"; then plan 'leave them running, with their data in volumes'; else plan 'end them, and remove their data'; fi
}

step_begin() {
  local cluster name network member rest endpoints
  prepare
  if given "$STEP_IMAGE"; then need_program docker docker.io; else
    need_program etcd etcd-server
    need_program setsid util-linux
  fi
  mark_call
  write_cluster
  if given "$STEP_IMAGE"; then
    make_network
    if is_true "$STEP_KEEP"; then refuse_lost_data; fi
  fi
  while read -r member rest <&3; do "$cluster/etcd-cluster" start "$member"; done 3<"$cluster/members"
  await_cluster
  endpoints=$("$cluster/etcd-cluster" endpoints)
  mark_body
  body_env PATH+ETCD_CLUSTER "$cluster"
  body_env ETCDCTL_API 3
  body_env ETCDCTL_ENDPOINTS "$endpoints"
  body_env ETCD_NETWORK "${STEP_IMAGE:+$network}"
  body_env ETCD_NETWORK_ENDPOINTS "${STEP_IMAGE:+$(cut -d ' ' -f 2 "$cluster/members" | paste -sd , -)}"
  result endpoints "${endpoints//,/$'\n'}"
  result members "$(cut -d ' ' -f 1 "$cluster/members")"
  result token "$(cat "$cluster/token")"
  say "$STEP_SIZE members of etcd serve at $endpoints"
}

step_finish() {
  local words status=0
  words=$("$CALL_FOLDER/cluster/etcd-cluster" status) || status=$?
  case $words in
    'the quorum is lost'*) words=${words#*: } ;;
  esac
  result healthy "${words%% *}"
  if [ "$status" -eq 0 ]; then
    result quorum true
    report "in the end $words"
  else
    result quorum false
    report "in the end the quorum is lost: $words"
  fi
}

step_end() {
  local cluster name network member rest
  prepare
  if ! given "$STEP_IMAGE"; then
    end_marked
    return
  fi
  if is_true "$STEP_KEEP" || ! has_program docker || [ ! -f "$cluster/members" ]; then return 0; fi
  while read -r member rest <&3; do docker rm --force --volumes "$member" >/dev/null 2>&1 || true; done 3<"$cluster/members"
  given "$STEP_NETWORK" || docker network rm "$network" >/dev/null 2>&1 || true
}
