# A small part of YAML that every reader of YAML reads alike: keys with a value, with a list, or with keys of their own;
# two blanks of indentation, one level of it; text plain or in quotes. Everything else is refused with the number of its
# line, and so is plain text that YAML would take for something else: yes, 1.10, 012, 12:30, null.

# read_plain_yaml FILE: prints a record a line, its fields separated by \037: number of the line, key, sub, value.
# sub is empty for a single value, "-" for an item of a list, and otherwise the key inside.
read_plain_yaml() {
  local LC_ALL=C line number=0 key='' sub value kind='' seen=$'\n' opened=0
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    if [ "$number" -gt 1000 ] || [ "${#line}" -gt 4096 ]; then yaml_refuses "$number" 'it is too long: at most 1000 lines of 4096 characters'; fi
    case $line in *[[:cntrl:]]*) yaml_refuses "$number" 'it holds a tab or another control character' ;; esac
    if [[ $line =~ ^\ *(#.*)?$ ]]; then continue; fi
    if [ "$line" = --- ] && [ "$seen" = $'\n' ]; then continue; fi
    if [[ $line =~ ^([A-Za-z][A-Za-z0-9_-]*):(\ +(.*))?$ ]]; then
      close_key
      key=${BASH_REMATCH[1]} value=${BASH_REMATCH[3]}
      yaml_known "$key"
      kind='' opened=$number
      if [[ $value =~ ^(#.*)?$ ]]; then continue; fi
      yaml_scalar "$value"
      kind=single
      yaml_record "$key" '' "$scalar"
    elif [[ $line =~ ^\ \ -\ +(.*)$ ]]; then
      yaml_in_block list
      yaml_scalar "${BASH_REMATCH[1]}"
      yaml_record "$key" - "$scalar"
    elif [[ $line =~ ^\ \ ([A-Za-z_/][A-Za-z0-9_./-]*|\'[^\']+\'|\"[^\"\\]+\"):\ +(.*)$ ]]; then
      yaml_in_block map
      sub=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
      yaml_scalar "$sub"
      sub=$scalar
      [ "$sub" != - ] || yaml_refuses "$number" 'a key cannot be a dash'
      yaml_known "$key"$'\037'"$sub"
      yaml_scalar "$value"
      yaml_record "$key" "$sub" "$scalar"
    else
      yaml_refuses "$number" "it is none of 'key: value', '  - item' and '  key: value'"
    fi
  done <"$1"
  close_key
}

yaml_refuses() { fail "$yaml_name, line $1: $2" 'see the description of the file: footman library show checkContract'; }

yaml_record() { printf '%s\037%s\037%s\037%s\n' "$number" "$1" "$2" "$3"; }

yaml_known() {
  case $seen in *$'\n'"$1"$'\n'*) yaml_refuses "$number" "${1//$'\037'/: } stands there twice" ;; esac
  seen=$seen$1$'\n'
}

close_key() {
  if [ -n "$key" ] && [ -z "$kind" ]; then yaml_refuses "$opened" "$key has no value"; fi
}

# yaml_in_block KIND
yaml_in_block() {
  [ -n "$key" ] || yaml_refuses "$number" 'it is indented, but no key stands above it'
  [ "$kind" != single ] || yaml_refuses "$number" "$key has a value already"
  [ -z "$kind" ] || [ "$kind" = "$1" ] || yaml_refuses "$number" "$key is a list and a map at once"
  kind=$1
}

# yaml_scalar TEXT: sets scalar to what it means.
yaml_scalar() {
  local text=$1
  if [[ $text =~ ^\"([^\"\\]*)\"(\ +#.*|\ *)$ ]]; then
    scalar=${BASH_REMATCH[1]}
  elif [[ $text =~ ^\'(([^\']|\'\')*)\'(\ +#.*|\ *)$ ]]; then
    scalar=${BASH_REMATCH[1]//"''"/"'"}
  else
    text=${text%%" #"*}
    scalar=${text%"${text##*[! ]}"}
    yaml_plain "$scalar"
  fi
}

yaml_plain() {
  case $1 in
    '' | [\#\&\*\!\|\>\'\"%@\`\?,\{\}-]* | '['* | ']'* | ':'*) yaml_refuses "$number" "'$1' must stand in quotes: it begins as plain text does not" ;;
    *': '* | *:) yaml_refuses "$number" "'$1' must stand in quotes: it holds a colon that ends a key" ;;
  esac
  if [[ $1 =~ ^([yYnN~=]|[yY][eE][sS]|[nN][oO]|[oO][nN]|[oO][fF][fF]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[nN][uU][lL][lL]|'<<'|[+]?[.][iI][nN][fF]|[.][nN][aA][nN])$ ]]; then
    yaml_refuses "$number" "'$1' must stand in quotes: YAML does not take it for text"
  fi
  if [[ $1 =~ ^(0|[1-9][0-9]{0,14})$ ]]; then return 0; fi
  if [[ $1 =~ ^[+]?([0-9][0-9_]*)?[.]?[0-9_]*([eE][+-]?[0-9]+)?$ || $1 =~ ^[+]?0[xobXOB][0-9a-fA-F_]+$ ||
    $1 =~ ^[+]?[0-9][0-9_]*(:[0-5]?[0-9])+([.][0-9_]*)?$ || $1 =~ ^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}($|[Tt\ ]) ]]; then
    yaml_refuses "$number" "'$1' must stand in quotes: YAML takes it for a number or a date"
  fi
}
