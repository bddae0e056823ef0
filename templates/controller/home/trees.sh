# From one tree to another.

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
  # What cp finds in its way keeps these bits, unless they are taken from it.
  (cd "$to" && paths 'attributes|folder|mkdir' "$plan" | names | xargs -0 -r chmod a-s,-t --)
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
