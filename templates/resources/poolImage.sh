# A pool is a repository of bup with a marker, and a card for each image: which stream it is, and how it is checked.
# A card is called by the digest of the image's name, so that any name makes a file and a branch.

pool_marker() { printf '%s/footman/pool' "$STEP_POOL"; }
bup_pool() { bup -d "$STEP_POOL" "$@"; }
key_of() { printf '%s' "$1" | sha256sum | cut -c 1-64; }
card_of() { printf '%s/footman/%s.card' "$STEP_POOL" "$(key_of "$1")"; }
branch_of() { printf 'footman-%s' "$(key_of "$1")"; }

# full_name IMAGE: one image has one card, however its name was shortened.
full_name() {
  case $1 in
    *@*) printf '%s' "$1" ;;
    *) case ${1##*/} in *:*) printf '%s' "$1" ;; *) printf '%s:latest' "$1" ;; esac ;;
  esac
}

# card NAME FILE: one value of a card.
card() {
  local key value
  while IFS='=' read -r key value; do
    if [ "$key" = "$1" ]; then printf '%s' "$value"; fi
  done <"$2"
}

# open_pool [new]: refuses a folder that is something else.
open_pool() {
  local root
  if [ -f "$(pool_marker)" ]; then return 0; fi
  if [ "${1-}" != new ]; then fail "$STEP_POOL is no pool" 'action: save makes one, and sync brings one'; fi
  root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null || true)
  if [ -n "$root" ]; then
    case $STEP_POOL/ in "$root"/*) fail "$STEP_POOL belongs to docker" 'take a folder of its own' ;; esac
  fi
  if [ -e "$STEP_POOL" ] && [ -n "$(ls -A -- "$STEP_POOL")" ]; then
    fail "$STEP_POOL holds other things and is no pool" 'take an empty folder, or one that is not there yet'
  fi
  mkdir -p -- "$STEP_POOL"
  bup_pool init >"$CALL_FOLDER/words" 2>&1 || fail "no pool can be made in $STEP_POOL: $(last_word)"
  mkdir -p "$STEP_POOL/footman"
  printf '1\n' >"$(pool_marker)"
}

# lock_pool shared|alone: several may write at the same time, but nobody while something is removed.
lock_pool() {
  local how=--shared
  if [ "$1" = alone ]; then how=--exclusive; fi
  exec 9>"$STEP_POOL/footman/lock"
  flock "$how" --wait "$(duration_seconds "$STEP_LOCK_TIMEOUT")" 9 || fail "$STEP_POOL is in use" "wait until whoever uses it is done, or see lockTimeout"
}

pool_bytes() { du -sb -- "$STEP_POOL/objects" | cut -f 1; }

need_image() {
  given "$STEP_IMAGE" || fail "action: $STEP_ACTION needs an image"
  name=$(full_name "$STEP_IMAGE")
}

# Engines that keep images as a registry does save compressed layers, in which no two versions have a part in common.
packs_layers() {
  if [ "$STEP_UNPACK" = always ]; then return 0; fi
  case $(docker info --format '{{json .DriverStatus}}' 2>/dev/null || true) in *io.containerd*) ;; *) return 1 ;; esac
}

# stream: the image as one stream without compression, the same bytes each time.
stream() {
  if [ "$form" = archive ]; then
    docker save "$name"
  else
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$CALL_FOLDER/unpacked" -cf - .
  fi
}

unpack_layers() {
  need_program skopeo skopeo
  docker save "$name" >"$CALL_FOLDER/packed.tar" && skopeo_copy --dest-decompress "docker-archive:$CALL_FOLDER/packed.tar" "dir:$CALL_FOLDER/unpacked"
}

skopeo_copy() {
  local policy=()
  if [ ! -f /etc/containers/policy.json ] && [ ! -f "${HOME-}/.config/containers/policy.json" ]; then
    printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$CALL_FOLDER/policy.json"
    policy=(--policy "$CALL_FOLDER/policy.json")
  fi
  skopeo ${policy[@]+"${policy[@]}"} copy --quiet "$@" >/dev/null
}

# pour: into the pool. The failure of any part of the way fails it.
pour() {
  stream 2>"$CALL_FOLDER/words" | measure "$CALL_FOLDER/stream" |
    after_first bup_pool split --quiet --name "$(branch_of "$name")" >"$CALL_FOLDER/split" 2>&1
}

save_image() {
  local id layers before form=archive card digest status=0
  need_image
  case $name in *@*) fail 'an image that is named by its digest has no name after it was loaded' 'give it a tag before' ;; esac
  id=$(docker image inspect --format '{{.Id}}' "$name" 2>/dev/null) || fail "there is no image $name here" 'build it or pull it before'
  layers=$(docker image inspect --format '{{range .RootFS.Layers}}{{.}},{{end}}' "$name")
  open_pool new
  lock_pool shared
  card=$(card_of "$name")
  before=$(pool_bytes)
  if [ -f "$card" ] && [ "$(card id "$card")" = "$id" ]; then
    bytes=$(card bytes "$card") new_bytes=0
    say "the pool has $name already"
    return 0
  fi
  if packs_layers; then
    form=folder
    supervise unpack_layers || fail "the layers of $name could not be unpacked" 'skopeo has said why, above'
  fi
  supervise pour || status=$?
  [ "$status" -eq 0 ] || fail "$name could not be saved: $(last_word) $(tail -n 1 "$CALL_FOLDER/split")" 'the pool is as it was, but for parts that no image names'
  digest=$(cat "$CALL_FOLDER/stream.sum") bytes=$(cat "$CALL_FOLDER/stream.bytes")
  if is_true "$STEP_VERIFY"; then
    supervise join_into "$CALL_FOLDER/joined" "$(branch_of "$name")" || fail "$name cannot be read back from the pool: $(last_word)"
    [ "$(cat "$CALL_FOLDER/joined.sum")" = "$digest" ] || fail "what the pool has of $name is not what was saved" 'look at the disk: bup fsck'
    rm -f "$CALL_FOLDER/joined"
  fi
  {
    printf 'name=%s\nid=%s\nlayers=%s\nsha256=%s\nbytes=%s\nform=%s\n' "$name" "$id" "$layers" "$digest" "$bytes" "$form"
    printf 'saved=%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  } >"$card.new.$CALL_ID"
  # The card comes last: what has none is not in the pool.
  mv -f "$card.new.$CALL_ID" "$card"
  new_bytes=$(($(pool_bytes) - before))
}

# join_into FILE BRANCH: the stream and, beside it, its digest.
join_into() {
  bup_pool join "$2" 2>"$CALL_FOLDER/words" >"$1" && sha256sum <"$1" | cut -c 1-64 >"$1.sum"
}

load_image() {
  local card file=$CALL_FOLDER/joined id
  need_image
  open_pool
  lock_pool shared
  card=$(card_of "$name")
  [ -f "$card" ] || fail "the pool has no $name" "it has: $(names | tr '\n' ' ')"
  id=$(docker image inspect --format '{{.Id}}' "$name" 2>/dev/null || true)
  bytes=$(card bytes "$card")
  if [ "$id" = "$(card id "$card")" ]; then
    say "this machine has $name already"
    return 0
  fi
  previous=$id
  supervise join_into "$file" "$(branch_of "$name")" || fail "$name cannot be read from the pool: $(last_word)" 'is all of it there? Sync it once more'
  [ "$(cat "$file.sum")" = "$(card sha256 "$card")" ] || fail "what the pool has of $name is damaged: it was not loaded" 'sync it once more, or look at the disk: bup fsck'
  if [ "$(card form "$card")" = folder ]; then
    need_program skopeo skopeo
    supervise repack "$file" || fail "$name could not be put together again" 'skopeo has said why, above'
  fi
  supervise docker load --quiet --input "$file" >&2 || fail "$name could not be loaded" 'docker has said why, above'
  check_loaded "$card"
}

repack() {
  mkdir "$CALL_FOLDER/unpacked" && tar -C "$CALL_FOLDER/unpacked" -xf "$1" && rm -f "$1" &&
    skopeo_copy "dir:$CALL_FOLDER/unpacked" "docker-archive:$1:$name"
}

# Ids differ where one engine keeps images as a registry does and the other does not; layers are the same everywhere.
check_loaded() {
  local there
  there=$(docker image inspect --format '{{range .RootFS.Layers}}{{.}},{{end}}' "$name" 2>/dev/null || true)
  [ "$there" = "$(card layers "$1")" ] || fail "$name was loaded, but has other layers: $there" 'do not use it'
}

names() {
  local file
  for file in "$STEP_POOL"/footman/*.card; do
    if [ -f "$file" ]; then printf '%s\n' "$(card name "$file")"; fi
  done | sort
}

list_images() {
  local file
  open_pool
  for file in "$STEP_POOL"/footman/*.card; do
    [ -f "$file" ] || continue
    say "$(card name "$file"): $(card bytes "$file") bytes, saved $(card saved "$file"), $(card id "$file")"
  done
}

# rsync takes its remote shell apart at blanks: so it is a file of ours, named from within its folder.
write_shell() {
  printf 'exec' >"$CALL_FOLDER/rsh"
  printf ' %q' "${ssh_words[@]:0:${#ssh_words[@]}-2}" >>"$CALL_FOLDER/rsh"
  # shellcheck disable=SC2016 # it is for the file
  printf ' "$@"\n' >>"$CALL_FOLDER/rsh"
}

# transfer WORD...: resumes what was interrupted; a part is never taken for the whole, because it lies elsewhere until then.
transfer() {
  local words=(--archive --partial-dir=.footman-partial --stats --no-owner --no-group) place=$STEP_TO
  if given "$STEP_BANDWIDTH"; then words+=("--bwlimit=$STEP_BANDWIDTH"); fi
  if given "$STEP_HOST"; then
    words+=(--rsh 'bash ./rsh' --protect-args)
    place="$STEP_HOST:$STEP_TO"
    case $STEP_HOST in *:*) place="[$STEP_HOST]:$STEP_TO" ;; esac
  fi
  cd -- "$CALL_FOLDER" && timeout --foreground --kill-after=10 "$limit" rsync "${words[@]}" "$@" "$STEP_POOL/" "$place/" >"$CALL_FOLDER/stats" 2>"$CALL_FOLDER/words"
}

# Packs never change under their name, so they go first; then what names them, so that the other side is whole at all times.
sync_pool() {
  local ssh_words=() round status limit
  given "$STEP_TO" || fail 'action: sync needs to, the folder of the other pool'
  need_program rsync rsync
  open_pool
  lock_pool shared
  limit=$(duration_seconds "$STEP_TIMEOUT")
  [ "$STEP_TO" != "$STEP_POOL" ] || given "$STEP_HOST" || fail 'pool and to are the same'
  if given "$STEP_HOST"; then
    need_program ssh openssh-client
    open_ssh "$STEP_HOST" "$STEP_PORT" "${STEP_USER:-$STEP_LOGIN_USER}" "$STEP_LOGIN_KEY" "$STEP_HOST_KEYS"
    write_shell
  fi
  check_other_side
  bytes=0
  # The marker goes first, so that what was interrupted is known as a pool. What is derived from packs is made anew there.
  for round in marker packs names; do
    status=0
    case $round in
      marker) supervise transfer --include=/footman/ --include=/footman/pool --exclude='*' || status=$? ;;
      packs) supervise transfer --ignore-existing --exclude='*.midx' --exclude=bup.bloom --include=/objects/ --include='/objects/**' --exclude='*' || status=$? ;;
      names) supervise transfer --exclude=/objects --exclude=/footman/lock --exclude='*.new.*' --exclude='/index-cache' || status=$? ;;
    esac
    if [ "$status" -eq 124 ]; then fail "it took longer than $STEP_TIMEOUT" 'run it again: it goes on where it stopped'; fi
    [ "$status" -eq 0 ] || fail "the way to ${STEP_HOST:-$STEP_TO} broke: $(last_word)" 'run it again: it goes on where it stopped'
    bytes=$((bytes + $(sed -n 's/^Total bytes sent: //p' "$CALL_FOLDER/stats" | tr -d ',.')))
  done
}

# A folder there that holds something else is not written into.
check_other_side() {
  # shellcheck disable=SC2016 # the other shell expands it
  local far status=0 script='if [ -e "$1/footman/pool" ]; then echo pool; elif [ ! -e "$1" ]; then mkdir -p -- "$1" && echo empty; elif [ -z "$(ls -A -- "$1")" ]; then echo empty; else echo other; fi'
  printf '%s\n' "$script" >"$CALL_FOLDER/look"
  if given "$STEP_HOST"; then
    far_script "$CALL_FOLDER/look" "$STEP_TO"
    supervise answer_to "$CALL_FOLDER/answer" timeout --foreground 60 "${ssh_words[@]}" "$far" || status=$?
  else
    supervise answer_to "$CALL_FOLDER/answer" sh "$CALL_FOLDER/look" "$STEP_TO" || status=$?
  fi
  [ "$status" -eq 0 ] || fail "${STEP_HOST:-$STEP_TO} cannot be asked: $(last_word)" "$(ssh_hint "$(cat "$CALL_FOLDER/words")")"
  case $(tail -n 1 "$CALL_FOLDER/answer") in
    pool | empty) ;;
    *) fail "$STEP_TO there holds other things and is no pool" 'take an empty folder, or one that is not there yet' ;;
  esac
}

# repository_of NAME
repository_of() { printf '%s' "${1%:*}"; }

prune_pool() {
  local file before repository known kept
  given "$STEP_KEEP_NEWEST" || fail 'action: prune needs keepNewest'
  open_pool
  lock_pool alone
  before=$(pool_bytes)
  for file in "$STEP_POOL"/footman/*.card; do
    if [ -f "$file" ]; then printf '%s %s\n' "$(card saved "$file")" "$(card name "$file")"; fi
  done | sort -r >"$CALL_FOLDER/cards"
  : >"$CALL_FOLDER/seen"
  while read -r _ known; do
    repository=$(repository_of "$known")
    kept=$(grep -cxF -e "$repository" "$CALL_FOLDER/seen" || true)
    printf '%s\n' "$repository" >>"$CALL_FOLDER/seen"
    if [ "$kept" -lt "$STEP_KEEP_NEWEST" ]; then continue; fi
    # The card goes first: nobody finds what is only half there.
    rm -f -- "$(card_of "$known")"
    bup_pool rm --unsafe "$(branch_of "$known")" >"$CALL_FOLDER/words" 2>&1 || fail "$known could not be removed: $(last_word)"
    removed="$removed${removed:+$'\n'}$known"
    say "removed $known"
  done <"$CALL_FOLDER/cards"
  if [ -n "$removed" ]; then
    supervise answer_to /dev/null bup_pool gc --unsafe || fail "the space could not be freed: $(last_word)" 'run it again'
  fi
  bytes=$((before - $(pool_bytes)))
}

# window BYTES: the power of two that covers it, as zstd counts.
window() {
  local bits=27
  while [ $((1 << bits)) -lt "$1" ] && [ "$bits" -lt 31 ]; do bits=$((bits + 1)); done
  printf '%s' "$bits"
}

# ask_far ACTION ARGUMENT...: sets reply.
ask_far() {
  local status=0 far
  far_script "$CALL_FOLDER/poolImage/patched.sh" "$mark" "$1" "$STEP_SUDO" "${@:2}"
  supervise "$asking" timeout --foreground --kill-after=10 "$limit" "${ssh_words[@]}" "$far" || status=$?
  reply=$(grep -a "^$mark " "$CALL_FOLDER/answer" | tail -n 1 || true)
  reply=${reply#"$mark "}
  case $reply in 'problem '*) fail "$STEP_HOST says: ${reply#problem }" 'nothing was loaded there' ;; esac
  if [ "$status" -ne 0 ] || [ -z "$reply" ]; then
    fail "the way to $STEP_HOST broke: $(last_word)" "$(ssh_hint "$(cat "$CALL_FOLDER/words")")"
  fi
}
from_nothing() { answer_to "$CALL_FOLDER/answer" "$@"; }
from_patch() { "$@" <"$CALL_FOLDER/patch" >"$CALL_FOLDER/answer" 2>"$CALL_FOLDER/words"; }

save_file() { docker save "$1" >"$2" 2>"$CALL_FOLDER/words"; }
make_patch() { zstd -q -"$level" --long="$bits" ${words[@]+"${words[@]}"} -o "$CALL_FOLDER/patch" "$CALL_FOLDER/new" 2>"$CALL_FOLDER/words"; }

# patch_far: only what differs from an image that the other side has, byte for byte; otherwise all of it.
patch_far() {
  local ssh_words mark=footman-$CALL_ID reply asking limit base proof sum bits=27 level=9 words=() id
  need_image
  given "$STEP_HOST" || fail 'action: patch needs a host'
  need_program zstd zstd
  need_program ssh openssh-client
  limit=$(duration_seconds "$STEP_TIMEOUT")
  id=$(docker image inspect --format '{{.Id}}' "$name" 2>/dev/null) || fail "there is no image $name here" 'build it or pull it before'
  base=$(full_name "$STEP_BASE")
  open_ssh "$STEP_HOST" "$STEP_PORT" "${STEP_USER:-$STEP_LOGIN_USER}" "$STEP_LOGIN_KEY" "$STEP_HOST_KEYS"
  asking=from_nothing
  ask_far prove "$base" "$name"
  read -r proof previous <<<"$reply"
  if [ "$previous" = none ]; then previous=''; fi
  supervise save_file "$name" "$CALL_FOLDER/new" || fail "$name could not be read: $(last_word)"
  sum=$(sha256sum <"$CALL_FOLDER/new" | cut -c 1-64)
  bytes=$(wc -c <"$CALL_FOLDER/new" | tr -d ' ')
  if docker image inspect --format '{{.Id}}' "$base" >/dev/null 2>&1; then
    supervise save_file "$base" "$CALL_FOLDER/old" || fail "$base could not be read: $(last_word)"
    if [ "$proof" = "$(sha256sum <"$CALL_FOLDER/old" | cut -c 1-64)" ]; then
      bits=$(window "$(($(wc -c <"$CALL_FOLDER/old") + 1))")
      words=("--patch-from=$CALL_FOLDER/old")
    fi
  fi
  if [ ${#words[@]} -eq 0 ]; then
    say "$STEP_HOST has not the same $base as this machine: all of $name goes there"
    base='' level=3
  fi
  supervise make_patch || fail "no patch could be made: $(last_word)" 'an image of more than 2 GiB is too large for it'
  new_bytes=$(wc -c <"$CALL_FOLDER/patch" | tr -d ' ')
  asking=from_patch
  ask_far take "$base" "$bits" "$sum" "$name"
  say "$STEP_HOST has $name now, as $reply (here it is $id)"
}

step_plan() {
  local where=$STEP_TO
  if given "$STEP_HOST"; then where="$STEP_TO on ${STEP_USER:+$STEP_USER@}$STEP_HOST port $STEP_PORT"; fi
  case $STEP_ACTION in
    save) plan "save $STEP_IMAGE into the pool $STEP_POOL and read it back (verify: $STEP_VERIFY, unpack: $STEP_UNPACK)" ;;
    load) plan "read $STEP_IMAGE from the pool $STEP_POOL, compare its digest, and load it" ;;
    list) plan "list what the pool $STEP_POOL has" ;;
    sync) plan "bring the pool $STEP_POOL to $where with at most ${STEP_BANDWIDTH:-any number of} KiB a second" ;;
    prune) plan "keep the $STEP_KEEP_NEWEST newest of each repository in the pool $STEP_POOL, once nobody uses it (within $STEP_LOCK_TIMEOUT)" ;;
    patch) plan "send to $STEP_HOST what $STEP_IMAGE has beyond $STEP_BASE (sudo: $STEP_SUDO, within $STEP_TIMEOUT)" ;;
  esac
}

step_run() {
  local name='' bytes=0 new_bytes=0 previous='' removed=''
  umask 077
  SECONDS=0
  case $STEP_ACTION in
    patch) patch_far ;;
    *)
      need_program bup bup
      need_program flock util-linux
      given "$STEP_POOL" || fail "action: $STEP_ACTION needs a pool"
      # What is in it is for others too: they bring it to other machines.
      umask 022
      case $STEP_ACTION in
        save) save_image ;;
        load) load_image ;;
        list) list_images ;;
        sync) sync_pool ;;
        prune) prune_pool ;;
      esac
      result images "$(names)"
      ;;
  esac
  result image "$name"
  result bytes "$bytes"
  result newBytes "$new_bytes"
  result previous "$previous"
  result removed "$removed"
  result seconds "$SECONDS"
  case $STEP_ACTION in
    save) report "$STEP_POOL has $name: $bytes bytes, of which $new_bytes were new to it" ;;
    load) report "loaded $name from $STEP_POOL and found it whole" ;;
    list) report "$STEP_POOL has $(names | grep -c . || true) images" ;;
    sync) report "${STEP_HOST:+$STEP_HOST:}$STEP_TO has all of $STEP_POOL; $bytes bytes went there" ;;
    prune) report "$STEP_POOL lost $(printf '%s' "$removed" | grep -c . || true) images and $bytes bytes" ;;
    patch) report "$STEP_HOST has $name; $new_bytes bytes went there instead of $bytes" ;;
  esac
}

step_end() {
  rm -rf "$CALL_FOLDER/unpacked" "$CALL_FOLDER/packed.tar" "$CALL_FOLDER/joined" "$CALL_FOLDER/old" "$CALL_FOLDER/new" "$CALL_FOLDER/patch"
  if given "$STEP_POOL"; then rm -f -- "$STEP_POOL"/footman/*.card.new."$CALL_ID"; fi
}
