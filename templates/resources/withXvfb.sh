step_plan() {
  case $STEP_VIEW in
    x11) plan "share the display ${STEP_DISPLAY:-${DISPLAY:-of whoever runs this}} by a cookie of its own" ;;
    vnc) plan "start Xvfb with the screen $STEP_SCREEN, and a viewer for this machine only" ;;
    *) plan "start Xvfb with the screen $STEP_SCREEN" ;;
  esac
  if given "$STEP_SCREENSHOT"; then plan "leave a picture of the screen in $STEP_SCREENSHOT when it fails"; fi
}

step_run() {
  SECONDS=0
  refuse_display
  open_display
  run_watched
  finish "$SECONDS"
}

step_begin() {
  refuse_display
  date +%s >"$CALL_FOLDER/began"
  mark_body
  open_display
  printf '%s\n' "$display" >"$CALL_FOLDER/name"
  arm_camera
}

step_finish() {
  disarm_camera
  display=$(cat "$CALL_FOLDER/name")
  finish "$(($(date +%s) - $(cat "$CALL_FOLDER/began")))"
}

finish() {
  if [ "$STEP_VIEW" = x11 ]; then refuse_open_display; fi
  result display "$display"
  result seconds "$1"
  report "ran for $1 s on display $display"
}

step_end() { close_display; }
