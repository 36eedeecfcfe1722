#!/bin/sh
# Makes a project with a boot that fails in the current folder: packaging/example.sh BUSYBOX
# The kernel is one of this repository, the root has busybox for init, and the command line names a disk
# that the machine does not have.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
tree=$(mktemp -d)
mkdir -p "$tree/bin" "$tree/sbin" "$tree/dev" "$tree/proc" "$tree/sys"
cp "$1" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
printf '#!/bin/sh\nexec /bin/sh\n' >"$tree/sbin/init"
chmod 755 "$tree/sbin/init"
mke2fs -q -t ext4 -d "$tree" root.ext4 16M >/dev/null
rm -r "$tree"
cp "$here/kernel/vmlinuz-x86_64" .
cat >kelpie-check.toml <<'TOML'
[[image]]
name = "demo"
kernel = "vmlinuz-x86_64"
rootfs = "root.ext4"
cmdline = "console=ttyS0 root=/dev/sda rw init=/sbin/init"
targets = ["qemu-microvm"]
TOML
