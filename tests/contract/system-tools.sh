#!/usr/bin/env bash
# Brings what the tests of the contract take from the system: Java (11 or newer) and Chromium. Where both are there, it does nothing.
set -euo pipefail

packages=(default-jre-headless chromium)
# Somebody else's installation, such as a daily upgrade, holds apt's locks for minutes at most.
tries=${TRIES:-20}
pause=${PAUSE:-15}

missing() {
  local found=()
  for program in java chromium; do
    command -v "$program" >/dev/null || found+=("$program")
  done
  local named="${found[*]}"
  echo "${named/ / and }"
}

give_up() {
  echo "The tests of the contract need $lacking, and $1." >&2
  echo "On Debian, this brings them: sudo apt-get install ${packages[*]}" >&2
  exit 1
}

lacking=$(missing)
[ -n "$lacking" ] || exit 0
command -v apt-get >/dev/null || give_up "there is no apt-get here to install it with"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || give_up "only root can install it"
  as_root=(sudo -n)
fi
as_root+=(env DEBIAN_FRONTEND=noninteractive)

until "${as_root[@]}" apt-get -q update &&
  "${as_root[@]}" apt-get -qy -o DPkg::Lock::Timeout=300 install --no-install-recommends "${packages[@]}"; do
  ((--tries > 0)) || give_up "apt-get could not install it"
  sleep "$pause"
done
lacking=$(missing)
[ -z "$lacking" ] || give_up "apt-get has not brought it"
