# What runs at the far end, by whatever sh it has: MARK look|take|keep|drop SUDO TEMPORARY NAME [...]
# Everything comes as an argument. Answers are lines that begin with MARK: a shell may print a greeting of its own.
set -eu
mark=$1 action=$2 sudo=$3 temporary=$4 name=$5
shift 5

engine() {
  if [ "$sudo" = true ]; then sudo -n docker "$@"; else docker "$@"; fi
}
answer() { printf '\n%s %s\n' "$mark" "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }
# docker prints an empty line for what it does not know.
id_of() {
  if id=$(engine image inspect --format '{{.Id}}' "$1" 2>/dev/null); then echo "$id"; else echo none; fi
}

case $action in
  look)
    has docker || { answer problem there is no docker; exit 0; }
    if ! arch=$(engine version --format '{{.Server.Arch}}' 2>&1); then
      answer problem "$arch"
      exit 0
    fi
    packings=none
    for program in gzip zstd; do
      if has "$program"; then packings="$packings,$program"; fi
    done
    present=none
    if [ "$1" != none ]; then present=$(id_of "$1"); fi
    answer "$arch" "$packings" "$(id_of "$name")" "$present"
    ;;
  take)
    # POSIX shells hide the failure of all but the last command of a pipe.
    folder=$(mktemp -d "${TMPDIR:-/tmp}/footman-ship.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 1' HUP INT TERM PIPE
    packing=$1 kind=$2
    shift 2
    unpack() {
      case $packing in
        none) cat ;;
        *) "$packing" -dc ;;
      esac || : >"$folder/broken"
    }
    load() {
      if [ "$kind" = image ]; then engine load; else engine import "$@" - "$temporary"; fi
    }
    if ! unpack | load "$@" >"$folder/words" 2>&1 || [ -e "$folder/broken" ]; then
      engine rmi "$temporary" >/dev/null 2>&1 || :
      answer problem "$(tail -n 1 "$folder/words")"
      exit 1
    fi
    answer "$(id_of "$temporary")" "$(engine image inspect --format '{{range .RootFS.Layers}}{{.}},{{end}}' "$temporary")"
    ;;
  keep)
    engine tag "$1" "$name"
    engine rmi "$temporary" >/dev/null 2>&1 || :
    answer "$(id_of "$name")"
    ;;
  drop) engine rmi "$temporary" >/dev/null 2>&1 || : ;;
esac
