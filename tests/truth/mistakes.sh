#!/bin/sh
# Does the truth matrix find mistakes? Lays the ten mistakes of tests/truth/mistakes/ over a copy of
# this tree, boots the cases of the sample that they concern, and demands that each of these is told
# as wrong; before that, that none is without the mistakes. `one-by-one` builds once for each mistake
# instead of once for all.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -C "$tree" ls-files -z | (cd "$tree" && xargs -0 cp --parents -t "$work")
cd "$work"

# Boots the cases named in these patches; fails where one is wrong.
boot() {
    only=$(sed -n 's/^Case: //p' "$@" | paste -sd'|')
    KELPIE_CHECK_TRUTH_ONLY=$only cargo test --test truth what_is_predicted -- --nocapture
}

# Lays patches over the tree and demands that the case of each is wrong.
find_all() {
    for patch in "$@"; do
        patch -s -p1 <"$patch"
    done
    if boot "$@" >"$work/log" 2>&1; then
        echo "not found: no case of $* is wrong" >&2
        exit 1
    fi
    for patch in "$@"; do
        case=$(sed -n 's/^Case: //p' "$patch")
        if ! grep -qE "^$(printf '%s' "$case" | sed 's/[][\.*^$()+?{|]/\\&/g'): (false|another)" "$work/log"; then
            cat "$work/log" >&2
            echo "not found: $(basename "$patch"): $case" >&2
            exit 1
        fi
        echo "found: $(basename "$patch" .patch): $case"
        patch -s -R -p1 <"$patch"
    done
}

boot "$here"/mistakes/*.patch
if [ "${1:-}" = one-by-one ]; then
    for patch in "$here"/mistakes/*.patch; do
        find_all "$patch"
    done
else
    find_all "$here"/mistakes/*.patch
fi
