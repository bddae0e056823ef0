# Registries through the tool that the machine has. What differs between skopeo, regctl, crane and docker stays in here.
# The caller sets tool, source_host, target_host and limit, the seconds that each request may take.

# split_reference REFERENCE: sets host, path, tag and digest, as docker reads a name.
split_reference() {
  local rest=$1 first
  host=docker.io tag='' digest=''
  case $rest in *@*) digest=${rest#*@} rest=${rest%%@*} ;; esac
  first=${rest%%/*}
  if [ "$first" != "$rest" ]; then
    case $first in *.* | *:* | localhost) host=$first rest=${rest#*/} ;; esac
  fi
  # What is left of a host's name with its port is a path.
  case $rest in *:*) tag=${rest##*:} rest=${rest%:*} ;; esac
  path=$rest
  case $host in
    docker.io | index.docker.io)
      host=docker.io
      case $path in */*) ;; *) path=library/$path ;; esac
      ;;
  esac
}

# best_tool: the best one that this machine has, or nothing.
best_tool() {
  local candidate
  for candidate in skopeo regctl crane docker; do
    if has_program "$candidate"; then
      printf '%s' "$candidate"
      return 0
    fi
  done
}

# choose_tool WISH: sets tool to it, or with auto to the best one that there is.
choose_tool() {
  tool=$1
  if [ "$tool" = auto ]; then
    tool=$(best_tool)
    [ -n "$tool" ] || fail 'it needs skopeo, regctl, crane or docker, and this machine has none of them' 'on Debian: apt-get install skopeo'
    return 0
  fi
  # Debian has neither crane nor regctl.
  case $tool in
    skopeo) need_program skopeo skopeo ;;
    docker) need_program docker docker.io ;;
    *) has_program "$tool" || fail "it needs $tool, which this machine does not have" 'tool: auto takes what there is' ;;
  esac
}

# is_plain HOST: whether it may be spoken to without TLS.
is_plain() {
  local hosts item
  read_lines hosts "$STEP_PLAIN_HTTP"
  for item in ${hosts[@]+"${hosts[@]}"}; do
    if [ "$item" = "$1" ]; then return 0; fi
  done
  return 1
}

# login_entry HOST USER PASSWORD: as the files of docker login have it.
login_entry() {
  local key=$1
  [ "$key" != docker.io ] || key=https://index.docker.io/v1/
  printf '"%s":{"auth":"%s"}' "$key" "$(printf '%s:%s' "$2" "$3" | base64 | tr -d '\n')"
}

# open_registries: writes the logins into files of this call: nothing is logged in, so nothing stays logged in. A side
# without a login of its own is left to what the machine knows, where the tool can tell the two apart.
open_registries() {
  local entries='' side host user password
  mkdir -p "$CALL_FOLDER/logins" "$CALL_FOLDER/docker"
  for side in source target; do
    case $side in
      source) host=$source_host user=$STEP_SOURCE_LOGIN_USER password=$STEP_SOURCE_LOGIN_PASSWORD ;;
      target) host=$target_host user=$STEP_TARGET_LOGIN_USER password=$STEP_TARGET_LOGIN_PASSWORD ;;
    esac
    given "$user" || continue
    printf '{"auths":{%s}}\n' "$(login_entry "$host" "$user" "$password")" >"$CALL_FOLDER/logins/$side.json"
    entries="$entries${entries:+,}$(login_entry "$host" "$user" "$password")"
  done
  if [ "$tool" = skopeo ]; then
    use_policy
    return 0
  fi
  if given "$STEP_SOURCE_LOGIN_USER" && given "$STEP_TARGET_LOGIN_USER" && [ "$source_host" = "$target_host" ] &&
    [ "$STEP_SOURCE_LOGIN_USER" != "$STEP_TARGET_LOGIN_USER" ]; then
    fail "$tool knows one login for $source_host only" 'skopeo knows two: apt-get install skopeo, or one login that may read and write'
  fi
  if [ -n "$entries" ]; then
    printf '{"auths":{%s}}\n' "$entries" >"$CALL_FOLDER/docker/config.json"
    keep_engine
    export DOCKER_CONFIG="$CALL_FOLDER/docker"
  fi
  case $tool in
    regctl) open_for_regctl ;;
    crane) open_for_crane ;;
  esac
}

# Another configuration has other contexts: the engine that is meant has to be said.
keep_engine() {
  local engine
  if [ "$tool" != docker ] || [ -n "${DOCKER_HOST-}" ]; then return 0; fi
  engine=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || true)
  if [ -n "$engine" ]; then export DOCKER_HOST="$engine"; fi
}

# skopeo refuses to work without a policy of signatures. The machine's own is heeded where there is one.
use_policy() {
  policy=()
  if [ -f /etc/containers/policy.json ] || [ -f "${HOME-}/.config/containers/policy.json" ]; then return 0; fi
  printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$CALL_FOLDER/policy.json"
  policy=(--policy "$CALL_FOLDER/policy.json")
}

open_for_regctl() {
  local item
  export REGCTL_CONFIG="$CALL_FOLDER/regctl.json"
  for item in "$source_host" "$target_host"; do
    if is_plain "$item"; then regctl registry set --tls disabled "$item" >/dev/null; fi
  done
}

# crane has one switch for both sides, and that would take TLS from the other.
open_for_crane() {
  local plain=0
  if is_plain "$source_host"; then plain=$((plain + 1)); fi
  if is_plain "$target_host"; then plain=$((plain + 1)); fi
  [ "$plain" -ne 1 ] || fail 'crane speaks plain HTTP to both registries or to none' 'skopeo and regctl tell them apart'
}

# What a tool prints goes into a file, or is shown while it comes; its complaints are in "$CALL_FOLDER/words" in both cases.
into() {
  local file=$1
  shift
  "$@" >"$file" 2>"$CALL_FOLDER/words"
}
shown() { "$@" 2>&1 | tee "$CALL_FOLDER/words" >&2; }

last_word() { tail -n 1 "$CALL_FOLDER/words" 2>/dev/null | cut -c 1-400 || true; }

# persist HOW... COMMAND...: tries again where that may help. Returns 4 when the registry says that there is no such thing.
persist() {
  local how=("$1") try status pause=1
  shift
  if [ "${how[0]}" = into ]; then
    how+=("$1")
    shift
  fi
  for ((try = 0; ; try++)); do
    status=0
    supervise "${how[@]}" timeout --foreground --kill-after=10 "$limit" "$@" || status=$?
    [ "$status" -ne 0 ] || return 0
    if grep -qiE 'manifest[_ ]unknown|name[_ ]unknown|no such manifest|not known to registry|status( code)?:? 404|404 not found|http 404' "$CALL_FOLDER/words"; then
      return 4
    fi
    if grep -qiE 'unauthorized|denied|authentication required|forbidden|http response to https client|x509' "$CALL_FOLDER/words"; then
      return 1
    fi
    if [ "$status" -eq 124 ]; then printf 'it took longer than %s s\n' "$limit" >>"$CALL_FOLDER/words"; fi
    if [ "$try" -ge "$STEP_RETRIES" ]; then return 1; fi
    say "$1 failed: $(last_word); once more in $pause s"
    supervise sleep "$pause"
    pause=$((pause * 2))
  done
}

# side_words SIDE PREFIX: sets the array words to what tells skopeo how to reach a side.
side_words() {
  local host=$source_host
  [ "$1" = source ] || host=$target_host
  words=()
  if [ -f "$CALL_FOLDER/logins/$1.json" ]; then words+=("--${2}authfile" "$CALL_FOLDER/logins/$1.json"); fi
  if is_plain "$host"; then words+=("--${2}tls-verify=false"); fi
}

crane_words() {
  words=()
  if is_plain "$source_host" && is_plain "$target_host"; then words=(--insecure); fi
}

# read_manifest SIDE NAME FILE: the manifest byte for byte, so that its digest can be told. Returns 4 when there is none.
read_manifest() {
  local words
  case $tool in
    skopeo)
      side_words "$1" ''
      persist into "$3" skopeo "${policy[@]+"${policy[@]}"}" inspect --raw ${words[@]+"${words[@]}"} "docker://$2"
      ;;
    regctl) persist into "$3" regctl manifest get --format raw-body "$2" ;;
    crane)
      crane_words
      persist into "$3" crane manifest ${words[@]+"${words[@]}"} "$2"
      ;;
  esac
}

# list_tags SIDE NAME FILE: one tag a line.
list_tags() {
  local words status=0
  case $tool in
    skopeo)
      side_words "$1" ''
      persist into "$3.raw" skopeo "${policy[@]+"${policy[@]}"}" list-tags ${words[@]+"${words[@]}"} "docker://$2" || status=$?
      ;;
    regctl) persist into "$3.raw" regctl tag ls "$2" || status=$? ;;
    crane)
      crane_words
      persist into "$3.raw" crane ls ${words[@]+"${words[@]}"} "$2" || status=$?
      ;;
  esac
  [ "$status" -eq 0 ] || return "$status"
  tr -d '", ' <"$3.raw" >"$3"
}

# copy_image FROM_SIDE FROM TO: with every platform, byte for byte; what is there already does not travel.
copy_image() {
  local words all=()
  case $tool in
    skopeo)
      side_words "$1" src-
      all=(${words[@]+"${words[@]}"})
      side_words target dest-
      persist shown skopeo "${policy[@]+"${policy[@]}"}" copy --all --preserve-digests ${all[@]+"${all[@]}"} ${words[@]+"${words[@]}"} \
        "docker://$2" "docker://$3"
      ;;
    regctl) persist shown regctl image copy --referrers "$2" "$3" ;;
    crane)
      crane_words
      persist shown crane copy ${words[@]+"${words[@]}"} "$2" "$3"
      ;;
  esac
}

# give_tag NAME DIGEST TAG: within the target; one manifest travels.
give_tag() {
  local words all=() which=--all
  case $tool in
    skopeo)
      side_words target src-
      all=(${words[@]+"${words[@]}"})
      side_words target dest-
      if is_index "$CALL_FOLDER/manifest"; then which=--multi-arch=index-only; fi
      persist into /dev/null skopeo "${policy[@]+"${policy[@]}"}" copy "$which" --preserve-digests ${all[@]+"${all[@]}"} ${words[@]+"${words[@]}"} \
        "docker://$1@$2" "docker://$1:$3"
      ;;
    regctl) persist into /dev/null regctl image copy "$1@$2" "$1:$3" ;;
    crane)
      crane_words
      persist into /dev/null crane tag ${words[@]+"${words[@]}"} "$1@$2" "$3"
      ;;
  esac
}

digest_of() { printf 'sha256:%s' "$(sha256sum <"$1" | cut -c 1-64)"; }

is_index() { tr -d ' \n\r\t' <"$1" | grep -q '"manifests":\['; }

# descriptors FILE: what a manifest or an index names, as "digest size" a line. The two stand side by side in each of
# them, in either order; nothing else in a manifest has keys of these names.
descriptors() {
  tr -d ' \n\r\t' <"$1" | grep -oE '"(size":[0-9]+|digest":"sha256:[0-9a-f]{64}")' | tr -d '"' | awk -F: '
    $1 == "digest" { digest = "sha256:" $3 }
    $1 == "size" { size = $2 }
    NR % 2 == 0 { print digest, size }
  '
}
