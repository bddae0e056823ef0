# An X display for a call. Never by xvfb-run: ended by SIGTERM, it leaves both Xvfb and the command running.

# open_display: as STEP_VIEW says; sets display (":1"), and tells body or command by DISPLAY, XAUTHORITY and X11_SOCKET.
open_display() {
  if [ "$STEP_VIEW" = x11 ]; then borrow_display; else start_display; fi
  body_env DISPLAY "$display"
  body_env XAUTHORITY "$CALL_FOLDER/authority"
  body_env X11_SOCKET "$(socket_of "$display")"
  guard_xhost
  if [ "$STEP_VIEW" = vnc ]; then start_vnc; fi
}

# refuse_display: what can be refused before anything is started.
refuse_display() {
  need_program xauth xauth
  case $STEP_VIEW in
    x11) refuse_to_borrow ;;
    vnc) need_program x11vnc x11vnc ;;
  esac
  if [ "$STEP_VIEW" != x11 ]; then need_program Xvfb xvfb; fi
  if given "$STEP_SCREENSHOT"; then
    has_program magick || need_program convert imagemagick
    rm -f -- "$STEP_SCREENSHOT"
  fi
}

# An X client can read every key and every screen of its display: nothing for a machine that others use.
refuse_to_borrow() {
  local name=${STEP_DISPLAY:-${DISPLAY-}}
  need_program xhost x11-xserver-utils
  if given "$STEP_SCREENSHOT"; then
    fail "view: 'x11' takes no screenshot: it would show everything else on the screen too"
  fi
  if given "${JENKINS_URL-}${BUILD_URL-}"; then
    fail "view: 'x11' shares the screen and keyboard of whoever sits there, which no build of a controller may" \
      "run the step on your own machine with footman library run, or watch by view: 'vnc'"
  fi
  given "$name" || fail "view: 'x11' needs a display, and DISPLAY is empty" "name it, e.g. display: ':0'"
  [[ $name =~ ^:[0-9]{1,5}([.][0-9]{1,2})?$ ]] ||
    fail "view: 'x11' shares only a display of this machine, and DISPLAY is '$name'" "name a local one, e.g. display: ':0'"
  [ -S "$(socket_of "$name")" ] || fail "the display $name has no socket $(socket_of "$name")" 'is the X server running?'
}

socket_of() {
  local number=${1#:}
  printf '/tmp/.X11-unix/X%s' "${number%%.*}"
}

borrow_display() {
  display=${STEP_DISPLAY:-$DISPLAY}
  copy_cookie "$display" "${XAUTHORITY:-${HOME-}/.Xauthority}" ||
    fail "there is no cookie for the display $display in ${XAUTHORITY:-${HOME-}/.Xauthority}" 'try: xauth list'
  refuse_open_display
}

# refuse_open_display: with `xhost +` a cookie would protect nothing.
refuse_open_display() {
  local access
  access=$(DISPLAY=$display XAUTHORITY=$CALL_FOLDER/authority xhost 2>&1) || fail "the display $display does not let us in: $access"
  case $access in
    *disabled*) fail "the display $display is open to everybody, as xhost + leaves it" 'close it: xhost -' ;;
  esac
}

# copy_cookie DISPLAY FILE: the cookie of this one display, into a file that only we can read. In the wildcard family it
# is good under any name of the machine: a container has another.
copy_cookie() {
  local cookie
  (umask 077 && : >"$CALL_FOLDER/authority")
  cookie=$(xauth -q -i -n -f "$2" nlist "$1" 2>/dev/null | sed 's/^..../ffff/') || true
  printf '%s\n' "$cookie" | xauth -q -f "$CALL_FOLDER/authority" nmerge - 2>/dev/null
  [ -s "$CALL_FOLDER/authority" ]
}

# The server finds its cookie when it starts: with an empty file it would let everybody in. It does not look at the
# number of the display beside it, which is known only later.
start_display() {
  local server=$CALL_FOLDER/server-authority frame=()
  (umask 077 && : >"$server")
  add_cookie 0 "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  if given "$STEP_SCREENSHOT"; then
    mkdir -p "$CALL_FOLDER/frame"
    chmod 700 "$CALL_FOLDER/frame"
    frame=(-fbdir "$CALL_FOLDER/frame")
  fi
  keep xvfb Xvfb -displayfd 3 -screen 0 "$STEP_SCREEN" -nolisten tcp -noreset -auth "$server" \
    ${frame[@]+"${frame[@]}"} 3>"$CALL_FOLDER/display"
  wait_for_kept 30 test -s "$CALL_FOLDER/display" || {
    last_words xvfb
    fail "Xvfb did not start with the screen $STEP_SCREEN"
  }
  display=:$(cat "$CALL_FOLDER/display")
  add_cookie "${display#:}" "$(xauth -q -n -f "$server" list | sed 's/.* //')"
  copy_cookie "$display" "$server" || fail "xauth could not write $CALL_FOLDER/authority"
}

