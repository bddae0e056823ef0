project_name() { printf '%s' "${STEP_PROJECT:-footman-$CALL_ID}"; }

# Sets the array compose to everything up to the verb, the same for every call.
prepare_compose() {
  local files file profiles profile
  find_compose "$STEP_COMPOSE" || return 1
  compose+=(--project-name "$(project_name)")
  read_lines files "$STEP_FILES"
  for file in ${files[@]+"${files[@]}"}; do compose+=(--file "$PWD/$file"); done
  # Otherwise Compose takes a file .env that happens to lie there.
  if given "$STEP_ENV_FILE"; then
    compose+=(--env-file "$PWD/$STEP_ENV_FILE")
  else
    : >>"$CALL_FOLDER/no-variables"
    compose+=(--env-file "$CALL_FOLDER/no-variables")
  fi
  read_lines profiles "$STEP_PROFILES"
  for profile in ${profiles[@]+"${profiles[@]}"}; do compose+=(--profile "$profile"); done
}

# The variables of the parameter env, and none of the agent's that would change what Compose does.
export_variables() {
  local name pairs pair
  for name in $(compgen -e COMPOSE_ || true); do unset "$name"; done
  export COMPOSE_HTTP_TIMEOUT=120 COMPOSE_INTERACTIVE_NO_CLI=1
  read_lines pairs "$STEP_ENV"
  for pair in ${pairs[@]+"${pairs[@]}"}; do export "${pair%%=*}=${pair#*=}"; done
}

refuse_project() {
  local files file resolved found name
  read_lines files "$STEP_FILES"
  for file in ${files[@]+"${files[@]}"}; do
    [ -f "$file" ] || fail "files names $file, which is not there" 'paths are relative to the workspace'
  done
  if given "$STEP_ENV_FILE" && [ ! -f "$STEP_ENV_FILE" ]; then
    fail "envFile is $STEP_ENV_FILE, which is not there" 'paths are relative to the workspace'
  fi
  resolved=$CALL_FOLDER/resolved.yml
  "${compose[@]}" config >"$resolved" || fail 'Compose does not take these files' 'its words stand above'
  if is_true "$STEP_PARALLEL_SAFE"; then
    found=$(fixed_things "$resolved")
    [ -z "$found" ] || fail "${found%%$'\n'*}" "two builds at a time could not both have it; or say parallelSafe: false"
  fi
  name=$(project_name)
  if [ -n "$(project_containers)" ]; then
    fail "the project $name is there already" 'leave project out, or take that one down first'
  fi
}

