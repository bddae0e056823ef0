# Containers and networks of a call. All of them carry its mark, and what is made is noted before.

call_labels() {
  labels=(--label "footman.call=$CALL_ID" --label "jenkins.job=${JOB_NAME-}" --label "jenkins.build=${BUILD_NUMBER-}")
}

# note KIND NAME: what the release will look for.
note() { printf '%s\n' "$2" >>"$CALL_FOLDER/$1"; }

# is_own_network NAME: whether it carries the mark of this call.
is_own_network() {
  [ "$(docker network inspect --format '{{index .Labels "footman.call"}}' "$1" 2>/dev/null)" = "$CALL_ID" ]
}

# wait_for_containers SECONDS NAME...: until all run, and those with a health check are healthy.
wait_for_containers() {
  local limit=$1 until=$((SECONDS + $1)) name state health code
  shift
  for name in "$@"; do
    while :; do
      read -r state code health < <(
        docker container inspect --format '{{.State.Status}} {{.State.ExitCode}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}' "$name"
      ) || true
      case $state in
        running) case $health in healthy | none) break ;; unhealthy) give_up_container "$name" 'is unhealthy' ;; esac ;;
        exited | dead) give_up_container "$name" "ended with $code" ;;
      esac
      [ "$SECONDS" -lt "$until" ] || give_up_container "$name" "is not healthy after $limit s, but ${health:-unknown}"
      sleep 0.2
    done
  done
}

# give_up_container NAME WHAT
give_up_container() {
  docker logs --tail 20 "$1" 2>&1 | sed 's/^/    /' >&2 || true
  fail "the container ${1#"footman-$CALL_ID-"} $2" 'its last words stand above'
}

# release_containers: those that were noted, and those that carry the mark. May find nothing, or half of it.
release_containers() {
  local name ids
  has_program docker || return 0
  if [ -f "$CALL_FOLDER/containers" ]; then
    while IFS= read -r name; do docker rm --force --volumes "$name" >/dev/null 2>&1 || true; done <"$CALL_FOLDER/containers"
  fi
  ids=$(docker ps --all --quiet --no-trunc --filter "label=footman.call=$CALL_ID" 2>/dev/null) || return 0
  # shellcheck disable=SC2086 # one word for each
  [ -z "$ids" ] || docker rm --force --volumes $ids >/dev/null 2>&1 || true
}