# add_cookie NUMBER COOKIE: by standard input, where no list of processes shows it.
add_cookie() { printf 'add :%s . %s\n' "$1" "$2" | xauth -q -n -f "$CALL_FOLDER/server-authority" source -; }

# guard_xhost: body and command find an xhost that opens the display to nobody.
guard_xhost() {
  local real
  real=$(type -P xhost) || real=xhost
  mkdir -p "$CALL_FOLDER/guard"
  cat >"$CALL_FOLDER/guard/xhost" <<'GUARD'
#!/bin/sh
for word; do
  case $word in
    -* | si:localuser:?* | +si:localuser:?*) ;;
    *)
      echo "xhost $word is refused: whoever is let in reads the whole display. Hand on its cookie instead: XAUTHORITY=$XAUTHORITY" >&2
      exit 1
      ;;
  esac
done
GUARD
  printf 'exec %q "$@"\n' "$real" >>"$CALL_FOLDER/guard/xhost"
  chmod +x "$CALL_FOLDER/guard/xhost"
  body_env PATH+FOOTMAN_XHOST "$CALL_FOLDER/guard"
}

# A viewer on this machine only, for one visit. The password is in a file and not in the log, which others may read.
start_vnc() {
  local port
  (
    umask 077
    od -An -N4 -tx1 /dev/urandom | tr -d ' \n' >"$CALL_FOLDER/vnc-password"
  )
  keep vnc x11vnc -display "$display" -auth "$CALL_FOLDER/authority" -localhost -noipv6 -autoport 5900 \
    -passwdfile "$CALL_FOLDER/vnc-password" -norc -nolookup -nossl -quiet
  wait_for_kept 30 grep -q '^PORT=' "$CALL_FOLDER/vnc.log" || {
    last_words vnc
    fail 'x11vnc did not start'
  }
  port=$(sed -n 's/^PORT=//p' "$CALL_FOLDER/vnc.log")
  say "watch $display: ssh -L $port:127.0.0.1:$port to this machine, then a VNC viewer on localhost:$port"
  say "the password, good for one visit: cat '$CALL_FOLDER/vnc-password'"
}

# arm_camera: from now on an end that nobody announced is a failure, and gets a picture.
arm_camera() {
  if given "$STEP_SCREENSHOT"; then printf '%s' "$PWD/$STEP_SCREENSHOT" >"$CALL_FOLDER/picture"; fi
}
disarm_camera() { rm -f "$CALL_FOLDER/picture"; }

# take_picture: of what the screen shows now, at most once. Read from the server's own memory, it needs no server that
# still answers.
take_picture() {
  local picture convert=convert
  [ -s "$CALL_FOLDER/picture" ] || return 0
  picture=$(cat "$CALL_FOLDER/picture")
  disarm_camera
  if has_program magick; then convert=magick; fi
  mkdir -p -- "${picture%/*}"
  if "$convert" xwd:- png:- <"$CALL_FOLDER/frame/Xvfb_screen0" >"$picture" 2>/dev/null; then
    say "what the screen showed is in ${picture##*/}"
  else
    rm -f -- "$picture"
    say 'no picture could be taken of the screen'
  fi
}

# run_watched: the command, and a picture when it fails, is aborted or takes too long; before its windows are closed.
run_watched() {
  local status=0
  arm_camera
  trap 'take_picture; exit 143' TERM HUP
  trap 'take_picture; exit 130' INT
  run_command watched || status=$?
  disarm_camera
  return "$status"
}

watched() {
  local status=0
  "$@" || status=$?
  [ "$status" -eq 0 ] || take_picture
  return "$status"
}

# close_display: a killed server leaves its socket behind; one that another server has made since is another file.
close_display() {
  take_picture
  end_marked
  local number socket
  number=$(cat "$CALL_FOLDER/display" 2>/dev/null) || return 0
  given "$number" || return 0
  socket=/tmp/.X11-unix/X$number
  if [ -S "$socket" ] && ! grep -q "$socket\$" /proc/net/unix; then rm -f "$socket"; fi
}
