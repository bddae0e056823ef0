# The library that is preloaded: the one that was named, or what the eatmydata wrapper finds.
under_eatmydata() {
  if given "$STEP_LIBRARY"; then
    LD_PRELOAD="$STEP_LIBRARY${LD_PRELOAD:+:$LD_PRELOAD}" "$@"
  else
    eatmydata -- "$@"
  fi
}

# ld.so only complains of a library that it cannot preload, and goes on; a static program does not even complain.
# The library among the mappings of a process is the only proof.
probe() {
  local maps said=$CALL_FOLDER/probe wanted=${STEP_LIBRARY:-libeatmydata}
  if given "$STEP_LIBRARY" && [ ! -r "$STEP_LIBRARY" ]; then
    printf 'there is no %s' "$STEP_LIBRARY"
    return 1
  fi
  if ! given "$STEP_LIBRARY" && ! has_program eatmydata; then
    printf 'this machine has no eatmydata'
    return 1
  fi
  maps=$(under_eatmydata cat /proc/self/maps 2>"$said") || true
  case $maps in *"/${wanted##*/}"*) return 0 ;; esac
  printf '%s does not load. %s' "$wanted" "$(head -n 1 "$said")"
  return 1
}

install_eatmydata() {
  [ "$(id -u)" -eq 0 ] || fail "install: 'ifMissing' needs root, and this is $(id -un)" 'install eatmydata on the agent once'
  say 'installing eatmydata'
  if has_program apt-get; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends eatmydata >&2
  elif has_program dnf; then
    dnf install -y -q libeatmydata >&2
  elif has_program apk; then
    apk add --quiet libeatmydata >&2
  else
    fail 'no package manager is known here that could install eatmydata' "put its library there and name it: library: '/path'"
  fi
}

# Sets preloaded: true, or false where require is false and the library is not there.
prepare() {
  local why
  preloaded=true
  why=$(probe) && return
  if [ "$STEP_INSTALL" = ifMissing ] && ! given "$STEP_LIBRARY"; then
    install_eatmydata
    why=$(probe) && return
  fi
  if is_true "$STEP_REQUIRE"; then
    fail "nothing can be preloaded: $why" "on Debian: apt-get install eatmydata; or say require: false to run without"
  fi
  say "runs plainly, every fsync included: $why"
  preloaded=false
}

run_here() {
  prepare
  if is_true "$preloaded"; then run_command under_eatmydata; else run_command; fi
}

# Reads the command from a file in the mounted folder, so that no container configuration holds it.
run_in_container() {
  need_program docker docker.io
  preloaded=true
  cat >"$CALL_FOLDER/inside" <<'INSIDE'
set -e
maps=$(LD_PRELOAD=$PRELOAD cat /proc/self/maps 2>/dev/null) || true
case $maps in
  *"/${PRELOAD##*/}"*) export LD_PRELOAD="$PRELOAD" ;;
  *)
    if [ "$REQUIRE" = true ]; then
      echo "withEatMyData: nothing can be preloaded: the image cannot load $PRELOAD" >&2
      exit 125
    fi
    echo "withEatMyData: runs plainly, every fsync included: the image cannot load $PRELOAD" >&2
    : >"${0%/*}/report/plain"
    ;;
esac
unset PRELOAD REQUIRE
exec sh -e "$0.command"
INSIDE
  printf '%s\n' "$STEP_COMMAND" >"$CALL_FOLDER/inside.command"
  mkdir "$CALL_FOLDER/report"
  supervise docker run --rm --init --name "footman-$CALL_ID" \
    --label "jenkins.job=${JOB_NAME-}" --label "jenkins.build=${BUILD_NUMBER-}" \
    --user "$(id -u):$(id -g)" --volume "$PWD:$PWD" --volume "$CALL_FOLDER:$CALL_FOLDER:ro" \
    --volume "$CALL_FOLDER/report:$CALL_FOLDER/report" --workdir "$PWD" \
    --env "PRELOAD=${STEP_LIBRARY:-libeatmydata.so}" --env "REQUIRE=$STEP_REQUIRE" --env HOME=/tmp \
    --entrypoint sh "$STEP_IMAGE" "$CALL_FOLDER/inside"
  if [ -e "$CALL_FOLDER/report/plain" ]; then preloaded=false; fi
}

# A wrapper a program, in a folder that stands first on the PATH: nothing else in the body is touched.
wrap_programs() {
  local programs program real folder=$CALL_FOLDER/programs
  read_lines programs "$STEP_PROGRAMS"
  mkdir -p "$folder"
  for program in "${programs[@]}"; do
    real=$(type -P "$program") || fail "programs names $program, which this machine does not have"
    {
      printf '#!/bin/sh\nreal=%q\n' "$real"
      if given "$STEP_LIBRARY"; then
        # shellcheck disable=SC2016 # the wrapper expands it
        printf 'library=%q\nLD_PRELOAD="$library${LD_PRELOAD:+:$LD_PRELOAD}" exec "$real" "$@"\n' "$STEP_LIBRARY"
      else
        # shellcheck disable=SC2016 # the wrapper expands it
        printf 'exec eatmydata -- "$real" "$@"\n'
      fi
    } >"$folder/$program"
    chmod +x "$folder/$program"
  done
  body_env PATH+EATMYDATA "$folder"
}

finish() {
  if is_true "$STEP_FLUSH"; then sync; fi
  result preloaded "$preloaded"
  result seconds "$1"
  if is_true "$preloaded"; then report "ran for $1 s without waiting for the disk"; else report "ran for $1 s, plainly"; fi
}

step_plan() {
  if given "$STEP_IMAGE"; then
    plan "run the command in a container of $STEP_IMAGE with ${STEP_LIBRARY:-libeatmydata.so} preloaded"
  elif given "$STEP_COMMAND"; then
    plan "run the command under ${STEP_LIBRARY:-eatmydata}"
  elif [ "$STEP_SCOPE" = block ]; then
    plan "preload ${STEP_LIBRARY:-libeatmydata.so} into everything in the body"
  else
    plan "let these programs of the body run under ${STEP_LIBRARY:-eatmydata}: ${STEP_PROGRAMS//$'\n'/, }"
  fi
  if is_true "$STEP_FLUSH"; then plan 'flush the disks at the end'; fi
}

step_run() {
  SECONDS=0
  if given "$STEP_IMAGE"; then run_in_container; else run_here; fi
  finish "$SECONDS"
}

step_begin() {
  prepare
  printf '%s\n' "$preloaded" >"$CALL_FOLDER/preloaded"
  date +%s >"$CALL_FOLDER/began"
  if [ "$STEP_SCOPE" = block ]; then
    if is_true "$preloaded"; then body_env LD_PRELOAD "${STEP_LIBRARY:-libeatmydata.so}${LD_PRELOAD:+:$LD_PRELOAD}"; fi
  elif ! given "$STEP_PROGRAMS"; then
    fail 'a body needs programs, the list of programs to wrap' "or say scope: 'block' to preload into everything, containers included"
  elif is_true "$preloaded"; then
    wrap_programs
  fi
}

step_finish() {
  preloaded=$(cat "$CALL_FOLDER/preloaded")
  finish "$(($(date +%s) - $(cat "$CALL_FOLDER/began")))"
}

step_end() {
  if given "$STEP_IMAGE" && has_program docker; then
    docker rm --force --volumes "footman-$CALL_ID" >/dev/null 2>&1 || true
  fi
}
