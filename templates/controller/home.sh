#!/usr/bin/env bash
# Looks after the home of a controller: backups, their proof, and the way back. Runs as root in a helper container with
# the home and the store of the backups mounted; needs bash, GNU coreutils, find, xargs, sed and awk.
#
# A backup is a folder of the store:
#   home/       the home as it was, ready for `cp -a`; files that did not change are hard links to the backup before
#   manifest    one row per entry, see below
#   facts.json  what ran on it, how much it is
#   complete    the SHA-256 of the manifest, written last: a folder without it is no backup
#   verified    when every byte was last read and found right, in ms since 1970
#   seen, looked, doubtful   only until it is complete: what a copy of the running home has for sure, the same as it was looked
#               at, and the paths for which nobody knows
#
# Rows are lines with tabs between the fields, sorted by the first: path, first path of the same hard-linked file, kind
# (f d l), mode, uid, gid, size, time of the last change, target of a link, SHA-256; and what the home said at that moment:
# when the inode last changed, its number, the room that it takes. A dash stands for nothing. Tab, line feed and backslash
# in names are \011, \012 and \134, as in /proc/mounts.
#
# Answers in lines that begin with progress, result, refuse, full, said, alive and, last of all, end with the exit code.
set -euo pipefail
shopt -s inherit_errexit nullglob
export LC_ALL=C QUOTING_STYLE=literal
umask 077

readonly home=${FOOTMAN_HOME:-/home-of-jenkins} store=${FOOTMAN_STORE:-/store} target=${FOOTMAN_TARGET:-/target}
readonly tab=$'\t'
work=$(mktemp -d "${TMPDIR:-/tmp}/footman-home.XXXXXX")
readonly work
# yes while the home is in use, so that files come and go below our feet.
live=no
# What is thrown away again when a disk is full.
unfinished=
# What the last plan needs: where, bytes, inodes, folder.
wanted=()
copied=0 copied_bytes=0 removed=0

main() {
  local -r verb=$1 mine=$store/$2
  shift 2
  exec 3<&0 4>&1 5>&1 2>"$work/said" </dev/null
  # Then stdout is the archive, and who wants to know reads the rest there.
  if [[ $verb == archive ]]; then exec 4>"$2"; fi
  trap 'farewell $?' EXIT
  watch_over $$ <&3 >&4 &
  watcher=$!
  check_tools
  [[ -e $mine ]] || prepare_store
  "verb_$verb" "$@"
}

prepare_store() {
  # A folder that others use as well keeps its mode.
  if [[ $(find "$store" -maxdepth 1 | head -n 2 | wc -l) == 1 ]]; then chmod 700 "$store"; fi
  mkdir -p "$mine"
}

tell() { printf '%s\n' "$*" >&4; }

refuse() {
  tell refuse "$*"
  exit 2
}

farewell() {
  kill "$watcher" 2>/dev/null || true
  if (($1 != 0)); then
    if is_full; then
      tell full "${wanted[*]:0:3}" "$(stat -f -c '%a %S %d' "${wanted[3]:-$store}")"
      [[ -z $unfinished ]] || rm -rf "$unfinished"
    fi
    tail -n 20 "$work/said" | sed 's/^/said /' >&4
  fi
  rm -rf "$work"
  tell end "$1"
}

is_full() { grep -qE 'No space left on device|Disk quota exceeded' "$work/said"; }

# Who asked for the work holds our stdin: when it ends, nobody needs the work any more, and nobody would tell us to stop.
# Until then says that something moves, so that silence means trouble.
watch_over() {
  local before='' now stat line code group
  read -r _ _ _ _ group _ <"/proc/$1/stat"
  while true; do
    code=0
    read -r -t 2 _ || code=$?
    if ((code > 0 && code <= 128)); then
      if ((group == $1)); then kill -KILL -- "-$1"; fi
      return
    fi
    now=
    for stat in /proc/[0-9]*/stat; do
      [[ $stat == "/proc/$BASHPID/stat" ]] && continue
      { read -r line <"$stat"; } 2>/dev/null && now+=$line
    done
    if [[ $now != "$before" ]]; then echo alive; fi
    before=$now
  done
}

