#!/bin/bash
# Runs a command on a machine whose KVM runs guests, whatever this host's KVM does: QEMU translates
# an x86_64 CPU with AMD's SVM, and Debian's kernel has kvm_amd. So libkrun boots to userspace here.
#
#   tests/nested-kvm.sh COMMAND [ARGUMENT…]
#
# The machine sees this host's files read-only, below a layer in memory, and is in the same folder;
# TMPDIR is empty. It gets PATH, HOME and what begins with KELPIE_CHECK_. Output is the machine's
# console; the exit status is the command's, or 125 where the machine did not come to it.
#
#   KELPIE_CHECK_NESTED_KERNEL=FOLDER   an unpacked linux-image package; else Debian's is downloaded
#   KELPIE_CHECK_NESTED_SECONDS=900     the longest the machine may run
#   KELPIE_CHECK_NESTED_CPU=max         QEMU's CPU, with svm
#
# Needs QEMU for x86_64, busybox (static), cpio, gzip, and for the download apt and dpkg.
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kernel=${KELPIE_CHECK_NESTED_KERNEL:-}
if [ -z "$kernel" ]; then
  kernel=$work/kernel
  package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
  (cd "$work" && apt-get download -qq "$package" && dpkg-deb -x linux-image-*.deb kernel) 2>/dev/null
fi

# Modules, in the order in which they need each other.
modules=(
  drivers/virtio/virtio_ring drivers/virtio/virtio drivers/virtio/virtio_pci_legacy_dev
  drivers/virtio/virtio_pci_modern_dev drivers/virtio/virtio_pci
  fs/netfs/netfs fs/fscache/fscache net/9p/9pnet net/9p/9pnet_virtio fs/9p/9p fs/overlayfs/overlay
  virt/lib/irqbypass drivers/crypto/ccp/ccp arch/x86/kvm/kvm arch/x86/kvm/kvm-amd
)
root=$work/initramfs
mkdir -p "$root"/{bin,modules}
cp "$(command -v busybox)" "$root/bin/busybox"
number=10
for module in "${modules[@]}"; do
  cp "$kernel"/lib/modules/*/kernel/"$module".ko "$root/modules/$number-${module##*/}.ko"
  number=$((number + 1))
done

{
  echo 'exec </dev/console >/dev/console 2>&1'
  export -p | grep -E '^declare -x (PATH|HOME|KELPIE_CHECK_[A-Z0-9_]*)='
  echo 'export TMPDIR=/nested'
  printf 'cd %q\n%q' "$PWD" "$1"
  printf ' %q' "${@:2}"
  printf '\necho $? >/dev/ttyS1\nbusybox poweroff -f\n'
} >"$root/command"

cat >"$root/init" <<'INIT'
#!/bin/busybox sh
exec 2>&1
PATH=/bin; /bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /host /layer
mount -t proc proc /proc && mount -t sysfs sysfs /sys && mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do insmod "$module"; done
mkdir -p /dev/pts /dev/shm && mount -t devpts devpts /dev/pts && mount -t tmpfs tmpfs /dev/shm
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose host /host
mount -t tmpfs tmpfs /layer && mkdir /layer/upper /layer/work /layer/root
mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /layer/root
mkdir /layer/root/nested && mount -t tmpfs tmpfs /layer/root/nested
for tree in proc sys dev; do mount -o rbind /$tree /layer/root/$tree; done
ip link set lo up
cp /command /layer/root/command
exec switch_root /layer/root /bin/bash /command
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$work/initramfs.gz"

timeout "${KELPIE_CHECK_NESTED_SECONDS:-900}" qemu-system-x86_64 -M q35 \
  -cpu "${KELPIE_CHECK_NESTED_CPU:-max}" -accel tcg,tb-size=512 -m 4096 \
  -kernel "$kernel"/boot/vmlinuz-* -initrd "$work/initramfs.gz" \
  -append 'console=ttyS0 quiet mitigations=off tsc=reliable panic=-1' \
  -display none -vga none -nic none -no-reboot -serial stdio -serial "file:$work/status" \
  -fsdev local,id=host,path=/,readonly=on,security_model=none,multidevs=remap \
  -device virtio-9p-pci,fsdev=host,mount_tag=host </dev/null || true
status=$(tr -cd 0-9 <"$work/status" 2>/dev/null || true)
exit "${status:-125}"
