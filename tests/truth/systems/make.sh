#!/usr/bin/env bash
# Makes the files of real systems: Debian roots, their kernels, initramfs archives and disks.
#   make.sh FOLDER NAME      prints the path of FOLDER/NAME, which is made if it is missing
# Needs root, debootstrap, e2fsprogs, gdisk, squashfs-tools, btrfs-progs and lvm2.
# Nothing is mounted except /proc, /sys and /dev in a chroot.
set -euo pipefail
folder=${1:?usage: make.sh FOLDER NAME} name=${2:?usage: make.sh FOLDER NAME}
mkdir -p "$folder"; cd "$folder"
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
mirror=${KELPIE_CHECK_DEBIAN_MIRROR:-http://deb.debian.org/debian}
uuid=11111111-2222-4333-8444-55555555abcd
# The default level of compression takes a minute on a busy host.
export ZSTD_CLEVEL=3
packages=systemd,systemd-sysv,udev,kmod,initramfs-tools,dracut-core,lvm2,cryptsetup-initramfs,cryptsetup-bin,mdadm,live-boot,live-boot-initramfs-tools,zstd,linux-image-cloud-amd64,dbus

need() { "$0" "$folder" "$1" >&2; }

# A chroot with what initramfs generators read.
inside() {
  local root=$1; shift
  for part in proc sys dev; do mountpoint -q "$root/$part" || mount --bind "/$part" "$root/$part"; done
  local status=0
  chroot "$root" "$@" >&2 || status=$?
  for part in proc sys dev; do umount -l "$root/$part"; done
  return $status
}

release() { basename "$(echo "$1"/lib/modules/*)"; }

root() { # SUITE
  local partial=$name.partial
  rm -rf "$partial"
  debootstrap --variant=minbase --include=$packages "$1" "$partial" "$mirror" >&2
  rm -rf "$partial"/usr/share/{doc,man,locale,info,i18n} "$partial"/var/cache/apt/* "$partial"/var/lib/apt/lists/*
  echo kelpie >"$partial/etc/hostname"
  : >"$partial/etc/fstab"
  # A first boot asks nothing and writes little.
  echo 0123456789abcdef0123456789abcdef >"$partial/etc/machine-id"
  ln -sf /dev/null "$partial/etc/systemd/system/systemd-firstboot.service"
  mv "$partial" "$name"
}

archive() { # SUITE KIND
  local suite=$1 kind=$2
  need "$suite.root"
  local work=$name.work release out=/archive
  # Links: every file that is changed here is replaced, not written to.
  rm -rf "$work"; cp -al "$suite.root" "$work"
  release=$(release "$work")
  rm "$work/etc/initramfs-tools/modules"
  local tools="mkinitramfs -c zstd -o $out $release"
  local hooks="$work/usr/share/initramfs-tools"
  plain() {
    rm -rf "$hooks"/hooks/{lvm2,crypt*,mdadm,live,dmsetup} "$hooks"/scripts/{live*,local-top/{cryptroot,mdadm,lvm2,lvm-workaround},local-block/*,init-*/*live*,live-*}
  }
  case $kind in
    it) plain; inside "$work" $tools ;;
    it-all) inside "$work" $tools ;;
    it-few) plain # the modules it is told, without the disk's
      sed -i 's/^MODULES=.*/MODULES=list/' "$work/etc/initramfs-tools/initramfs.conf"
      echo ext4 >"$work/etc/initramfs-tools/modules"
      inside "$work" $tools ;;
    it-list) plain
      sed -i 's/^MODULES=.*/MODULES=list/' "$work/etc/initramfs-tools/initramfs.conf"
      printf '%s\n' virtio_pci virtio_blk ext4 >"$work/etc/initramfs-tools/modules"
      inside "$work" $tools ;;
    dracut) inside "$work" dracut -f --compress 'zstd -3' -N --kver "$release" $out ;;
    dracut-host) inside "$work" dracut -f --compress 'zstd -3' -H --no-hostonly-cmdline --add-drivers 'virtio_blk virtio_pci ext4' --kver "$release" $out ;;
    dracut-blind) inside "$work" dracut -f --compress 'zstd -3' -H --no-hostonly-cmdline --kver "$release" $out ;;
    dracut-shell) inside "$work" dracut -f --compress 'zstd -3' -N --omit 'systemd systemd-initrd dracut-systemd' --kver "$release" $out ;;
  esac
  mv "$work/$out" "$name"
  rm -rf "$work"
}

# An ext4 at an offset of a file, from a tree.
ext4() { # TREE FILE OFFSET MIB
  mke2fs -q -F -t ext4 -L kelpieroot -U $uuid -O ^metadata_csum_seed,^orphan_file -E offset="$3" -d "$1" "$2" "$4M" >&2
}

mib() { echo $(($(du -sxm "$1" | cut -f1) * 5 / 4 + 64)); }

table() { # FILE MIB: an ESP and a root partition
  truncate -s $(($2 + 20))M "$1"
  sgdisk -o -n 1:2048:+16M -t 1:ef00 -c 1:esp -n 2:0:-1M -t 2:8304 -c 2:kelpie-root \
    -u 1:00000001-0000-4000-8000-000000000001 -u 2:00000002-0000-4000-8000-00000000abcd "$1" >&2
}