check_tools() {
  local tool
  for tool in awk cp find grep join nproc sed sha256sum sort stat sync tr xargs; do
    type -p "$tool" >/dev/null || refuse "the image has no $tool"
  done
  [[ $(stat --printf='%.9Y\n' /) =~ ^-?[0-9]+\.[0-9]{9}$ ]] || refuse 'the stat of the image is not that of GNU coreutils'
  # Newer ones warn that the meaning of -n may change.
  if find / -maxdepth 0 -printf '%T@' >/dev/null 2>&1; then look_around=with_find; else look_around=with_stat; fi
  if [[ $(cp --help) == *'{all,none'* ]]; then spare=--update=none; else spare=-n; fi
}

# ---- Rows

escape() { sed -z 's/\\/\\134/g; s/\t/\\011/g; s/\n/\\012/g' | tr '\0' '\n'; }

# Paths as names between zero bytes, each with ./ in front so that none looks like an option.
names() { sed 's|^|./|' | tr '\n' '\0' | sed -z 's/\\011/\t/g; s/\\012/\n/g; s/\\134/\\/g'; }

sorted() { sort -t "$tab" -k 1,1 "$@"; }

# What there is in a folder, unsorted: a line for each entry, see awk_rows.
look() {
  { (cd "$1" && $look_around) || [[ $live == yes ]]; } | escape
}

with_find() { find . -printf '%y/%m/%U/%G/%s/%T@/%C@/%b/%D:%i/%n/%p//%l\0'; }

# Where find is that of busybox. %N writes a link as name -> target.
with_stat() { find . -print0 | stat_all; }
stat_all() { xargs -0 -r stat --printf='%A/%a/%u/%g/%s/%.9Y/%.9Z/%b/%d:%i/%h/%n//%N\0'; }

# The same for paths on stdin. Those that are not there any more are left out.
look_at() {
  { (cd "$1" && names | stat_all) || true; } | escape
}

# The rows of what was looked at, without hashes.
as_rows() {
  awk "$awk_rows" | sort -t "$tab" -k 1,1 -k 2,2 | awk -F "$tab" "$awk_links" | sorted
}

scan() { look "$1" | as_rows; }

# What find or stat says as rows, behind a key that all names of one file share. A name that find gives begins with ./ and
# never holds //, and no field before it holds /./
readonly awk_rows='
  BEGIN { OFS = "\t" }
  function nanoseconds(time) { return substr(time, 1, index(time, ".") + 9) }
  {
    at = index($0, "/./")
    split(substr($0, 1, at - 1), field, "/")
    names = substr($0, at + 1)
    name = substr(names, 1, index(names, "//") - 1)
    goal = substr(names, length(name) + 3)
    kind = substr(field[1], 1, 1)
    if (length(field[1]) > 1) { # by stat
      goal = substr(goal, length(name) + 5)
      if (kind == "-") kind = "f"
    }
    if (goal == "" || kind != "l") goal = "-"
    size = "-"
    need = 4096
    if (kind == "f") {
      size = field[5]
      need = int((size + 4095) / 4096) * 4096
      if (field[8] * 512 < size - 4096) need = field[8] * 512 # it has holes
    }
    key = kind == "f" && field[10] > 1 ? field[9] : "-"
    path = name == "." ? name : substr(name, 3)
    inode = field[9]
    sub(/.*:/, "", inode)
    need = sprintf("%.0f", need)
    print key, path, kind, field[2], field[3], field[4], size, nanoseconds(field[6]), goal, "-", nanoseconds(field[7]), inode, need
  }'

readonly awk_path='
  function path_of(line,  at) {
    line = substr(line, index(line, "/./") + 1)
    at = index(line, "//")
    return at == 2 ? "." : substr(line, 3, at - 3)
  }
'
readonly awk_links='
  BEGIN { OFS = "\t" }
  { rest = substr($0, length($1) + length($2) + 3) }
  $1 == "-" { print $2, "-", rest; next }
  $1 == key { if (alone) print first, first, before; alone = 0; print $2, first, rest; next }
  { if (alone) print first, "-", before; key = $1; first = $2; before = rest; alone = 1 }
  END { if (alone) print first, "-", before }'

