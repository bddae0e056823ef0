# What runs at the far end of a patch, by whatever sh it has: MARK prove|take SUDO [...]
# Everything comes as an argument. Answers are lines that begin with MARK: a shell may print a greeting of its own.
set -eu
mark=$1 action=$2 sudo=$3
shift 3

engine() {
  if [ "$sudo" = true ]; then sudo -n docker "$@"; else docker "$@"; fi
}
answer() { printf '\n%s %s\n' "$mark" "$*"; }
sum() { sha256sum <"$1" | cut -c 1-64; }
# docker prints an empty line for what it does not know.
id_of() {
  if id=$(engine image inspect --format '{{.Id}}' "$1" 2>/dev/null); then echo "$id"; else echo none; fi
}

folder=$(mktemp -d "${TMPDIR:-/tmp}/footman-patch.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM PIPE

case $action in
  # BASE NAME: what it has of the old image, as its engine saves it.
  prove)
    command -v docker >/dev/null 2>&1 || { answer problem there is no docker; exit 0; }
    command -v zstd >/dev/null 2>&1 || { answer problem there is no zstd; exit 0; }
    if [ "$(id_of "$1")" = none ]; then
      answer none "$(id_of "$2")"
    elif engine save "$1" >"$folder/old"; then
      answer "$(sum "$folder/old")" "$(id_of "$2")"
    else
      answer problem "docker cannot save $1"
    fi
    ;;
  # BASE WINDOW SUM NAME: the patch comes on stdin; without a base it is the whole. Nothing is loaded that differs.
  take)
    cat >"$folder/patch"
    if [ -n "$1" ]; then
      engine save "$1" >"$folder/old"
      zstd -q -d --long="$2" --patch-from="$folder/old" -o "$folder/new" "$folder/patch" || { answer problem the patch does not fit; exit 1; }
    else
      zstd -q -d -o "$folder/new" "$folder/patch" || { answer problem what came is no image; exit 1; }
    fi
    [ "$(sum "$folder/new")" = "$3" ] || { answer problem what came out is not what was sent; exit 1; }
    engine load -i "$folder/new" >"$folder/words" 2>&1 || { answer problem "$(tail -n 1 "$folder/words")"; exit 1; }
    answer "$(id_of "$4")"
    ;;
esac
