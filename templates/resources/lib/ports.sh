# free_port: a port of this machine on which nobody listens at the moment.
free_port() {
  local port tries=50
  while [ "$tries" -gt 0 ]; do
    # Below the range from which the system takes ports for outgoing connections.
    port=$((RANDOM % 12000 + 20000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%s' "$port"
      return
    fi
    tries=$((tries - 1))
  done
}

# listens PORT: whether anything does, without connecting to it: that alone would set a program going.
listens() {
  local hex
  printf -v hex '%04X' "$1"
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}
