# Sets branch, tag and commit of what was pushed: from the variables of Jenkins, else from git.
read_push() {
  branch='' tag=${TAG_NAME-} commit=${GIT_COMMIT-}
  # A build for a tag has the tag's name in BRANCH_NAME as well.
  if [ -z "$tag" ]; then
    branch=${BRANCH_NAME:-${GIT_BRANCH-}}
    branch=${branch#origin/}
    branch=${branch#refs/heads/}
  fi
  if [ -z "$tag$branch" ] && has_program git; then
    branch=$(git symbolic-ref --quiet --short HEAD 2>/dev/null || true)
    [ -n "$branch" ] || tag=$(git describe --exact-match --tags HEAD 2>/dev/null || true)
  fi
  if [ -z "$commit" ] && has_program git; then commit=$(git rev-parse --verify --quiet HEAD 2>/dev/null || true); fi
  [[ $commit =~ ^[0-9a-f]{7,64}$ ]] || commit=''
  is_pushing=$STEP_PUSH
  if [ -n "${CHANGE_ID-}" ]; then is_pushing=false; fi
}

# Sets repository, with its registry, and registry_host.
read_repository() {
  local first=${STEP_REPOSITORY%%/*}
  repository=$STEP_REPOSITORY registry_host=docker.io
  case $STEP_REPOSITORY in
    */*)
      case $first in
        *.* | *:* | localhost)
          registry_host=$first
          return
          ;;
      esac
      ;;
  esac
  if given "$STEP_REGISTRY"; then
    registry_host=$STEP_REGISTRY repository=$STEP_REGISTRY/$STEP_REPOSITORY
  fi
}

# fits NAME PATTERN: whether a name fits; sets star to what the first star of the pattern took.
fits() {
  [ -n "$1" ] || return 1
  # shellcheck disable=SC2053 # it is meant as a pattern
  [[ $1 == $2 ]] || return 1
  star=$1
  case $2 in
    *'*'*)
      star=${star#"${2%%\**}"}
      # shellcheck disable=SC2295 # so is the rest of it
      star=${star%${2#*\*}}
      ;;
  esac
}

# as_tag TEXT: what a tag may hold of it.
as_tag() {
  local LC_ALL=C text=${1//[^A-Za-z0-9_.-]/-}
  text=${text#"${text%%[!.-]*}"}
  printf '%s' "${text:0:128}"
}

# Sets the array tags: those that name one commit or one tag first, those that move from push to push last.
choose_tags() {
  local rules rule kind pattern text name known
  tags=()
  read_lines rules "$STEP_RULES"
  for kind in commit tag branch; do
    for rule in ${rules[@]+"${rules[@]}"}; do
      [ "${rule%%:*}" = "$kind" ] || continue
      pattern=${rule#*:} text=${rule##*=}
      pattern=${pattern%"=$text"}
      case $kind in
        branch) name=$branch ;;
        tag) name=$tag ;;
        commit) name=$commit ;;
      esac
      fits "$name" "$pattern" || continue
      text=${text//'{*}'/"$star"}
      text=${text//'{branch}'/"$branch"}
      text=${text//'{tag}'/"$tag"}
      text=${text//'{commit}'/"${commit:0:12}"}
      text=$(as_tag "${text//'{number}'/"${BUILD_NUMBER-}"}")
      [ -n "$text" ] || continue
      for known in ${tags[@]+"${tags[@]}"}; do
        if [ "$known" = "$text" ]; then continue 2; fi
      done
      tags+=("$text")
    done
  done
}

what_was_pushed() {
  if [ -n "$tag" ]; then printf 'tag %s' "$tag"; elif [ -n "$branch" ]; then printf 'branch %s' "$branch"; else printf 'no branch'; fi
  printf ', commit %s' "${commit:-unknown}"
}

# Tells the webhook which stage failed, and ends.
give_up() {
  notify failure "$1" || true
  fail "$2" "${3-}"
}

# within DURATION COMMAND...: supervised, and ended when the time is up.
within() {
  local seconds
  seconds=$(duration_seconds "$1")
  shift
  # In the foreground it stays in the group of processes that is ended with us.
  supervise timeout --foreground --kill-after=10 "$seconds" "$@"
}

# reason STATUS DURATION
reason() {
  if [ "$1" -eq 124 ] || [ "$1" -eq 137 ]; then printf 'it took longer than %s' "$2"; else printf 'exit code %s' "$1"; fi
}

# The credentials are written by ourselves: docker login would put them into the key ring of the machine where there is
# one, and leave them there. Asked to log in with what it finds, it only tries them.
log_in() {
  local folder=$CALL_FOLDER/docker user=$STEP_REGISTRY_LOGIN_USER key=$registry_host auth engine
  given "$user" || return 0
  mkdir -p "$folder"
  if [ -d "${DOCKER_CONFIG:-${HOME-}/.docker}/cli-plugins" ]; then
    ln -sfn "${DOCKER_CONFIG:-${HOME-}/.docker}/cli-plugins" "$folder/cli-plugins"
  fi
  engine=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || true)
  if [ -z "${DOCKER_HOST-}" ] && [ -n "$engine" ]; then export DOCKER_HOST="$engine"; fi
  [ "$key" != docker.io ] || key=https://index.docker.io/v1/
  auth=$(printf '%s:%s' "$user" "$STEP_REGISTRY_LOGIN_PASSWORD" | base64 | tr -d '\n')
  printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$key" "$auth" >"$folder/config.json"
  export DOCKER_CONFIG="$folder"
  if [ "$registry_host" = docker.io ]; then key=''; fi
  # shellcheck disable=SC2086 # none for Docker Hub
  timeout 60 docker login $key </dev/null >"$CALL_FOLDER/login" 2>&1 ||
    give_up login "the registry $registry_host does not take the login of $user: $(tail -n 1 "$CALL_FOLDER/login")" 'see registryLogin'
}

# build NAME TARGET: leaves the image under the tag NAME.
build() {
  local words=(docker build --force-rm --tag "$1") pairs pair status=0
  read_lines pairs "$STEP_BUILD_ARGS"
  for pair in ${pairs[@]+"${pairs[@]}"}; do words+=(--build-arg "$pair"); done
  [ -z "$2" ] || words+=(--target "$2")
  if is_true "$STEP_PULL"; then words+=(--pull); fi
  if given "$STEP_DOCKERFILE"; then words+=(--file "./$STEP_DOCKERFILE"); fi
  if [ -n "$commit" ]; then words+=(--label "org.opencontainers.image.revision=$commit"); fi
  # A context such as github.com/x/y is a folder here and not a place on the network.
  within "$STEP_BUILD_TIMEOUT" "${words[@]}" "./$STEP_CONTEXT" || status=$?
  return "$status"
}

test_by_script() {
  local container=footman-$CALL_ID-test status=0
  printf '%s\n' "$STEP_TEST" >"$CALL_FOLDER/test"
  chmod 755 "$CALL_FOLDER/test"
  # Copied in and not mounted, so that it works with an engine on another machine too.
  docker create --init --name "$container" --label "jenkins.job=${JOB_NAME-}" --label "jenkins.build=${BUILD_NUMBER-}" \
    --entrypoint sh "$built" -e /footman-test >/dev/null
  docker cp "$CALL_FOLDER/test" "$container:/footman-test" >/dev/null
  within "$STEP_TEST_TIMEOUT" docker start --attach "$container" || status=$?
  docker rm --force --volumes "$container" >/dev/null 2>&1 || true
  [ "$status" -eq 0 ] || give_up test "the test failed: $(reason "$status" "$STEP_TEST_TIMEOUT")" 'nothing was pushed'
}

find_test_compose() {
  find_compose auto || return 1
  compose+=(--project-name "footman-$CALL_ID" --file "./$STEP_TEST_COMPOSE")
}

test_by_compose() {
  local status=0 compose
  find_test_compose || fail 'testCompose needs Compose, which this machine does not have' 'on Debian: apt-get install docker-compose'
  : >"$CALL_FOLDER/composed"
  export IMAGE_NAME="$built" DOCKER_REPO="$repository" DOCKER_TAG="${tags[0]-}" SOURCE_BRANCH="$branch" SOURCE_COMMIT="$commit"
  within "$STEP_TEST_TIMEOUT" "${compose[@]}" up --timeout 5 --abort-on-container-exit --exit-code-from sut || status=$?
  end_compose
  [ "$status" -eq 0 ] || give_up test "the service sut of $STEP_TEST_COMPOSE failed: $(reason "$status" "$STEP_TEST_TIMEOUT")" 'nothing was pushed'
}

end_compose() {
  local compose
  [ -f "$CALL_FOLDER/composed" ] || return 0
  find_test_compose || return 0
  IMAGE_NAME=${IMAGE_NAME:-none} timeout 120 "${compose[@]}" down --volumes --remove-orphans --rmi local --timeout 5 </dev/null >/dev/null 2>&1 || return 0
  rm -f "$CALL_FOLDER/composed"
}

test_by_stage() {
  local status=0
  say "tests in stage $STEP_TEST_TARGET"
  build "$built-test" "$STEP_TEST_TARGET" || status=$?
  [ "$status" -eq 0 ] || give_up test "stage $STEP_TEST_TARGET failed: $(reason "$status" "$STEP_BUILD_TIMEOUT")" 'nothing was pushed'
}

push_to_file() {
  timeout --foreground --kill-after=10 "$1" docker push "$2" >"$CALL_FOLDER/push" 2>&1
}

# push_tag NAME: three tries, because registries hiccup. Sets digest to what the registry confirmed.
push_tag() {
  local try pause=2 status seconds
  seconds=$(duration_seconds "$STEP_PUSH_TIMEOUT")
  for try in 1 2 3; do
    status=0
    supervise push_to_file "$seconds" "$1" || status=$?
    cat "$CALL_FOLDER/push"
    if [ "$status" -eq 0 ]; then
      digest=$(grep -o 'digest: sha256:[0-9a-f]*' "$CALL_FOLDER/push" | tail -n 1)
      digest=${digest#digest: }
      return 0
    fi
    if grep -qiE 'denied|unauthorized|authentication required|no basic auth' "$CALL_FOLDER/push"; then return "$status"; fi
    [ "$try" -lt 3 ] || return "$status"
    say "$1 could not be pushed ($(reason "$status" "$STEP_PUSH_TIMEOUT")); once more in $pause s"
    supervise sleep "$pause"
    pause=$((pause * 2))
  done
}

push_all() {
  local text status first=''
  for text in "${tags[@]}"; do
    printf '%s\n' "$repository:$text" >>"$CALL_FOLDER/names"
    docker tag "$built" "$repository:$text"
    status=0
    push_tag "$repository:$text" || status=$?
    [ "$status" -eq 0 ] || give_up push "$repository:$text could not be pushed: $(reason "$status" "$STEP_PUSH_TIMEOUT")" 'its last words stand above; tags before it in the list are pushed'
    [ -n "$digest" ] || give_up push "docker push did not say which digest $repository:$text has" 'its last words stand above'
    [ -n "$first" ] || first=$digest
    [ "$digest" = "$first" ] || give_up push "the registry gave $repository:$text another digest than the tag before it: $digest" 'somebody changes images on their way'
  done
}

json_text() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//[[:cntrl:]]/ }"
}

# notify STATUS STAGE: the address may be a secret too, so curl reads it from a file as well.
notify() {
  local text separator='' seconds
  given "$STEP_WEBHOOK" || return 0
  seconds=$(duration_seconds "$STEP_WEBHOOK_TIMEOUT")
  {
    printf '{"status":%s,"stage":%s' "$(json_text "$1")" "$(json_text "$2")"
    printf ',"repository":%s,"digest":%s' "$(json_text "$repository")" "$(json_text "${digest-}")"
    printf ',"commit":%s,"branch":%s,"tag":%s' "$(json_text "$commit")" "$(json_text "$branch")" "$(json_text "$tag")"
    printf ',"job":%s,"build":%s' "$(json_text "${JOB_NAME-}")" "$(json_text "${BUILD_NUMBER-}")"
    printf ',"url":%s,"tags":[' "$(json_text "${BUILD_URL-}")"
    for text in ${tags[@]+"${tags[@]}"}; do
      printf '%s%s' "$separator" "$(json_text "$text")"
      separator=,
    done
    printf ']}\n'
  } >"$CALL_FOLDER/payload"
  {
    printf 'url = "%s"\n' "${STEP_WEBHOOK//\\/\\\\}"
    printf 'header = "Content-Type: application/json"\n'
    if given "$STEP_WEBHOOK_TOKEN_SECRET"; then
      text=${STEP_WEBHOOK_TOKEN_SECRET//\\/\\\\}
      printf 'header = "Authorization: Bearer %s"\n' "${text//\"/\\\"}"
    fi
  } >"$CALL_FOLDER/webhook"
  supervise timeout --foreground "$seconds" curl --silent --show-error --fail --output /dev/null --proto '=http,https' \
    --max-time "$seconds" --retry 5 --retry-max-time "$seconds" --retry-connrefused \
    --data-binary "@$CALL_FOLDER/payload" --config "$CALL_FOLDER/webhook"
}

call_back() {
  local status=0
  notified=false
  given "$STEP_WEBHOOK" || return 0
  notify success 'done' || status=$?
  if [ "$status" -eq 0 ]; then
    notified=true
  elif is_true "$STEP_WEBHOOK_REQUIRED"; then
    fail "the webhook did not take the message: $(reason "$status" "$STEP_WEBHOOK_TIMEOUT")" 'the image is pushed'
  else
    say "the webhook did not take the message: $(reason "$status" "$STEP_WEBHOOK_TIMEOUT")"
  fi
}

prepare() {
  umask 077
  built=footman-autobuild:$CALL_ID
  read_repository
  read_push
  choose_tags
}

step_plan() {
  local branch tag commit is_pushing repository registry_host tags built star
  prepare
  plan "build $STEP_CONTEXT for $(what_was_pushed)"
  if given "$STEP_TEST_TARGET"; then plan "run the tests of stage $STEP_TEST_TARGET"; fi
  if given "$STEP_TEST"; then plan 'run the test script in a container of it'; fi
  if given "$STEP_TEST_COMPOSE"; then plan "run the service sut of $STEP_TEST_COMPOSE"; fi
  if is_true "$is_pushing"; then plan "push $repository with the tags ${tags[*]-}"; else plan 'push nothing'; fi
  if given "$STEP_WEBHOOK"; then plan 'call the webhook'; fi
}

step_run() {
  local branch tag commit is_pushing repository registry_host tags built star digest='' notified status=0
  SECONDS=0
  prepare
  if given "$STEP_WEBHOOK"; then need_program curl curl; fi
  if is_true "$is_pushing" && [ ${#tags[@]} -eq 0 ]; then
    fail "no rule gives it a tag: $(what_was_pushed)" "add a rule that always fits: 'commit:*={commit}'"
  fi
  say "builds $repository for $(what_was_pushed)"
  log_in
  if given "$STEP_TEST_TARGET"; then test_by_stage; fi
  build "$built" "$STEP_TARGET" || status=$?
  [ "$status" -eq 0 ] || give_up build "the build failed: $(reason "$status" "$STEP_BUILD_TIMEOUT")" 'its last words stand above'
  if given "$STEP_TEST"; then test_by_script; fi
  if given "$STEP_TEST_COMPOSE"; then test_by_compose; fi
  if is_true "$is_pushing"; then push_all; fi
  call_back
  result commit "$commit"
  result pushed "$is_pushing"
  result notified "$notified"
  result seconds "$SECONDS"
  if is_true "$is_pushing"; then
    result tags "$(printf '%s\n' "${tags[@]}")"
    result digest "$digest"
    result image "$repository@$digest"
    report "pushed $repository:${tags[*]} as $digest"
  else
    result tags ''
    report "built and tested $repository, pushed nothing${CHANGE_ID:+ of a pull request}"
  fi
}

step_end() {
  local name
  has_program docker || return 0
  end_compose
  docker rm --force --volumes "footman-$CALL_ID-test" >/dev/null 2>&1 || true
  # The layers below stay: they are what makes the next build fast.
  docker rmi --force --no-prune "footman-autobuild:$CALL_ID" "footman-autobuild:$CALL_ID-test" >/dev/null 2>&1 || true
  if ! is_true "$STEP_KEEP" && [ -f "$CALL_FOLDER/names" ]; then
    while IFS= read -r name; do
      docker rmi --no-prune "$name" >/dev/null 2>&1 || true
    done <"$CALL_FOLDER/names"
    rm -f "$CALL_FOLDER/names"
  fi
}
