# The way through the engine of the machine, for where there is nothing better: it moves one platform, unpacks it to disk
# and packs it again, which may give it another digest, and leaves signatures behind.

# remember_name NAME: what the machine has under a name, so that it can be put back. The first look counts.
remember_name() {
  if [ -f "$CALL_FOLDER/names" ] && cut -d ' ' -f 1 "$CALL_FOLDER/names" | grep -qxF -e "$1"; then return 0; fi
  printf '%s %s\n' "$1" "$(docker image inspect --format '{{.Id}}' "$1" 2>/dev/null || true)" >>"$CALL_FOLDER/names"
}

# names_by_digest REFERENCE: the names with a digest that the machine has of its repository. Pulling and pushing leave them.
names_by_digest() {
  local host path tag digest name
  split_reference "$1"
  docker images --digests --format '{{.Repository}} {{.Digest}}' 2>/dev/null | sort -u | while read -r name digest; do
    case $name,$digest in
      "$host/$path,sha256:"* | "${path#library/},sha256:"*) printf '%s@%s\n' "$name" "$digest" ;;
    esac
  done
}

forget_by_docker() {
  local name id
  if [ ! -f "$CALL_FOLDER/names" ] || ! has_program docker; then return 0; fi
  while read -r name id; do
    if [ -n "$id" ]; then
      docker tag "$id" "$name" >/dev/null 2>&1 || true
    else
      docker rmi --no-prune "$name" >/dev/null 2>&1 || true
    fi
  done <"$CALL_FOLDER/names"
  { names_by_digest "$STEP_SOURCE" && names_by_digest "$STEP_TARGET"; } | grep -vxF -f "$CALL_FOLDER/digests" | while read -r name; do
    docker rmi --no-prune "$name" >/dev/null 2>&1 || true
  done
  rm -f "$CALL_FOLDER/names"
}

insecure_words() {
  words=()
  if is_plain "$1"; then words=(--insecure); fi
}

# digest_of_words: the digest that docker pull and docker push end with.
digest_of_words() { grep -oE '[Dd]igest: sha256:[0-9a-f]{64}' "$CALL_FOLDER/words" | tail -n 1 | cut -d ' ' -f 2 || true; }

find_by_docker() {
  local status=0 words
  { names_by_digest "$STEP_SOURCE" && names_by_digest "$STEP_TARGET"; } >"$CALL_FOLDER/digests"
  remember_name "$source_reference"
  persist shown docker pull "$source_reference" || status=$?
  [ "$status" -ne 4 ] || fail "there is no $STEP_SOURCE" 'has it been pushed, and under this name?'
  [ "$status" -eq 0 ] || fail "$STEP_SOURCE could not be pulled: $(last_word)" 'see sourceLogin'
  digest=$(digest_of_words)
  [ -n "$digest" ] || fail "docker pull did not say which digest $STEP_SOURCE has"
  insecure_words "$source_host"
  persist into "$CALL_FOLDER/manifest" docker manifest inspect ${words[@]+"${words[@]}"} "$source_name@$digest" ||
    fail "$STEP_SOURCE could not be read: $(last_word)" 'see sourceLogin and plainHttp'
  if is_index "$CALL_FOLDER/manifest" && ! is_true "$STEP_ACCEPT_LOSSES"; then
    fail "$STEP_SOURCE has several platforms, and docker would promote only the one of this machine, under another digest" \
      'apt-get install skopeo, or acceptLosses: true'
  fi
}

# digest_by_docker NAME: the digest of a tag of the target; nothing when there is none.
digest_by_docker() {
  local words status=0
  insecure_words "$target_host"
  persist into "$CALL_FOLDER/target-manifest" docker manifest inspect ${words[@]+"${words[@]}"} "$1" || status=$?
  if [ "$status" -eq 4 ]; then return 0; fi
  [ "$status" -eq 0 ] || fail "$1 could not be looked at: $(last_word)" 'see targetLogin and plainHttp'
  remember_name "$1"
  persist shown docker pull "$1" || fail "$1 could not be looked at: $(last_word)" 'see targetLogin'
  digest_of_words
}

# push_by_docker TAG: sets pushed to the digest that it has in the target.
push_by_docker() {
  local name=$target_name:$1
  remember_name "$name"
  docker tag "$2" "$name" >/dev/null
  persist shown docker push "$name" || fail "$name could not be pushed: $(last_word)" 'the tags before it have been moved'
  pushed=$(digest_of_words)
}

# docker pushes tags only, and tells the digest afterwards: so it is pushed under a tag that nobody uses first.
promote_by_docker() {
  local image names tag pushed config
  [ "$STEP_SIGNATURES" != require ] || fail 'docker cannot promote signatures' 'apt-get install skopeo, or leave signatures at copy'
  image=$(docker image inspect --format '{{.Id}}' "$source_name@$digest") || fail "docker does not know $source_name@$digest"
  configs=("$image")
  check_contract
  look_at_target
  if [ -n "$previous" ] && [ "$previous" != "$digest" ] && given "$STEP_BACKUP_TAG"; then
    push_by_docker "$STEP_BACKUP_TAG" "$target_name@$previous"
    [ "$pushed" = "$previous" ] || fail "docker gave the backup another digest than $previous had: $pushed" 'the target is as it was'
  fi
  push_by_docker footman-incoming "$image"
  if [ "$pushed" != "$digest" ]; then
    is_true "$STEP_ACCEPT_LOSSES" || fail "docker would give it another digest: $pushed instead of $digest" \
      'the tag was not moved. apt-get install skopeo, or acceptLosses: true'
    say "it has another digest in the target, because docker packed it again: $pushed instead of $digest"
    digest=$pushed
  fi
  read_lines names "$STEP_TAGS"
  for tag in "$target_tag" ${names[@]+"${names[@]}"}; do
    push_by_docker "$tag" "$image"
    [ "$pushed" = "$digest" ] || fail "$target_name:$tag got another digest: $pushed" 'somebody changes images on their way'
    say "$target_name:$tag is $digest"
  done
  bytes=$(docker image inspect --format '{{.Size}}' "$image")
  copied=true
  say 'docker moved one platform only, without signatures: skopeo, regctl and crane move all of it, without unpacking'
}
