# The file that tells nginx its upstream, and nginx itself: on this machine or in a container.

# bring_into_force: the backends of this generation, into the file and into nginx; waits until it serves them. The file
# that was there before comes back when nginx does not take it. Fails, with a word on why.
bring_into_force() {
  [ -n "$backends" ] || { say 'an empty upstream is refused: nothing would be served' && return 1; }
  old_workers=$(workers) || { say "no nginx is running: $(whose_nginx)" && return 1; }
  "render_$STEP_RENDERER" || return 1
  if await_generation; then
    rm -f "$beside.before"
    return
  fi
  say "nginx did not serve generation $generation within $STEP_RELOAD_TIMEOUT: does it include $config in http, and is port $STEP_GENERATION_PORT free? Its error log says more"
  put_back
  reload || true
  return 1
}

whose_nginx() {
  if given "$STEP_NGINX_CONTAINER"; then printf 'in the container %s' "$STEP_NGINX_CONTAINER"; else printf '%s' "$STEP_PID_FILE"; fi
}

# nginx_here WORD...: nginx with its own configuration, where it is.
nginx_here() {
  local words=(nginx)
  if given "$STEP_NGINX_CONFIG"; then words+=(-c "$STEP_NGINX_CONFIG"); fi
  if given "$STEP_NGINX_CONTAINER"; then words=(docker exec "$STEP_NGINX_CONTAINER" "${words[@]}"); fi
  "${words[@]}" "$@"
}

# The whole configuration, as nginx will read it.
check_all() { nginx_here -t -q; }

write_upstream() {
  local address
  printf '# Written by footman, step cutover. Changes are lost with the next one.\n'
  printf 'upstream %s {\n' "$STEP_APP"
  while IFS= read -r address; do printf '    server %s;\n' "$address"; done <<<"$backends"
  if [ "$STEP_KEEPALIVE" -gt 0 ]; then
    printf '    keepalive %s;\n    keepalive_timeout %s;\n' "$STEP_KEEPALIVE" "$STEP_KEEPALIVE_TIMEOUT"
  fi
  printf '}\n'
  write_generation "$generation"
}

# write_generation TEXT: what tells which generation is in force. Several apps share the port; the name tells them apart.
write_generation() {
  printf '\nserver {\n    listen 127.0.0.1:%s;\n    server_name %s.footman;\n' "$STEP_GENERATION_PORT" "$STEP_APP"
  printf '    access_log off;\n    keepalive_timeout 0;\n    location / { return 200 "%s %s"; }\n}\n' "$STEP_APP" "$1"
}

refuse_foreign() {
  [ ! -e "$config" ] || head -n 1 "$config" | grep -q '^# Written by footman, step cutover' || {
    say "$config is there and was not written by this step; it is left alone"
    return 1
  }
}

render_builtin() {
  refuse_foreign || return 1
  write_upstream >"$beside.new" || return 1
  chmod 644 "$beside.new"
  if ! given "$STEP_NGINX_CONTAINER" && ! bash "$CALL_FOLDER/cutover/check-upstream.sh" "$beside.new"; then
    rm -f "$beside.new"
    return 1
  fi
  keep_before
  # In one piece: nginx may be told to reload by somebody else at any moment.
  mv -f "$beside.new" "$config"
  if ! check_all || ! old_workers=$(workers) || ! reload; then
    say 'nginx does not take its configuration as it would be now'
    put_back
    return 1
  fi
}

# keep_before: what is there now, under another name; with nothing there, a mark.
keep_before() {
  if [ -e "$config" ]; then cp -p "$config" "$beside.before"; else : >"$beside.before"; fi
}

put_back() {
  if [ -s "$beside.before" ]; then mv -f "$beside.before" "$config"; else rm -f "$config" "$beside.before"; fi
}

# confd reads etcd, checks, renames and reloads by itself; when its reload fails it never tries again, so await_generation
# does. Nothing here is known to one of the two flavours only. A prefix on the command line would be taken instead of the
# one of the resource by one of them, and be put before it by the other.
render_confd() {
  local folder=${STEP_CONFD_DIR:-$CALL_FOLDER/confd} words=() endpoint dash
  has_program confd || { say 'there is no confd on the PATH; Debian has none' && return 1; }
  refuse_foreign || return 1
  write_confd "$folder" || return 1
  keep_before
  case $STEP_CONFD_FLAVOR in
    legacy) words=(confd -backend etcdv3 -onetime -confdir "$folder") dash=- ;;
    fork) words=(confd etcd --onetime --confdir "$folder") dash=-- ;;
  esac
  while IFS= read -r endpoint; do words+=("${dash}node" "$endpoint"); done <<<"$STEP_ENDPOINTS"
  if given "$STEP_ETCD_CA"; then words+=("${dash}client-ca-keys" "$STEP_ETCD_CA"); fi
  if given "$STEP_ETCD_CERT"; then words+=("${dash}client-cert" "$STEP_ETCD_CERT" "${dash}client-key" "$STEP_ETCD_CERT_KEY"); fi
  timeout "$(duration_seconds "$STEP_RELOAD_TIMEOUT")" "${words[@]}" </dev/null >&2 || say 'confd reports a failure'
  if ! cmp -s "$config" <(write_upstream) || ! check_all; then
    say "confd did not make $config what it should be"
    put_back
    return 1
  fi
}