start=$((17 << 20))

disk() { # SUITE KIND
  local suite=$1 kind=$2 mib
  need "$suite.root"
  local tree=$suite.root partial=$name.partial
  mib=$(mib "$tree")
  rm -f "$partial"
  case $kind in
    ext4) truncate -s "${mib}M" "$partial"; ext4 "$tree" "$partial" 0 "$mib" ;;
    gpt) table "$partial" "$mib"; ext4 "$tree" "$partial" $start $((mib - 1)) ;;
    squashfs) mksquashfs "$tree" "$partial" -comp zstd -Xcompression-level 3 -quiet -no-progress >&2 ;;
    squashfs-lzo) mksquashfs "$tree" "$partial" -comp lzo -Xalgorithm lzo1x_1 -quiet -no-progress >&2 ;;
    btrfs) truncate -s $((mib + 256))M "$partial"; mkfs.btrfs -q -L kelpieroot -U $uuid --rootdir "$tree" "$partial" >&2 ;;
    usr) # /usr is a partition of its own
      local part=$name.tree
      rm -rf "$part"; cp -al "$tree" "$part"; rm "$part/etc/fstab"
      mkdir "$name.usr"; mv "$part"/usr/* "$name.usr"
      echo "LABEL=kelpieusr /usr ext4 ro 0 0" >"$part/etc/fstab"
      truncate -s $((mib + 256 + 4))M "$partial"
      sgdisk -o -n 1:2048:+200M -c 1:root -n 2:0:-1M -c 2:usr "$partial" >&2
      ext4 "$part" "$partial" $((1 << 20)) 200
      mke2fs -q -F -t ext4 -L kelpieusr -E offset=$((201 << 20)) -d "$name.usr" "$partial" $((mib + 32))M >&2
      rm -rf "$part" "$name.usr" ;;
    lvm) lvm "$partial" "$tree" "$mib" ;;
    luks) truncate -s 32M "$partial"
      echo secret | cryptsetup luksFormat -q --uuid $uuid --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$partial" - >&2 ;;
  esac
  mv "$partial" "$name"
}

# A volume group kelpie with one linear volume root, written without device mapper.
lvm() { # FILE TREE MIB
  local device
  truncate -s $(($3 + 8))M "$1"
  device=$(losetup -f --show "$1")
  local off='devices { use_devicesfile=0 scan="/dev" filter=["a|'$device'|","r|.*|"] } activation { udev_sync=0 udev_rules=0 }'
  local status=0
  {
    pvcreate --driverloaded n --config "$off" -qq --dataalignment 1m "$device" &&
      vgcreate --driverloaded n --config "$off" -qq kelpie "$device" &&
      lvcreate --driverloaded n --config "$off" -qq -an -Zn -Wn -y -l 100%FREE -n root kelpie
  } >&2 || status=$?
  sync; losetup -d "$device"
  [ $status = 0 ] || return $status
  ext4 "$2" "$1" $((1 << 20)) "$3"
}

# Alpine with OpenRC, from the corpus; a getty is added for the serial console.
alpine() {
  local from=${KELPIE_CHECK_CORPUS:?names no folder of real kernels}/alpine/x86_64
  case $name in
    alpine.vmlinuz) cp "$from/vmlinuz-virt" "$name" ;;
    alpine-mkinitfs.archive) cp "$from/initramfs-virt" "$name" ;;
    alpine-ext4.disk | alpine-gpt.disk)
      local whole=$name.whole inittab=$name.inittab
      cp --sparse=always "$from/rootfs.ext4" "$whole"
      tune2fs -f -L kelpieroot -U $uuid "$whole" >&2
      e2fsck -fy "$whole" >&2 || true
      debugfs -R 'cat /etc/inittab' "$whole" 2>/dev/null >"$inittab"
      echo 'ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100' >>"$inittab"
      printf '%s\n' 'rm /etc/inittab' 'cd /etc' "write $inittab inittab" | debugfs -w -f - "$whole" >&2
      if [ "$name" = alpine-gpt.disk ]; then
        table "$name.partial" $(($(stat -c %s "$whole") / 1048576 + 1))
        dd if="$whole" of="$name.partial" bs=1M seek=17 conv=notrunc,sparse status=none
        rm "$whole"
      else
        mv "$whole" "$name.partial"
      fi
      rm "$inittab"
      mv "$name.partial" "$name" ;;
    *) echo "no recipe for $name" >&2; exit 2 ;;
  esac
}

if [ ! -e "$name" ]; then
  case $name in
    alpine*) alpine ;;
    *.root) root "${name%.root}" ;;
    *.vmlinuz) need "${name%.vmlinuz}.root"; cp "${name%.vmlinuz}".root/boot/vmlinuz-* "$name" ;;
    *.archive) base=${name%.archive}; archive "${base%%-*}" "${base#*-}" ;;
    *.disk) base=${name%.disk}; disk "${base%%-*}" "${base#*-}" ;;
    *) echo "no recipe for $name" >&2; exit 2 ;;
  esac
fi
echo "$folder/$name"
