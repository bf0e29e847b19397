#!/usr/bin/env bash
# Installs the packages of debian-packages.txt that are missing; on Debian or Ubuntu, as root.
#   tools/debian_packages.sh          installs
#   tools/debian_packages.sh --list   prints the names, and changes nothing
set -euo pipefail
architecture=$(dpkg --print-architecture)
mapfile -t packages < <(
  sed -e 's/ *#.*//' -e "s/ *\[$architecture\]$//" -e '/\[/d' -e '/^$/d' "$(dirname "$0")/debian-packages.txt"
)
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done

if [ "${1:-}" = --list ]; then
  printf '%s\n' "${packages[@]}"
  exit
fi
[ ${#missing[@]} -gt 0 ] || exit 0

export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@"; }
for attempt in 1 2 3; do
  if apt update && apt install -y --no-install-recommends "${missing[@]}" >/dev/null; then
    echo "installed: ${missing[*]}"
    exit
  fi
  echo "attempt $attempt of 3 failed: apt-get install ${missing[*]}" >&2
  sleep $((attempt * 10))
done
exit 1
