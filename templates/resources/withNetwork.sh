network_name() { printf '%s' "${STEP_NAME:-footman-$CALL_ID}"; }

# second_network ALIAS: the further network of a container, if any.
second_network() {
  local pairs pair
  read_lines pairs "$STEP_ALSO"
  for pair in ${pairs[@]+"${pairs[@]}"}; do
    [ "${pair%%=*}" != "$1" ] || printf '%s' "${pair#*=}"
  done
}

# Everything that can be known before something is made.
refuse_network() {
  local name pairs pair members member
  name=$(network_name)
  case $name in
    bridge | host | none | default | ingress) fail "name is $name, which the engine keeps for itself" 'choose another' ;;
  esac
  if docker network inspect "$name" >/dev/null 2>&1; then
    fail "there is a network $name already" 'choose another name, or leave it out'
  fi
  if given "$STEP_SUBNET"; then check_subnet subnet "$STEP_SUBNET"; fi
  if given "$STEP_GATEWAY"; then check_gateway "$STEP_GATEWAY" "$STEP_SUBNET"; fi
  read_lines pairs "$STEP_ALSO"
  for pair in ${pairs[@]+"${pairs[@]}"}; do
    case $'\n'"$STEP_CONTAINERS" in
      *$'\n'"${pair%%=*}="*) ;;
      *) fail "also names ${pair%%=*}, which is not among containers" 'list it under containers with its image' ;;
    esac
    docker network inspect "${pair#*=}" >/dev/null 2>&1 ||
      fail "also wants ${pair%%=*} on ${pair#*=}, and there is no such network" 'docker network ls shows which there are'
  done
  read_lines members "$STEP_ATTACH"
  for member in ${members[@]+"${members[@]}"}; do refuse_member "${member%%=*}"; done
}

# refuse_member CONTAINER
refuse_member() {
  local state mode
  # Of a container that is not there the engine prints an empty line.
  read -r state mode < <(
    docker container inspect --format '{{.State.Running}} {{.HostConfig.NetworkMode}}' "$1" 2>/dev/null
  ) || true
  given "$state" || fail "attach names $1, and there is no such container" 'docker ps shows which there are'
  [ "$state" = true ] || fail "attach names $1, which does not run" 'start it before'
  case $mode in
    host | none | container:*) fail "attach names $1, which has the network of $mode" 'it cannot be on a second one' ;;
  esac
}

create_network() {
  local words labels pairs pair name
  name=$(network_name)
  call_labels
  words=(docker network create --driver bridge "${labels[@]}")
  if given "$STEP_SUBNET"; then words+=(--subnet "$STEP_SUBNET"); fi
  if given "$STEP_GATEWAY"; then words+=(--gateway "$STEP_GATEWAY"); fi
  if is_true "$STEP_INTERNAL"; then words+=(--internal); fi
  if given "$STEP_MTU"; then words+=(--opt "com.docker.network.driver.mtu=$STEP_MTU"); fi
  read_lines pairs "$STEP_LABELS"
  for pair in ${pairs[@]+"${pairs[@]}"}; do words+=(--label "$pair"); done
  note networks "$name"
  "${words[@]}" "$name" >/dev/null || fail "the engine did not make the network $name" 'its words stand above'
}

start_containers() {
  local pairs pair labels container second names=()
  read_lines pairs "$STEP_CONTAINERS"
  call_labels
  for pair in ${pairs[@]+"${pairs[@]}"}; do
    container=footman-$CALL_ID-${pair%%=*}
    note containers "$container"
    names+=("$container")
    supervise docker create --init --name "$container" --network "$(network_name)" --network-alias "${pair%%=*}" \
      "${labels[@]}" "${pair#*=}" >/dev/null || fail "no container could be made of ${pair#*=}" "the engine's words stand above"
    second=$(second_network "${pair%%=*}")
    if [ -n "$second" ]; then docker network connect "$second" "$container"; fi
    docker start "$container" >/dev/null || fail "the container ${pair%%=*} does not start" "the engine's words stand above"
  done
  [ ${#names[@]} -eq 0 ] || wait_for_containers "$(duration_seconds "$STEP_WAIT")" "${names[@]}"
}

attach_members() {
  local members member words
  read_lines members "$STEP_ATTACH"
  for member in ${members[@]+"${members[@]}"}; do
    words=(docker network connect)
    case $member in *=*) words+=(--alias "${member#*=}") ;; esac
    note members "${member%%=*}"
    "${words[@]}" "$(network_name)" "${member%%=*}"
  done
}

step_plan() {
  local pairs pair
  plan "make the network $(network_name)${STEP_SUBNET:+ with $STEP_SUBNET}$(is_true "$STEP_INTERNAL" && printf ', without a way out')"
  read_lines pairs "$STEP_CONTAINERS"
  for pair in ${pairs[@]+"${pairs[@]}"}; do plan "start ${pair#*=} on it as ${pair%%=*}"; done
  read_lines pairs "$STEP_ATTACH"
  for pair in ${pairs[@]+"${pairs[@]}"}; do plan "connect ${pair%%=*} to it"; done
}

step_begin() {
  local name addresses
  refuse_network
  date +%s >"$CALL_FOLDER/began"
  create_network
  start_containers
  attach_members
  name=$(network_name)
  addresses=$(docker network inspect --format '{{range .IPAM.Config}}{{.Subnet}} {{end}}' "$name")
  addresses=${addresses%% *}
  body_env NETWORK_NAME "$name"
  body_env NETWORK_SUBNET "$addresses"
  result name "$name"
  result subnet "$addresses"
}

step_finish() {
  local seconds
  seconds=$(($(date +%s) - $(cat "$CALL_FOLDER/began")))
  result seconds "$seconds"
  report "had the network $(network_name) for $seconds s"
}

step_end() {
  local name
  has_program docker || return 0
  release_containers
  [ -f "$CALL_FOLDER/networks" ] || return 0
  name=$(cat "$CALL_FOLDER/networks")
  is_own_network "$name" || return 0
  if [ -f "$CALL_FOLDER/members" ]; then
    while IFS= read -r member; do docker network disconnect --force "$name" "$member" >/dev/null 2>&1 || true; done <"$CALL_FOLDER/members"
  fi
  # Endpoints of containers that were just removed may hold it for a moment.
  wait_until 20 docker network rm "$name" || say "the network $name could not be removed: docker network rm $name"
}
