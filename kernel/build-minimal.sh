#!/bin/bash
# Builds the minimal guest kernels of this directory from Debian's linux-source-6.1, and their variants.
# How, with what, and what came of it: README.md beside this file.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: build-minimal.sh [x86_64] [aarch64]
       build-minimal.sh --variants [NAME...]

Builds vmlinuz-x86_64, vmlinuz-aarch64, or (without arguments) both, and writes
them with kernel-metadata.json beside this script.

With --variants, builds the kernels that variants/NAME.config describes, or all of
them, and writes them with kernels.json to testdata/kernels.

environment:
  KELPIE_KERNEL_BUILD_DIR  folder to build in, kept afterwards; must lie outside the
                           repository (default: a temporary folder, removed at the end)
                           Kept, it makes the next run shorter: sources stay unpacked, and
                           variants are built from the objects of the one before
  KELPIE_KERNEL_OUT_DIR    folder to write to (default: the folder of this script; of
                           variants, testdata/kernels)
  LINUX_SOURCE             tarball to build (default: that of the package, linux-source-6.1
                           unless a variant names another)
  SOURCE_DATE_EPOCH        the build's date (default: the date of that package's changelog)
  JOBS                     parallel jobs (default: the number of CPUs)
USAGE
}

die() {
    echo "build-minimal: $*" >&2
    exit 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
minimal_package=linux-source-6.1
jobs=${JOBS:-$(nproc)}
largest_bytes=2500000
# What the variants may take of the repository, all together.
variants_bytes=20000000

arches=()
variants=()
with_variants=
for arg in "$@"; do
    case $with_variants$arg in
    -h | --help | variants-h | variants--help)
        usage
        exit 0
        ;;
    --variants) with_variants=variants ;;
    x86_64 | aarch64) arches+=("$arg") ;;
    variants*)
        [[ -r $here/variants/$arg.config ]] || die "there is no variants/$arg.config"
        variants+=("$arg")
        ;;
    *)
        usage >&2
        die "unknown argument '$arg'"
        ;;
    esac
