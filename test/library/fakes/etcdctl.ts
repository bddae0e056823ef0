// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash
/**
 * etcd that keeps each key in a file of `$FAKE_STATE/etcd`, named by the key with underscores for slashes, and knows as
 * much of transactions as the steps use: comparing revisions, put and del.
 */
export const etcdctl = `
store=$FAKE_STATE/etcd
mkdir -p "$store"
name() { printf '%s' "\${1//\\//_}"; }
revision() { cat "$store/.revision" 2>/dev/null || echo 1; }
version() { cat "$store/.version-$1" 2>/dev/null || { [ -e "$store/$1" ] && echo 1 || echo 0; }; }
save() {
  printf '%s' "$2" >"$store/$(name "$1")"
  printf '%s' "$1" >"$store/.key-$(name "$1")"
  revision >"$store/.version-$(name "$1")"
}
remove() { rm -f "$store/$1" "$store/.version-$1" "$store/.key-$1"; }
show() {
  local key=\${1//_/\\/}
  [ ! -e "$store/.key-$1" ] || key=$(cat "$store/.key-$1")
  printf '"Key" : "%s"\\n"ModRevision" : %s\\n"Value" : "%s"\\n' "$key" "$(version "$1")" "$(cat "$store/$1")"
}
case $1 in
  get)
    wanted=\${*: -1} star=
    case " $* " in *' --prefix '*) star=1 ;; esac
    printf '"Revision" : %s\\n' "$(revision)"
    for file in "$store"/*; do
      found=\${file##*/}
      [ -e "$file" ] || continue
      if [ "$found" = "$(name "$wanted")" ] || { [ -n "$star" ] && [ "\${found#"$(name "$wanted")"}" != "$found" ]; }; then
        show "$found"
      fi
    done
    ;;
  put)
    echo $(($(revision) + 1)) >"$store/.revision"
    save "\${*: -1}" "$(cat)"
    ;;
  txn)
    isWell=1
    while IFS= read -r line && [ -n "$line" ]; do
      key=\${line#*\\"} key=\${key%%\\"*} number=\${line%\\"} number=\${number##*\\"}
      case $line in mod*|version*) [ "$(version "$(name "$key")")" = "$number" ] || isWell= ;; esac
    done
    [ -n "$isWell" ] || { echo FAILURE; exit 0; }
    echo $(($(revision) + 1)) >"$store/.revision"
    while IFS= read -r line && [ -n "$line" ]; do
      key=\${line#*\\"} key=\${key%%\\"*} value=\${line%\\"} value=\${value##*\\"}
      case $line in
        put*) save "$key" "$value" ;;
        'del --prefix'*) for file in "$store/$(name "$key")"*; do remove "\${file##*/}"; done ;;
        del*) remove "$(name "$key")" ;;
      esac
    done
    echo SUCCESS
    ;;
  endpoint) for endpoint in \${ETCDCTL_ENDPOINTS//,/ }; do echo "$endpoint is healthy: took 1ms"; done ;;
esac
`
