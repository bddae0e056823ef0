# Networks by number. An address is a whole number, a network the first and the last of its addresses.

# address_number 10.0.0.1
address_number() {
  local IFS=.
  # shellcheck disable=SC2086 # the dots part it
  set -- $1
  printf '%s\n' "$(((10#$1 << 24) + (10#$2 << 16) + (10#$3 << 8) + 10#$4))"
}

# subnet_range CIDR: sets first and last.
subnet_range() {
  first=$(address_number "${1%/*}")
  last=$((first + (1 << (32 - ${1#*/})) - 1))
}

# subnets_overlap CIDR CIDR
subnets_overlap() {
  local first last from to
  subnet_range "$1"
  from=$first to=$last
  subnet_range "$2"
  [ "$from" -le "$last" ] && [ "$first" -le "$to" ]
}

is_subnet() { [[ $1 =~ ^[0-9]{1,3}([.][0-9]{1,3}){3}/[0-9]{1,2}$ ]]; }

# networks_in_use: a line `CIDR what it is` for every network of the engine and every route of this machine.
networks_in_use() {
  local ids route rest
  ids=$(docker network ls --quiet --no-trunc) || return 1
  # shellcheck disable=SC2086 # one word for each
  [ -z "$ids" ] || docker network inspect \
    --format '{{$name := .Name}}{{range .IPAM.Config}}{{.Subnet}} the network {{$name}}{{"\n"}}{{end}}' $ids 2>/dev/null || true
  has_program ip || return 0
  ip -4 route show 2>/dev/null | while read -r route rest; do
    case $route in */*) printf '%s the route %s\n' "$route" "$rest" ;; esac
  done
}

# check_subnet PARAMETER CIDR: refuses one that is no network, or of which a part is in use.
check_subnet() {
  local first last used what
  subnet_range "$2"
  if [ $((first & ((1 << (32 - ${2#*/})) - 1))) -ne 0 ]; then
    fail "$1 is $2, which is an address inside a network" 'give the first address of the network, the one that ends in zeros'
  fi
  while read -r used what; do
    is_subnet "$used" || continue
    # A route by which most of the world is reached is no reason.
    [ "${used#*/}" -ge 8 ] || continue
    if subnets_overlap "$2" "$used"; then
      fail "the $1 $2 overlaps with $used, $what" 'choose another, or leave it out: the engine then takes a free one'
    fi
  done < <(networks_in_use)
}

# check_gateway ADDRESS CIDR
check_gateway() {
  local first last number
  subnet_range "$2"
  number=$(address_number "$1")
  if [ "$number" -le "$first" ] || [ "$number" -ge "$last" ]; then
    fail "gateway is $1, which is no address of a machine in $2" 'take the one after the first'
  fi
}
