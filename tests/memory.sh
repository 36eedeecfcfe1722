#!/bin/bash
# The worst files that we know, and what they cost: makes them, runs the command that reads each, and
# prints the table of docs/TESTING.md. Fails where one takes more memory than BOUND_MIB, or dies of it.
#
#   cargo build --release
#   tests/memory.sh [FOLDER]
#
# FOLDER keeps the files (some 3 GB; several are sparse); without it they are made anew and removed.
# Needs Python, GNU time, e2fsprogs, and the tools of the codecs.
#
#   KELPIE_CHECK   the binary, else target/release/kelpie-check
#   BOUND_MIB      what none may exceed for one artefact: its budget (memory_bytes), and what is beside it
#   ONLY           runs those lines alone whose file has this in its name
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
kelpie=$(realpath "${KELPIE_CHECK:-$here/../target/release/kelpie-check}")
bound_mib=${BOUND_MIB:-256}
if [ $# -gt 0 ]; then
  mkdir -p "$1"
  files=$(realpath "$1")
else
  files=$(mktemp -d)
  trap 'rm -rf "$files"' EXIT
fi
cd "$files"

# Zeros behind a beginning, in each codec.
bombs() {
  local name=$1 beginning=$2 zeros=$3
  plain() { cat "$beginning"; head -c "$zeros" /dev/zero; }
  plain | gzip -1 >"bomb-$name.gz"
  plain | bzip2 -1 >"bomb-$name.bz2"
  plain | xz -0 >"bomb-$name.xz"
  plain | xz -0 --format=lzma >"bomb-$name.lzma"
  plain | lzop -1 >"bomb-$name.lzo" 2>/dev/null
  plain | lz4 -l -q -1 >"bomb-$name.lz4"
  # A window of 2 GiB, which the decoder is asked to have in memory.
  plain | zstd -q -1 --long=31 >"bomb-$name.zst"
}

# Bombs within a bomb.
nest() {
  cp bomb-kernel.gz nest.gz
  for _ in 1 2 3 4 5 6 7 8; do
    cat nest.gz <(head -c 64M /dev/zero) | gzip -1 >nest.new
    mv nest.new nest.gz
  done
}

# A directory of as many names as fit the limit, each as long as it can be, in a file system and in a
# folder; and an init that is a circle of links. debugfs adds names one by one, and looks through all
# of them each time: the directory is written as a file, and then made what it is.
trees() {
  local long
  long=$(printf 'n%.0s' $(seq 240))
  truncate -s 2G ext4-long-names
  mke2fs -q -F -t ext4 -O ^has_journal,^dir_index,^metadata_csum -b 4096 ext4-long-names
  debugfs -w -f - ext4-long-names >/dev/null 2>&1 <<'END'
mkdir sbin
symlink sbin/init /init
symlink init sbin/../sbin/init
mkdir lib
write directory-of-long-names lib/modules
set_inode_field lib/modules mode 040755
END
  mkdir -p folder-of-many/lib/modules folder-of-many/sbin
  ln -sfn ../sbin/init folder-of-many/sbin/init
  (cd folder-of-many/lib/modules && seq -f "%08.0f-$long" 120000 | xargs touch)
}

if [ ! -e made ]; then
  python3 "$here/memory/make.py" .
  printf '\177ELF' >elf-beginning
  printf '0707010000000000008180000000000000000000000001000000004000000000000000000000000000000000000000000000000500000000init\0\0' >cpio-beginning
  # Twice decoded_bytes, and more than archive_bytes.
  bombs kernel elf-beginning 256M
  bombs initramfs cpio-beginning 640M
  nest
  trees
  touch made
fi

# Runs a command over files, of which each has a budget of its own, and prints its line of the table.
# Patience is counted in seconds of the processor: the machine may be busy.
failed=0
measure() {
  local file=$1 budgets=1 status=0 seconds kib mib
  shift
  if [ "$1" = check ]; then budgets=3; fi
  case $file in *"${ONLY:-}"*) ;; *) return 0 ;; esac
  (
    ulimit -t 120
    exec /usr/bin/time -q -o measured -f '%U %S %M' "$kelpie" "$@" >/dev/null 2>&1
  ) || status=$?
  read -r seconds kib < <(awk '{ printf "%.1f %d\n", $1 + $2, $3 }' measured)
  mib=$(((kib + 1023) / 1024))
  printf '| %s | `%s` | %d | %s | %d |\n' "$file" "$1" "$status" "$seconds" "$mib"
  # 0 to 3 are its own; more is a signal, or patience that ended.
  if [ "$mib" -gt $((bound_mib * budgets)) ] || [ "$status" -gt 3 ]; then
    failed=1
    echo "$file: $mib MiB, exit $status" >&2
  fi
}

line=$(printf 'root=/dev/vda x%.0s=y ' $(seq 9000))
echo '| file | command | exit | seconds | peak MiB |'
echo '|---|---|---|---|---|'
for file in bomb-kernel.* nest.gz elf-* kernel-of-* zimage-*; do
  [ "$file" = elf-beginning ] || measure "$file" kernel "$file"
done
measure config kernel --config config kernel-of-banners
for file in bomb-initramfs.* cpio-*; do
  [ "$file" = cpio-beginning ] || measure "$file" initramfs "$file"
done
for file in disk-* ext4-* gpt-* mbr-* qcow2-* folder-*; do
  measure "$file" rootfs "$file"
done
measure 'the worst of each' check --kernel kernel-of-tables-of-symbols --initramfs cpio-links-of-4-kib.gz \
  --rootfs ext4-long-names --config config
measure 'a command line of 126 KiB' check --kernel kernel-of-banners --cmdline "${line:0:129000}"
for file in log-*; do
  measure "$file" diagnose "$file"
done
exit "$failed"
