# quote_json TEXT: as a JSON text.
quote_json() {
  local LC_ALL=C text=${1//\\/\\\\} char code
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  while [[ $text =~ [[:cntrl:]] ]]; do
    char=${BASH_REMATCH[0]}
    printf -v code '\\u%04x' "'$char"
    text=${text//"$char"/$code}
  done
  printf '"%s"' "$text"
}

# json_of_etcd LENGTH: what fetch_etcd found as one object, its keys without so many characters at the front.
json_of_etcd() {
  local index separator=''
  printf '{'
  for index in ${etcd_keys[@]+"${!etcd_keys[@]}"}; do
    printf '%s%s:%s' "$separator" "$(quote_json "${etcd_keys[index]:$1}")" "$(quote_json "${etcd_values[index]}")"
    separator=,
  done
  printf '}'
}