# Rows on stdin, with the hashes that an index has for files that are still what they were then.
with_hashes_of() {
  join -t "$tab" -a 1 -o "$own,2.2,2.3,2.4,2.5,2.6,2.7,2.8,2.9,2.10,2.11,2.12" - "$1" | awk -F "$tab" '
    BEGIN { OFS = "\t" }
    {
      same = $3 == "f" && $11 "" == $23 "" && $12 "" == $24 ""
      for (i = 2; i <= 9; i++) if ($i "" != $(i + 12) "") same = 0
      if (same) $10 = $22
      print $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
    }'
}

# The hash of every path on stdin, below a folder: lines of path and hash, sorted.
hashes() {
  mkdir "$work/hashes"
  # A file for each process, as lines of several would mix in one.
  (cd "$1" && names | xargs -0 -r -P "$(nproc)" -n 200 bash -c 'exec sha256sum -z -- "$@" >>"$0/$$"' "$work/hashes") ||
    [[ $live == yes ]]
  find "$work/hashes" -type f -exec cat {} + | escape | sed -E 's|^([0-9a-f]{64})..\./(.*)|\2\t\1|' | sorted
  rm -rf "$work/hashes"
}

# Rows on stdin, with the hashes of such lines put in.
with_hashes() {
  join -t "$tab" -a 1 -o "$own,2.2" - "$1" | awk -F "$tab" '
    BEGIN { OFS = "\t" }
    { print $1, $2, $3, $4, $5, $6, $7, $8, $9, $14 == "" ? $10 : $14, $11, $12, $13 }'
}

# ---- From one tree to another

# What has to happen to a tree `have` to become `want`: lines of act, path, room that it takes and took, size, kind. A file is
# right when it looks right and its content is known to be: in the store when its row in `want` brings a hash, in the home when
# the hashes of both rows are equal. What is known in the store but not right there is got by the act of the last argument.
plan() {
  join -t "$tab" -a 1 -a 2 -o "$both" "$1" "$2" | awk -F "$tab" -v place="$3" -v get="${4:-copy}" "$awk_plan"
}

readonly own=1.1,1.2,1.3,1.4,1.5,1.6,1.7,1.8,1.9,1.10,1.11,1.12,1.13
readonly both=0,1.2,1.3,1.4,1.5,1.6,1.7,1.8,1.9,1.10,1.13,2.2,2.3,2.4,2.5,2.6,2.7,2.8,2.9,2.10,2.13
readonly awk_plan='
  BEGIN { OFS = "\t"; rank["attributes"] = 1; rank["link"] = 2; rank["copy"] = 3 }
  function alike(  i) {
    for (i = 2; i <= 9; i++) if ($i "" != $(i + 10) "") return 0
    return 1
  }
  function act(what) { print what, $1, $11, ($21 == "" ? 0 : $21), $7, want }
  { want = $3; have = $13 }
  want == "" { act("remove"); next }
  have != "" && have != want { act("remove"); have = "" }
  want == "d" { if (have == "") act("mkdir"); else if (!alike()) act("folder"); next }
  want != "f" { if (have == "" || !alike()) act("copy"); next }
  {
    looks_right = have != "" && alike()
    if (place == "store") what = $10 == "-" ? "copy" : looks_right ? "" : get
    else if (have == "" || $10 "" != $20 "" || $2 "" != $12 "") what = "copy"
    else what = looks_right ? "" : "attributes"
    if ($2 == "-") { if (what != "") act(what); next }
    # All names of one file go the same way, or they would become several files.
    if (!($2 in files)) group[++groups] = $2
    n = ++files[$2]
    line[$2, n] = $1 OFS (n == 1 ? $11 : 0) OFS ($21 == "" ? 0 : $21) OFS $7 OFS want
    acts[$2, n] = what
    if (rank[what] > rank[worst[$2]]) worst[$2] = what
  }
  END {
    for (g = 1; g <= groups; g++) {
      first = group[g]
      for (n = 1; n <= files[first]; n++) {
        what = rank[worst[first]] > 1 ? worst[first] : acts[first, n]
        if (what != "") print what, line[first, n]
      }
    }
  }'

