#!/bin/bash
# Tries to break every reader, measures what inputs that grow and jailed boots cost, and writes
# docs/SECURITY-TRIALS.md. Fails where a reader crashes or hangs.
#
#   tests/trials.sh [OPTION…]
#
# Needs Python, GNU time, QEMU, cpio, e2fsprogs, fdisk, and the tools of the codecs. Options are those
# of tests/trials/run.py: --count N runs for each reader, --seed N, --rounds N boots, --keep FOLDER
# for inputs that crash or hang, --out FILE.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build -q --release --bins
target=${CARGO_TARGET_DIR:-target}/release
growth=$(mktemp)
trap 'rm -f "$growth"' EXIT
cargo test -q --release --test trials >"$growth"
python3 tests/trials/run.py --kelpie-check "$(realpath "$target/kelpie-check")" --growth "$growth" "$@"
