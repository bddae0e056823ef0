# Which blobs a registry has, asked of the registry itself: no tool tells it without copying. Needs curl, and is only
# good for a number: whoever calls must be able to live without an answer.

# missing_blobs HOST PATH LOGIN FILE: those lines "digest size" of FILE whose blobs the repository does not have. LOGIN is
# a file of docker login, which may be absent. Fails when the registry does not say.
missing_blobs() {
  local base digest size code folder=$CALL_FOLDER
  has_program curl || return 1
  base=$(registry_base "$1") || return 1
  : >"$folder/curl-access"
  registry_access "$base" "$2" "$3" || return 1
  {
    cat "$folder/curl-access"
    while read -r digest size; do
      printf 'url = "%s/v2/%s/blobs/%s"\noutput = "/dev/null"\n' "$base" "$2" "$digest"
    done <"$4"
  } >"$folder/curl-blobs"
  ask --head --write-out '%{http_code}\n' --config "$folder/curl-blobs" >"$folder/codes" || return 1
  while read -r digest size && read -r code <&3; do
    case $code in
      2* | 3*) ;;
      404) printf '%s %s\n' "$digest" "$size" ;;
      *) return 1 ;;
    esac
  done <"$4" 3<"$folder/codes"
}

ask() { timeout 60 curl --silent --globoff --proto '=http,https' --max-time 60 "$@" </dev/null 2>/dev/null; }

# registry_base HOST: where its API is.
registry_base() {
  local host=$1
  if [ "$host" = docker.io ]; then host=registry-1.docker.io; fi
  if is_plain "$host"; then printf 'http://%s' "$host"; else printf 'https://%s' "$host"; fi
}

# registry_access BASE PATH LOGIN: writes into "$CALL_FOLDER/curl-access" what lets curl in: nothing, the login, or a token
# that is got with it. The login stands in files only.
registry_access() {
  local access=$CALL_FOLDER/curl-access login='' challenge realm service token
  ask --head --dump-header "$CALL_FOLDER/challenge" --output /dev/null "$1/v2/" || return 1
  if head -n 1 "$CALL_FOLDER/challenge" | grep -q ' 200'; then return 0; fi
  challenge=$(tr -d '\r' <"$CALL_FOLDER/challenge" | grep -i '^www-authenticate:' | head -n 1) || return 1
  if [ -f "$3" ]; then
    login=$(grep -o '"auth":"[^"]*"' "$3" | cut -d '"' -f 4 | base64 -d) || return 1
    login=${login//\\/\\\\}
    printf 'user = "%s"\n' "${login//\"/\\\"}" >"$access"
  fi
  case $(printf '%s' "$challenge" | tr '[:upper:]' '[:lower:]') in
    *' basic'*) [ -n "$login" ] || return 1 ;;
    *' bearer '*)
      realm=$(challenge_part realm "$challenge") service=$(challenge_part service "$challenge")
      # A login goes to no place that is less safe than the registry itself.
      case $1,$realm in *,https://* | http:*,http://*) ;; *) return 1 ;; esac
      token=$(ask --get --config "$access" --data-urlencode "service=$service" \
        --data-urlencode "scope=repository:$2:pull" "$realm" |
        grep -oE '"(access_)?token" *: *"[A-Za-z0-9._~+/=-]+"' | head -n 1 | cut -d '"' -f 4) || return 1
      [ -n "$token" ] || return 1
      printf 'header = "Authorization: Bearer %s"\n' "$token" >"$access"
      ;;
    *) return 1 ;;
  esac
}

challenge_part() {
  local rest=${2#*"$1=\""}
  if [ "$rest" != "$2" ]; then printf '%s' "${rest%%\"*}"; fi
}
