#!/usr/bin/env bash
# Makes sure that the shared libraries Blender's Python module links are there (Debian and its children).
# Installs what is missing when run as root; otherwise says which command would. Elsewhere it does nothing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
command -v dpkg-query >/dev/null 2>&1 || exit 0
missing=()
while read -r name; do
  [ -n "$name" ] || continue
  dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
done <"$here/debian-packages.txt"
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "Blender's Python module needs: sudo apt-get install ${missing[*]}" >&2
fi
