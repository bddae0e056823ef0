# Names by which a program is made to run something else, by which a process of a build is known, or by which we know what
# to do ourselves. Whoever may write configuration may not thereby run code here.
is_dangerous() {
  case $1 in
    PATH | IFS | ENV | HOME | PS4 | SHELL | SHELLOPTS | PROMPT_COMMAND | LD_* | BASH* | UID | EUID | PPID) return 0 ;;
    GIT_* | DOCKER_* | NODE_OPTIONS | PYTHON* | PERL5* | RUBYOPT | JAVA_TOOL_OPTIONS) return 0 ;;
    JENKINS_* | HUDSON_* | BUILD_ID | FOOTMAN_* | STEP_* | CALL_*) return 0 ;;
    *) return 1 ;;
  esac
}

# variable_of KEY: database/host becomes DATABASE_HOST.
variable_of() {
  local LC_ALL=C name
  name=$(printf '%s' "$1" | tr '[:lower:]' '[:upper:]' | tr -c 'A-Z0-9_' '_')
  name=$STEP_NAME_PREFIX$name
  case $name in [0-9]*) name=_$name ;; esac
  printf '%s' "$name"
}

# Sets names, in the order of etcd_keys, of everything below the prefix.
read_config() {
  local index name other
  names=()
  fetch_etcd --prefix "$STEP_PREFIX/"
  if [ ${#etcd_keys[@]} -eq 0 ] && is_true "$STEP_REQUIRE"; then
    fail "etcd has nothing below $STEP_PREFIX" 'or say require: false to go on with nothing'
  fi
  for index in ${etcd_keys[@]+"${!etcd_keys[@]}"}; do
    name=$(variable_of "${etcd_keys[index]#"$STEP_PREFIX/"}")
    if [ "$STEP_INJECT" = env ] && is_dangerous "$name"; then
      fail "${etcd_keys[index]} would become the variable $name, by which programs are made to run something else" \
        "set namePrefix, or say inject: 'file'"
    fi
    for other in ${names[@]+"${!names[@]}"}; do
      [ "${names[other]}" != "$name" ] || fail "${etcd_keys[other]} and ${etcd_keys[index]} would both become $name" "say inject: 'file', format: 'json'"
    done
    names+=("$name")
  done
  result names "$(printf '%s\n' ${names[@]+"${names[@]}"})"
  result revision "$etcd_revision"
}

# write_file: one that only we can read.
write_file() {
  local index
  umask 077
  mkdir -p "$CALL_FOLDER/config"
  file=$CALL_FOLDER/config/config.$STEP_FORMAT
  if [ "$STEP_FORMAT" = json ]; then
    { json_of_etcd $((${#STEP_PREFIX} + 1)) && printf '\n'; } >"$file"
    return
  fi
  for index in ${etcd_keys[@]+"${!etcd_keys[@]}"}; do
    case ${etcd_values[index]} in
      *[$'\n\r']*) fail "${etcd_keys[index]} has line breaks, which a file of the format env cannot hold" "say format: 'json'" ;;
    esac
    printf '%s=%s\n' "${names[index]}" "${etcd_values[index]}"
  done >"$file"
}

tell() { report "gave it ${#names[@]} settings of $STEP_PREFIX, as they were at revision $etcd_revision"; }

step_plan() {
  if [ "$STEP_INJECT" = env ]; then plan "give it everything below $STEP_PREFIX as variables"; else plan "give it everything below $STEP_PREFIX as a file"; fi
  if given "$STEP_IMAGE"; then plan "run the command in a container of $STEP_IMAGE"; fi
}

step_run() {
  local names file index
  open_etcd
  read_config
  if [ "$STEP_INJECT" = file ]; then
    write_file
    export ETCD_CONFIG_FILE=$file
  fi
  write_start
  if given "$STEP_IMAGE"; then run_in_container; else run_command bash -e "$CALL_FOLDER/inside/start"; fi
  tell
}

# write_start: what takes the variables from a file, and goes on as what it is told to. Never in this shell, whose own they
# might be.
write_start() {
  local index quote="'\\''"
  umask 077
  mkdir -p "$CALL_FOLDER/inside"
  if [ "$STEP_INJECT" = env ]; then
    for index in ${names[@]+"${!names[@]}"}; do
      printf "export %s='%s'\n" "${names[index]}" "${etcd_values[index]//\'/$quote}"
    done
  fi >"$CALL_FOLDER/inside/settings"
  # shellcheck disable=SC2016 # the shell that reads it expands it
  printf '. "${0%%/*}/settings"\nexec "$@"\n' >"$CALL_FOLDER/inside/start"
}

# Variables reach the container in a mounted file: whoever may ask the engine reads what a container was started with.
run_in_container() {
  local words=() inside=$CALL_FOLDER/inside
  need_program docker docker.io
  if [ "$STEP_INJECT" = file ]; then
    words=(--volume "$CALL_FOLDER/config:/run/etcd-config:ro" --env "ETCD_CONFIG_FILE=/run/etcd-config/config.$STEP_FORMAT")
  fi
  printf '%s\n' "$STEP_COMMAND" >"$inside/command"
  supervise docker run --rm --init --name "footman-$CALL_ID" \
    --label "jenkins.job=${JOB_NAME-}" --label "jenkins.build=${BUILD_NUMBER-}" \
    --user "$(id -u):$(id -g)" --volume "$PWD:$PWD" --workdir "$PWD" --volume "$inside:$inside:ro" \
    ${words[@]+"${words[@]}"} --entrypoint sh "$STEP_IMAGE" -e "$inside/start" sh -e "$inside/command"
}

step_begin() {
  local names file index arguments=''
  open_etcd
  read_config
  if [ "$STEP_INJECT" = file ]; then
    write_file
    body_env ETCD_CONFIG_FILE "$file"
  else
    for index in ${names[@]+"${!names[@]}"}; do
      case ${etcd_values[index]} in
        *'$'*) fail "${etcd_keys[index]} has a dollar sign, which Jenkins would replace in the environment of a body" "say inject: 'file', or give command instead of a body" ;;
      esac
      body_env "${names[index]}" "${etcd_values[index]}"
      arguments="$arguments${arguments:+ }--env ${names[index]}"
    done
    body_env ETCD_CONFIG_ARGS "$arguments"
  fi
  printf '%s %s\n' "${#names[@]}" "$etcd_revision" >"$CALL_FOLDER/given"
}

step_finish() {
  local count revision
  read -r count revision <"$CALL_FOLDER/given"
  report "gave it $count settings of $STEP_PREFIX, as they were at revision $revision"
}

step_end() {
  if given "$STEP_IMAGE" && has_program docker; then
    docker rm --force --volumes "footman-$CALL_ID" >/dev/null 2>&1 || true
  fi
}
