# Sets the names of both sides.
read_references() {
  local host path tag digest
  split_reference "$STEP_TARGET"
  target_host=$host target_path=$path target_name=$host/$path target_tag=$tag
  split_reference "$STEP_SOURCE"
  source_host=$host source_name=$host/$path source_digest=$digest
  # A digest says all: some tools refuse a tag beside it.
  if [ -n "$digest" ]; then source_reference=$source_name@$digest; else source_reference=$source_name:${tag:-latest}; fi
  if [ "$source_reference" = "$target_name:$target_tag" ]; then
    fail 'source and target are the same' "name another tag or another registry as the target"
  fi
}

check_wishes() {
  local names tag
  if [ -n "$source_digest" ] && given "$STEP_EXPECTED_DIGEST" && [ "$source_digest" != "$STEP_EXPECTED_DIGEST" ]; then
    fail "source names the digest $source_digest, and expectedDigest another one: $STEP_EXPECTED_DIGEST"
  fi
  if [ -z "$source_digest" ] && ! given "$STEP_EXPECTED_DIGEST" && ! is_true "$STEP_ALLOW_MUTABLE"; then
    fail "nothing says which image $STEP_SOURCE must be: somebody may have moved the tag since it was tested" \
      'give expectedDigest (autobuildImage returns it), name the source by its digest, or take what is there by allowMutable: true'
  fi
  read_lines names "$STEP_TAGS"
  for tag in ${names[@]+"${names[@]}"} "$target_tag"; do
    if [ "$tag" = "$STEP_BACKUP_TAG" ]; then fail "backupTag is one of the tags that the new image gets: $tag"; fi
  done
}

# find_source: sets digest to the source's, and leaves its manifest in "$CALL_FOLDER/manifest".
find_source() {
  local status=0
  if [ "$tool" = docker ]; then
    find_by_docker
  else
    read_manifest source "$source_reference" "$CALL_FOLDER/manifest" || status=$?
    [ "$status" -ne 4 ] || fail "there is no $STEP_SOURCE" 'has it been pushed, and under this name?'
    [ "$status" -eq 0 ] || fail "$STEP_SOURCE could not be read: $(last_word)" "$(access_hint "$source_host" sourceLogin)"
    digest=$(digest_of "$CALL_FOLDER/manifest")
  fi
  if [ -n "$source_digest" ] && [ "$digest" != "$source_digest" ]; then
    fail "the registry answered $source_reference with something else: $digest" 'do not trust this registry'
  fi
  if given "$STEP_EXPECTED_DIGEST" && [ "$digest" != "$STEP_EXPECTED_DIGEST" ]; then
    fail "$STEP_SOURCE is $digest now and not $STEP_EXPECTED_DIGEST, which was expected" \
      'somebody moved the tag: test the new image, or name the source by its digest'
  fi
}

access_hint() {
  if grep -qi 'http response to https client' "$CALL_FOLDER/words" 2>/dev/null; then
    printf 'it speaks plain HTTP: if that is meant, say plainHttp: [%s]' "'$1'"
  else
    printf 'see %s' "$2"
  fi
}

# read_platforms: leaves in "$CALL_FOLDER/blobs" every blob of every platform once, and sets the arrays platforms (the
# digests of the manifests, none where there is one only) and configs.
read_platforms() {
  local child size file=$CALL_FOLDER/manifest
  platforms=() configs=()
  : >"$CALL_FOLDER/all-blobs"
  if is_index "$file"; then
    while read -r child size; do platforms+=("$child"); done < <(descriptors "$file")
    for child in ${platforms[@]+"${platforms[@]}"}; do
      file=$CALL_FOLDER/manifest-${child#sha256:}
      read_manifest source "$source_name@$child" "$file" || fail "$source_name@$child could not be read: $(last_word)" \
        'it is one of the platforms of the source; an index without all of them cannot be promoted'
      note_blobs "$file"
    done
  else
    note_blobs "$file"
  fi
  sort -u "$CALL_FOLDER/all-blobs" >"$CALL_FOLDER/blobs"
}

note_blobs() {
  descriptors "$1" >>"$CALL_FOLDER/all-blobs"
  configs+=("$(descriptors "$1" | head -n 1 | cut -d ' ' -f 1)")
}

total_of() { awk '{ total += $2 } END { printf "%d", total }' "$1"; }

# estimate: sets bytes to what has to travel, and exact to whether the registry said so.
estimate() {
  exact=true
  if ! missing_blobs "$target_host" "$target_path" "$CALL_FOLDER/logins/target.json" "$CALL_FOLDER/blobs" >"$CALL_FOLDER/missing"; then
    exact=false
    cp "$CALL_FOLDER/blobs" "$CALL_FOLDER/missing"
  fi
  bytes=$(total_of "$CALL_FOLDER/missing")
}

# target_digest TAG: what a tag of the target names; nothing when there is none.
target_digest() {
  local status=0 file=$CALL_FOLDER/target-manifest
  read_manifest target "$target_name:$1" "$file" || status=$?
  case $status in
    0) digest_of "$file" ;;
    4) ;;
    *) return 1 ;;
  esac
}