# fixed_things FILE: what of a resolved Compose file only one build at a time could have, one sentence a line.
fixed_things() {
  awk '
    /^[^ ]/ { part = $1; next }
    part != "services:" { next }
    /^  [^ ]/ { service = $1; sub(/:$/, "", service); list = ""; next }
    /^    [^ -]/ { list = $1 }
    /^    container_name:/ { print "the service " service " has a fixed name: " $2; next }
    list == "ports:" && $1 == "published:" { tell($2) }
    list == "ports:" && $1 == "-" && $2 == "published:" { tell($3) }
    list == "ports:" && $1 == "-" && $2 ~ /:[0-9]/ && $2 !~ /^[a-z_]+:$/ {
      port = $2
      sub(/\/[a-z]+$/, "", port); sub(/:[0-9-]+$/, "", port); sub(/^.*:/, "", port)
      tell(port)
    }
    function tell(port) {
      gsub(/[\047"]/, "", port)
      if (port != "" && port != "0" && port ~ /^[0-9-]+$/) print "the service " service " has a fixed port on the host: " port
    }
  ' "$1"
}

project_containers() {
  docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$(project_name)"
}

# services_to_start: one a line.
services_to_start() {
  local service
  if given "$STEP_SERVICES"; then
    printf '%s\n' "$STEP_SERVICES"
    return
  fi
  "${compose[@]}" config --services | while IFS= read -r service; do
    [ "$service" = "$STEP_TEST" ] || printf '%s\n' "$service"
  done
}

start_services() {
  local services
  read_lines services "$(services_to_start)"
  if given "$STEP_TEST"; then
    "${compose[@]}" config --services | grep -Fx -e "$STEP_TEST" >/dev/null ||
      fail "test is $STEP_TEST, and there is no such service" 'docker-compose config --services shows which there are'
  fi
  printf '%s\n' "$(project_name)" >"$CALL_FOLDER/project"
  if is_true "$STEP_PULL"; then supervise "${compose[@]}" pull --quiet || fail 'images could not be pulled' 'the words of Compose stand above'; fi
  if is_true "$STEP_BUILD"; then supervise "${compose[@]}" build || fail 'images could not be built' 'the words of Compose stand above'; fi
  if [ ${#services[@]} -gt 0 ]; then
    supervise "${compose[@]}" up --detach "${services[@]}" || fail 'the services do not start' 'the words of Compose stand above'
    wait_for_services
  fi
  result services "$(printf '%s\n' ${services[@]+"${services[@]}"})"
}

wait_for_services() {
  local until limit id state code health service pending
  limit=$(duration_seconds "$STEP_WAIT")
  until=$((SECONDS + limit))
  while :; do
    pending=''
    for id in $(project_containers); do
      read -r state code health service < <(
        docker container inspect --format '{{.State.Status}} {{.State.ExitCode}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}} {{index .Config.Labels "com.docker.compose.service"}}' "$id" 2>/dev/null
      ) || true
      case $state/$health in
        running/healthy | running/none) ;;
        running/unhealthy) give_up "$id" "the service $service is unhealthy" ;;
        exited/* | dead/*) [ "$code" = 0 ] || give_up "$id" "the service $service ended with $code" ;;
        *) pending="$service is $state, its health $health" ;;
      esac
    done
    [ -n "$pending" ] || return 0
    [ "$SECONDS" -lt "$until" ] || fail "not everything is ready after $limit s: $pending" 'say wait: with a longer time, or look into the archived log'
    sleep 0.3
  done
}

# give_up CONTAINER MESSAGE
give_up() {
  docker logs --tail 20 "$1" 2>&1 | sed 's/^/    /' >&2 || true
  fail "$2" 'its last words stand above, all of them in the archived log'
}

# hand_on_ports: COMPOSE_PORT_<SERVICE>_<PORT> for every port that has one on the host.
hand_on_ports() {
  local id service port number
  for id in $(project_containers); do
    while read -r service port number; do
      [ -n "$number" ] || continue
      service=$(printf '%s' "$service" | tr 'a-z.-' 'A-Z__')
      body_env "COMPOSE_PORT_${service}_${port%%/*}" "$number"
    done < <(
      # shellcheck disable=SC2016 # the engine expands them
      docker container inspect --format '{{$s := index .Config.Labels "com.docker.compose.service"}}{{range $p, $b := .NetworkSettings.Ports}}{{if $b}}{{$s}} {{$p}} {{(index $b 0).HostPort}}{{"\n"}}{{end}}{{end}}' "$id"
    )
  done
}

keep_logs() {
  local path=$STEP_LOGS
  case $path in */*) mkdir -p "${path%/*}" ;; esac
  {
    docker ps --all --filter "label=com.docker.compose.project=$(project_name)" \
      --format 'table {{.Label "com.docker.compose.service"}}\t{{.Image}}\t{{.Status}}\t{{.Names}}'
    printf '\n'
    timeout 60 "${compose[@]}" logs --no-color --timestamps
  } >"$path" 2>&1 </dev/null || true
}

step_plan() {
  plan "bring up the project $(project_name)${STEP_FILES:+ of ${STEP_FILES//$'\n'/, }}${STEP_SERVICES:+: ${STEP_SERVICES//$'\n'/, }}"
  if given "$STEP_TEST"; then plan "run the service $STEP_TEST as the test"; fi
  plan "keep logs in $STEP_LOGS and take everything down"
}

begin_project() {
  local compose
  prepare_compose || fail "there is no Compose here that serves compose: '$STEP_COMPOSE'" 'on Debian: apt-get install docker-compose'
  export_variables
  refuse_project
  date +%s >"$CALL_FOLDER/began"
  start_services
  hand_on_ports
  result project "$(project_name)"
}

step_begin() {
  begin_project
  body_env COMPOSE_PROJECT_NAME "$(project_name)"
}

step_run() {
  begin_project
  if given "$STEP_TEST"; then run_test; else run_beside; fi
  step_finish
}

run_beside() {
  export COMPOSE_PROJECT_NAME
  COMPOSE_PROJECT_NAME=$(project_name)
  run_command
}

run_test() {
  local status=0 compose
  prepare_compose
  supervise "${compose[@]}" run --rm -T --no-deps "$STEP_TEST" || status=$?
  [ "$status" -eq 0 ] || fail "the service $STEP_TEST ended with $status" "its words stand above, those of the others in $STEP_LOGS"
}

step_finish() {
  local seconds
  seconds=$(($(date +%s) - $(cat "$CALL_FOLDER/began")))
  result seconds "$seconds"
  report "the project $(project_name) was up for $seconds s"
  : >"$CALL_FOLDER/finished"
}

step_end() {
  local compose words
  [ -f "$CALL_FOLDER/project" ] || return 0
  has_program docker || return 0
  export_variables
  prepare_compose || return 0
  if [ ! -f "$CALL_FOLDER/kept" ]; then
    keep_logs
    : >"$CALL_FOLDER/kept"
  fi
  if is_true "$STEP_KEEP_ON_FAILURE" && [ ! -f "$CALL_FOLDER/finished" ]; then
    say "the services stay up: docker ps --filter label=com.docker.compose.project=$(project_name)"
    say "to take them down: docker-compose --project-name $(project_name) down --volumes"
    return 0
  fi
  words=(down --remove-orphans --timeout "$(duration_seconds "$STEP_DOWN_TIMEOUT")")
  if [ "$STEP_VOLUMES" = remove ]; then words+=(--volumes); fi
  timeout "$(($(duration_seconds "$STEP_DOWN_TIMEOUT") + 120))" "${compose[@]}" "${words[@]}" >"$CALL_FOLDER/down" 2>&1 </dev/null || true
  sweep_project
}

# What Compose left, or could not take down because it was killed before: everything that carries the project's label.
sweep_project() {
  local ids label
  label="label=com.docker.compose.project=$(project_name)"
  ids=$(docker ps --all --quiet --no-trunc --filter "$label") || return 0
  # shellcheck disable=SC2086 # one word for each
  [ -z "$ids" ] || docker rm --force --volumes $ids >/dev/null 2>&1 || true
  ids=$(docker network ls --quiet --no-trunc --filter "$label") || return 0
  # shellcheck disable=SC2086 # one word for each
  [ -z "$ids" ] || docker network rm $ids >/dev/null 2>&1 || true
  [ "$STEP_VOLUMES" = remove ] || return 0
  ids=$(docker volume ls --quiet --filter "$label") || return 0
  # shellcheck disable=SC2086 # one word for each
  [ -z "$ids" ] || docker volume rm --force $ids >/dev/null 2>&1 || true
}
