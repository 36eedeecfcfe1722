#!/usr/bin/env bash
# Does the ten tasks of a new user (packaging/tasks.sh) in a fresh Debian without Rust, and logs them to
# docs/TRIED.md:
#
#     packaging/build.sh wheel deb static mirror
#     packaging/try.sh
#
# Needs root, debootstrap and pip. The root comes from the mirror that apt uses; KELPIE_CHECK_ROOT names
# one that an earlier run made. The packages are in KELPIE_CHECK_PACKAGES (default: target/packages).
set -euo pipefail
cd "$(dirname "$0")/.."
packages=${KELPIE_CHECK_PACKAGES:-${CARGO_TARGET_DIR:-target}/packages}
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

if [ -n "${KELPIE_CHECK_ROOT:-}" ]; then
  cp -a --reflink=auto "$KELPIE_CHECK_ROOT" "$work/root"
else
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -1)
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  debootstrap --variant=minbase \
    --include=bash-completion,busybox-static,ca-certificates,e2fsprogs,git,man-db,python3-venv \
    "$suite" "$work/root" "$mirror" >"$work/debootstrap.log" 2>&1 || { tail "$work/debootstrap.log" >&2; exit 1; }
fi
root=$work/root

# What the user downloads: wheels for the Python of the root, and the packages.
python=$(chroot "$root" python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
python3 -m pip download -q --disable-pip-version-check --only-binary :all: --python-version "$python" \
  -d "$work/wheels" pre-commit setuptools
packaging/index.sh "$root/index" "$work"/wheels/*.whl "$packages"/kelpie_check-*.whl
mkdir "$root/packages" "$root/checkout"
cp -r "$packages"/kelpie-check-*.tar.gz "$packages"/kelpie-check_*.deb "$packages/kelpie-check-pre-commit" "$root/packages/"
cp -r Cargo.toml ci kernel packaging "$root/checkout/"

# The image, where it was built: without an engine, by its own tree.
for image in "$packages"/kelpie-check-*.oci.tar; do
  [ -f "$image" ] || continue
  tar -xf "$image" -C "$work"
  tag=$(sed -n 's/.*org.opencontainers.image.ref.name":"\([^"]*\)".*/\1/p' "$work/kelpie-check/index.json")
  umoci unpack --image "$work/kelpie-check:$tag" "$work/bundle"
  cp kernel/vmlinuz-x86_64 "$work/bundle/rootfs/work/"
  chroot "$work/bundle/rootfs" /usr/bin/kelpie-check kernel --format brief /work/vmlinuz-x86_64
done

# Without a network, and without the variables of this shell.
env -i PATH="$PATH" unshare --mount --net --pid --fork bash -ec '
  mount -t proc proc "$0/proc"
  exec chroot "$0" /checkout/packaging/tasks.sh
' "$root" >"$work/TRIED.md" || { tail -n 40 "$work/TRIED.md" >&2; exit 1; }
cp "$work/TRIED.md" docs/TRIED.md
echo "docs/TRIED.md: $(grep -c '^## ' docs/TRIED.md) tasks, $(grep -c '^\$ ' docs/TRIED.md) commands"
