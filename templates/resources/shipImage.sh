# The image travels under a name of this call. At the far end it gets its own name after its layers were compared.

# ask ACTION ARGUMENT...: runs receive.sh at the far end. Sets reply to what it answered.
ask() {
  local status=0 far
  far_script "$CALL_FOLDER/shipImage/receive.sh" "$mark" "$1" "$STEP_SUDO" "$temporary" "$name" "${@:2}"
  supervise answer_to "$CALL_FOLDER/answer" timeout --foreground --kill-after=10 120 "${ssh_words[@]}" "$far" || status=$?
  read_answer
  return "$status"
}

read_answer() {
  reply=$(grep -a "^$mark " "$CALL_FOLDER/answer" | tail -n 1 || true)
  reply=${reply#"$mark "}
  case $reply in 'problem '*) fail "$STEP_HOST says: ${reply#problem }" "$(far_hint "$reply")" ;; esac
}

far_hint() {
  case $1 in
    *sudo*) printf 'sudo must not ask there: allow it for docker in /etc/sudoers.d' ;;
    *'permission denied'*) printf 'the user there may not use docker: sudo: true, or put it into the group docker' ;;
    *'no space'*) printf 'free some space there, then run it again' ;;
    *) printf 'look there: ssh to it and run docker info' ;;
  esac
}

# look_there: sets arch, packings, previous and present, the id of the image there if it is there under any name.
look_there() {
  local status=0
  ask look "${image_id:-none}" || status=$?
  if [ "$status" -ne 0 ] || [ -z "$reply" ]; then
    fail "$STEP_HOST cannot be asked: $(last_word)" "$(ssh_hint "$(cat "$CALL_FOLDER/words")")"
  fi
  read -r arch packings previous present <<<"$reply"
  if [ "$previous" = none ]; then previous=''; fi
}

choose_packing() {
  local program
  packing=$STEP_COMPRESS
  case $packing in
    none) ;;
    auto)
      packing=none
      for program in gzip zstd; do
        case ,$packings, in *",$program,"*) if has_program "$program"; then packing=$program; fi ;; esac
      done
      ;;
    *)
      need_program "$packing" "$packing"
      case ,$packings, in
        *",$packing,"*) ;;
        *) fail "$STEP_HOST has no $packing" "install it there, or compress: 'auto'" ;;
      esac
      ;;
  esac
}

pack() {
  case $packing in
    zstd) zstd -q -T0 -3 -c ;;
    gzip) gzip -c ;;
    none) cat ;;
  esac
}

give() { if given "$STEP_IMAGE"; then docker save "$temporary"; else docker export "$STEP_CONTAINER"; fi; }

# pour: the whole way. Notes how each part of it ended.
pour() {
  local -a ended
  set +e
  give 2>"$CALL_FOLDER/give" | measure "$CALL_FOLDER/in" | pack | measure "$CALL_FOLDER/out" |
    after_first timeout --foreground --kill-after=10 "$limit" "${ssh_words[@]}" "$far" >"$CALL_FOLDER/answer" 2>"$CALL_FOLDER/words"
  ended=("${PIPESTATUS[@]}")
  printf '%s\n' "${ended[*]}" >"$CALL_FOLDER/parts"
  case ${ended[*]} in '0 0 0 0 0') ;; *) return 1 ;; esac
}

# send: sets reply to what the far end made of it. What failed first is what is told.
send() {
  local far status=0 limit parts kind=container
  limit=$(duration_seconds "$STEP_TIMEOUT")
  if given "$STEP_IMAGE"; then kind=image; fi
  : >"$CALL_FOLDER/sending"
  : >"$CALL_FOLDER/answer"
  far_script "$CALL_FOLDER/shipImage/receive.sh" "$mark" take "$STEP_SUDO" "$temporary" "$name" "$packing" "$kind" ${change_words[@]+"${change_words[@]}"}
  supervise pour || status=$?
  read -r -a parts <"$CALL_FOLDER/parts"
  read_answer
  if [ "${parts[4]}" -eq 124 ]; then fail "it took longer than $STEP_TIMEOUT" 'see timeout'; fi
  if [ "${parts[4]}" -ne 0 ]; then fail "the way to $STEP_HOST broke: $(last_word)" 'nothing there has changed its name; run it again'; fi
  if [ "$status" -ne 0 ]; then fail "the image could not be read: $(tail -n 1 "$CALL_FOLDER/give")" 'nothing there has changed its name'; fi
  bytes=$(cat "$CALL_FOLDER/out.bytes")
}

# What import would lose: the configuration of the container, as instructions of a Dockerfile.
container_changes() {
  local line file=$CALL_FOLDER/config
  # shellcheck disable=SC2016 # Go's variables
  docker container inspect --format '{{with .Config}}CMD {{json .Cmd}}
ENTRYPOINT {{json .Entrypoint}}
WORKDIR {{.WorkingDir}}
USER {{.User}}
{{range $port, $x := .ExposedPorts}}EXPOSE {{$port}}
{{end}}{{range $path, $x := .Volumes}}VOLUME [{{json $path}}]
{{end}}{{end}}' "$STEP_CONTAINER" >"$file"
  while IFS= read -r line; do
    case $line in
      'CMD null' | 'ENTRYPOINT null' | 'WORKDIR ' | 'USER ' | '') ;;
      WORKDIR* | USER*) printf '%s\n' "${line//\$/\\\$}" ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$file"
  docker container inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$STEP_CONTAINER" >"$file"
  [ "$(grep -c . "$file")" -eq "$(docker container inspect --format '{{len .Config.Env}}' "$STEP_CONTAINER")" ] ||
    fail 'a variable of the container has a line break, which cannot be taken along' 'keepConfig: false, and name what is needed in changes'
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    printf 'ENV %s="%s"\n' "${line%%=*}" "$(dockerfile_text "${line#*=}")"
  done <"$file"
}