# write_confd FOLDER: resource, template and check, as a confd that runs all the time would need them too.
write_confd() {
  local LC_ALL=C folder=$1 keepalive=''
  [[ $folder =~ ^/[A-Za-z0-9_/.@+-]+$ ]] || { say "confd cannot be told of a folder named $folder" && return 1; }
  mkdir -p "$folder/conf.d" "$folder/templates" || return 1
  cp "$CALL_FOLDER/cutover/check-upstream.sh" "$folder/check-upstream.sh" || return 1
  if [ "$STEP_KEEPALIVE" -gt 0 ]; then
    keepalive="    keepalive $STEP_KEEPALIVE;"$'\n'"    keepalive_timeout $STEP_KEEPALIVE_TIMEOUT;"$'\n'
  fi
  {
    printf '# Written by footman, step cutover. Changes are lost with the next one.\n'
    printf 'upstream %s {\n{{range getvs "/backends/*"}}    server {{.}};\n{{end}}%s}\n' "$STEP_APP" "$keepalive"
    write_generation '{{index (split (getv "/state") " ") 3}}'
  } >"$folder/templates/$STEP_APP.tmpl"
  {
    printf '[template]\nsrc = "%s.tmpl"\ndest = "%s"\nmode = "0644"\n' "$STEP_APP" "$config"
    printf 'prefix = "%s"\nkeys = ["/backends", "/state"]\n' "$root"
    printf 'check_cmd = "bash %s/check-upstream.sh {{.src}}"\n' "$folder"
    # shellcheck disable=SC2016 # confd has a shell expand it
    printf 'reload_cmd = "kill -HUP $(cat %s)"\n' "$STEP_PID_FILE"
  } >"$folder/conf.d/$STEP_APP.toml"
}

# The number of the master process.
master() {
  local pid
  if given "$STEP_NGINX_CONTAINER"; then
    processes | awk '/nginx: master process/ { print $1; exit }' | grep .
    return
  fi
  pid=$(cat "$STEP_PID_FILE" 2>/dev/null) && [[ $pid =~ ^[0-9]+$ ]] || return 1
  case $(ps -o args= -p "$pid" 2>/dev/null) in
    *nginx*) printf '%s\n' "$pid" ;;
    *) return 1 ;;
  esac
}

# processes: pid, parent and words of each process where nginx is.
processes() {
  if given "$STEP_NGINX_CONTAINER"; then
    docker top "$STEP_NGINX_CONTAINER" -eo pid,ppid,args
  else
    ps -eo pid,ppid,args
  fi
}

# workers: the numbers of all workers, those that are about to leave included.
workers() {
  local pid
  pid=$(master) || return 1
  processes | awk -v master="$pid" '$2 == master { print $1 }'
}

reload() {
  if given "$STEP_NGINX_CONTAINER"; then nginx_here -s reload; else kill -HUP "$(master)"; fi
}

# await_generation: nginx is told to reload and goes on at once; it is done when fresh connections find the generation,
# several times in a row, because old workers still take some of them. It is told again, less and less often.
await_generation() {
  local until=$((SECONDS + $(duration_seconds "$STEP_RELOAD_TIMEOUT"))) again=$((SECONDS + 3)) pause=3 count=0
  while [ "$count" -lt 5 ]; do
    if serves "$generation"; then
      count=$((count + 1))
      continue
    fi
    count=0
    [ "$SECONDS" -lt "$until" ] || return 1
    if [ "$SECONDS" -ge "$again" ]; then
      say 'nginx has not taken the new generation yet, and is told again'
      reload || true
      pause=$((pause * 2)) again=$((SECONDS + pause))
    fi
    sleep 0.1
  done
}

# serves GENERATION: whether a fresh connection finds it in force.
serves() { [ "$(ask_generation)" = "$STEP_APP $1" ]; }

ask_generation() {
  local url=http://127.0.0.1:$STEP_GENERATION_PORT/ name="Host: $STEP_APP.footman"
  if given "$STEP_NGINX_CONTAINER"; then
    # Whichever of the two the image has.
    # shellcheck disable=SC2016 # the shell of the container expands them
    timeout 5 docker exec "$STEP_NGINX_CONTAINER" sh -c \
      'unset http_proxy; curl -qs -H "$2" "$1" || wget -q -O - --header "$2" "$1"' ask "$url" "$name" 2>/dev/null
  else
    curl -q --silent --noproxy '*' --max-time 2 --header "$name" "$url"
  fi || true
}

# await_drain: until the workers that knew the generation before are gone; they finish what they have begun. Only then
# is nothing sent to a backend that the new generation does not know.
await_drain() {
  local until=$((SECONDS + $(duration_seconds "$STEP_DRAIN_TIMEOUT")))
  while is_draining; do
    if [ "$SECONDS" -ge "$until" ]; then
      if [ "$STEP_LONG_CONNECTIONS" != cut ]; then
        say "workers of nginx still serve old connections after $STEP_DRAIN_TIMEOUT: set worker_shutdown_timeout in nginx, or longConnections: 'cut'"
        return 1
      fi
      say "cuts the connections that are still open after $STEP_DRAIN_TIMEOUT"
      # shellcheck disable=SC2086 # numbers, one for each worker
      kill -TERM $draining 2>/dev/null || true
      until=$((SECONDS + 5))
    fi
    sleep 0.1
  done
}

# is_draining: sets draining to the old workers that are still there.
is_draining() {
  local pid now
  draining=''
  now=" $(workers | tr '\n' ' ') "
  for pid in $old_workers; do
    case $now in *" $pid "*) draining="$draining $pid" ;; esac
  done
  [ -n "$draining" ]
}
