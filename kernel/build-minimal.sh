#!/bin/bash
# Builds the minimal guest kernels of this directory from Debian's linux-source-6.1.
# How, with what, and what came of it: README.md beside this file.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: build-minimal.sh [x86_64] [aarch64]

Builds vmlinuz-x86_64, vmlinuz-aarch64, or (without arguments) both, and writes
them with kernel-metadata.json beside this script.

environment:
  KELPIE_KERNEL_BUILD_DIR  folder to build in, kept afterwards; must lie outside the
                           repository (default: a temporary folder, removed at the end)
  KELPIE_KERNEL_OUT_DIR    folder to write to (default: the folder of this script)
  LINUX_SOURCE             tarball to build (default: the one of linux-source-6.1)
  SOURCE_DATE_EPOCH        the build's date (default: the date of that package's changelog)
  JOBS                     parallel jobs (default: the number of CPUs)
USAGE
}

die() {
    echo "build-minimal: $*" >&2
    exit 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
package=linux-source-6.1
linux_source=${LINUX_SOURCE:-/usr/src/$package.tar.xz}
out_dir=${KELPIE_KERNEL_OUT_DIR:-$here}
jobs=${JOBS:-$(nproc)}
largest_bytes=2500000

arches=()
for arg in "$@"; do
    case $arg in
    x86_64 | aarch64) arches+=("$arg") ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        die "unknown argument '$arg'"
        ;;
    esac
done
[[ ${#arches[@]} -gt 0 ]] || arches=(aarch64 x86_64)

for tool in make gcc ld bc bison flex patch tar xz gzip zstd jq sha256sum; do
    command -v "$tool" >/dev/null || die "'$tool' is missing"
done
[[ -r $linux_source ]] || die "cannot read $linux_source: install $package or set LINUX_SOURCE"

if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
    changelog=/usr/share/doc/$package/changelog.Debian.gz
    [[ -r $changelog ]] || die "cannot read $changelog: set SOURCE_DATE_EPOCH"
    # The newest entry comes first; awk reads to the end so that zcat is not cut off.
    packaged=$(zcat "$changelog" | awk -F '>  ' '/^ -- / && !seen++ { print $2 }')
    SOURCE_DATE_EPOCH=$(date -u -d "$packaged" +%s)
fi
export SOURCE_DATE_EPOCH

# Nothing of this machine or this moment goes into the images.
export LC_ALL=C TZ=UTC
export KBUILD_BUILD_USER=kelpie-check KBUILD_BUILD_HOST=minimal KBUILD_BUILD_VERSION=1
KBUILD_BUILD_TIMESTAMP=$(date -u -d "@$SOURCE_DATE_EPOCH")
export KBUILD_BUILD_TIMESTAMP
export LOCALVERSION=
unset ARCH CROSS_COMPILE KCFLAGS KCPPFLAGS KAFLAGS KCONFIG_CONFIG KBUILD_OUTPUT MAKEFLAGS INSTALL_PATH

if [[ -n ${KELPIE_KERNEL_BUILD_DIR:-} ]]; then
    build_dir=$(realpath -m "$KELPIE_KERNEL_BUILD_DIR")
    case $build_dir/ in
    "$(dirname "$here")"/*) die "KELPIE_KERNEL_BUILD_DIR lies inside the repository" ;;
    esac
    mkdir -p "$build_dir"
else
    build_dir=$(mktemp -d)
    trap 'rm -rf "$build_dir"' EXIT
fi

# The source is unpacked anew each time: patches are never applied twice.
unpack() {
    echo "== unpacking $(basename "$linux_source")"
    rm -rf "$build_dir/source"
    mkdir "$build_dir/source"
    tar -xf "$linux_source" -C "$build_dir/source" --strip-components=1
    local patch
    for patch in "$here"/patches/*.patch; do
        echo "== $(basename "$patch")"
        patch -p1 --fuzz=0 -d "$build_dir/source" <"$patch"
    done
}

# A line that Kconfig dropped (a missing dependency, a renamed option) is an error.
check_fragment() {
    local fragment=$1 config=$2 line option lost=0
    while IFS= read -r line || [[ -n $line ]]; do
        case $line in
        '' | '#'*) ;;
        CONFIG_*=n)
            option=${line%=n}
            if grep -q "^$option=" "$config"; then
                echo "build-minimal: $(basename "$fragment") says $line, the result says $(grep "^$option=" "$config")" >&2
                lost=1
            fi
            ;;
        CONFIG_*=*)
            if ! grep -qxF "$line" "$config"; then
                echo "build-minimal: $line of $(basename "$fragment") did not survive olddefconfig" >&2
                lost=1
            fi
            ;;
        *)
            echo "build-minimal: $(basename "$fragment"): cannot read the line '$line'" >&2
            lost=1
            ;;
        esac
    done <"$fragment"
    [[ $lost -eq 0 ]] || die "the fragment was not taken whole"
}

# Puts one kernel's entry into kernel-metadata.json and keeps the other's.
write_metadata() {
    local arch=$1 release=$2 file=$3 metadata=$out_dir/kernel-metadata.json sum extracted_at
    sum=$(sha256sum "$out_dir/$file" | cut -d ' ' -f 1)
    extracted_at=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
    [[ -s $metadata ]] || echo '{"schema":1,"alpine_version":null,"kernels":[]}' >"$metadata"
    jq --arg arch "$arch" --arg release "$release" --arg file "$file" \
        --arg sum "$sum" --arg extracted_at "$extracted_at" '
        .kernels |= (map(select(.architecture != $arch)) + [{
            architecture: $arch,
            alpine_version: null,
            kernel_version: $release,
            kernel_file: $file,
            initrd_file: null,
            extracted_at: $extracted_at,
            sha256: {($file): $sum}
        }] | sort_by(.architecture))' "$metadata" >"$metadata.new"
    mv "$metadata.new" "$metadata"
}

build() {
    local arch=$1 source=$build_dir/source objects=$build_dir/build-$1
    local fragment=$here/minimal-$arch.config file=vmlinuz-$arch image release size
    local -a make
    case $arch in
    x86_64)
        make=(make ARCH=x86_64)
        image=arch/x86/boot/bzImage
        ;;
    aarch64)
        command -v aarch64-linux-gnu-gcc >/dev/null || die "'aarch64-linux-gnu-gcc' is missing"
        make=(make ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-)
        image=arch/arm64/boot/Image.gz
        ;;
    esac
    # pahole and rustc are not used, but if found they change the embedded configuration.
    make+=(-s -C "$source" "O=$objects" PAHOLE=absent RUSTC=absent)

    echo "== $arch: configuring"
    rm -rf "$objects"
    mkdir "$objects"
    "${make[@]}" tinyconfig >/dev/null
    "$source/scripts/kconfig/merge_config.sh" -m -O "$objects" "$objects/.config" "$fragment" >/dev/null
    "${make[@]}" olddefconfig
    check_fragment "$fragment" "$objects/.config"

    echo "== $arch: building"
    "${make[@]}" "-j$jobs" "$(basename "$image")"
    release=$("${make[@]}" kernelrelease)

    size=$(stat -Lc %s "$objects/$image")
    [[ $size -le $largest_bytes ]] || die "$file has $size bytes, more than $largest_bytes"
    mkdir -p "$out_dir"
    install -m 0644 "$objects/$image" "$out_dir/$file"
    write_metadata "$arch" "$release" "$file"
    echo "== $arch: $file, Linux $release, $size bytes, sha256 $(sha256sum "$out_dir/$file" | cut -d ' ' -f 1)"
}

unpack
for arch in "${arches[@]}"; do
    build "$arch"
done
