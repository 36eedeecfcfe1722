#!/bin/sh
# Tries the pre-commit hook with the real tool: in a new repository, a good kernel has to pass and
# a kernel that is cut short has to fail.
#
#     ci/pre-commit.sh [GOOD-KERNEL]
#
# Needs pre-commit (PyPI), git and cargo. The hook is built by `cargo install`; to build it once
# only and fast, set CARGO_TARGET_DIR (default: this checkout's target/pre-commit).
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
kernel=${1:-$here/kernel/vmlinuz-x86_64}

skip() {
    case ",${KELPIE_CHECK_REQUIRE:-}," in
    *,tools,*) echo "needed: $1" >&2; exit 1 ;;
    *) echo "skipped: $1"; exit 0 ;;
    esac
}
for tool in pre-commit git cargo; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done
[ -f "$kernel" ] || skip "there is no $kernel"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is tried is the hook, not the optimiser.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$here/target/pre-commit}"
export CARGO_PROFILE_RELEASE_LTO=off
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1
export CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
# Without the user's own settings, and without leaving anything in the user's cache.
export PRE_COMMIT_HOME="$work/cache"
export GIT_CONFIG_GLOBAL=/dev/null

git init -q "$work/repository"
cd "$work/repository"
try() {
    git add -A
    pre-commit try-repo "$here" kelpie-check-kernel --all-files --verbose
}

cp "$kernel" vmlinuz-good
echo 'no kernel' > README
echo '{}' > vmlinuz.json
if ! try; then
    echo "FAILED: a good kernel does not pass" >&2
    exit 1
fi

size=$(wc -c < "$kernel")
head -c $((size / 2)) "$kernel" > vmlinuz-broken
if try > "$work/said" 2>&1; then
    cat "$work/said"
    echo "FAILED: a kernel that is cut short passes" >&2
    exit 1
fi
cat "$work/said"
if ! grep -q 'KC002 truncated-kernel' "$work/said"; then
    echo "FAILED: the finding is not shown" >&2
    exit 1
fi
echo "passed: the hook lets the good kernel through and stops the broken one"
