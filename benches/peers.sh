#!/bin/bash
# Measures kelpie-check beside the tools that do a part of its work, in one run, and writes the
# table of docs/BENCH.md.
#
#   cargo build --release --bins --example bare
#   benches/peers.sh KERNELS_DIR [OUT]
#
# KERNELS_DIR holds kernels anywhere below it (corpus/fetch-kernels.sh fills one). What is compared
# is processor time (user and system), since that is what a loaded machine disturbs least: each
# command's mean over RUNS runs, the lowest of ROUNDS rounds, in which the commands take turns. A
# tool that is not installed is named, and its rows are left out.
#
#   ROUNDS=5 RUNS=5          how often
#   KELPIE_CHECK, BARE       the binaries, else those under target/release
#   EXTRACT_VMLINUX          the kernel's scripts/extract-vmlinux
#   LINUX_SOURCE             else the source tarball that it is taken from
set -euo pipefail
export LC_ALL=C

cd "$(dirname "$0")/.."
kernels=$(realpath "${1:?usage: benches/peers.sh KERNELS_DIR [OUT]}")
out=${2:-docs/BENCH.md}
rounds=${ROUNDS:-5}
runs=${RUNS:-5}
kelpie=$(realpath "${KELPIE_CHECK:-target/release/kelpie-check}")
bare=$(realpath "${BARE:-target/release/examples/bare}")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
missing=()

say() { printf '%s\n' "$*" >&2; }

for needed in "$kelpie" "$bare"; do
    [ -x "$needed" ] || { say "not built: ${needed##*/}"; exit 2; }
done
command -v hyperfine >/dev/null || { say "hyperfine is not installed"; exit 2; }

# --- peers ---

file='' finder=''
for tool in file kallsyms-finder; do
    if ! path=$(command -v "$tool"); then
        say "skipped: $tool is not installed"
        missing+=("$tool")
    elif [ "$tool" = file ]; then
        file=$path
    else
        finder=$path
    fi
done
# A version manager's shim costs more than the work that it starts.
if [ -n "$finder" ] && command -v pyenv >/dev/null; then
    finder=$(pyenv which kallsyms-finder 2>/dev/null || printf '%s' "$finder")
fi

extract=${EXTRACT_VMLINUX:-}
if [ -z "$extract" ]; then
    for tarball in "${LINUX_SOURCE:-}" /usr/src/linux-source-*.tar.*; do
        [ -f "$tarball" ] || continue
        # tar goes on to the end of the archive unless it is told that there is but one.
        tar -xf "$tarball" -C "$work" --strip-components=2 --occurrence=1 --wildcards \
            '*/scripts/extract-vmlinux' 2>/dev/null || true
        [ -f "$work/extract-vmlinux" ] && extract=$work/extract-vmlinux && break
    done
fi
if [ ! -f "$extract" ]; then
    say "skipped: extract-vmlinux (name it in EXTRACT_VMLINUX, or a source tarball in LINUX_SOURCE)"
    missing+=(extract-vmlinux)
    extract=
fi

# --- kernels, each alone in a folder: no configuration lies beside it, symbols are looked at ---

# The largest file whose outermost container and codec are these, as $work/NAME/vmlinuz.
pick() { # NAME CONTAINER CODEC
    local best='' size=0 path facts
    while IFS= read -r -d '' path; do
        facts=$("$kelpie" kernel --quick --format json "$path" | tr -d ' ",') || true
        grep -qx "container:$2" <<<"$facts" && grep -qx "codec:$3" <<<"$facts" || continue
        grep -qx 'architecture:\(x86_64\|aarch64\)' <<<"$facts" || continue
        [ "$(stat -c %s "$path")" -gt "$size" ] || continue
        best=$path size=$(stat -c %s "$path")
    done < <(find "$kernels" -type f -name 'vmlinuz*' -print0 | sort -z)
    if [ -z "$best" ]; then
        say "skipped: no $1 among the kernels"
        missing+=("a $1 kernel")
        return 1
    fi
    mkdir -p "$work/$1"
    cp "$best" "$work/$1/vmlinuz"
}

mib() { awk -v bytes="$1" 'BEGIN { printf "%.1f MiB", bytes / 1048576 }'; }

# --- measuring ---