# look_at_target: sets previous to the digest that the target has, and refuses what must not be overwritten.
look_at_target() {
  local tag names now
  read_lines names "$STEP_TAGS"
  previous=''
  for tag in "$target_tag" ${names[@]+"${names[@]}"}; do
    if [ "$tool" = docker ]; then
      now=$(digest_by_docker "$target_name:$tag")
    else
      now=$(target_digest "$tag") ||
        fail "$target_name:$tag could not be looked at: $(last_word)" "$(access_hint "$target_host" targetLogin)"
    fi
    if [ "$tag" = "$target_tag" ]; then previous=$now; fi
    if [ -n "$now" ] && [ "$now" != "$digest" ] && ! is_true "$STEP_ALLOW_OVERWRITE"; then
      fail "$target_name:$tag exists and is another image: $now" \
        'give it a tag of its own, or allowOverwrite: true, best with a backupTag'
    fi
  done
}

# check_contract: the report must be about this very image, and without a failure.
check_contract() {
  local report=$STEP_CONTRACT suite about config
  given "$report" || return 0
  [ -f "./$report" ] || fail "there is no report $report: the contract of the image has not been checked" 'run checkContract before, in this workspace'
  suite=$(grep -m 1 '<testsuite ' "./$report" || true)
  case $suite in
    *' failures="0" errors="0"'*) ;;
    *) fail "the image broke its contract: see $report" 'nothing was promoted' ;;
  esac
  about=$(grep -oE '<property name="(imageId|imageDigest)" value="sha256:[0-9a-f]{64}"' "./$report" | cut -d '"' -f 4 || true)
  for config in "$digest" ${configs[@]+"${configs[@]}"}; do
    case $'\n'$about$'\n' in *$'\n'"$config"$'\n'*) return 0 ;; esac
  done
  fail "the report $report is about another image" "check the contract of $source_name@$digest"
}

# copy_signatures: those that cosign and its like keep as tags beside the image. They come before the tag, so that nobody
# meets the image unsigned. Sets signatures to how many there are.
copy_signatures() {
  local tag of status=0
  signatures=0
  if [ "$STEP_SIGNATURES" = skip ]; then return 0; fi
  list_tags source "$source_name" "$CALL_FOLDER/tags" || status=$?
  if [ "$status" -ne 0 ]; then
    [ "$STEP_SIGNATURES" = copy ] || fail "signatures of $source_name cannot be listed: $(last_word)"
    say "signatures of $source_name cannot be listed, so none was copied: $(last_word)"
    return 0
  fi
  for of in "$digest" ${platforms[@]+"${platforms[@]}"}; do
    while IFS= read -r tag; do
      copy_image source "$source_name:$tag" "$target_name:$tag" || fail "$tag could not be copied: $(last_word)" "no tag was moved"
      signatures=$((signatures + 1))
    done < <(grep -xE "sha256-${of#sha256:}([.](sig|att|sbom))?" "$CALL_FOLDER/tags")
  done
  if [ "$STEP_SIGNATURES" = require ] && [ "$signatures" -eq 0 ]; then
    fail "$source_name@$digest has no signature" 'sign it first, or leave signatures at copy'
  fi
}

# verify NAME: what the target answers for it is what was promised, byte for byte.
verify() {
  local status=0
  read_manifest target "$1" "$CALL_FOLDER/verified" || status=$?
  [ "$status" -eq 0 ] || fail "$1 cannot be read after it was copied: $(last_word)" 'no tag was moved by this'
  cmp -s "$CALL_FOLDER/verified" "$2" || fail "the target has something else under $1: $(digest_of "$CALL_FOLDER/verified")" \
    'somebody else pushed at the same time, or changes images on their way'
}

promote() {
  local child names tag
  if [ "$bytes" -gt 0 ] || ! verified_already; then
    copy_image source "$source_name@$digest" "$target_name@$digest" ||
      fail "$source_name@$digest could not be copied: $(last_word)" 'no tag was moved; what arrived is found again by the next try'
    copied=true
  fi
  verify "$target_name@$digest" "$CALL_FOLDER/manifest"
  for child in ${platforms[@]+"${platforms[@]}"}; do
    verify "$target_name@$child" "$CALL_FOLDER/manifest-${child#sha256:}"
  done
  copy_signatures
  back_up
  read_lines names "$STEP_TAGS"
  for tag in "$target_tag" ${names[@]+"${names[@]}"}; do
    give_tag "$target_name" "$digest" "$tag" || fail "$target_name could not be given the tag $tag: $(last_word)" 'the tags before it have been moved; run it again'
    verify "$target_name:$tag" "$CALL_FOLDER/manifest"
    say "$target_name:$tag is $digest"
  done
}

