# What the image promises stands in a file; every promise becomes a test case of the report.

known_promises='ports environment required volumes user entrypoint command health labels size stop secrets'

read_contract() {
  local number key sub value rest
  yaml_name=$STEP_CONTRACT
  [ -f "./$STEP_CONTRACT" ] || fail "there is no file $STEP_CONTRACT" 'it states what the image promises; see contract'
  read_plain_yaml "./$STEP_CONTRACT" >"$CALL_FOLDER/promises"
  [ -s "$CALL_FOLDER/promises" ] || fail "$STEP_CONTRACT promises nothing"
  while IFS=$'\037' read -r number key sub value; do
    rest=${sub:+block}
    if [ "$sub" = - ]; then rest=list; fi
    case $key in
      ports) promise_is list '^([1-9][0-9]{0,4})(/(tcp|udp))?$' 'a port such as 8080 or 53/udp' ;;
      environment | required)
        promise_is block '.' 'text'
        [[ $sub =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || yaml_refuses "$number" "'$sub' is no name of a variable"
        ;;
      volumes) promise_is list '^/' 'an absolute path' ;;
      entrypoint | command) promise_is list '.' 'a word' ;;
      labels) promise_is block '' 'text' ;;
      user) promise_is '' '^[A-Za-z0-9_][A-Za-z0-9_.:-]*$' 'not-root, a name or a number' ;;
      size) promise_is '' '^[1-9][0-9]{0,8}[kmgKMG]$' 'a size such as 200m' ;;
      stop) promise_is '' '^([0-9]{1,3}m)?([0-9]{1,4}s)?$' 'a duration such as 10s' ;;
      secrets) promise_is '' '^none$' "'none': that none is in the image" ;;
      health)
        case $sub in
          port) promise_is block '^[1-9][0-9]{0,4}$' 'a port' ;;
          path) promise_is block '^/[A-Za-z0-9._~/?&=%+-]*$' 'a path such as /health' ;;
          within) promise_is block '^([0-9]{1,3}m)?([0-9]{1,4}s)?$' 'a duration such as 30s' ;;
          *) yaml_refuses "$number" 'health has port, path and within' ;;
        esac
        ;;
      *) yaml_refuses "$number" "there is no promise '$key'; there are $known_promises" ;;
    esac
  done <"$CALL_FOLDER/promises"
  if [ -n "$(one health path)" ] && [ -z "$(one health port)" ]; then
    yaml_refuses "$(promised health | head -n 1 | cut -d $'\037' -f 1)" 'health with a path needs a port'
  fi
}

# promise_is SHAPE PATTERN EXPECTS: refuses what the promise at hand may not be.
promise_is() {
  local shapes
  if [ "$rest" != "$1" ]; then
    case $1 in
      list) shapes="a list: '  - item' below it" ;;
      block) shapes="a map: '  key: value' below it" ;;
      *) shapes='a single value' ;;
    esac
    yaml_refuses "$number" "$key must be $shapes"
  fi
  [[ $value =~ $2 ]] || yaml_refuses "$number" "'$value' must be $3"
}

# items KEY: its values, one a line. entries KEY: sub and value, separated by \037. one KEY [SUB]: a single value.
items() { promised "$1" | cut -d $'\037' -f 4; }
entries() { promised "$1" | cut -d $'\037' -f 3,4; }
promised() {
  local number key rest
  while IFS=$'\037' read -r number key rest; do
    if [ "$key" = "$1" ]; then printf '%s\037%s\037%s\n' "$number" "$key" "$rest"; fi
  done <"$CALL_FOLDER/promises"
}
promises() { [ -n "$(promised "$1")" ]; }
one() {
  local sub value
  while IFS=$'\037' read -r sub value; do
    if [ "$sub" = "${2-}" ]; then printf '%s' "$value"; fi
  done < <(entries "$1")
}

