# Below PREFIX/APP etcd has backends/<address> for each server of the upstream, and state: four words, with - for none:
#   PHASE NEW OLD GENERATION
# adding    NEW is among the backends, and nginx is to be told
# both      nginx sends to NEW and OLD
# removing  of OLD only what is in NEW too is left among the backends, and nginx is to be told
# stopping  nothing goes to the rest of OLD any more, so that it may be stopped
# steady    NEW serves alone; OLD is what served before
# undoing   OLD alone is among the backends again, and nginx is to be told
# Each change of it is one transaction that holds only for the state that was read: two cutovers cannot mix. A call that
# was killed is gone on with from the state alone.

# Sets backends (an address a line), phase, new, old, generation and state_version.
read_state() {
  local index key
  backends='' phase=steady new=- old=- generation=0 state_version=0
  fetch_etcd --prefix "$root/"
  for index in ${etcd_keys[@]+"${!etcd_keys[@]}"}; do
    key=${etcd_keys[index]}
    case $key in
      "$root/state")
        read -r phase new old generation <<<"${etcd_values[index]}"
        state_version=${etcd_versions[index]}
        ;;
      "$root/backends/"*) backends=$backends${backends:+$'\n'}${key#"$root/backends/"} ;;
    esac
  done
  [[ $generation =~ ^[0-9]{1,15}$ && "$new$old$backends" =~ ^[]0-9a-fA-F:.,[:space:][-]+$ ]] ||
    fail "$root/state is none of ours: $phase $new $old $generation" 'choose another prefix, or delete it'
}

# enter PHASE NEW OLD GENERATION [ADDED] [REMOVED]: the next state, with addresses that come and go (joined by commas).
enter() {
  local address changes
  changes="put -- $(quote_etcd "$root/state") $(quote_etcd "$1 $2 $3 $4")"
  for address in $(addresses "${5-}"); do
    changes+=$'\n'"put -- $(quote_etcd "$root/backends/$address") $(quote_etcd "$address")"
  done
  for address in $(addresses "${6-}"); do changes+=$'\n'"del -- $(quote_etcd "$root/backends/$address")"; done
  change_etcd "mod($(quote_etcd "$root/state")) = \"$state_version\"" "$changes" ||
    fail "$root/state changed meanwhile: another cutover of $STEP_APP is at work, on another machine" \
      'one nginx for each app: give every machine a prefix of its own'
  read_state
}

# addresses A,B: one a line; nothing for -.
addresses() {
  if [ "${1--}" != - ]; then printf '%s\n' "${1//,/$'\n'}"; fi
}

# without A,B C,D: those of the first that are not in the second; - when there is none.
without() {
  local address left=''
  for address in $(addresses "$1"); do
    case ",$2," in
      *",$address,"*) ;;
      *) left=$left${left:+,}$address ;;
    esac
  done
  printf '%s' "${left:--}"
}