# names[i], commands[i]: what to measure; after `measure`, $work/NAME.best has CPU and wall in ms.
declare -A cpu wall
measure() { # RUNS, then pairs NAME COMMAND
    local count=$1 round name warmup=1
    shift
    [ "$count" -gt 1 ] || warmup=0
    for ((round = 0; round < rounds; round++)); do
        local pairs=("$@")
        while [ ${#pairs[@]} -gt 0 ]; do
            name=${pairs[0]}
            hyperfine -N -i --style none --warmup "$warmup" --runs "$count" \
                --export-csv "$work/csv" "${pairs[1]}" >/dev/null 2>&1
            awk -F, 'END { printf "%.3f %.3f\n", ($(NF-3) + $(NF-2)) * 1000, $(NF-4) * 1000 }' \
                "$work/csv" >>"$work/$name.all"
            pairs=("${pairs[@]:2}")
        done
    done
    for ((round = 1; round <= $#; round += 2)); do
        name=${!round}
        cpu[$name]=$(sort -n "$work/$name.all" | awk 'NR == 1 { print $1 }')
        wall[$name]=$(sort -n -k2 "$work/$name.all" | awk 'NR == 1 { print $2 }')
    done
}

peak_kib() { # COMMAND...
    { /usr/bin/time -f %M "$@" 2>&1 >/dev/null || true; } | tail -1
}

rows=$work/rows
: >"$rows"
ms() { awk -v ms="$1" 'BEGIN { printf ms < 10 ? "%.1f ms" : "%.0f ms", ms }'; }

# A row of kelpie-check's own measurement against a peer's; GOAL is the ratio not to be passed.
row() { # JOB TOOL OWN PEER GOAL
    [ -n "${cpu[$4]:-}" ] || return 0
    awk -v job="$1" -v tool="$2" -v own="${cpu[$3]}" -v peer="${cpu[$4]}" -v goal="$5" \
        -v wall="${wall[$4]:+$(ms "${wall[$4]}")}" -v peer_ms="$(ms "${cpu[$4]}")" 'BEGIN {
        ratio = own / peer
        printf "| %s | %s | %s | %s | %.3g × | ", job, tool, peer_ms, wall, ratio
        if (goal == "") print "| |"
        else printf "≤ %s × | %s |\n", goal, ratio <= goal ? "yes" : "**no**"
    }' >>"$rows"
}
own_row() { # JOB OWN GOAL_MS
    local verdict='|'
    if [ -n "$3" ]; then
        verdict="≤ $3 ms | $(awk -v own="${cpu[$2]}" -v goal="$3" \
            'BEGIN { print own <= goal ? "yes" : "**no**" }')"
    fi
    printf '| %s | **kelpie-check** | %s | %s | 1 × | %s |\n' \
        "$1" "$(ms "${cpu[$2]}")" "$(ms "${wall[$2]}")" "$verdict" >>"$rows"
}

for codec in zstd gzip lz4 xz; do
    pick $codec bzimage $codec || true
done
pick arm64 arm64-image null || true

if [ -d "$work/zstd" ]; then
    size=$(mib "$(stat -c %s "$work/zstd/vmlinuz")")
    say "header only, zstd bzImage"
    pairs=(quick "$kelpie kernel --quick $work/zstd/vmlinuz")
    [ -n "$file" ] && pairs+=(file "$file -b $work/zstd/vmlinuz")
    measure $((runs * 4)) "${pairs[@]}"
    own_row "header only (\`--quick\`), $size bzImage" quick 5
    row '' '`file`' quick file 1
fi

for codec in zstd gzip lz4 xz; do
    [ -d "$work/$codec" ] || continue
    kernel=$work/$codec/vmlinuz
    size=$(mib "$(stat -c %s "$kernel")")
    say "full report, $codec bzImage"
    pairs=($codec-full "$kelpie kernel $kernel" $codec-bare "$bare $kernel")
    [ -n "$extract" ] && pairs+=($codec-extract "sh $extract $kernel")
    measure "$runs" "${pairs[@]}"
    bare_goal='' extract_goal='' finder_goal=''
    [ $codec = zstd ] && bare_goal=1.4 extract_goal=0.5 finder_goal=0.04
    if [ -n "$finder" ] && [ $codec = zstd ]; then
        measure 1 $codec-finder "$finder $kernel"
    fi
    own_row "full report, symbols included, $size $codec bzImage" $codec-full ''
    row '' "only the codec, as a process (\`benches/bare.rs\`)" $codec-full $codec-bare "$bare_goal"
    cpu[$codec-call]=$(for ((n = 0; n < rounds * runs; n++)); do "$bare" "$kernel"; done |
        sed 's/.* in \(.*\) ms$/\1/' | sort -n | head -1)
    row '' "only its call, in memory" $codec-full $codec-call "$bare_goal"
    row '' '`extract-vmlinux`' $codec-full $codec-extract "$extract_goal"
    row '' '`kallsyms-finder`' $codec-full $codec-finder "$finder_goal"
done

if [ -d "$work/arm64" ]; then
    kernel=$work/arm64/vmlinuz
    size=$(mib "$(stat -c %s "$kernel")")
    say "full report, arm64 Image"
    measure "$runs" arm64-full "$kelpie kernel $kernel"
    [ -n "$finder" ] && measure 1 arm64-finder "$finder $kernel"
    own_row "full report, symbols included, $size arm64 Image" arm64-full 60
    row '' '`kallsyms-finder`' arm64-full arm64-finder ''
fi

# --- sixteen at once: wall time, the one thing that more cores change ---

mapfile -d '' -t all < <(find "$kernels" -type f -name 'vmlinuz*' -print0 | sort -z)
together=''
if [ ${#all[@]} -gt 0 ] && [ "$(nproc)" -ge 2 ]; then
    mkdir "$work/all"
    for ((number = 0; number < 16; number++)); do
        cp "${all[number % ${#all[@]}]}" "$work/all/vmlinuz-$number"
    done
    for path in "$work"/all/*; do
        printf '%q kernel %q >/dev/null\n' "$kelpie" "$path"
    done >"$work/singly"
    say "16 kernels"
    measure 1 sixteen "taskset -c 0,1 $kelpie kernel $work/all" \
        singly "taskset -c 0,1 sh $work/singly"
    together=$(awk -v one="${wall[sixteen]}" -v sum="${wall[singly]}" 'BEGIN {
        printf "| 16 kernels on two cores | %.0f ms | %.0f ms | %.2f × | ≤ 0.6 × | %s |",
            one, sum, one / sum, one <= 0.6 * sum ? "yes" : "**no**" }')
fi

# --- peak memory ---

memory=$work/memory
: >"$memory"
if [ -x /usr/bin/time ]; then
    for name in zstd gzip lz4 xz arm64; do
        [ -d "$work/$name" ] || continue
        kernel=$work/$name/vmlinuz
        bytes=$(stat -c %s "$kernel")
        decoded=$("$kelpie" kernel --format json "$kernel" | tr -d ' ",' |
            sed -n 's/^decoded_bytes:\([0-9]*\)$/\1/p' || true)
        peak=$(peak_kib "$kelpie" kernel "$kernel")
        alone=$([ "$name" = arm64 ] || peak_kib "$bare" "$kernel")
        awk -v name="$name" -v peak="$peak" -v bare="$alone" -v file="$bytes" -v decoded="${decoded:-0}" 'BEGIN {
            mib = 1048576; bound = (file + decoded) / mib + 24
            printf "| %s | %.1f MiB | %s | %.1f MiB | %s | %.1f MiB | %s |\n", name, file / mib,
                decoded ? sprintf("%.1f MiB", decoded / mib) : "", peak / 1024,
                bare == "" ? "" : sprintf("%.1f MiB", bare / 1024), bound,
                peak / 1024 <= bound ? "yes" : "**no**" }' >>"$memory"
    done
else
    say "skipped: peak memory (/usr/bin/time is not installed)"
    missing+=(/usr/bin/time)
fi

# --- the page ---

mkdir -p "$(dirname "$out")"
{
    printf '# Speed and memory\n\n'
    printf '`benches/peers.sh` wrote this page, with all tools in one run on one machine with %s cores\n' "$(nproc)"
    printf '(%s). Times differ from machine to machine: compare the ratios.\n\n' "$(uname -m)"
    printf 'CPU is user and system time together, and wall is elapsed time. The tools take turns in %s rounds;\n' "$rounds"
    printf 'the table has the lowest mean of CPU and the lowest median of wall time. The ratio is the CPU time of\n'
    printf 'kelpie-check, divided by the CPU time of the tool.\n\n'
    printf '| job | tool | CPU | wall | kelpie-check ÷ tool | goal | met |\n|---|---|--:|--:|--:|--:|---|\n'
    cat "$rows"
    if [ -n "$together" ]; then
        printf '\n| job | in one run | one at a time | ratio, wall | goal | met |\n|---|--:|--:|--:|--:|---|\n%s\n' "$together"
    fi
    if [ -s "$memory" ]; then
        printf '\nPeak memory (resident). The goal is the size of the file, its decoded size and 24 MiB together:\n\n'
        printf '| kernel | file | decoded | kelpie-check | only the codec | goal: at most | met |\n|---|--:|--:|--:|--:|--:|---|\n'
        cat "$memory"
        if [ -d "$work/xz" ]; then
            printf '\nxz keeps a dictionary (32 MiB for kernels) in addition to its output; zstd and lz4 refer to the\n'
            printf 'output itself.\n'
        fi
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        printf '\nNot measured here: %s.\n' "$(IFS=,; printf '%s' "${missing[*]}" | sed 's/,/, /g')"
    fi
} >"$out"
say "written: $out"
