# One way to another machine: its key is known before, nothing is asked, and nothing of the agent is lent to it.

# open_ssh HOST PORT USER KEYFILE KEYS: sets the array ssh_words. KEYS are its host keys, one a line; without any, those
# that the agent knows count.
open_ssh() {
  local keys key place=$1 file=$CALL_FOLDER/known_hosts
  ssh_words=(
    ssh -T -p "$2"
    -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -o ConnectTimeout=15
    -o ServerAliveInterval=15 -o ServerAliveCountMax=4
    -o ForwardAgent=no -o ClearAllForwardings=yes -o Compression=no -o ControlPath=none
  )
  if given "$3"; then ssh_words+=(-l "$3"); fi
  # ssh reads %h and blanks in the paths of its options.
  if given "$4"; then ssh_words+=(-o IdentitiesOnly=yes -o "IdentityFile=\"${4//%/%%}\""); fi
  if given "$5"; then
    [ "$2" = 22 ] || place="[$1]:$2"
    : >"$file"
    read_lines keys "$5"
    for key in "${keys[@]}"; do printf '%s %s\n' "$place" "$key" >>"$file"; done
    ssh_words+=(-o "UserKnownHostsFile=\"${file//%/%%}\"" -o GlobalKnownHostsFile=/dev/null)
    ssh_words+=(-o CheckHostIP=no)
  fi
  ssh_words+=(-- "$1")
}

# quote TEXT: as one word of any shell.
quote() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# far_script FILE ARGUMENT...: sets far to the command line that runs a file of ours at the far end, whatever the login
# shell there is.
far_script() {
  local word
  far="sh -c $(quote "$(cat "$1")") footman"
  shift
  for word in "$@"; do far="$far $(quote "$word")"; done
}

ssh_hint() {
  case $1 in
    *'Host key verification failed'* | *'host key is known'* | *'IDENTIFICATION HAS CHANGED'*)
      printf 'the key of the host is not the one that is known: compare it by hand (ssh-keyscan), then see hostKeys'
      ;;
    *'Permission denied'*) printf 'see login and user' ;;
    *) printf 'see host and port' ;;
  esac
}
