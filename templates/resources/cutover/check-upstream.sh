#!/usr/bin/env bash
# check-upstream.sh FILE: whether nginx would take it. An upstream cannot be tested by itself, because nginx allows one
# only inside http: a whole configuration is made around it. Without a server in it nothing would be served any more.
set -euo pipefail
candidate=$1
if ! grep -qE '^ +server [0-9[]' "$candidate"; then
  echo "$candidate names no server: an empty upstream is refused" >&2
  exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/nginx.conf" <<CONF
pid $folder/pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    include $candidate;
}
CONF
nginx -t -q -c "$folder/nginx.conf"