# xml TEXT: as the value of an attribute.
xml() {
  local text=${1//&/&amp;}
  text=${text//</&lt;}
  text=${text//>/&gt;}
  text=${text//\"/&quot;}
  printf '%s' "${text//[[:cntrl:]]/ }"
}

# kept PROMISE WHAT: it holds. broken PROMISE WHAT WHY: it does not.
kept() {
  count=$((count + 1))
  say "kept: $2"
  printf '  <testcase classname="contract.%s" name="%s"/>\n' "$1" "$(xml "$2")" >>"$CALL_FOLDER/cases"
}
broken() {
  count=$((count + 1)) failures=$((failures + 1))
  say "BROKEN: $2: $3"
  printf '%s\n' "$2" >>"$CALL_FOLDER/broken"
  printf '  <testcase classname="contract.%s" name="%s">\n    <failure message="%s"/>\n  </testcase>\n' \
    "$1" "$(xml "$2")" "$(xml "$3")" >>"$CALL_FOLDER/cases"
}
# judge PROMISE WHAT WHY COMMAND...: kept when the command succeeds.
judge() {
  local promise=$1 what=$2 why=$3
  shift 3
  if "$@"; then kept "$promise" "$what"; else broken "$promise" "$what" "$why"; fi
}

# fact NAME FORMAT: leaves what the image says of itself in "$CALL_FOLDER/NAME".
fact() { docker image inspect --format "$2" "$STEP_IMAGE" >"$CALL_FOLDER/$1"; }
has_line() { grep -qxF -e "$2" "$CALL_FOLDER/$1"; }

find_image() {
  if is_true "$STEP_PULL" || ! docker image inspect --format '{{.Id}}' "$STEP_IMAGE" >/dev/null 2>&1; then
    supervise docker pull --quiet "$STEP_IMAGE" >&2 || fail "the image $STEP_IMAGE is neither here nor to be had" 'build it, or pull it with a login, before'
  fi
  image_id=$(docker image inspect --format '{{.Id}}' "$STEP_IMAGE")
  # shellcheck disable=SC2016 # Go's variables
  {
    fact size '{{.Size}}'
    fact ports '{{range $port, $x := .Config.ExposedPorts}}{{println $port}}{{end}}'
    fact environment '{{range .Config.Env}}{{println .}}{{end}}'
    fact volumes '{{range $path, $x := .Config.Volumes}}{{println $path}}{{end}}'
    fact labels '{{range $key, $value := .Config.Labels}}{{$key}}={{println $value}}{{end}}'
    fact user '{{.Config.User}}'
    fact entrypoint '{{range .Config.Entrypoint}}{{println .}}{{end}}'
    fact command '{{range .Config.Cmd}}{{println .}}{{end}}'
    fact healthcheck '{{with .Config.Healthcheck}}{{range .Test}}{{println .}}{{end}}{{end}}'
    fact digests '{{range .RepoDigests}}{{println .}}{{end}}'
  }
}

# size_bytes 200m
size_bytes() {
  local number=${1%?}
  case $1 in
    *[kK]) printf '%s' $((number * 1024)) ;;
    *[mM]) printf '%s' $((number * 1048576)) ;;
    *) printf '%s' $((number * 1073741824)) ;;
  esac
}

has_label() {
  if [ "$2" = '*' ]; then grep -q "^$(printf '%s' "$1" | sed 's/[][\.*^$]/\\&/g')=." "$CALL_FOLDER/labels"; else has_line labels "$1=$2"; fi
}

# What the image says of itself.
check_words() {
  local item name value limit
  while IFS= read -r item; do
    judge ports "port $item is exposed" 'EXPOSE does not name it' has_line ports "$(port_of "$item")"
  done < <(items ports)
  while IFS=$'\037' read -r name value; do
    judge environment "$name has its default" "it is not '$value' in the image" has_line environment "$name=$value"
  done < <(entries environment)
  while IFS=$'\037' read -r name value; do
    if grep -qE "^$name=." "$CALL_FOLDER/environment"; then
      broken required "$name has no default" 'the image brings a value along: nobody notices when it is forgotten'
    else
      kept required "$name has no default"
    fi
  done < <(entries required)
  while IFS= read -r item; do
    judge volumes "$item is a volume" 'VOLUME does not name it' has_line volumes "$item"
  done < <(items volumes)
  while IFS=$'\037' read -r name value; do
    judge labels "label $name" "the image does not have it with this value" has_label "$name" "$value"
  done < <(entries labels)
  for name in entrypoint command; do
    if promises "$name"; then
      items "$name" >"$CALL_FOLDER/wanted"
      judge "$name" "$name is as promised" "it is: $(tr '\n' ' ' <"$CALL_FOLDER/$name")" same_words "$name"
    fi
  done
  limit=$(one size)
  if [ -n "$limit" ]; then
    judge size "at most $limit" "it has $(cat "$CALL_FOLDER/size") bytes" [ "$(cat "$CALL_FOLDER/size")" -le "$(size_bytes "$limit")" ]
  fi
  if promises user; then check_user; fi
  if promises secrets; then check_secrets; fi
}

port_of() { case $1 in */*) printf '%s' "$1" ;; *) printf '%s/tcp' "$1" ;; esac; }

# docker ends its answer with an empty line of its own.
same_words() { [ "$(cat "$CALL_FOLDER/wanted")" = "$(cat "$CALL_FOLDER/$1")" ]; }

check_user() {
  local wanted user
  wanted=$(one user) user=$(cat "$CALL_FOLDER/user")
  if [ "$wanted" != not-root ]; then
    judge user "its user is $wanted" "it is '${user:-root}'" [ "$user" = "$wanted" ]
    return 0
  fi
  case ${user%%:*} in
    '' | root | 0 | 00*) broken user 'its user is not root' 'USER names nobody else' ;;
    *) kept user 'its user is not root' ;;
  esac
}

# What looks like a secret, in the commands that built the image and in its variables: a line of words, and a line with
# the pattern. The text itself is never shown.
secret_patterns() {
  cat <<'PATTERNS'
a private key
-----BEGIN ([A-Z]+ )?PRIVATE KEY
an access key of AWS
AKIA[0-9A-Z]{16}
a token of GitHub
gh[pousr]_[A-Za-z0-9]{36}
a token of GitLab
glpat-[A-Za-z0-9_-]{20}
a login in a URL
[a-z]+://[^/ :@]+:[^/ @$]+@
a JSON web token
eyJ[A-Za-z0-9_-]{10,}[.]eyJ[A-Za-z0-9_-]{10,}[.]
a variable that is named like one
(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|SECRET_KEY|password|passwd|secret|token|api_?key)=["']?[^"' $]
PATTERNS
}

check_secrets() {
  local kind pattern where
  docker history --no-trunc --format '{{.CreatedBy}}' "$STEP_IMAGE" >"$CALL_FOLDER/history"
  while IFS= read -r kind && IFS= read -r pattern; do
    where=''
    if grep -qE -e "$pattern" "$CALL_FOLDER/history"; then where='its history'; fi
    if grep -qE -e "$pattern" "$CALL_FOLDER/environment"; then where="${where:+$where and }its variables"; fi
    if [ -n "$where" ]; then
      broken secrets "no secret: $kind" "something in $where looks like it; whoever has the image can read that"
    else
      kept secrets "no secret: $kind"
    fi
  done < <(secret_patterns)
}

# start NAME WITHOUT: a container with sample values for what is required, but for one of them. Values stand in a file.
# Fails when the image cannot be started; what the engine itself cannot do is no fault of the image.
start() {
  local name=$1 file=$CALL_FOLDER/values words=() variable value pairs pair status=0
  : >"$file"
  while IFS=$'\037' read -r variable value; do
    if [ "$variable" != "$2" ]; then printf '%s=%s\n' "$variable" "$value" >>"$file"; fi
  done < <(entries required)
  read_lines pairs "$STEP_ENV"
  for pair in ${pairs[@]+"${pairs[@]}"}; do
    if [ "${pair%%=*}" != "$2" ]; then printf '%s\n' "$pair" >>"$file"; fi
  done
  if given "$STEP_NETWORK"; then words+=(--network "$STEP_NETWORK"); fi
  docker run --detach --name "$name" --label "jenkins.job=${JOB_NAME-}" --label "jenkins.build=${BUILD_NUMBER-}" \
    --env-file "$file" ${words[@]+"${words[@]}"} "$STEP_IMAGE" >/dev/null 2>"$CALL_FOLDER/words" || status=$?
  cat "$CALL_FOLDER/words" >&2
  if grep -qiE 'no command specified|unable to find user|executable file not found|no such file or directory' "$CALL_FOLDER/words"; then return 1; fi
  [ "$status" -ne 125 ] || fail "the engine could not start a container of $STEP_IMAGE" 'its own words stand above; this says nothing of the image'
  return "$status"
}

state() { docker container inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$1" 2>/dev/null; }
has_ended() { case $(state "$1") in exited* | dead*) ;; *) return 1 ;; esac; }
is_running() { case $(state "$1") in running*) ;; *) return 1 ;; esac; }
last_lines() { docker logs --tail 20 "$1" >&2 || true; }

# Without what is required, it has to say so by ending, and not to run half.
check_required() {
  local variable value name=footman-$CALL_ID-without seconds
  seconds=$(duration_seconds "$STEP_REFUSAL_TIMEOUT")
  while IFS=$'\037' read -r variable value <&3; do
    if ! start "$name" "$variable"; then
      broken required "it refuses to start without $variable" 'docker could not start it at all'
    elif ! wait_until "$seconds" has_ended "$name"; then
      broken required "it refuses to start without $variable" "it still ran after $STEP_REFUSAL_TIMEOUT"
    elif [ "$(state "$name")" = 'exited 0' ]; then
      broken required "it refuses to start without $variable" 'it ended, but with exit code 0'
    else
      kept required "it refuses to start without $variable"
    fi
    docker rm --force --volumes "$name" >/dev/null 2>&1 || true
  done 3< <(entries required)
}

listens() {
  # shellcheck disable=SC2016 # the inner bash expands them
  timeout 3 bash -c 'exec 3<>"/dev/tcp/$1/$2"' listens "$address" "$1" 2>/dev/null
}

# answers PORT PATH: whether a GET is answered by a 2 or a 3.
answers() {
  local line
  # shellcheck disable=SC2016 # the inner bash expands them
  line=$(timeout 5 bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$3" "$1" >&3
    IFS= read -r line <&3
    printf "%s" "$line"
  ' answers "$address" "$1" "$2" 2>/dev/null) || return 1
  [[ $line =~ ^HTTP/[0-9.]+\ [23] ]]
}

is_healthy() { [ "$(docker container inspect --format '{{with .State.Health}}{{.Status}}{{end}}' "$container" 2>/dev/null)" = healthy ]; }

# or_ended COMMAND...: stops the waiting when there is nothing to wait for any more.
or_ended() { "$@" || has_ended "$container"; }
within_start() { wait_until "$1" or_ended "${@:2}" && "${@:2}"; }

check_health() {
  local port path within seconds
  promises health || return 0
  port=$(one health port) path=$(one health path) within=$(one health within)
  within=${within:-$STEP_START_TIMEOUT}
  seconds=$(duration_seconds "$within")
  if [ -n "$path" ]; then
    judge health "answers $path on port $port within $within" 'no answer was a success' within_start "$seconds" answers "$port" "$path"
  elif [ -n "$port" ]; then
    judge health "takes connections on port $port within $within" 'it took none' within_start "$seconds" listens "$port"
  elif [ ! -s "$CALL_FOLDER/healthcheck" ] || ! grep -q '[^[:space:]]' "$CALL_FOLDER/healthcheck"; then
    broken health "its own check says that it is healthy within $within" 'it has no HEALTHCHECK'
  else
    judge health "its own check says that it is healthy within $within" 'it did not' within_start "$seconds" is_healthy
  fi
}

# What it does when it runs.
check_deeds() {
  local container=footman-$CALL_ID-contract address='' item seconds
  if ! promises ports && ! promises health && ! promises stop && ! promises user && ! promises volumes; then return 0; fi
  if ! start "$container" ''; then
    broken start 'it starts' 'docker could not start it: its words stand in the log'
    return 0
  fi
  address=$(docker container inspect --format '{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}' "$container" | head -n 1)
  seconds=$(duration_seconds "$STEP_START_TIMEOUT")
  check_health
  while IFS= read -r item <&3; do
    case $item in
      */udp) ;;
      *) judge ports "something listens on port $item" 'nothing does, or only for the container itself' within_start "$seconds" listens "${item%/tcp}" ;;
    esac
  done 3< <(items ports)
  while IFS= read -r item <&3; do
    judge volumes "$item is mounted" 'it is not' mounts "$item"
  done 3< <(items volumes)
  if promises user && is_running "$container"; then
    judge user 'no process of it runs as root' 'one does' runs_without_root
  fi
  if promises stop; then check_stop; fi
  if [ "$failures" -gt 0 ]; then last_lines "$container"; fi
}

