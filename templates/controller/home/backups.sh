# What can be asked for.

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
    hashes "$home" <"$work/new" | comm -3 - "$work/copies" >"$work/unequal"
    [[ ! -s $work/unequal ]] ||
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
  # Without it, whoever goes on looks at all of the copy.
  rm -f "$folder/looked"
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
  join -t "$tab" -v 1 "$work/want" "$folder/doubtful" >"$folder/seen.new"
  mv "$folder/seen.new" "$folder/seen"
  awk "$awk_path"'FILENAME == ARGV[1] { doubtful[$0]; next } !(path_of($0) in doubtful)' "$folder/doubtful" "$work/look" |
    sort >"$folder/looked.new"
  sync -f "$folder"
  mv "$folder/looked.new" "$folder/looked"
  unfinished=
  report "$work/want"
}

verb_snapshot() {
  local -r folder=$mine/$1 facts=$2
  local index=/dev/null
  mkdir -p "$folder"
  if [[ -e $folder/complete ]]; then
    cp "$folder/manifest" "$folder/seen.new"
    mv "$folder/seen.new" "$folder/seen"
    rm -f "$folder/complete" "$folder/verified" "$folder/looked"
  else
    unfinished=$folder
  fi
  tell progress look
  if [[ -e $folder/looked ]]; then
    follow "$folder"
  else
    if [[ -e $folder/seen ]]; then index=$folder/seen; fi
    scan "$home" | with_hashes_of "$index" >"$work/want"
    bring "$folder/home"
  fi
  complete "$folder" "$facts"
  report "$work/want"
}

# Brings up to date what a warm copy left, by looking only at what is not as it was then and at the folders around it.
follow() {
  local -r folder=$1
  look "$home" | sort | comm -3 "$folder/looked" - >"$work/news"
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
  find "$target" -mindepth 1 -delete
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
    { print ($1 == "." ? "" : $1) }' "$folder/manifest" | names |
    tar -c --format=posix --numeric-owner --sparse --no-recursion --null -C "$folder/home" -T - | gzip -1 >&5
}

main "$@"
