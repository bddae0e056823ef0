# Rows: what a folder holds, one line per entry.

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
