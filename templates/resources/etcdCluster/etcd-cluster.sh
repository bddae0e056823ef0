#!/usr/bin/env bash
# etcd-cluster: the cluster of the step etcdCluster, for whoever wants to see what an app does when members fail.
#   list           the members: name, address for clients, address for each other
#   status         who answers; ends with 3 when the quorum is lost
#   start NAME     with the data that it has
#   stop NAME      in good order
#   kill NAME      as when its machine dies
#   restart NAME   stop and start, unless that would lose the quorum; waits until it answers again
set -euo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

setting() { cat "$folder/$1" 2>/dev/null || true; }
complain() {
  printf 'etcd-cluster: %s\n' "$1" >&2
  exit "${2:-1}"
}
is_contained() { [ -s "$folder/image" ]; }

# look_up NAME: sets name, client and peer.
look_up() {
  local wanted=$1
  while read -r name client peer; do
    [ "$name" != "$wanted" ] || return 0
  done <"$folder/members"
  complain "there is no member $wanted: $(cut -d ' ' -f 1 "$folder/members" | tr '\n' ' ')" 2
}

# What every member is told of all.
initial_cluster() {
  local name client peer all=''
  while read -r name client peer; do all=$all${all:+,}$name=$peer; done <"$folder/members"
  printf '%s' "$all"
}

# etcd_words DATA CLIENT_LISTENER PEER_LISTENER: sets the array words. Old revisions go after an hour: a database that is full
# takes nothing more.
etcd_words() {
  words=(etcd --name "$name" --data-dir "$1" --listen-client-urls "$2" --advertise-client-urls "$client"
    --listen-peer-urls "$3" --initial-advertise-peer-urls "$peer" --initial-cluster "$(initial_cluster)"
    --initial-cluster-token "$(setting token)" --initial-cluster-state new --auto-compaction-retention 1
    --quota-backend-bytes "$(setting quota)")
}

pid_of() {
  local pid
  pid=$(cat "$folder/$1.pid" 2>/dev/null) || return 1
  # The number may belong to somebody else by now.
  case $(ps -o args= -p "$pid" 2>/dev/null) in
    *"--data-dir $folder/data/$1 "*) printf '%s' "$pid" ;;
    *) return 1 ;;
  esac
}

start() {
  local name client peer words tries=50
  look_up "$1"
  if is_contained; then
    start_container
    return
  fi
  if pid_of "$name" >/dev/null; then return 0; fi
  mkdir -p "$folder/data"
  etcd_words "$folder/data/$name" "$client" "$peer"
  # It notes its own number before it becomes etcd, so that there is no moment in which nobody knows it.
  # shellcheck disable=SC2016 # the inner shell expands them
  setsid sh -c 'echo $$ >"$0"; exec "$@"' "$folder/$name.pid" "${words[@]}" </dev/null >>"$folder/$name.log" 2>&1 &
  until [ -s "$folder/$name.log" ] || [ "$tries" -eq 0 ]; do
    tries=$((tries - 1))
    sleep 0.1
  done
}

start_container() {
  local words label=()
  if [ -n "$(docker ps --all --quiet --filter "name=^$name\$")" ]; then
    docker start "$name" >/dev/null
    return
  fi
  etcd_words /etcd-data http://0.0.0.0:2379 http://0.0.0.0:2380
  label=(--label "jenkins.job=${JOB_NAME-}" --label "jenkins.build=${BUILD_NUMBER-}")
  if [ -s "$folder/keep" ]; then label+=(--restart unless-stopped --volume "$name:/etcd-data"); fi
  docker run --detach --name "$name" --network "$(setting network)" "${label[@]}" \
    --entrypoint etcd "$(setting image)" "${words[@]:1}" >/dev/null
}

# end SIGNAL NAME
end() {
  local name client peer pid tries=100
  look_up "$2"
  if is_contained; then
    if [ "$1" = KILL ]; then docker kill "$name" >/dev/null; else docker stop --time 10 "$name" >/dev/null; fi
    return
  fi
  pid=$(pid_of "$name") || return 0
  kill "-$1" "$pid"
  while pid_of "$name" >/dev/null; do
    [ "$tries" -gt 0 ] || complain "$name does not end"
    tries=$((tries - 1))
    sleep 0.1
  done
}

# endpoint: where this machine reaches a member; containers have names only among each other.
endpoint() {
  local address
  if ! is_contained; then
    printf '%s' "$client"
    return
  fi
  address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$name" 2>/dev/null) || address=''
  printf 'http://%s:2379' "${address%% *}"
}

endpoints() {
  local name client peer all=''
  while read -r name client peer; do all=$all${all:+,}$(endpoint); done <"$folder/members"
  printf '%s\n' "$all"
}

# answers ENDPOINT: a member that answers this has the agreement of a majority.
answers() {
  (
    # A flag beside a variable that says otherwise is refused.
    unset "${!ETCDCTL_@}"
    export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=$1 ETCDCTL_COMMAND_TIMEOUT=2s
    exec etcdctl endpoint health
  ) 2>&1 | grep -q ' is healthy'
}

# count: sets total and healthy, and sick to the names of those that do not answer.
count() {
  local name client peer
  total=0 healthy=0 sick=''
  while read -r name client peer <&3; do
    total=$((total + 1))
    if answers "$(endpoint)"; then healthy=$((healthy + 1)); else sick="$sick $name"; fi
  done 3<"$folder/members"
}

status() {
  local total healthy sick needed
  count
  needed=$((total / 2 + 1))
  if [ "$healthy" -ge "$needed" ]; then
    printf '%s of %s members answer%s\n' "$healthy" "$total" "${sick:+, not$sick; $needed are needed}"
  else
    printf 'the quorum is lost: %s of %s members answer, not%s, and %s are needed; nothing can be written\n' \
      "$healthy" "$total" "$sick" "$needed"
    return 3
  fi
}

restart() {
  local name client peer total healthy sick tries=150
  look_up "$1"
  count
  case "$sick " in
    *" $name "*) ;;
    *)
      [ "$healthy" -gt $((total / 2 + 1)) ] ||
        complain "without $name the quorum would be lost: $healthy of $total members answer" 3
      ;;
  esac
  end TERM "$name"
  start "$name"
  until answers "$(endpoint)"; do
    [ "$tries" -gt 0 ] || complain "$name does not answer again"
    tries=$((tries - 1))
    sleep 0.2
  done
}

case ${1-} in
  list) cat "$folder/members" ;;
  endpoints) endpoints ;;
  status) status ;;
  start) start "${2-}" ;;
  stop) end TERM "${2-}" ;;
  kill) end KILL "${2-}" ;;
  restart) restart "${2-}" ;;
  *) complain 'say list, status, start NAME, stop NAME, kill NAME or restart NAME' 2 ;;
esac
