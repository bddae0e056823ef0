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
#   seen, doubtful, looked   only until it is complete: rows that a copy of the running home has for sure, the paths for which
#               nobody knows, and, when both are right, what was seen of the home, to tell what has changed since
#
# Rows are lines with tabs between the fields, sorted by the first: path, first path of the same hard-linked file, kind
# (f d l, or what stat calls it), mode, uid, gid, size, time of the last change, target of a link, SHA-256; and what the home said at that moment:
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
  if [[ $verb == archive ]]; then
    exec 4>"$1"
    shift
  fi
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
  for tool in awk comm cp find grep gzip join nproc sed sha256sum sort stat sync tr xargs; do
    type -p "$tool" >/dev/null || refuse "the image has no $tool"
  done
  [[ $(stat --printf='%.9Y\n' /) =~ ^-?[0-9]+\.[0-9]{9}$ ]] || refuse 'the stat of the image is not that of GNU coreutils'
  # The find of busybox cannot print; that of findutils looks around twice as fast as stat.
  if find / -maxdepth 0 -printf '%T@' >/dev/null 2>&1; then look_around=with_find; else look_around=with_stat; fi
  # Newer ones warn that the meaning of -n may change.
  if [[ $(cp --help) == *'{all,none'* ]]; then spare=--update=none; else spare=-n; fi
}
