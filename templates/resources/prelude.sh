# What every step's resource begins with. The phases, of which a resource defines those that it needs:
#   step_plan    say what would be done (dryRun); nothing else runs then
#   step_begin   acquire what the body needs; `body_env` gives it variables
#   step_finish  after a body that succeeded: measure, `result`, `report`
#   step_run     the whole of a command; unless defined: begin, the command, finish
#   step_end     release, however it ended: may run twice, may find nothing, knows only CALL_ID and CALL_FOLDER
# Parameters are in STEP_<NAME>: empty when not given, a list with one item a line, a map with one key=value a line.
# CALL_ID is unique to this call: name containers and networks by it. CALL_FOLDER is private to this call.

say() { printf '%s: %s\n' "$step" "$*" >&2; }

# fail MESSAGE [CURE]
fail() {
  say "$1"
  if [ -n "${2-}" ]; then say "hint: $2"; fi
  exit 1
}

# plan TEXT: one line of what dryRun prints.
plan() { say "would $*"; }

given() { [ -n "$1" ]; }
is_true() { [ "$1" = true ]; }

has_program() { command -v "$1" >/dev/null 2>&1; }

# need_program PROGRAM PACKAGE: refuses to go on without it.
need_program() {
  has_program "$1" || fail "it needs $1, which this machine does not have" "on Debian: apt-get install $2"
}

# result NAME VALUE: a value that the step returns.
result() {
  local value=${2//%/%25}
  printf '%s=%s\n' "$1" "${value//$'\n'/%0A}" >>"$CALL_RESULT"
}

# report TEXT: the one line that says what was done.
report() { result .report "$*"; }

# body_env NAME VALUE: a variable of the body; PATH+ANYTHING puts a folder first on the PATH.
body_env() {
  # Jenkins would replace what looks like a variable.
  case $2 in *'$'*) fail "the body cannot be given $1 with a dollar sign in it" ;; esac
  result ".env.$1" "$2"
  case $1 in
    PATH+*) export PATH="$2:$PATH" ;;
    *) export "$1=$2" ;;
  esac
}

# read_lines VARIABLE TEXT: the lines of TEXT as an array, for lists and maps.
read_lines() {
  local text=$2 item
  eval "$1=()"
  [ -n "$text" ] || return 0
  while IFS= read -r item; do
    # shellcheck disable=SC2034 # eval uses it
    eval "$1+=(\"\$item\")"
  done <<<"$text"
}

