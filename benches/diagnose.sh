#!/bin/bash
# Measures how fast logs are read, and in how much memory, and writes the table of
# docs/BENCH-DIAGNOSE.md.
#
#   cargo build --release --bins
#   benches/diagnose.sh [OUT]
#
# The logs are made in a temporary folder: MIB MiB of each kind. The best of ROUNDS rounds counts, by
# processor time: the goal is for one core.
#
#   MIB=1024 ROUNDS=3        how much, how often
#   KELPIE_CHECK             the binary, else the one under target/release
set -euo pipefail
export LC_ALL=C

cd "$(dirname "$0")/.."
out=${1:-docs/BENCH-DIAGNOSE.md}
mib=${MIB:-1024}
rounds=${ROUNDS:-3}
kelpie=$(realpath "${KELPIE_CHECK:-target/release/kelpie-check}")
goal_rate=300 goal_memory=16

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A block of lines, repeated up to the size that is asked for.
grow() { # FILE BLOCK
    local block=$work/block big=$work/big
    cat >"$block"
    : >"$big"
    while [ "$(stat -c %s "$big")" -lt $((8 * 1024 * 1024)) ]; do cat "$block" >>"$big"; done
    : >"$1"
    while [ "$(stat -c %s "$1")" -lt $((mib * 1024 * 1024)) ]; do cat "$big" >>"$1"; done
    rm -f "$block" "$big"
}

# What a kernel prints while nothing is wrong.
ordinary() {
    awk 'BEGIN {
        split("PCI: Using configuration type 1 for base access|" \
              "clocksource: tsc: mask: 0xffffffffffffffff max_cycles: 0x2b3e459bf4c, max_idle_ns: 440795289890 ns|" \
              "TCP established hash table entries: 8192 (order: 4, 65536 bytes, linear)|" \
              "usb 1-1: New USB device found, idVendor=0627, idProduct=0001, bcdDevice= 0.00|" \
              "EXT4-fs (vda1): re-mounted 3a1c4b9e-0000-4000-8000-000000000000 r/w. Quota mode: none.|" \
              "audit: type=1400 audit(1700000000.000:42): apparmor=\"STATUS\" operation=\"profile_load\"|" \
              "systemd[1]: Started Journal Service.|" \
              "IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready", text, "|")
        for (i = 0; i < 4000; i++)
            printf "[%12.6f] %s\n", i * 0.001, text[i % 8 + 1]
    }'
}

# Lines that are nearly what is looked for: each begins like one, or is one of no consequence.
near() {
    awk 'BEGIN {
        split("Kernel panic - not synchronised|VFS: Cannot open root devices|" \
              "VFS: Unable to mount root file|Attempted to kill ini|Initramfs unpacking faile|" \
              "Requested init /sbin/init faile|Failed to execute the plan|Waiting for root devices|" \
              "error while loading shared librarie|Run /sbin/init as init proces|" \
              "Out of memory: Kil|BUG: unable to handl|Linux versions differ|Starting init: nothing", text, "|")
        for (i = 0; i < 4000; i++)
            printf "[%12.6f] %s\n", i * 0.001, text[i % 14 + 1]
    }'
}

# Lines that are what is looked for, again and again.
hits() {
    awk 'BEGIN {
        split("VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6|" \
              "Starting init: /sbin/init exists but couldn'"'"'t execute it (error -8)|" \
              "mount: mounting /dev/vda on /sysroot failed: No such device|" \
              "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [swapper/0:1]", text, "|")
        for (i = 0; i < 4000; i++)
            printf "[%12.6f] %s\n", i * 0.001, text[i % 4 + 1]
    }'
}

# Colours on every line, as a console of systemd has them.
colours() {
    awk 'BEGIN {
        for (i = 0; i < 4000; i++)
            printf "\033[0;32m[  OK  ]\033[0m Started \033[0;1;39munit-%d.service\033[0m - Unit %d.\r\n", i, i
    }'
}

# No line ends at all.
endless() { head -c $((1024 * 1024)) /dev/zero | tr '\0' x; }

row() { # TITLE GENERATOR GOAL
    local log=$work/log best=999999 peak=0 round figures seconds kib bytes
    "$2" | grow "$log"
    bytes=$(stat -c %s "$log")
    for ((round = 0; round < rounds; round++)); do
        /usr/bin/time -o "$work/time" -f '%U %S %M' "$kelpie" diagnose "$log" >/dev/null 2>&1 || true
        figures=$(tail -1 "$work/time")
        read -r user system kib <<<"$figures"
        seconds=$(awk -v a="$user" -v b="$system" 'BEGIN { print a + b }')
        best=$(awk -v a="$best" -v b="$seconds" 'BEGIN { print (b < a) ? b : a }')
        [ "$kib" -gt "$peak" ] && peak=$kib
    done
    awk -v title="$1" -v bytes="$bytes" -v s="$best" -v kib="$peak" -v goal="$3" -v memory="$goal_memory" 'BEGIN {
        rate = bytes / 1000000 / s
        printf "| %s | %.0f MB | %.2f s | %.0f MB/s | %s | %.1f MiB | %s |\n", title, bytes / 1000000, s,
            rate, (goal == "" ? "–" : "≥ " goal " MB/s"), kib / 1024,
            ((goal == "" || rate >= goal) && kib / 1024 <= memory) ? "yes" : "**no**" }' >>"$work/rows"
    rm -f "$log"
}

row "ordinary kernel messages" ordinary $goal_rate
row "lines that almost match" near $goal_rate
row "colours on every line" colours ""
row "matching lines only" hits ""
row "no line ends" endless $goal_rate

{
    echo "# Speed of reading logs"
    echo
    echo "\`benches/diagnose.sh\` wrote this page: logs of $mib MiB, the best of $rounds rounds by processor time,"
    echo "and the highest memory use of any round (at most $goal_memory MiB are allowed)."
    echo
    echo "| log | size | time | rate | goal | memory | met |"
    echo "|---|---|---|---|---|---|---|"
    cat "$work/rows"
} >"$out"
cat "$out"
