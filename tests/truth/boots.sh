#!/usr/bin/env bash
# The boots of full runs of the truth matrix: consoles, and what was observed of them. The next run boots
# only the cases whose files or predictions are others.
#   boots.sh unpack FOLDER   puts them where KELPIE_CHECK_TRUTH_KEEP=FOLDER finds them
#   boots.sh pack FOLDER     writes them to testdata/truth/boots.tar.xz
set -euo pipefail
usage='usage: boots.sh pack|unpack FOLDER'
action=${1:?$usage} folder=${2:?$usage}
packed=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)/testdata/truth/boots.tar.xz
case $action in
  pack)
    mkdir -p "$(dirname "$packed")"
    (cd "$folder" && find . -name '*.json' -printf '%f\n' | sort) |
      sed 's/\.json$//' | while read -r name; do printf '%s.json\n%s.console\n' "$name" "$name"; done |
      tar -C "$folder" --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 -cf - -T - |
      xz -9e >"$packed.partial"
    mv "$packed.partial" "$packed"
    ;;
  unpack)
    mkdir -p "$folder"
    tar -C "$folder" -xJf "$packed"
    ;;
  *) echo "$usage" >&2; exit 2 ;;
esac
