# The squid of a call keeps to one slot of the cache folder, which no other call uses meanwhile: two of them on one
# store would spoil it. The lock is held by the process itself, so it can never outlive it.

default_folder() {
  if [ "$(id -u)" -eq 0 ]; then
    printf '/var/cache/footman/packages'
  else
    printf '%s/footman/packages' "${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}"
  fi
}

# fetch_line HOST PORT: the first line that an HTTP server answers to a request that none needs to look up.
fetch_line() {
  # shellcheck disable=SC2016 # the inner bash expands them
  timeout 5 bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf "GET / HTTP/1.0\r\n\r\n" >&3
    IFS= read -r line <&3
    printf "%s" "$line"
  ' fetch_line "$1" "$2" 2>/dev/null
}

speaks_http() {
  case $(fetch_line "$1" "$2") in HTTP/*) ;; *) return 1 ;; esac
}

# split_url URL: sets host and port.
split_url() {
  host=${1#http://} port=80
  host=${host%/}
  case $host in *:*) port=${host##*:} host=${host%:*} ;; esac
}

# proxy_speaks URL
proxy_speaks() {
  local host port
  split_url "$1"
  speaks_http "$host" "$port"
}

# The bridge over which containers reach this machine: its address and its network; nothing without Docker.
docker_bridge() {
  local gateway network
  has_program docker || return 0
  read -r network gateway < <(
    timeout 10 docker network inspect bridge \
      --format '{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{"\n"}}{{end}}' 2>/dev/null
  ) || return 0
  # Engines that were not told the gateway do not name it: it is the first address.
  [ -n "$gateway" ] || gateway=$(first_address "$network")
  [[ $network =~ ^[0-9./]+$ && $gateway =~ ^[0-9.]+$ ]] && printf '%s %s\n' "$gateway" "$network"
}

first_address() {
  local address=${1%/*}
  printf '%s.%s' "${address%.*}" "$((${address##*.} + 1))"
}

# take_slot FOLDER: sets slot, and holds its lock in file descriptor 9.
take_slot() {
  local number
  for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    slot=$1/$number
    mkdir -p "$slot" || return 1
    exec 9>"$slot/lock"
    if flock -n 9; then
      printf '%s\n' "$slot" >"$CALL_FOLDER/slot"
      return 0
    fi
  done
  return 1
}

# Who squid becomes when root starts it. In a container the names of this machine mean nothing: there it is nobody.
squid_user() {
  local user
  if given "$STEP_IMAGE"; then
    printf '65534'
    return
  fi
  user=$(squid -v 2>/dev/null | grep -o 'with-default-user=[A-Za-z0-9_-]*' || true)
  user=${user#*=}
  printf '%s' "${user:-nobody}"
}

# write_configuration PORT GATEWAY NETWORK
write_configuration() {
  local networks network host port
  read_lines networks "$STEP_ALLOW_FROM"
  [ -z "$3" ] || networks+=("$3")
  {
    if given "$STEP_ALLOW_FROM"; then
      printf 'http_port 0.0.0.0:%s\n' "$1"
    else
      printf 'http_port 127.0.0.1:%s\n' "$1"
      [ -z "$2" ] || printf 'http_port %s:%s\n' "$2" "$1"
    fi
    for network in ${networks[@]+"${networks[@]}"}; do printf 'acl clients src %s\n' "$network"; done
    cat <<'CONF'
acl tls port 443
acl tunnel method CONNECT
acl private dst 169.254.0.0/16
http_access deny tunnel !tls
http_access allow localhost
# Nobody reaches through us what listens for this machine alone.
http_access deny to_localhost
http_access deny private
CONF
    [ ${#networks[@]} -eq 0 ] || printf 'http_access allow clients\n'
    cat <<'CONF'
http_access deny all

# The limit comes before the store, which takes it over when it is declared.
CONF
    printf 'maximum_object_size %s MB\n' "$STEP_MAX_OBJECT_MB"
    printf 'cache_replacement_policy heap LFUDA\n'
    printf 'cache_dir ufs %s %s 16 64\n' "$slot/objects" "$STEP_CACHE_MB"
    cat <<'CONF'
cache_mem 32 MB
# A package never changes under its name, an index does under all but its hash. The percentage is of the age that the
# file had when it was fetched: with 100 a package of this hour would be asked for again within the hour.
refresh_pattern -i \.(deb|udeb|rpm|drpm)$ 129600 10000000% 129600 override-expire
refresh_pattern /by-hash/ 129600 10000000% 129600 override-expire
refresh_pattern -i /((In)?Release(\.gpg)?|(Packages|Sources|Index|Contents[^/]*|Translation[^/]*)(\.[a-z0-9]+)?|repomd\.xml(\.asc)?)$ 0 0% 0
refresh_pattern . 0 20% 4320
# What a client leaves half fetched is fetched whole, so that the next one has it.
quick_abort_min -1 KB
connect_timeout 15 seconds
shutdown_lifetime 1 seconds
# Engines give containers a limit of a thousand million, for which squid would reserve memory.
max_filedescriptors 4096
pinger_enable off
pid_filename none
coredump_dir none
netdb_filename none
visible_hostname footman
via off
forwarded_for delete
logformat footman %Ss %>Hs %ru
CONF
    printf 'access_log stdio:%s footman\n' "$slot/access-$CALL_ID"
    printf 'cache_log %s\n' "$slot/words-$CALL_ID"
    if given "$STEP_UPSTREAM"; then
      split_url "$STEP_UPSTREAM"
      printf 'cache_peer %s parent %s 0 no-query default\nnever_direct allow all\n' "$host" "$port"
    fi
  } >"$CALL_FOLDER/squid.conf"
}

# squid_command ARGUMENT...: sets the array command.
squid_command() {
  local user
  if ! given "$STEP_IMAGE"; then
    command=(squid -N -f "$CALL_FOLDER/squid.conf" "$@")
    return
  fi
  user=$(id -u):$(id -g)
  [ "$(id -u)" -ne 0 ] || user=65534:65534
  command=(docker run --rm --name "footman-$CALL_ID" --network host --user "$user"
    --label "jenkins.job=${JOB_NAME-}" --label "jenkins.build=${BUILD_NUMBER-}"
    --volume "$slot:$slot" --volume "$CALL_FOLDER/squid.conf:/squid.conf:ro"
    --entrypoint squid "$STEP_IMAGE" -N -f /squid.conf "$@")
}

# launch PORT: starts squid in the background; succeeds once it answers.
launch() {
  local command
  squid_command
  rm -f "$CALL_FOLDER/pid"
  set -m
  # It notes its own number before it becomes squid, so that there is no moment in which nobody knows it.
  # shellcheck disable=SC2016 # the inner shell expands them
  sh -c 'echo $$ >"$0"; exec "$@"' "$CALL_FOLDER/pid" "${command[@]}" </dev/null >"$CALL_FOLDER/output" 2>&1 &
  set +m
  wait_until 5 test -s "$CALL_FOLDER/pid" || return 1
  local until=$((SECONDS + 30))
  while [ "$SECONDS" -lt "$until" ]; do
    sleep 0.2
    kill -0 "$(cat "$CALL_FOLDER/pid")" 2>/dev/null || return 1
    if speaks_http 127.0.0.1 "$1"; then return 0; fi
  done
  return 1
}

# Sets url and container_url, or why_not.
start_squid() {
  local folder=${STEP_CACHE_DIR:-$(default_folder)} port gateway='' network='' command mask
  if given "$STEP_IMAGE"; then
    has_program docker || { why_not='image needs docker' && return 1; }
  else
    has_program squid || { why_not='this machine has no squid' && return 1; }
  fi
  has_program flock || { why_not='this machine has no flock' && return 1; }
  [[ $folder =~ ^/[A-Za-z0-9_/.@+-]+$ ]] || { why_not="squid cannot keep anything below $folder" && return 1; }
  mask=$(umask)
  umask 022
  take_slot "$folder${STEP_IMAGE:+/by-image}" || { why_not="no folder below $folder is free and writable" && return 1; }
  read -r gateway network < <(docker_bridge) || true
  port=${STEP_PORT:-$(free_port)}
  write_configuration "$port" "$gateway" "$network"
  chmod 644 "$CALL_FOLDER/squid.conf"
  umask "$mask"
  if [ "$(id -u)" -eq 0 ]; then chown "$(squid_user)" "$slot"; fi
  if [ ! -d "$slot/objects/00" ]; then
    squid_command -z
    timeout 60 "${command[@]}" </dev/null >"$CALL_FOLDER/output" 2>&1 || { why_not="squid cannot make its store$(last_words)" && return 1; }
  fi
  launch "$port" || { why_not="squid did not start$(last_words)" && return 1; }
  exec 9>&-
  url=http://127.0.0.1:$port
  container_url=${gateway:+http://$gateway:$port}
}

last_words() {
  printf '\n'
  cat "$CALL_FOLDER/output" "$slot/words-$CALL_ID" 2>/dev/null | grep -v '^$' | tail -n 8 | sed 's/^/    /'
}

# A program of that name, first on the PATH, that calls the real one with these arguments before its own.
wrap() {
  local program=$1 real
  shift
  real=$(type -P "$program") || return 0
  {
    printf '#!/bin/sh\nexec %q' "$real"
    printf ' %q' "$@"
    # shellcheck disable=SC2016 # the wrapper expands it
    printf ' "$@"\n'
  } >"$CALL_FOLDER/programs/$program"
  chmod +x "$CALL_FOLDER/programs/$program"
  wrapped=$wrapped${wrapped:+, }$program
}

# The arguments of a command line win over every file of settings, and leave none behind.
wrap_clients() {
  local wrapped='' program
  mkdir -p "$CALL_FOLDER/programs"
  if [ "$STEP_FAMILY" = apt ] || [ "$STEP_FAMILY" = auto ]; then
    for program in apt-get apt; do
      wrap "$program" -o "Acquire::http::Proxy=$url" -o Acquire::https::Proxy=DIRECT -o Acquire::http::Timeout=30 \
        -o Acquire::Retries=2
    done
  fi
  if [ "$STEP_FAMILY" != apt ]; then
    for program in dnf yum; do
      if [ "$STEP_FAMILY" = "$program" ] || [ "$STEP_FAMILY" = auto ]; then
        wrap "$program" "--setopt=proxy=$url" --setopt=timeout=30
      fi
    done
  fi
  if [ -z "$wrapped" ] && [ "$STEP_FAMILY" != auto ]; then
    fail "family is $STEP_FAMILY, which this machine does not have" "say family: 'auto' when only docker build is to use the cache"
  fi
  body_env PATH+PACKAGE_CACHE "$CALL_FOLDER/programs"
  say "packages go through $url${wrapped:+ for $wrapped}"
}

# Sets url to the proxy, and leaves it empty where require is false and there is none.
find_proxy() {
  url='' container_url='' why_not=''
  if given "$STEP_PROXY"; then
    url=${STEP_PROXY%/} container_url=${STEP_PROXY%/}
    if wait_until 10 proxy_speaks "$url"; then return; fi
    why_not="nothing answers at $url as a proxy does"
  else
    if start_squid; then return; fi
    exec 9>&-
    step_end
  fi
  if is_true "$STEP_REQUIRE"; then
    fail "there is no cache: $why_not" 'on Debian: apt-get install squid util-linux; or say require: false to go on without'
  fi
  say "goes on without a cache: $why_not"
  url='' container_url=''
}

# count_packages LOG: sets hits and misses.
count_packages() {
  local status code address
  hits=0 misses=0
  while read -r status code address; do
    [[ $address =~ \.(deb|udeb|rpm|drpm)$ && $code =~ ^(200|206|304)$ ]] || continue
    case $status in
      *HIT* | *UNMODIFIED*) hits=$((hits + 1)) ;;
      *) misses=$((misses + 1)) ;;
    esac
  done <"$1"
}

step_plan() {
  if given "$STEP_PROXY"; then
    plan "let $STEP_FAMILY packages come through ${STEP_PROXY%/}"
  else
    plan "start squid ${STEP_IMAGE:+from $STEP_IMAGE }on ${STEP_PORT:-a free port}, keeping $STEP_CACHE_MB MiB below ${STEP_CACHE_DIR:-$(default_folder)}"
    plan "let $STEP_FAMILY packages come through it${STEP_UPSTREAM:+, and fetch behind ${STEP_UPSTREAM%/}}"
  fi
}

step_begin() {
  local url container_url why_not slot arguments=''
  find_proxy
  if [ -n "$url" ]; then wrap_clients; fi
  if [ -n "$container_url" ]; then arguments="--build-arg http_proxy=$container_url"; fi
  printf '%s' "$url" >"$CALL_FOLDER/url"
  body_env PACKAGE_CACHE_URL "$url"
  body_env PACKAGE_CACHE_CONTAINER_URL "$container_url"
  body_env PACKAGE_CACHE_BUILD_ARGS "$arguments"
  result url "$url"
  result containerUrl "$container_url"
  result buildArgs "$arguments"
}

step_finish() {
  local hits misses log
  if [ ! -f "$CALL_FOLDER/slot" ]; then
    if [ -s "$CALL_FOLDER/url" ]; then report "packages came through $(cat "$CALL_FOLDER/url")"; else report 'ran without a cache'; fi
    return
  fi
  log=$(cat "$CALL_FOLDER/slot")/access-$CALL_ID
  count_packages "$log"
  result hits "$hits"
  result misses "$misses"
  report "$hits packages came from the cache, $misses had to be fetched"
}

step_end() {
  local pid slot
  if [ -s "$CALL_FOLDER/pid" ]; then
    pid=$(cat "$CALL_FOLDER/pid")
    # The number may belong to somebody else by now.
    case $(ps -o args= -p "$pid" 2>/dev/null) in
      *"$CALL_FOLDER/squid.conf"*) stop_group "$pid" ;;
    esac
  fi
  if [ -f "$CALL_FOLDER/squid.conf" ] && given "$STEP_IMAGE" && has_program docker; then
    docker rm --force --volumes "footman-$CALL_ID" >/dev/null 2>&1 || true
  fi
  if [ -s "$CALL_FOLDER/slot" ]; then
    slot=$(cat "$CALL_FOLDER/slot")
    rm -f -- "$slot/access-$CALL_ID" "$slot/words-$CALL_ID" "$CALL_FOLDER/slot"
  fi
}