# The paths that a plan has for an act.
paths() { awk -F "$tab" -v act="^($1)\$" '$1 ~ act { print $2 }' "$2"; }

# Does what a plan says: from, to, plan, and the tree that unchanged files are linked from.
carry_out() {
  local -r from=$1 to=$2 plan=$3 base=${4:-}
  (cd "$to" && paths remove "$plan" | names | xargs -0 -r rm -rf --)
  (cd "$to" && paths mkdir "$plan" | names | xargs -0 -r mkdir -p --)
  if [[ $base ]]; then
    (cd "$base" && paths link "$plan" | names | xargs -0 -r cp -al --parents --remove-destination -t "$to" --)
  fi
  (cd "$from" && paths copy "$plan" | names |
    forgive xargs -0 -r cp -a --reflink=auto --parents --remove-destination -t "$to" --)
  (cd "$from" && paths attributes "$plan" | names | xargs -0 -r cp -a --attributes-only --parents -t "$to" --)
  dress_folders "$from" "$to" "$plan"
  if [[ $live == yes ]] && is_full; then exit 1; fi
}

# Gives folders the owner, mode, times and attributes that they should have.
dress_folders() {
  local -r from=$1 to=$2 plan=$3
  local folder
  paths 'folder|mkdir' "$plan" >"$work/folders"
  # What was put in or taken out changed the time of the folder around it.
  awk -F "$tab" '$1 != "folder" { if (!sub(/\/[^\/]*$/, "", $2)) $2 = "."; print $2 }' "$plan" |
    sort -u - "$work/folders" >"$work/stirred"
  if [[ ! -e $work/touched ]] || (($(wc -l <"$work/stirred") > 300)); then
    # Goes through all folders and leaves alone what is in them.
    forgive cp -a "$spare" "$from/." "$to/"
    return 0
  fi
  while IFS= read -r -d '' folder; do
    chown --reference="$from/$folder" -- "$to/$folder"
    chmod --reference="$from/$folder" -- "$to/$folder"
  done < <(names <"$work/folders")
  while IFS= read -r -d '' folder; do
    if [[ -d $from/$folder ]]; then touch -r "$from/$folder" -- "$to/$folder"; fi
  done < <(names <"$work/stirred")
}

# In a home that is in use, files vanish between a look and the next.
forgive() { "$@" || [[ $live == yes ]]; }