mounts() { docker container inspect --format '{{range .Mounts}}{{println .Destination}}{{end}}' "$container" | grep -qxF -e "$1"; }

# As the machine sees it, whatever the image calls its users.
runs_without_root() {
  docker top "$container" -o pid,uid >"$CALL_FOLDER/processes" 2>/dev/null || return 1
  ! awk 'NR > 1 { print $2 }' "$CALL_FOLDER/processes" | grep -qx 0
}

# Process 1 of a container ignores SIGTERM unless it handles it.
check_stop() {
  local within status=0 what
  within=$(one stop)
  what="ends within $within after SIGTERM"
  if ! is_running "$container"; then
    broken stop "$what" 'it had ended before'
    return 0
  fi
  docker kill --signal TERM "$container" >/dev/null
  wait_until "$(duration_seconds "$within")" has_ended "$container" || status=$?
  if [ "$status" -eq 0 ]; then kept stop "$what"; else broken stop "$what" 'it still ran; docker stop would have killed it'; fi
}

write_report() {
  local digest
  mkdir -p -- "./$(dirname -- "$STEP_REPORT")"
  {
    printf '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n'
    printf '<testsuite name="contract of %s" tests="%s" failures="%s" errors="0" time="%s">\n' "$(xml "$STEP_IMAGE")" "$count" "$failures" "$SECONDS"
    printf '  <properties>\n    <property name="image" value="%s"/>\n' "$(xml "$STEP_IMAGE")"
    printf '    <property name="imageId" value="%s"/>\n' "$image_id"
    while IFS= read -r digest; do
      if [ -n "$digest" ]; then printf '    <property name="imageDigest" value="%s"/>\n' "${digest##*@}"; fi
    done <"$CALL_FOLDER/digests"
    printf '  </properties>\n'
    cat "$CALL_FOLDER/cases"
    printf '</testsuite>\n</testsuites>\n'
  } >"$CALL_FOLDER/report"
  cp -- "$CALL_FOLDER/report" "./$STEP_REPORT"
}

