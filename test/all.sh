#!/usr/bin/env bash
# Installs what the tests need, starts it, and runs everything: format, lint, types, unit tests, tests against real
# parts, end-to-end tests. Meant for a fresh Debian machine, as root. Ends only what it started.
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian package -> a file or program that shows that it is there.
declare -A needed=(
  [docker.io]=dockerd
  [busybox-static]=busybox
  [openssh-server]=/usr/sbin/sshd
  [openssl]=openssl
  [procps]=ps
  [iproute2]=ip
  [curl]=curl
  [groovy]=/usr/share/java/groovy-all-2.4.21.jar
  [shellcheck]=shellcheck
  [eatmydata]=eatmydata
  [strace]=strace
  [squid]=/usr/sbin/squid
  [docker-registry]=docker-registry
  [dpkg-dev]=dpkg-scanpackages
  [apt-utils]=apt-ftparchive
  [dnf]=dnf
  [createrepo-c]=createrepo_c
  [rpm]=rpmbuild
  [docker-compose]=docker-compose
  [openssh-client]=ssh
  [git]=git
  [perl]=perl
  [xvfb]=Xvfb
  [xauth]=xauth
  [x11-utils]=xdpyinfo
  [x11-apps]=xwd
  [x11-xserver-utils]=xhost
  [x11vnc]=x11vnc
  [chromium]=chromium
  [chromium-driver]=chromedriver
  [imagemagick]=/usr/bin/import
  [skopeo]=skopeo
  [bup]=bup
  [zstd]=zstd
  [rsync]=rsync
  [nginx-light]=/usr/sbin/nginx
  [etcd-server]=etcd
  [etcd-client]=etcdctl
  [socat]=socat
  [sqlite3]=sqlite3
  [iptables]=iptables
  [mawk]=mawk
  [python3]=python3
)

is_there() { [[ $1 == /* ]] && [[ -e $1 ]] || command -v "$1" >/dev/null; }

install_parts() {
  local missing=() package
  for package in "${!needed[@]}"; do
    is_there "${needed[$package]}" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || { echo "missing: ${missing[*]}; run this as root, or install them" >&2; exit 1; }
  echo "installing ${missing[*]}"
  apt-get update -qq
  without_services apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$scratch/apt.log" 2>&1 ||
    { tail -n 20 "$scratch/apt.log" >&2; exit 1; }
  for package in "${missing[@]}"; do
    is_there "${needed[$package]}" || { echo "$package was installed, but ${needed[$package]} is not there" >&2; exit 1; }
  done
}

# Debian starts the services of what it installs; the tests start their own, on ports and in folders of their own.
without_services() {
  local policy=/usr/sbin/policy-rc.d ours='' status=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    ours=1
  fi
  DEBIAN_FRONTEND=noninteractive "$@" || status=$?
  [ -z "$ours" ] || rm -f "$policy"
  return "$status"
}

engine=
scratch=$(mktemp -d "${TMPDIR:-/tmp}/footman-all.XXXXXX")

stop_parts() {
  if [ -n "$engine" ]; then
    kill "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap stop_parts EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_engine() {
  docker version >/dev/null 2>&1 && return
  echo 'starting a Docker Engine'
  dockerd >"$scratch/dockerd.log" 2>&1 &
  engine=$!
  for _ in $(seq 60); do
    docker version >/dev/null 2>&1 && return
    kill -0 "$engine" 2>/dev/null || break
    sleep 1
  done
  echo 'the Docker Engine did not start; its last words:' >&2
  tail -n 20 "$scratch/dockerd.log" >&2
  exit 1
}

version_of() { dpkg-query --show --showformat '${Package} ${Version}\n' "$1" 2>/dev/null || echo "$1 (not from Debian)"; }

list_parts() {
  echo "real parts: Node.js $(node --version), Docker Engine $(docker version --format '{{.Server.Version}}'), and of Debian:"
  for package in $(printf '%s\n' "${!needed[@]}" | sort); do echo "  $(version_of "$package")"; done
}

install_parts
start_engine
npm ci --no-audit --no-fund --loglevel=error
npm run check
npm run build
list_parts
npx vitest run --config test/vitest.config.ts --project unit --project parts --project stories
