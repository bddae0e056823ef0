# A tag that names one version only, such as 25.1.0, or a digest.
is_exact() { [[ $1 =~ @sha256:[0-9a-f]{64}$ || $1 =~ :[^/]*[0-9]+[.][0-9]+[.][0-9]+[^/]*$ ]]; }

refuse_settings() {
  if is_true "$STEP_PINNED" && given "$STEP_IMAGE" && ! is_exact "$STEP_IMAGE"; then
    fail "the image $STEP_IMAGE may be another one tomorrow" 'name an exact version or a digest, or say pinned: false'
  fi
  if [ "$STEP_SANDBOX" != none ] && [ "$(id -u)" -eq 0 ] && ! { given "$STEP_IMAGE" && [ "$STEP_USER" = image ]; }; then
    fail 'Chrome refuses to run as root with its sandbox, and this agent is root' \
      "let the agent be another user, say user: 'image' where the image has one, or, for pages that you trust, sandbox: 'none' with trustedContent: true"
  fi
  if given "$STEP_SECCOMP_PROFILE" && [ ! -f "$STEP_SECCOMP_PROFILE" ]; then
    fail "there is no seccomp profile $STEP_SECCOMP_PROFILE in the workspace"
  fi
  if given "$STEP_SCRIPT"; then refuse_script; fi
}

