#!/bin/bash
# Measures what reads roots and archives beside the tools that do a part of it, in one run, and
# writes the table of docs/BENCH-BOOT.md.
#
#   cargo build --release --bins --example bare
#   benches/boot.sh ALPINE_DIR [OUT]
#
# ALPINE_DIR holds vmlinuz-virt, initramfs-virt and rootfs.ext4 (corpus/fetch-alpine.sh makes one for
# each architecture). Commands take turns: the lowest median of ROUNDS rounds of RUNS runs counts.
#
#   ROUNDS=5 RUNS=10         how often
#   KELPIE_CHECK, BARE       the binaries, else those under target/release
set -euo pipefail
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

cd "$(dirname "$0")/.."
alpine=$(realpath "${1:?usage: benches/boot.sh ALPINE_DIR [OUT]}")
out=${2:-docs/BENCH-BOOT.md}
rounds=${ROUNDS:-5}
runs=${RUNS:-10}
kelpie=$(realpath "${KELPIE_CHECK:-target/release/kelpie-check}")
bare=$(realpath "${BARE:-target/release/examples/bare}")
kernel=$alpine/vmlinuz-virt archive=$alpine/initramfs-virt root=$alpine/rootfs.ext4

for needed in hyperfine debugfs lsinitramfs; do
    command -v "$needed" >/dev/null || { echo "$needed is not installed" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

declare -A cpu wall
measure() { # NAME COMMAND ...
    local round pairs
    for ((round = 0; round < rounds; round++)); do
        pairs=("$@")
        while [ ${#pairs[@]} -gt 0 ]; do
            hyperfine -N -i --style none --warmup 1 --runs "$runs" \
                --export-csv "$work/csv" "${pairs[1]}" >/dev/null 2>&1
            awk -F, 'END { printf "%.3f %.3f\n", ($(NF-3) + $(NF-2)) * 1000, $(NF-4) * 1000 }' \
                "$work/csv" >>"$work/${pairs[0]}.all"
            pairs=("${pairs[@]:2}")
        done
    done
    pairs=("$@")
    while [ ${#pairs[@]} -gt 0 ]; do
        cpu[${pairs[0]}]=$(sort -n "$work/${pairs[0]}.all" | awk 'NR == 1 { print $1 }')
        wall[${pairs[0]}]=$(sort -n -k2 "$work/${pairs[0]}.all" | awk 'NR == 1 { print $2 }')
        pairs=("${pairs[@]:2}")
    done
}
peak_kib() { { /usr/bin/time -f %M "$@" 2>&1 >/dev/null || true; } | tail -1; }
row() { # JOB OWN PEER_TEXT PEER GOAL
    awk -v job="$1" -v own="$2" -v text="$3" -v peer="$4" -v goal="$5" 'BEGIN {
        ratio = own / peer
        printf "| %s | %.1f ms | %s | %.1f ms | %.3g × | ≤ %s × | %s |\n",
            job, own, text, peer, ratio, goal, ratio <= goal ? "yes" : "**no**" }' >>"$work/rows"
}

# A file system of 100 GiB, sparse, with the files of the small one.
mkdir "$work/tree"
debugfs -R "rdump /bin /sbin /lib /etc $work/tree" "$root" >/dev/null 2>&1
rm -rf "$work/tree/lib/modules" "$work/tree/lib/firmware"
mke2fs -q -t ext4 -E lazy_itable_init=1,nodiscard -d "$work/tree" "$work/large.ext4" 100G
mke2fs -q -t ext4 -E lazy_itable_init=1,nodiscard -d "$work/tree" "$work/small.ext4" 1G

measure root "$kelpie rootfs $root" debugfs "debugfs -R 'stat /sbin/init' $root" \
    large "$kelpie rootfs $work/large.ext4" small "$kelpie rootfs $work/small.ext4"
row 'rootfs, all facts, Alpine, 1 GiB' "${wall[root]}" '`debugfs -R "stat /sbin/init"`' "${wall[debugfs]}" 2
row 'rootfs, all facts, 100 GiB sparse' "${wall[large]}" 'the same in 1 GiB' "${wall[small]}" 1.5

measure archive "$kelpie initramfs $archive" lsinitramfs "lsinitramfs $archive" \
    bare "$bare $archive"
call=$(for ((n = 0; n < rounds * runs; n++)); do "$bare" "$archive"; done |
    sed 's/.* in \(.*\) ms$/\1/' | sort -n | head -1)
row 'initramfs, all facts, Alpine (CPU)' "${cpu[archive]}" 'the codec, decoding in memory' "$call" 1.3
row '' "${cpu[archive]}" 'the same as a process (`benches/bare.rs`)' "${cpu[bare]}" 1.3
row '' "${cpu[archive]}" '`lsinitramfs`' "${cpu[lsinitramfs]}" 0.35

measure kernel "taskset -c 0,1 $kelpie kernel $kernel" \
    check "taskset -c 0,1 $kelpie check --kernel $kernel --initramfs $archive --rootfs $root"
slowest=$(printf '%s\n' "${wall[kernel]}" "${wall[archive]}" "${wall[root]}" | sort -n | tail -1)
row 'check: kernel, initramfs and root of Alpine' "${wall[check]}" 'the slowest of the three on its own' "$slowest" 1.15

memory=$(peak_kib "$kelpie" rootfs "$root")
large=$(peak_kib "$kelpie" rootfs "$work/large.ext4")
unpacked=$(peak_kib "$kelpie" initramfs "$archive")

mkdir -p "$(dirname "$out")"
{
    printf '# Speed and memory: roots, archives, whole boots\n\n'
    printf '`benches/boot.sh` wrote this page, with all tools in one run on one machine with %s cores (%s).\n' \
        "$(nproc)" "$(uname -m)"
    printf 'Times are wall time, or processor time (user and system) if the row says CPU: the lowest median or mean\n'
    printf 'of %s rounds of %s runs, in which the commands take turns. Times differ from machine to machine: compare\n' \
        "$rounds" "$runs"
    printf 'the ratios.\n\n'
    printf '| job | kelpie-check | compared with | its time | ratio | goal | met |\n|---|--:|---|--:|--:|--:|---|\n'
    cat "$work/rows"
    printf '\n| peak memory | | goal | met |\n|---|--:|--:|---|\n'
    awk -v kib="$memory" 'BEGIN { printf "| rootfs, Alpine, 1 GiB | %.1f MiB | ≤ 16 MiB | %s |\n", kib / 1024, kib <= 16384 ? "yes" : "**no**" }'
    awk -v kib="$large" 'BEGIN { printf "| rootfs, 100 GiB sparse | %.1f MiB | ≤ 16 MiB | %s |\n", kib / 1024, kib <= 16384 ? "yes" : "**no**" }'
    awk -v kib="$unpacked" 'BEGIN { printf "| initramfs, Alpine (9.7 MiB, 15.5 MiB unpacked) | %.1f MiB | | |\n", kib / 1024 }'
} >"$out"
echo "written: $out" >&2