# duration_seconds 1h30m: whole seconds.
duration_seconds() {
  local rest=$1 total=0
  case $rest in *h*) total=$((total + 10#${rest%%h*} * 3600)) rest=${rest#*h} ;; esac
  case $rest in *m*) total=$((total + 10#${rest%%m*} * 60)) rest=${rest#*m} ;; esac
  case $rest in *s) total=$((total + 10#${rest%s})) ;; esac
  printf '%s\n' "$total"
}

# wait_until SECONDS COMMAND...: tries until it succeeds; fails when it has not by then.
wait_until() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.2
  done
}

supervised=

# supervise COMMAND...: runs it in a process group of its own and waits. A signal that ends us ends the whole group first,
# grandchildren included: bash alone would wait for its child, then leave the rest behind.
supervise() {
  local status=0
  set -m
  "$@" </dev/null &
  supervised=$!
  set +m
  wait "$supervised" || status=$?
  stop_group "$supervised"
  supervised=
  return "$status"
}

# stop_group PID: SIGTERM to a process group, SIGKILL to what is left of it after five seconds.
stop_group() {
  local tries=50
  kill -TERM -- "-$1" 2>/dev/null || return 0
  while kill -0 -- "-$1" 2>/dev/null; do
    if [ "$tries" -eq 0 ]; then
      kill -KILL -- "-$1" 2>/dev/null || true
      return 0
    fi
    tries=$((tries - 1))
    sleep 0.1
  done
}

# run_command [WORD...]: the command that was given, behind these words. It stands in a file, never among arguments,
# and sees none of the step's own variables. Ends at the first failing line, as a step `sh` does.
run_command() {
  printf '%s\n' "$STEP_COMMAND" >"$CALL_FOLDER/command"
  supervise "$@" bash -e "$CALL_FOLDER/command"
}

step_plan() { plan 'do its work'; }
step_begin() { :; }
step_finish() { :; }
step_end() { :; }
step_run() {
  step_begin
  run_command
  step_finish
}

# Values come with % and $ encoded, because Jenkins replaces what looks like a variable in the environment of a process.
# Taken out of the environment, they are not handed on to every child.
take_parameters() {
  # Byte by byte: bash takes forty times as long where it has to count characters.
  local LC_ALL=C name value
  for name in $parameters; do
    name="STEP_$name"
    value=${!name-}
    value=${value//%24/\$}
    printf -v "$name" '%s' "${value//%25/%}"
    export -n "${name?}"
  done
  for name in $bound; do
    name="STEP_$name"
    printf -v "$name" '%s' "${!name-}"
    export -n "${name?}"
  done
  export -n CALL_ID CALL_FOLDER CALL_RESULT CALL_PHASE
}

# refuse PARAMETER VALUE EXPECTS
refuse() {
  local shown=${2//[[:cntrl:]]/ }
  [ "${#shown}" -le 60 ] || shown="${shown:0:57}..."
  case " $secrets " in *" $1 "*) shown='[not shown]' ;; esac
  fail "$1 must be $3, but it is '$shown'"
}

# check_line PARAMETER VALUE LONGEST PATTERN EXPECTS [WITHOUT...]
check_line() {
  local LC_ALL=C parameter=$1 value=$2 longest=$3 pattern=$4 expects=$5 text
  shift 5
  [ -n "$value" ] || return 0
  [ "${#value}" -le "$longest" ] || refuse "$parameter" "$value" "$expects"
  case $value in *[[:cntrl:]]*) refuse "$parameter" "$value" "$expects" ;; esac
  [[ $value =~ $pattern ]] || refuse "$parameter" "$value" "$expects"
  for text in "$@"; do
    case $value in *"$text"*) refuse "$parameter" "$value" "$expects" ;; esac
  done
}

# check_lines PARAMETER VALUE LONGEST PATTERN EXPECTS [WITHOUT...]: every item of a list.
check_lines() {
  local items item parameter=$1 text=$2
  shift 2
  read_lines items "$text"
  for item in ${items[@]+"${items[@]}"}; do
    [ -n "$item" ] || refuse "$parameter" '' "$3"
    check_line "$parameter" "$item" "$@"
  done
}

# check_entries PARAMETER VALUE KEY_LONGEST KEY_PATTERN LONGEST PATTERN EXPECTS [WITHOUT...]: every entry of a map.
check_entries() {
  local entries entry parameter=$1 text=$2 key_longest=$3 key_pattern=$4
  shift 4
  read_lines entries "$text"
  for entry in ${entries[@]+"${entries[@]}"}; do
    case $entry in ?*=?*) ;; *) refuse "$parameter" "$entry" "$3" ;; esac
    check_line "$parameter" "${entry%%=*}" "$key_longest" "$key_pattern" "$3"
    check_line "$parameter" "${entry#*=}" "$@"
  done
}

# check_integer PARAMETER VALUE MINIMUM MAXIMUM
check_integer() {
  [ -n "$2" ] || return 0
  if [[ $2 =~ ^-?[0-9]{1,15}$ ]] && [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then return 0; fi
  refuse "$1" "$2" "a whole number from $3 to $4"
}

# check_choice PARAMETER VALUE CHOICE...
check_choice() {
  local parameter=$1 value=$2 choice
  shift 2
  [ -n "$value" ] || return 0
  for choice in "$@"; do [ "$value" != "$choice" ] || return 0; done
  refuse "$parameter" "$value" "one of $*"
}

leave() {
  local status=$?
  trap - EXIT
  trap '' TERM INT HUP
  if [ -n "$supervised" ]; then stop_group "$supervised"; fi
  if [ "$CALL_PHASE" = run ] || [ "$status" -ne 0 ]; then
    set +e
    (step_end)
  fi
  exit "$status"
}

main() {
  take_parameters
  case $CALL_PHASE in
    end)
      # A cleanup that was begun is finished, even when the build is aborted once more.
      trap '' TERM INT HUP
      is_true "$STEP_DRY_RUN" || step_end
      ;;
    plan)
      check_parameters
      step_plan
      ;;
    begin | run)
      check_parameters
      check_tools
      trap leave EXIT
      trap 'exit 143' TERM HUP
      trap 'exit 130' INT
      "step_$CALL_PHASE"
      ;;
    finish)
      step_finish
      ;;
    *) fail "there is no phase '$CALL_PHASE'" ;;
  esac
}