# A link could lead out of the workspace.
refuse_script() {
  local real
  [ -f "$STEP_SCRIPT" ] || fail "there is no script $STEP_SCRIPT in the workspace"
  real=$(realpath -- "$STEP_SCRIPT")
  case $real in
    "$(pwd -P)"/*) ;;
    *) fail "the script $STEP_SCRIPT lies outside the workspace: $real" ;;
  esac
}

# The words behind node: a script of the workspace, or a module on standard input, which finds its packages from the
# workspace as the script would.
node_words() {
  local args
  read_lines args "$STEP_ARGS"
  if given "$STEP_SCRIPT"; then
    words=("$STEP_SCRIPT" ${args[@]+"${args[@]}"})
    input=/dev/null
  else
    printf '%s\n' "$STEP_CODE" >"$CALL_FOLDER/code.mjs"
    words=(--input-type=module - ${args[@]+"${args[@]}"})
    input=$CALL_FOLDER/code.mjs
  fi
}

find_browser() {
  local name
  browser=$STEP_BROWSER
  if given "$browser"; then
    [ -x "$browser" ] || fail "there is no browser $browser on this machine"
    return
  fi
  for name in chromium chromium-browser google-chrome-stable google-chrome; do
    if browser=$(type -P "$name"); then return; fi
  done
  fail 'it needs chromium or google-chrome, which this machine does not have' \
    "on Debian: apt-get install chromium; or name one by browser: '/path', or an image"
}

# What the script starts as its browser: whatever options it gives, these come before.
wrap_browser() {
  local options=() quote="'\\''"
  if [ "$STEP_SANDBOX" = none ]; then options+=(--no-sandbox); fi
  if ! given "$STEP_IMAGE" && has_little_shared_memory; then options+=(--disable-dev-shm-usage); fi
  printf "#!/bin/sh\nexec '%s' %s \"\$@\"\n" "${1//\'/$quote}" "${options[*]-}" >"$CALL_FOLDER/browser"
  chmod 755 "$CALL_FOLDER/browser"
}

# Containers get 64 MB unless told otherwise, on which pages crash.
has_little_shared_memory() {
  local size
  size=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $2 }') || size=
  [ "${size:-0}" -lt 262144 ]
}

# In a subshell: the variables are the script's alone. Everything that a browser writes beside its page lands in scratch.
node_here() {
  local entries entry scratch=/tmp/footman-$CALL_ID
  mark_call
  export PUPPETEER_EXECUTABLE_PATH="$CALL_FOLDER/browser" PUPPETEER_SKIP_DOWNLOAD=true
  export TMPDIR="$scratch" XDG_CONFIG_HOME="$scratch/config" XDG_CACHE_HOME="$scratch/cache"
  read_lines entries "$STEP_ENV"
  for entry in ${entries[@]+"${entries[@]}"}; do export "${entry?}"; done
  exec timeout --kill-after=10 "$limit" node "${words[@]}" <"$input"
}

run_here() {
  local version
  need_program node nodejs
  find_browser
  wrap_browser "$browser"
  (umask 077 && mkdir "/tmp/footman-$CALL_ID") || fail "/tmp/footman-$CALL_ID is there already"
  version=$("$browser" --version 2>/dev/null) || version=$browser
  say "node $(node --version), $version"
  result browser "$version"
  supervise node_here
}

# Own process ids, so that browsers that lost their parent are reaped; a shared memory that pages do not outgrow; and the
# user of the agent, to whom then belongs what the script writes.
run_in_container() {
  need_program docker docker.io
  result browser "$STEP_IMAGE"
  container=(docker run --rm --init --interactive --name "footman-$CALL_ID"
    --label "jenkins.job=${JOB_NAME-}" --label "jenkins.build=${BUILD_NUMBER-}"
    --shm-size "$STEP_SHM_SIZE" --volume "$PWD:$PWD" --workdir "$PWD")
  case $STEP_SANDBOX in
    capability) container+=(--cap-add SYS_ADMIN) ;;
    seccomp) container+=(--security-opt "seccomp=$PWD/$STEP_SECCOMP_PROFILE") ;;
    none) container+=(--security-opt no-new-privileges) ;;
  esac
  if given "$STEP_NETWORK"; then container+=(--network "$STEP_NETWORK"); fi
  if given "$STEP_BROWSER"; then
    wrap_browser "$STEP_BROWSER"
    container+=(--volume "$CALL_FOLDER/browser:/run/footman-browser:ro"
      --env PUPPETEER_EXECUTABLE_PATH=/run/footman-browser)
  fi
  if [ "$STEP_USER" = agent ]; then
    # Of no entry in the image's passwd, it has no home; what the official image brings is where another user put it.
    container+=(--user "$(id -u):$(id -g)" --env HOME=/tmp
      --env PUPPETEER_CACHE_DIR=/home/pptruser/.cache/puppeteer --env NODE_PATH=/home/pptruser/node_modules)
  else
    hand_over
  fi
  (umask 077 && printf '%s' "$STEP_ENV" >"$CALL_FOLDER/env")
  container+=(--env PUPPETEER_SKIP_DOWNLOAD=true --env-file "$CALL_FOLDER/env" --entrypoint node "$STEP_IMAGE")
  supervise node_there
}

node_there() { exec timeout --kill-after=20 "$limit" "${container[@]}" "${words[@]}" <"$input"; }

# The folder for results is lent to the user of the image, whose id only the image knows, and taken back at the end.
hand_over() {
  given "$STEP_OUTPUTS" || return 0
  mkdir -p -- "$STEP_OUTPUTS"
  printf '%s\n' "$STEP_IMAGE" >"$CALL_FOLDER/lent-by"
  printf '%s' "$PWD/$STEP_OUTPUTS" >"$CALL_FOLDER/lent"
  # shellcheck disable=SC2016 # the shell of the image expands it
  owner=$(docker run --rm --name "footman-$CALL_ID-who" --network none --entrypoint sh "$STEP_IMAGE" -c 'echo "$(id -u):$(id -g)"') ||
    fail "the image $STEP_IMAGE does not tell who its user is" "say user: 'agent'"
  change_owner "$STEP_IMAGE" "$owner" "$PWD/$STEP_OUTPUTS" ||
    fail "$STEP_OUTPUTS could not be lent to the user of the image, $owner"
}

take_back() {
  [ -s "$CALL_FOLDER/lent" ] || return 0
  change_owner "$(cat "$CALL_FOLDER/lent-by")" "$(id -u):$(id -g)" "$(cat "$CALL_FOLDER/lent")" ||
    say "$(cat "$CALL_FOLDER/lent") still belongs to the user of the image"
  rm -f "$CALL_FOLDER/lent"
}

# change_owner IMAGE OWNER FOLDER: by a container, because an agent that is not root may give nothing away.
change_owner() {
  docker run --rm --name "footman-$CALL_ID-owner" --network none --user 0:0 --volume "$3:/outputs" \
    --entrypoint chown "$1" -R "$2" /outputs </dev/null >/dev/null
}

step_plan() {
  local what=${STEP_SCRIPT:-the given code}
  if given "$STEP_IMAGE"; then
    plan "run $what with node in a container of $STEP_IMAGE: sandbox $STEP_SANDBOX, $STEP_SHM_SIZE of shared memory"
  else
    plan "run $what with node and the browser of this machine: sandbox $STEP_SANDBOX"
  fi
  if is_true "$STEP_TRUSTED_CONTENT"; then plan "trust every page that the browser is shown"; fi
  plan "end it after $STEP_TIMEOUT"
  if given "$STEP_ARTIFACTS$STEP_JUNIT"; then plan "archive $STEP_ARTIFACTS${STEP_JUNIT:+ $STEP_JUNIT}"; fi
}

step_run() {
  local status=0
  SECONDS=0
  refuse_settings
  limit=$(duration_seconds "$STEP_TIMEOUT")
  node_words
  if given "$STEP_IMAGE"; then run_in_container || status=$?; else run_here || status=$?; fi
  take_back
  if [ "$status" -eq 124 ] || [ "$status" -eq 137 ] && [ "$SECONDS" -ge "$limit" ]; then
    fail "the script took longer than $STEP_TIMEOUT" 'a dialog of the page stops everything until it is answered; or give it more time: timeout'
  fi
  [ "$status" -eq 0 ] || exit "$status"
  result seconds "$SECONDS"
  report "the script ended well after $SECONDS s"
}

step_end() {
  if given "$STEP_IMAGE" && has_program docker; then
    docker rm --force --volumes "footman-$CALL_ID" "footman-$CALL_ID-who" "footman-$CALL_ID-owner" >/dev/null 2>&1 || true
    take_back
  fi
  end_marked
  rm -rf -- "/tmp/footman-$CALL_ID"
}
