#!/usr/bin/env bash
# Installs the packages of packages.txt that this machine lacks.
#
#   third_party/install.sh [play] [test]     default: play
#
# On Debian and its relatives it asks apt, as root or through sudo, and only for what is absent. Where
# it may not, and on other systems, it says what is to be installed and ends with 1.
set -euo pipefail

table="$(dirname "${BASH_SOURCE[0]}")/packages.txt"
groups=" ${*:-play} "
say() { printf '%s\n' "$@" >&2; }

# names COLUMN: the packages of the wanted groups, one a line. Columns as in packages.txt.
names() {
  local row for
  while IFS= read -r row; do
    [[ $row == *'|'* && $row != '#'* ]] || continue
    IFS='|' read -ra columns <<<"$row"
    for=${columns[1]// /}
    [[ $groups == *" $for "* ]] || continue
    for name in ${columns[$1]}; do
      [[ $name == - ]] || printf '%s\n' "$name"
    done
  done <"$table"
}

system=other
if command -v apt-get >/dev/null; then system=debian
elif command -v dnf >/dev/null; then system=fedora
elif command -v pacman >/dev/null; then system=arch
elif command -v brew >/dev/null; then system=brew
fi

# On these the caller installs: their names are ours to know, their package managers are not.
case $system in
  fedora) absent=$(for p in $(names 3); do rpm -q --whatprovides "$p" >/dev/null 2>&1 || echo "$p"; done)
          advice="sudo dnf install" ;;
  arch)   absent=$(pacman -T $(names 4) || true); advice="sudo pacman -S" ;;
  brew)   absent=$(for p in $(names 5); do brew ls --versions "$p" >/dev/null || echo "$p"; done)
          advice="brew install" ;;
  other)  say "This system's packages are not known here; what is needed stands in $table."
          exit 0 ;; # cmake says what it does not find
esac
if [[ $system != debian ]]; then
  [[ -z $absent ]] && exit 0
  say "Missing packages. To install them:" "" "  $advice $(echo $absent)"
  exit 1
fi

mapfile -t wanted < <(names 2)
mapfile -t present < <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
  sed -n 's/^installed //p')
absent=()
for name in "${wanted[@]}"; do
  [[ " ${present[*]} " == *" $name "* ]] || absent+=("$name")
done
((${#absent[@]})) || exit 0

install=(apt-get install -y --no-install-recommends "${absent[@]}")
if ((EUID == 0)); then
  as_root=(env DEBIAN_FRONTEND=noninteractive)
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
  as_root=(sudo env DEBIAN_FRONTEND=noninteractive)
else
  say "Missing packages, and neither root nor sudo is at hand to install them. As root:" "" \
    "  apt-get install --no-install-recommends ${absent[*]}"
  exit 1
fi

say "Installing ${#absent[@]} packages and what they need: ${absent[*]}"
update() { "${as_root[@]}" apt-get update || say "apt-get update failed; going on with the lists at hand"; }
compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || update
for attempt in 1 2 3; do
  "${as_root[@]}" "${install[@]}" </dev/null && exit 0
  say "apt-get install failed (attempt $attempt of 3)"
  ((attempt < 3)) && update
done
say "Could not install: ${absent[*]}"
exit 1
