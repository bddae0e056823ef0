# find_compose auto|plugin|v1: sets the array compose to the Compose of this machine; fails where there is none.
find_compose() {
  if [ "$1" != v1 ] && docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
  elif [ "$1" != plugin ] && has_program docker-compose; then
    compose=(docker-compose)
  else
    return 1
  fi
}