done
if [[ -n $with_variants ]]; then
    [[ ${#arches[@]} -eq 0 ]] || die "--variants comes first, and then names of variants alone"
    out_dir=${KELPIE_KERNEL_OUT_DIR:-$(dirname "$here")/testdata/kernels}
    if [[ ${#variants[@]} -eq 0 ]]; then
        for fragment in "$here"/variants/*.config; do
            variants+=("$(basename "$fragment" .config)")
        done
    fi
else
    out_dir=${KELPIE_KERNEL_OUT_DIR:-$here}
    [[ ${#arches[@]} -gt 0 ]] || arches=(aarch64 x86_64)
fi

tools=(make gcc ld bc bison flex patch tar xz gzip zstd jq sha256sum)
[[ -z $with_variants ]] || tools+=(bzip2 lzma lzop lz4)
for tool in "${tools[@]}"; do
    command -v "$tool" >/dev/null || die "'$tool' is missing"
done

# Nothing of this machine or this moment goes into the images.
export LC_ALL=C TZ=UTC
export KBUILD_BUILD_USER=kelpie-check KBUILD_BUILD_HOST=minimal KBUILD_BUILD_VERSION=1
export LOCALVERSION=
given_epoch=${SOURCE_DATE_EPOCH:-}
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

# The date in the images is that of the package.
date_of() {
    local package=$1 changelog=/usr/share/doc/$1/changelog.Debian.gz packaged
    SOURCE_DATE_EPOCH=$given_epoch
    if [[ -z $given_epoch ]]; then
        [[ -r $changelog ]] || die "cannot read $changelog: set SOURCE_DATE_EPOCH"
        # The newest entry comes first; awk reads to the end so that zcat is not cut off.
        packaged=$(zcat "$changelog" | awk -F '>  ' '/^ -- / && !seen++ { print $2 }')
        SOURCE_DATE_EPOCH=$(date -u -d "$packaged" +%s)
    fi
    KBUILD_BUILD_TIMESTAMP=$(date -u -d "@$SOURCE_DATE_EPOCH")
    export SOURCE_DATE_EPOCH KBUILD_BUILD_TIMESTAMP
}

# Unpacks a package's source and sets `source` to where it is. One that is there already is used
# again if tarball and patches are the same; else it goes, so that patches are never applied twice.
unpack() {
    local package=$1 tarball=${LINUX_SOURCE:-/usr/src/$1.tar.xz} patch stamp
    [[ -r $tarball ]] || die "cannot read $tarball: install $package or set LINUX_SOURCE"
    local -a patches=("$here/patches/$package"/*.patch)
    source=$build_dir/$package
    stamp=$(cat "$tarball" "${patches[@]}" | sha256sum)
    if [[ -r $source.stamp && $(<"$source.stamp") == "$stamp" ]]; then
        return
    fi
    echo "== unpacking $(basename "$tarball")"
    rm -rf "$source" "$source.stamp"
    mkdir "$source"
    tar -xf "$tarball" -C "$source" --strip-components=1
    for patch in "${patches[@]}"; do
        echo "== $(basename "$patch")"
        patch -p1 --fuzz=0 -d "$source" <"$patch"
    done
    echo "$stamp" >"$source.stamp"
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

# Sets `make` for an architecture, to build from `source` in `objects`.
configure_make() {
    case $1 in
    x86_64) make=(make ARCH=x86_64) ;;
    aarch64)
        command -v aarch64-linux-gnu-gcc >/dev/null || die "'aarch64-linux-gnu-gcc' is missing"
        make=(make ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-)
        ;;
    esac
    # pahole and rustc are not used, but if found they change the embedded configuration.
    make+=(-s -C "$source" "O=$objects" PAHOLE=absent RUSTC=absent)
}

# Makes the configuration that a fragment asks for, of `make tinyconfig`.
configure() {
    local fragment=$1
    "${make[@]}" tinyconfig >/dev/null
    "$source/scripts/kconfig/merge_config.sh" -m -O "$objects" "$objects/.config" "$fragment" >/dev/null
    "${make[@]}" olddefconfig
    check_fragment "$fragment" "$objects/.config"
}

build() {
    local arch=$1 source objects=$build_dir/build-$1 file=vmlinuz-$1 image release size
    local -a make
    case $arch in
    x86_64) image=arch/x86/boot/bzImage ;;
    aarch64) image=arch/arm64/boot/Image.gz ;;
    esac
    date_of "$minimal_package"
    unpack "$minimal_package"
    configure_make "$arch"

    echo "== $arch: configuring"
    rm -rf "$objects"
    mkdir "$objects"
    configure "$here/minimal-$arch.config"

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

# A line `# Word: value` of a variant's fragment.
told() {
    sed -n "s/^# $1: //p" "$2"
}

# The minimal fragment, the one that makes variants smaller, and a variant's own; of two lines for
# one option, the later.
whole_fragment() {
    awk -F = '/^CONFIG_/ { if (!($1 in line)) order[++count] = $1; line[$1] = $0 }
        END { for (at = 1; at <= count; at++) print line[order[at]] }' \
        "$here/minimal-$1.config" "$here/variants/smaller-$1" "$2"
}

# How the image is packed, by the names that kelpie-check has for it.
codec_of() {
    case $1 in
    Image) echo none ;;
    Image.gz) echo gzip ;;
    *) sed -n 's/^CONFIG_KERNEL_\([A-Z0-9]*\)=y$/\L\1/p' "$2" ;;
    esac
}

container_of() {
    case $1 in
    bzImage) echo bzimage ;;
    Image) echo arm64-image ;;
    Image.gz) echo gzip ;;
    vmlinuz.efi) echo efi-zboot ;;
    *) die "no variant is packed as $1" ;;
    esac
}

# Puts one variant's entry into kernels.json, beside those whose fragments are still there.
write_variant() {
    local list=$out_dir/kernels.json names
    names=$(basename -s .config "$here"/variants/*.config | jq -R . | jq -s .)
    [[ -s $list ]] || echo '{"schema":1,"kernels":[]}' >"$list"
    jq --argjson names "$names" --argjson entry "$1" '
        .kernels |= (map(select(.name != $entry.name and IN(.name; $names[]))) + [$entry]
            | sort_by(.name))' "$list" >"$list.new"
    mv "$list.new" "$list"
}

# Variants of one source and architecture share a folder of objects: what an option doesn't reach
# is compiled once.
build_variant() {
    local name=$1 fragment=$here/variants/$1.config file=vmlinuz-$1 arch=${1%%-*}
    local package image source objects release size sum codec container entry
    local -a make
    package=$(told Source "$fragment")
    package=${package:-$minimal_package}
    image=$(told Image "$fragment")
    date_of "$package"
    unpack "$package"
    objects=$build_dir/variants-$arch-${package##*-}
    configure_make "$arch"
    case $arch in
    x86_64) image=arch/x86/boot/${image:-bzImage} ;;
    aarch64) image=arch/arm64/boot/${image:-Image.gz} ;;
    *) die "$name begins with no architecture" ;;
    esac

    echo "== $name"
    mkdir -p "$objects" "$out_dir"
    whole_fragment "$arch" "$fragment" >"$objects/fragment"
    configure "$objects/fragment"
    "${make[@]}" "-j$jobs" "$(basename "$image")"
    release=$("${make[@]}" kernelrelease)
    install -m 0644 "$objects/$image" "$out_dir/$file"
    codec=$(codec_of "$(basename "$image")" "$objects/.config")
    container=$(container_of "$(basename "$image")")
    size=$(stat -c %s "$out_dir/$file")
    sum=$(sha256sum "$out_dir/$file" | cut -d ' ' -f 1)
    entry=$(jq -n --arg name "$name" --arg file "$file" --arg architecture "$arch" \
        --arg linux "$release" --arg differs "$(sed -n '1s/^# //p' "$fragment")" \
        --arg codec "$codec" --arg container "$container" \
        --arg package "$package" --arg version "$(dpkg-query -W -f '${Version}' "$package")" \
        --arg fragment "kernel/variants/$name.config" --argjson bytes "$size" --arg sum "$sum" '{
            name: $name,
            file: $file,
            architecture: $architecture,
            linux: $linux,
            differs: $differs,
            codec: (if $codec == "none" then null else $codec end),
            container: $container,
            package: $package,
            package_version: $version,
            fragment: $fragment,
            bytes: $bytes,
            sha256: $sum,
            licence: "GPL-2.0"
        }')
    write_variant "$entry"
    echo "== $name: Linux $release, $size bytes, sha256 $sum"
}

if [[ -z $with_variants ]]; then
    for arch in "${arches[@]}"; do
        build "$arch"
    done
else
    for variant in "${variants[@]}"; do
        build_variant "$variant"
    done
    total=$(jq '[.kernels[].bytes] | add' "$out_dir/kernels.json")
    echo "== $total bytes in all"
    [[ $total -le $variants_bytes ]] || die "the variants have $total bytes, more than $variants_bytes"
fi
