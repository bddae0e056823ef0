step_plan() {
  if is_true "$STEP_HEADLESS"; then
    plan "start ${STEP_DRIVER:-$(driver_name)} and run the command without a display"
  else
    plan "start Xvfb with the screen $STEP_SCREEN and ${STEP_DRIVER:-$(driver_name)}, and run the command"
  fi
  if given "$STEP_ARTIFACTS$STEP_JUNIT"; then plan "archive $STEP_ARTIFACTS${STEP_JUNIT:+ $STEP_JUNIT}"; fi
}

driver_name() { if [ "$STEP_BROWSER" = firefox ]; then printf geckodriver; else printf chromedriver; fi; }

# Sets driver.
find_driver() {
  driver=$STEP_DRIVER
  if given "$driver"; then
    [ -x "$driver" ] || fail "there is no driver $driver"
    return
  fi
  driver=$(type -P "$(driver_name)") && return
  if [ "$STEP_BROWSER" = firefox ]; then
    fail 'it needs geckodriver, which this machine does not have' \
      "Debian has no package of it: take it from Mozilla's releases and name it, driver: '/path'"
  fi
  need_program chromedriver chromium-driver
}

# Both drivers listen on this machine only and find a free port, which they tell.
start_driver() {
  # Tests keep the settings of their user, browsers get none.
  keep driver env XDG_CONFIG_HOME="$TMPDIR/config" XDG_CACHE_HOME="$TMPDIR/cache" "$driver" --port=0
  wait_for_kept 30 driver_port || {
    last_words driver
    fail "$driver did not start"
  }
  body_env WEBDRIVER_URL "http://127.0.0.1:$(driver_port)"
}

driver_port() { sed -nE 's/.*(started successfully on port |Listening on 127[.]0[.]0[.]1:)([0-9]+).*/\2/p' "$CALL_FOLDER/driver.log" | grep .; }

# What the bindings read: JavaScript takes SELENIUM_REMOTE_URL and SELENIUM_BROWSER; Java, Python and Ruby, which start a
# driver of their own, its path. Offline, none of them goes looking for another in the internet.
tell_bindings() {
  body_env SELENIUM_REMOTE_URL "$WEBDRIVER_URL"
  body_env SELENIUM_BROWSER "$STEP_BROWSER"
  if [ "$STEP_BROWSER" = firefox ]; then body_env SE_GECKODRIVER "$driver"; else body_env SE_CHROMEDRIVER "$driver"; fi
  body_env SE_OFFLINE true
  body_env SE_AVOID_STATS true
  body_env HEADLESS "$STEP_HEADLESS"
}

# Profiles and downloads of browsers. Short, because a browser makes sockets in there, whose paths have 108 characters.
make_scratch() {
  local scratch=/tmp/footman-$CALL_ID
  (umask 077 && mkdir "$scratch") || fail "$scratch is there already"
  export TMPDIR="$scratch"
}

step_run() {
  local status
  SECONDS=0
  find_driver
  if ! is_true "$STEP_HEADLESS"; then refuse_display; fi
  make_scratch
  mark_call
  if is_true "$STEP_HEADLESS"; then
    unset DISPLAY XAUTHORITY
  else
    open_display
    result display "$display"
  fi
  start_driver
  tell_bindings
  say "$("$driver" --version | head -n 1)"
  run_watched || {
    status=$?
    last_words driver
    exit "$status"
  }
  if [ "$STEP_VIEW" = x11 ]; then refuse_open_display; fi
  result seconds "$SECONDS"
  report "the tests ended well after $SECONDS s"
}

step_end() {
  close_display
  rm -rf -- "/tmp/footman-$CALL_ID"
}
