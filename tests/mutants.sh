#!/bin/sh
# Which mutants of the causes, the check, the stages and the command line do the tests miss? All that
# cargo-mutants lists by .cargo/mutants.toml are built into one copy of this tree (tests/mutants/), and
# each runs under the tests that meet it. Arguments choose mutants by parts of their names. Prints those
# that are not caught, then how many came to which end; fails where one was missed.
#
# JOBS runs so many at once; MOST and SLOWEST_MS bound the tests of each, for busy machines. Plain
# `cargo mutants` does the same by a build for each, in days instead of an hour.
set -eu

tree=$(cd "$(dirname "$0")/.." && pwd)
# A folder of its own: cargo calls what it builds of the copy by the names of what it builds here.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$tree/target}/mutants"
# Debug information and optimisation cost more here than they give.
export CARGO_PROFILE_DEV_DEBUG="${CARGO_PROFILE_DEV_DEBUG:-0}"
export CARGO_PROFILE_DEV_OPT_LEVEL="${CARGO_PROFILE_DEV_OPT_LEVEL:-0}"

work="$CARGO_TARGET_DIR/woven"
rm -rf "$work"
mkdir -p "$work/tree"
git -C "$tree" ls-files -z | (cd "$tree" && xargs -0 cp -p --parents -t "$work/tree")
(cd "$tree" && cargo mutants --list --json) >"$work/list.json"
cargo run --quiet --manifest-path "$tree/tests/mutants/Cargo.toml" -- \
    "$work/list.json" "$tree" "$work/tree" "$@" >"$work/ends"
grep -v '^caught' "$work/ends" || true
cut -f1 "$work/ends" | sort | uniq -c
! grep -q '^unmet\|^missed' "$work/ends"