# The registry may have it all already, under whatever tag.
verified_already() {
  is_true "$exact" && read_manifest target "$target_name@$digest" "$CALL_FOLDER/there" && cmp -s "$CALL_FOLDER/there" "$CALL_FOLDER/manifest"
}

# The tag is looked at once more: between the first look and now lies the whole copying.
back_up() {
  local now
  now=$(target_digest "$target_tag") || fail "$STEP_TARGET could not be looked at: $(last_word)"
  if [ "$now" != "$previous" ]; then
    fail "$STEP_TARGET was moved by somebody else meanwhile: it is ${now:-gone} now" 'look who promotes there, then run it again'
  fi
  if ! given "$STEP_BACKUP_TAG" || [ -z "$previous" ] || [ "$previous" = "$digest" ]; then return 0; fi
  cp "$CALL_FOLDER/target-manifest" "$CALL_FOLDER/previous-manifest"
  copy_image target "$target_name@$previous" "$target_name:$STEP_BACKUP_TAG" ||
    fail "$target_name could not be given the backup tag $STEP_BACKUP_TAG: $(last_word)" 'the target is as it was'
  verify "$target_name:$STEP_BACKUP_TAG" "$CALL_FOLDER/previous-manifest"
  say "$target_name:$STEP_BACKUP_TAG is $previous, which $target_tag was until now"
}

prepare() {
  umask 077
  SECONDS=0
  limit=$(duration_seconds "$STEP_TIMEOUT")
  read_references
  check_wishes
  choose_tool "$STEP_TOOL"
  open_registries
}

how_much() {
  if is_true "$exact"; then printf '%s bytes' "$bytes"; else printf 'at most %s bytes' "$bytes"; fi
}

# It looks, where the tool is here and the registries let it: a dry run is told no login.
step_plan() {
  local tool source_host source_name source_reference source_digest target_host target_path target_name target_tag
  local digest='' previous='' bytes=0 exact platforms configs limit policy names tag
  read_lines names "$STEP_TAGS"
  read_references
  check_wishes
  plan "copy $source_reference to $target_name with every platform, verify it there, then give it the tag $target_tag"
  for tag in ${names[@]+"${names[@]}"}; do plan "give it the tag $tag too"; done
  if given "$STEP_BACKUP_TAG"; then plan "keep what $target_tag was as $STEP_BACKUP_TAG"; fi
  if given "$STEP_CONTRACT"; then plan "do so only if $STEP_CONTRACT says that it keeps its contract"; fi
  if [ "$STEP_TOOL" = auto ] && [ -z "$(best_tool)" ]; then
    plan 'find out how much has to move: none of skopeo, regctl, crane and docker is here'
    return 0
  fi
  prepare
  STEP_RETRIES=0
  if [ "$tool" = docker ]; then return 0; fi
  if ! read_manifest source "$source_reference" "$CALL_FOLDER/manifest"; then
    plan "find out how much has to move: $STEP_SOURCE cannot be read from here ($(last_word))"
    return 0
  fi
  find_source
  read_platforms
  check_contract
  if previous=$(target_digest "$target_tag"); then look_at_target; fi
  estimate
  plan "move $(how_much) of $(total_of "$CALL_FOLDER/blobs"); the digest is $digest"
  if [ -n "$previous" ] && [ "$previous" != "$digest" ]; then plan "overwrite $previous"; fi
}

step_run() {
  local tool source_host source_name source_reference source_digest target_host target_path target_name target_tag
  local digest='' previous='' bytes=0 exact=false platforms=() configs=() limit policy signatures=0 copied=false
  prepare
  find_source
  if [ "$tool" = docker ]; then
    promote_by_docker
  else
    read_platforms
    check_contract
    look_at_target
    estimate
    say "$STEP_SOURCE is $digest; $(how_much) of $(total_of "$CALL_FOLDER/blobs") have to move"
    promote
  fi
  result digest "$digest"
  result image "$target_name@$digest"
  result previous "$previous"
  result copied "$copied"
  result bytes "$bytes"
  result signatures "$signatures"
  result tool "$tool"
  result seconds "$SECONDS"
  report "$STEP_TARGET is $digest now, from $STEP_SOURCE; $(how_much) moved"
}

step_end() {
  rm -rf "$CALL_FOLDER/logins" "$CALL_FOLDER/docker" "$CALL_FOLDER/curl-access" "$CALL_FOLDER/curl-blobs"
  forget_by_docker
}
