#!/usr/bin/env bash
# Installs what the tests need, starts it, and runs everything: format, lint, types, unit tests, tests against real
# parts, end-to-end tests. Meant for a fresh Debian machine, as root. Ends only what it started.
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian package -> the program that shows that it is there.
declare -A needed=(
  [docker.io]=dockerd
  [busybox-static]=busybox
  [openssh-server]=/usr/sbin/sshd
  [openssl]=openssl
)

install_parts() {
  local missing=()
  for package in "${!needed[@]}"; do
    command -v "${needed[$package]}" >/dev/null || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || { echo "missing: ${missing[*]}; run this as root, or install them" >&2; exit 1; }
  echo "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
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

install_parts
start_engine
npm ci --no-audit --no-fund --loglevel=error
npm run check
npm run build
echo "real parts: Docker Engine $(docker version --format '{{.Server.Version}}'), $(/usr/sbin/sshd -V 2>&1 | grep -o 'OpenSSH[^,]*' | head -n 1), $(busybox | head -n 1 | cut -d' ' -f1,2), Node $(node --version)"
npx vitest run --config test/vitest.config.ts --project unit --project parts