# dockerfile_text TEXT: inside double quotes of an instruction.
dockerfile_text() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '%s' "${text//\$/\\\$}"
}

prepare_image() {
  image_id=$(docker image inspect --format '{{.Id}}' "$STEP_IMAGE" 2>/dev/null) ||
    fail "there is no image $STEP_IMAGE here" 'build it or pull it before'
  own_arch=$(docker image inspect --format '{{.Architecture}}' "$STEP_IMAGE")
  layers=$(docker image inspect --format '{{range .RootFS.Layers}}{{.}},{{end}}' "$STEP_IMAGE")
}

prepare_container() {
  local wanted changes change state
  state=$(docker container inspect --format '{{.State.Running}} {{.Image}}' "$STEP_CONTAINER" 2>/dev/null) ||
    fail "there is no container $STEP_CONTAINER here" 'see docker ps --all'
  if [ "${state%% *}" = true ] && ! is_true "$STEP_ALLOW_RUNNING"; then
    fail "the container $STEP_CONTAINER is running: its files may change while they are read" 'stop it, or allowRunning: true'
  fi
  own_arch=$(docker image inspect --format '{{.Architecture}}' "${state#* }" 2>/dev/null || true)
  wanted=$STEP_CHANGES
  if is_true "$STEP_KEEP_CONFIG"; then wanted="$(container_changes)${wanted:+$'\n'}$wanted"; fi
  read_lines changes "$wanted"
  for change in ${changes[@]+"${changes[@]}"}; do change_words+=(--change "$change"); done
}

prepare() {
  umask 077
  mark=footman-$CALL_ID temporary=footman-ship:$CALL_ID
  name=${STEP_AS:-$STEP_IMAGE}
  case $name in *@*) fail 'an image that is named by its digest needs a name at the far end' "see as" ;; esac
  open_ssh "$STEP_HOST" "$STEP_PORT" "${STEP_USER:-$STEP_LOGIN_USER}" "$STEP_LOGIN_KEY" "$STEP_HOST_KEYS"
}

step_plan() {
  local what="the image $STEP_IMAGE"
  if given "$STEP_CONTAINER"; then
    what="the container $STEP_CONTAINER as one layer"
    if is_true "$STEP_KEEP_CONFIG"; then what="$what, with its configuration"; fi
    if given "$STEP_CHANGES"; then what="$what and the changes ${STEP_CHANGES//$'\n'/; }"; fi
    if is_true "$STEP_ALLOW_RUNNING"; then what="$what, even while it runs"; fi
  fi
  plan "send $what to $STEP_HOST port $STEP_PORT (compress: $STEP_COMPRESS) and compare its layers there"
  plan "name it ${STEP_AS:-$STEP_IMAGE} there"
}

step_run() {
  local mark temporary name ssh_words reply image_id='' own_arch='' layers='' change_words=() arch packings previous present packing
  local bytes=0 copied=false id there
  SECONDS=0
  prepare
  if given "$STEP_IMAGE"; then prepare_image; else prepare_container; fi
  look_there
  if [ -n "$own_arch" ] && [ "$own_arch" != "$arch" ] && is_true "$STEP_CHECK_ARCHITECTURE"; then
    fail "it is made for $own_arch, and $STEP_HOST has $arch: it would not start there" 'checkArchitecture: false sends it all the same'
  fi
  choose_packing
  if [ "$present" = none ] || [ -z "$image_id" ]; then
    if given "$STEP_IMAGE"; then docker tag "$STEP_IMAGE" "$temporary"; fi
    send
    read -r id there <<<"$reply"
    # The one layer of a container is the very stream that went in.
    if given "$STEP_CONTAINER"; then layers=sha256:$(cat "$CALL_FOLDER/in.sum"),; fi
    if [ "$there" != "$layers" ]; then fail "$STEP_HOST has other layers than were sent: $there instead of $layers" 'nothing there has changed its name'; fi
    copied=true present=$id
  fi
  ask keep "$present" || fail "it is there, but could not be named $name: $(last_word)" "docker tag $present $name there"
  rm -f "$CALL_FOLDER/sending"
  result id "${reply}"
  result name "$name"
  result copied "$copied"
  result bytes "$bytes"
  result compression "$packing"
  result previous "$previous"
  result seconds "$SECONDS"
  if is_true "$copied"; then report "$STEP_HOST has $name now; $bytes bytes went there ($packing)"; else report "$STEP_HOST had $name already"; fi
}

step_end() {
  local mark temporary name ssh_words far
  if has_program docker; then docker rmi "footman-ship:$CALL_ID" >/dev/null 2>&1 || true; fi
  # Only while we still may: the login is lent to the run alone.
  if [ "$CALL_PHASE" = run ] && [ -f "$CALL_FOLDER/sending" ]; then
    prepare
    far_script "$CALL_FOLDER/shipImage/receive.sh" "$mark" drop "$STEP_SUDO" "$temporary" "$name"
    timeout --kill-after=5 20 "${ssh_words[@]}" "$far" </dev/null >/dev/null 2>&1 || true
    rm -f "$CALL_FOLDER/sending"
  fi
}
