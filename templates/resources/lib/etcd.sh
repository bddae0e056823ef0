# etcd, version 3 of its interface, by etcdctl. What it is told stands in its environment and on its standard input.

# open_etcd: the password outlives the phase that knows it, because a cleanup may need it.
open_etcd() {
  if given "${STEP_ETCD_LOGIN_USER-}"; then
    (umask 077 && printf '%s:%s' "$STEP_ETCD_LOGIN_USER" "$STEP_ETCD_LOGIN_PASSWORD" >"$CALL_FOLDER/etcd-login")
  fi
}

# etcd WORD...: etcdctl. What the agent's environment says of etcd does not count.
etcd() {
  (
    unset "${!ETCDCTL_@}"
    export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${STEP_ENDPOINTS//$'\n'/,}
    ETCDCTL_COMMAND_TIMEOUT=$(duration_seconds "$STEP_ETCD_TIMEOUT")s
    ETCDCTL_DIAL_TIMEOUT=$ETCDCTL_COMMAND_TIMEOUT
    export ETCDCTL_COMMAND_TIMEOUT ETCDCTL_DIAL_TIMEOUT
    if given "$STEP_ETCD_CA"; then export ETCDCTL_CACERT=$STEP_ETCD_CA; fi
    if given "$STEP_ETCD_CERT"; then export ETCDCTL_CERT=$STEP_ETCD_CERT ETCDCTL_KEY=$STEP_ETCD_CERT_KEY; fi
    if [ -s "$CALL_FOLDER/etcd-login" ]; then
      ETCDCTL_USER=$(cat "$CALL_FOLDER/etcd-login")
      export ETCDCTL_USER
    fi
    exec etcdctl "$@"
  )
}

# quote_etcd TEXT: as etcdctl reads a word of a transaction.
quote_etcd() {
  local LC_ALL=C text=${1//\\/\\\\} rest='' char
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  while [[ $text =~ [[:cntrl:]] ]]; do
    char=${BASH_REMATCH[0]}
    printf -v rest '\\x%02x' "'$char"
    text=${text//"$char"/$rest}
  done
  printf '"%s"' "$text"
}

# fetch_etcd WORD...: a get. Sets the arrays etcd_keys, etcd_values and etcd_versions (the revisions of the last change),
# and etcd_revision, at which all of it was read. No key is no error.
# shellcheck disable=SC2034 # whoever calls it takes what it needs
fetch_etcd() {
  local text line
  etcd_keys=() etcd_values=() etcd_versions=() etcd_revision=0
  text=$(etcd get -w fields "$@" 2>"$CALL_FOLDER/etcd-words") || blame_etcd 'etcd could not be read'
  while IFS= read -r line; do
    case $line in
      '"Revision" : '*) etcd_revision=${line#*: } ;;
      '"Key" : '*) etcd_keys+=("$(unquote_etcd "${line#*: }")") ;;
      '"ModRevision" : '*) etcd_versions+=("${line#*: }") ;;
      '"Value" : '*)
        # The stop keeps the line breaks at the end.
        text=$(unquote_etcd "${line#*: }" && printf .)
        etcd_values+=("${text%.}")
        ;;
    esac
  done <<<"$text"
}

# unquote_etcd TEXT: what a quoted text of etcdctl stands for; its escapes are among those of printf.
unquote_etcd() {
  local text=${1#\"}
  text=${text%\"}
  printf '%b' "${text//\\\"/\"}"
}

# change_etcd COMPARES CHANGES: all of the changes (lines as etcdctl reads them) when every compare holds, else none and
# status 1. etcdctl itself ends with 0 either way.
change_etcd() {
  local answer
  answer=$(printf '%s\n%s\n\n\n' "${1:+$1$'\n'}" "$2" | etcd txn 2>"$CALL_FOLDER/etcd-words") ||
    blame_etcd 'etcd could not be changed'
  [ "${answer%%$'\n'*}" = SUCCESS ]
}

# blame_etcd MESSAGE: fails, and says whether the cluster has lost its quorum.
blame_etcd() {
  local words
  words=$(tail -n 1 "$CALL_FOLDER/etcd-words" | cut -c -300)
  count_etcd
  if [ "$etcd_healthy" -lt $((etcd_total / 2 + 1)) ]; then
    fail "$1: $etcd_healthy of $etcd_total members answer, and $((etcd_total / 2 + 1)) are needed: $(name_loss)" \
      "start the others; what was written is not lost. etcdctl says: $words"
  fi
  fail "$1: $words" "are endpoints, login and certificates right? $etcd_healthy of $etcd_total members answer"
}

# name_loss: a member that is up but cannot agree with others answers questions about itself.
name_loss() {
  if [ -n "$(etcd endpoint status 2>/dev/null)" ]; then
    printf 'the quorum is lost, so nothing can be written'
  else
    printf 'nobody can be reached'
  fi
}

# count_etcd: sets etcd_total, etcd_healthy and etcd_sick, a line for each that does not answer. etcdctl ends with 1 as
# soon as one of them is down, which says nothing about the cluster.
count_etcd() {
  local line
  etcd_total=0 etcd_healthy=0 etcd_sick=''
  while IFS= read -r line; do etcd_total=$((etcd_total + 1)); done <<<"$STEP_ENDPOINTS"
  while IFS= read -r line; do
    case $line in
      *' is healthy'*) etcd_healthy=$((etcd_healthy + 1)) ;;
      *' is unhealthy'*) etcd_sick=$etcd_sick${etcd_sick:+$'\n'}${line%% is unhealthy*} ;;
    esac
  done < <(etcd endpoint health 2>&1)
}