step_plan() {
  local key
  if [ ! -f "./$STEP_CONTRACT" ]; then
    plan "prove of $STEP_IMAGE what $STEP_CONTRACT promises; there is no such file yet"
    return
  fi
  read_contract
  for key in $known_promises; do
    if promises "$key"; then plan "check $key of $STEP_IMAGE"; fi
  done
  plan "write the report $STEP_REPORT"
  if given "$STEP_NETWORK$STEP_ENV"; then plan 'start it with the network and the variables that are given'; fi
}

step_run() {
  local count=0 failures=0 image_id
  umask 077
  SECONDS=0
  read_contract
  # An older report would be taken for this one.
  rm -f -- "./$STEP_REPORT"
  : >"$CALL_FOLDER/cases"
  : >"$CALL_FOLDER/broken"
  find_image
  check_words
  check_required
  check_deeds
  write_report
  result imageId "$image_id"
  result checked "$count"
  result broken "$(cat "$CALL_FOLDER/broken")"
  [ "$failures" -eq 0 ] || fail "$STEP_IMAGE breaks $failures of $count promises of $STEP_CONTRACT" "they are marked BROKEN above, and stand in $STEP_REPORT"
  report "$STEP_IMAGE keeps all $count promises of $STEP_CONTRACT"
}

step_end() {
  has_program docker || return 0
  docker rm --force --volumes "footman-$CALL_ID-contract" "footman-$CALL_ID-without" >/dev/null 2>&1 || true
}
