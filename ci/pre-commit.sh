#!/bin/sh
# Tries the pre-commit hooks with the real tool: in a new repository, good artefacts have to pass
# and broken ones have to fail, each with the finding shown.
#
#     ci/pre-commit.sh [GOOD-KERNEL]
#
# Needs pre-commit (PyPI), git, cargo, cpio and mke2fs. The hook is built by `cargo install`; what
# was built before in CARGO_TARGET_DIR (default: this checkout's target) serves.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
kernel=${1:-$here/kernel/vmlinuz-x86_64}
PATH=$PATH:/usr/sbin:/sbin

skip() {
    case ",${KELPIE_CHECK_REQUIRE:-}," in
    *,tools,*) echo "needed: $1" >&2; exit 1 ;;
    *) echo "skipped: $1"; exit 0 ;;
    esac
}
for tool in pre-commit git cargo cpio mke2fs busybox; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done
[ -f "$kernel" ] || skip "there is no $kernel"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What was built for a release serves here too.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$here/target}"
# Without the user's own settings, and without leaving anything in the user's cache.
export PRE_COMMIT_HOME="$work/cache"
export GIT_CONFIG_GLOBAL=/dev/null

# What is in this checkout, also what is not committed yet; one revision is built once.
git clone -q "$here" "$work/hooks"
git -C "$here" diff HEAD --binary | git -C "$work/hooks" apply --index --allow-empty
git -C "$work/hooks" -c user.name=hooks -c user.email=hooks@localhost \
    commit -q --allow-empty --no-verify -m 'as it is'

git init -q "$work/repository"
cd "$work/repository"
cat > .pre-commit-config.yaml <<YAML
repos:
  - repo: $work/hooks
    rev: $(git -C "$work/hooks" rev-parse HEAD)
    hooks: [{id: kelpie-check-kernel}, {id: kelpie-check-rootfs}, {id: kelpie-check-initramfs}, {id: kelpie-check}]
YAML
passes() { # HOOK
    git add -A
    if ! pre-commit run "$1" --all-files --verbose; then
        echo "FAILED: $1 stops what is good" >&2
        exit 1
    fi
}
fails() { # HOOK WORDS
    git add -A
    if pre-commit run "$1" --all-files --verbose >"$work/said" 2>&1; then
        cat "$work/said"
        echo "FAILED: $1 lets through what is broken" >&2
        exit 1
    fi
    cat "$work/said"
    if ! grep -q "$2" "$work/said"; then
        echo "FAILED: $1 does not say $2" >&2
        exit 1
    fi
}

cp "$kernel" vmlinuz-good
echo 'no kernel' > README
echo '{}' > vmlinuz.json
passes kelpie-check-kernel
size=$(wc -c < "$kernel")
head -c $((size / 2)) "$kernel" > vmlinuz-broken
fails kelpie-check-kernel 'KC002 truncated-kernel'
rm vmlinuz-broken

# A root with a shell for init, and an archive of the same.
tree=$work/tree
mkdir -p "$tree/sbin" "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys"
cp "$(command -v busybox)" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
printf '#!/bin/sh\nexec /bin/sh\n' > "$tree/sbin/init"
chmod 755 "$tree/sbin/init"
cp "$tree/sbin/init" "$tree/init"
mke2fs -q -t ext4 -d "$tree" good.ext4 16M
passes kelpie-check-rootfs
head -c 8000000 good.ext4 > short.ext4
fails kelpie-check-rootfs 'KC011 truncated-root-filesystem'
rm short.ext4

(cd "$tree" && find . | cpio -o -H newc --quiet | gzip) > initramfs-good
passes kelpie-check-initramfs
size=$(wc -c < initramfs-good)
head -c $((size / 2)) initramfs-good > initramfs-short
fails kelpie-check-initramfs 'KC020 corrupt-initramfs'
rm initramfs-short

cat > kelpie-check.toml <<'TOML'
[[image]]
kernel = "vmlinuz-good"
rootfs = "good.ext4"
cmdline = "console=ttyS0 root=/dev/vda rw init=/sbin/init"
targets = ["libkrun", "qemu-microvm"]
TOML
passes kelpie-check
sed -i 's|/dev/vda|/dev/sda|' kelpie-check.toml
fails kelpie-check 'KC405'
echo "passed: each hook lets what is good through and stops what is broken"