# Refuses when a file system has not the room for what a plan writes; what is removed before makes room only when told.
need_room() {
  local -r place=$1 folder=$2 plan=$3 freed=${4:-0}
  local bytes inodes free block free_inodes all_inodes
  read -r bytes inodes < <(awk -F "$tab" -v freed="$freed" '
    $1 == "copy" || $1 == "mkdir" { bytes += $3 * 1.05; inodes++ }
    $1 == "copy" || $1 == "remove" { bytes -= freed * $4; inodes -= freed * ($4 > 0) }
    END { printf "%.0f %.0f\n", bytes, inodes }' "$plan")
  read -r free block free_inodes all_inodes < <(stat -f -c '%a %S %d %c' "$folder")
  wanted=("$place" "$bytes" "$inodes" "$folder")
  if ((bytes > free * block || (all_inodes > 0 && inodes > free_inodes))); then
    echo 'No space left on device' >&2
    exit 1
  fi
}

# Counts what a plan did for the report at the end.
count() {
  read -r copied copied_bytes removed < <(awk -F "$tab" -v c="$copied" -v b="$copied_bytes" -v r="$removed" '
    $1 == "copy" && $6 == "f" { c++; b += $5 }
    $1 == "remove" { r++ }
    END { printf "%.0f %.0f %.0f\n", c, b, r }' "$1")
}

# How many files rows have, and of how many bytes.
size_of() { awk -F "$tab" '$3 == "f" { n++; b += $7 } END { printf "%.0f %.0f\n", n, b }' "$1"; }

report() {
  tell result "$(size_of "$1")" "$copied" "$copied_bytes" "$removed"
}

# ---- Backups

# Makes a tree of the store equal to the home with the rows $work/want, which then have all hashes.
bring() {
  local -r tree=$1 base=${2:-}
  mkdir -p "$tree"
  for _ in 1 2 3 4; do
    look_at_tree "$tree" >"$work/have"
    plan "$work/want" "$work/have" store "${base:+link}" >"$work/plan"
    [[ -s $work/plan ]] || return 0
    count "$work/plan"
    need_room store "$store" "$work/plan"
    tell progress copy "$copied" "$copied_bytes"
    carry_out "$home" "$tree" "$work/plan" "$base"
    awk -F "$tab" '$1 == "copy" && $6 == "f" { print $2 }' "$work/plan" >"$work/new"
    tell progress read "$copied" "$copied_bytes"
    hashes "$tree" <"$work/new" >"$work/copies"
    with_hashes "$work/copies" <"$work/want" >"$work/want.new"
    mv "$work/want.new" "$work/want"
    [[ $live == no ]] || return 0
    hashes "$home" <"$work/new" | cmp -s - "$work/copies" ||
      refuse 'the home changes, although its controller is stopped: something else writes into it'
  done
  refuse "the copy does not become equal to the home: $(cut -f 1,2 "$work/plan" | head -n 3 | tr '\t\n' ' ,')"
}

# All of it, or only what may differ.
look_at_tree() {
  if [[ -e $work/touched ]]; then
    look_at "$1" <"$work/touched" | as_rows
  else
    live=no scan "$1"
  fi
}

# Writes down what a tree of the store holds, and last of all that it is complete.
complete() {
  local -r folder=$1 facts=$2
  local files bytes
  read -r files bytes < <(size_of "$work/want")
  cp "$work/want" "$folder/manifest"
  printf '{"facts":%s,"files":%s,"bytes":%s}\n' "$facts" "$files" "$bytes" >"$folder/facts.json"
  sync -f "$folder"
  sha256sum <"$folder/manifest" | cut -c 1-64 >"$folder/complete.new"
  sync -f "$folder"
  mv "$folder/complete.new" "$folder/complete"
  sync -f "$folder"
  rm -f "$folder/seen" "$folder/looked" "$folder/doubtful"
  unfinished=
}

must_be_complete() {
  [[ -e $1/complete ]] || refuse "there is no complete backup ${1##*/}"
  [[ $(sha256sum <"$1/manifest" | cut -c 1-64) == "$(<"$1/complete")" ]] || refuse "the manifest of the backup ${1##*/} is damaged"
}

verb_warm() {
  local -r folder=$mine/$1 base=${2:+$mine/$2}
  local began index=/dev/null from=
  [[ ! -e $folder/complete ]] || refuse "the backup $1 is complete already"
  began=$(date +%s)
  unfinished=$folder
  live=yes
  if [[ -e $folder/seen ]]; then
    index=$folder/seen
  elif [[ $base && -e $base/complete ]]; then
    index=$base/manifest
    from=$base/home
  fi
  tell progress look
  look "$home" >"$work/look"
  as_rows <"$work/look" | with_hashes_of "$index" >"$work/want"
  [[ -s $work/want ]] || refuse 'the home cannot be read'
  bring "$folder/home" "$from"
  live=no
  scan "$folder/home" >"$work/have"
  sync -f "$folder"
  # A file that changed a moment ago may change once more within the same tick of the clock, and look the same.
  {
    plan "$work/want" "$work/have" store | cut -f 2
    awk -F "$tab" -v since="$((began - 1))" '$11 >= since { print $1 }' "$work/want"
  } | sort -u >"$folder/doubtful"
  rm -f "$folder/seen"
  awk "$awk_path"'FILENAME == ARGV[1] { doubtful[$0]; next } !(path_of($0) in doubtful)' "$folder/doubtful" "$work/look" |
    sort >"$folder/looked"
  join -t "$tab" -v 1 "$work/want" "$folder/doubtful" >"$folder/seen.new"
  mv "$folder/seen.new" "$folder/seen"
  unfinished=
  report "$work/want"
}

verb_snapshot() {
  local -r folder=$mine/$1 facts=$2
  local index=/dev/null
  mkdir -p "$folder"
  if [[ -e $folder/complete ]]; then
    mv "$folder/manifest" "$folder/seen"
    rm -f "$folder/complete" "$folder/verified"
  fi
  unfinished=$folder
  tell progress look
  look "$home" >"$work/look"
  if [[ -e $folder/looked ]]; then
    follow "$folder"
  else
    if [[ -e $folder/seen ]]; then index=$folder/seen; fi
    as_rows <"$work/look" | with_hashes_of "$index" >"$work/want"
    bring "$folder/home"
  fi
  complete "$folder" "$facts"
  report "$work/want"
}

# Brings up to date what a warm copy left, by looking only at what is not as it was then and at the folders around it.
follow() {
  local -r folder=$1
  sort "$work/look" | comm -3 "$folder/looked" - >"$work/news"
  sed -n "s/^$tab//p" "$work/news" | as_rows >"$work/changed"
  cut -f 1 "$work/changed" >"$work/there"
  sed -n "/^$tab/!p" "$work/news" | awk "$awk_path"'{ print path_of($0) }' | sort -u | comm -23 - "$work/there" >"$work/gone"
  sort -u "$work/there" "$work/gone" "$folder/doubtful" >"$work/differ"
  awk '{ while (sub(/\/[^\/]*$/, "")) print; print "." }' "$work/differ" | sort -u >"$work/around"
  sort -u "$work/differ" "$work/around" >"$work/touched"
  # Should this come to a sudden end, whoever goes on has to look at these again.
  cp "$work/differ" "$folder/doubtful.new"
  mv "$folder/doubtful.new" "$folder/doubtful"
  comm -23 "$work/around" "$work/differ" | join -t "$tab" -o "$own" "$folder/seen" - | sorted -m "$work/changed" - >"$work/want"
  bring "$folder/home"
  join -t "$tab" -v 1 "$folder/seen" "$work/touched" | sorted -m - "$work/want" >"$work/whole"
  mv "$work/whole" "$work/want"
  rm "$work/touched"
}

verb_restore() {
  local -r folder=$mine/$1 failed=${2:+$mine/failed/$2} facts=${3:-}
  local -r rows=$folder/manifest
  must_be_complete "$folder"
  tell progress look
  scan "$home" | with_hashes_of "$rows" >"$work/now"
  look_inside "$home" "$rows" "$work/now"
  if [[ $failed && ! -e $failed/complete ]]; then
    put_aside
    copied=0 copied_bytes=0 removed=0
  fi
  for _ in 1 2 3 4; do
    plan "$rows" "$work/now" home >"$work/plan"
    if [[ ! -s $work/plan ]]; then
      sync -f "$home"
      report "$rows"
      return 0
    fi
    count "$work/plan"
    need_room home "$home" "$work/plan" 1
    tell progress copy "$copied" "$copied_bytes"
    carry_out "$folder/home" "$home" "$work/plan"
    scan "$home" | with_hashes_of "$work/now" >"$work/now.new"
    mv "$work/now.new" "$work/now"
    look_inside "$home" "$rows" "$work/now"
  done
  refuse "the home does not become what the backup $1 holds: $(cut -f 1,2 "$work/plan" | head -n 3 | tr '\t\n' ' ,')"
}

# Keeps the home of now as a failed one: what is as in the backup costs no room.
put_aside() {
  unfinished=$failed
  plan "$rows" "$work/now" home | cut -f 2 | sort -u | join -t "$tab" -a 1 -o "$own,2.1" "$work/now" - | awk -F "$tab" '
    BEGIN { OFS = "\t" }
    { if ($14 != "") $10 = "-"; print $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 }' >"$work/want"
  bring "$failed/home" "$folder/home"
  complete "$failed" "$facts"
}

# Reads the files below a folder that may be what a manifest says: puts their hashes into the rows.
look_inside() {
  local -r folder=$1 manifest=$2 rows=$3
  join -t "$tab" -o 0,1.3,1.7,2.3,2.7,2.10 "$manifest" "$rows" |
    awk -F "$tab" '$2 == "f" && $4 == "f" && $3 "" == $5 "" && $6 == "-" { print $1 }' >"$work/unknown"
  tell progress read "$(wc -l <"$work/unknown")"
  hashes "$folder" <"$work/unknown" >"$work/known"
  with_hashes "$work/known" <"$rows" >"$rows.new"
  mv "$rows.new" "$rows"
}

verb_compare() {
  must_be_complete "$mine/$1"
  tell progress look
  scan "$home" >"$work/now"
  look_inside "$home" "$mine/$1/manifest" "$work/now"
  differences "$mine/$1/manifest" "$work/now"
}

verb_verify() {
  local -r folder=$mine/$1
  must_be_complete "$folder"
  rm -f "$folder/verified"
  tell progress look
  scan "$folder/home" >"$work/now"
  look_inside "$folder/home" "$folder/manifest" "$work/now"
  differences "$folder/manifest" "$work/now" | tee "$work/differences" >&4
  [[ -s $work/differences ]] || date +%s%3N >"$folder/verified"
}

differences() {
  join -t "$tab" -a 1 -a 2 -o "$both" "$1" "$2" | awk -F "$tab" '
    function differs(what) { text = text (text == "" ? "" : ", ") what }
    function unlike(i, what) { if ($i "" != $(i + 10) "") differs(what " " $(i + 10) " instead of " $i) }
    {
      text = ""
      if ($3 == "") differs("is not in the backup")
      else if ($13 == "") differs("is missing")
      else if ($3 != $13) unlike(3, "kind")
      else {
        unlike(4, "mode"); unlike(5, "owner"); unlike(6, "group"); unlike(7, "size"); unlike(8, "time")
        unlike(9, "target"); unlike(2, "hard link to")
        if ($3 == "f" && $7 == $17 && $10 "" != $20 "") differs("other content")
      }
      if (text != "" && ++n <= 1000) print "result " $1 ": " text
    }
    END { if (n > 1000) print "result and " n - 1000 " more" }'
}

verb_copy() {
  scan "$mine/$1/home" >"$work/want"
  plan "$work/want" /dev/null home >"$work/plan"
  count "$work/plan"
  need_room target "$target" "$work/plan"
  tell progress copy "$copied" "$copied_bytes"
  cp -a --reflink=auto "$mine/$1/home/." "$target/"
}

verb_measure() {
  live=yes
  scan "$home" >"$work/now"
  tell result "$(size_of "$work/now")" "$(stat -f -c '%a %S' "$home")" "$(stat -f -c '%a %S %d %c' "$store")"
}

verb_list() {
  local mark folder
  for mark in "$mine"/*/complete "$mine"/failed/*/complete; do
    folder=${mark%/complete}
    verified=-
    if [[ -e $folder/verified ]]; then verified=$(<"$folder/verified"); fi
    tell result "${folder#"$mine/"}" "$(<"$mark")" "$verified" "$(<"$folder/facts.json")"
  done
}

verb_remove() {
  rm -f "$mine/$1/complete"
  sync -f "$mine"
  rm -rf "${mine:?}/$1"
}

# Everything that is not complete, but for these.
verb_leftovers() {
  local folder id
  for folder in "$mine"/*/ "$mine"/failed/*/; do
    folder=${folder%/}
    id=${folder##*/}
    [[ $folder == "$mine/failed" || -e $folder/complete || " $* " == *" $id "* ]] || rm -rf "$folder"
  done
}

# A tar.gz on stdout, without the key that opens all secrets and without what a controller makes again by itself.
verb_archive() {
  local -r folder=$mine/$1
  must_be_complete "$folder"
  [[ $(tar --version) == *GNU* ]] || refuse 'its tar is not that of GNU'
  awk -F "$tab" '
    $1 == "secrets/master.key" || $1 ~ /\.tmp$/ || $3 == "s" { next }
    $1 ~ /^(war|caches|cache|\.cache|tools|workspace|logs)(\/|$)/ { next }
    $1 ~ /^(\.owner|failed-boot-attempts\.txt|copy_reference_file\.log|queue\.xml\.bak)$/ { next }
    $3 == "d" && $1 ~ /^plugins\/[^\/]*$/ { unpacked = $1 "/"; next }
    unpacked != "" && index($1, unpacked) == 1 { next }
    { print $1 }' "$folder/manifest" | names |
    tar -c --format=posix --numeric-owner --sparse --no-recursion --null -C "$folder/home" -T - | gzip -4 >&5
}

main "$@"
