#!/bin/bash
# Builds the fuzz targets with the address sanitiser, in Rust and in the C codecs, and runs them one
# after the other.
#
#   fuzz/run.sh TARGET… [-- LIBFUZZER_OPTION…]
#
# It unpacks the corpus once, and keeps what a target finds in fuzz/corpus/TARGET and its crashes in
# fuzz/artifacts/TARGET. It ends with a line for each target: executions, processor seconds,
# findings. Needs GCC and any Rust toolchain.
#
#   SECONDS_EACH=1800   how long each target runs
set -euo pipefail
cd "$(dirname "$0")"

targets=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  targets+=("$1")
  shift
done
[ $# -eq 0 ] || shift
if [ ${#targets[@]} -eq 0 ]; then
  for file in fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi

# What `cargo fuzz` passes. RUSTC_BOOTSTRAP lets a stable toolchain take it.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zsanitizer=address --cfg fuzzing -Cdebug-assertions=on -Coverflow-checks=on \
  -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares"
host=x86_64-unknown-linux-gnu
# The C code of zstd and liblzma. GCC's instrumentation calls the runtime that rustc links.
export "CFLAGS_${host//-/_}=-fsanitize=address -fno-omit-frame-pointer -g1"
cargo build -q --release --target "$host" --bins
built=${CARGO_TARGET_DIR:-target}/$host/release
for function in lzma_code ZSTD_decompressDCtx; do
  _=$(objdump -d --no-show-raw-insn --disassemble="$function" "$built/codecs" | grep -c __asan_report) || {
    echo "$function is not instrumented" >&2
    exit 1
  }
done
[ -d corpus ] || tar -xJf corpus.tar.xz

# The longest input, and the words that the format has.
options() {
  case $1 in
    apk | deb | tar) echo -max_len=16384 -dict=package.dict ;;
    oci) echo -max_len=16384 -dict=package.dict ;;
    json | toml) echo -max_len=8192 -dict=package.dict ;;
    iso) echo -max_len=65536 -len_control=0 ;;
    beside) echo -max_len=8192 ;;
    boots) echo -max_len=512 -len_control=0 ;;
    bundle) echo -max_len=131072 -dict=tree.dict ;;
    cmdline) echo -max_len=4096 -dict=tree.dict ;;
    codecs) echo -max_len=16384 -dict=kernel.dict ;;
    containers | report) echo -max_len=131072 -dict=kernel.dict ;;
    initramfs) echo -max_len=32768 -dict=tree.dict ;;
    kallsyms) echo -max_len=65536 ;;
    rootfs) echo -max_len=524288 -dict=tree.dict ;;
    second_opinion) echo -max_len=131072 -dict=tree.dict ;;
    userland) echo -max_len=16384 -dict=tree.dict ;;
    *) echo -max_len=65536 ;;
  esac
}

failed=0
for target in "${targets[@]}"; do
  mkdir -p "artifacts/$target" "corpus/$target"
  read -ra known < <(options "$target")
  log=artifacts/$target.log
  TIMEFORMAT='%U %S'
  # AddressSanitizer keeps freed memory for a while, which counts as the target's.
  seconds=$({ time "$built/$target" "corpus/$target" "-artifact_prefix=artifacts/$target/" \
    "${known[@]}" -rss_limit_mb=1024 -timeout=10 "-max_total_time=${SECONDS_EACH:-1800}" \
    -print_final_stats=1 "$@" >"$log" 2>&1; } 2>&1) || failed=1
  executions=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
  findings=$(find "artifacts/$target" -type f | wc -l)
  read -r user system <<<"$seconds"
  printf '| `%s` | %s | %.0f | %s |\n' "$target" "${executions:-?}" \
    "$(awk "BEGIN { print $user + $system }")" "$findings"
done
exit "$failed"
