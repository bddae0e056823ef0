# Parts of a pipe.

# measure FILE: hands its input on, and leaves the digest of it in FILE.sum and its length in FILE.bytes.
measure() {
  local hashing counting status=0
  rm -f "$1.hash" "$1.count"
  mkfifo "$1.hash" "$1.count"
  sha256sum <"$1.hash" | cut -c 1-64 >"$1.sum" &
  hashing=$!
  wc -c <"$1.count" | tr -d ' ' >"$1.bytes" &
  counting=$!
  tee "$1.hash" "$1.count" || status=$?
  wait "$hashing" "$counting"
  rm -f "$1.hash" "$1.count"
  return "$status"
}

# after_first COMMAND...: begins a command only when there is something to feed it with.
after_first() {
  local -a ended
  dd bs=1 count=1 of="$CALL_FOLDER/first" 2>/dev/null
  if [ ! -s "$CALL_FOLDER/first" ]; then return 0; fi
  cat "$CALL_FOLDER/first" - | "$@"
  ended=("${PIPESTATUS[@]}")
  return "${ended[1]}"
}

# answer_to FILE COMMAND...: what it prints goes into the file, what it complains of into "$CALL_FOLDER/words".
answer_to() {
  local file=$1
  shift
  "$@" >"$file" 2>"$CALL_FOLDER/words"
}

last_word() { tail -n 1 "$CALL_FOLDER/words" 2>/dev/null | cut -c 1-300 || true; }
