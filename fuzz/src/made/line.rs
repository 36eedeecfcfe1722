//! Command lines of words that concern booting, each with a value that fits it more or less.

use super::Choices;

const ROOTS: [&str; 20] = [
    "root=/dev/vda",
    "root=/dev/vda1",
    "root=/dev/vdb",
    "root=/dev/sda1",
    "root=vda",
    "root=PARTUUID=6b656c70-01",
    "root=PARTUUID=0fc63daf-8483-4772-8e79-3d69d8477de4",
    "root=PARTLABEL=root",
    "root=UUID=666f7267-6564-2d72-6f6f-742d75756964",
    "root=LABEL=forged",
    "root=254:0",
    "root=fe01",
    "root=/dev/nfs",
    "root=/dev/ram0",
    "root=/dev/mapper/vg-root",
    "root=/dev/disk/by-uuid/0",
    "root=myfs rootfstype=virtiofs",
    "root=mtd:x",
    "root=",
    "rot=/dev/vda",
];
const WORDS: [&str; 56] = [
    "console=ttyS0",
    "console=hvc0",
    "console=ttyAMA0",
    "console=tty0",
    "console=ttyS9,115200n8",
    "console=",
    "earlycon",
    "earlyprintk=serial",
    "quiet",
    "loglevel=3",
    "loglevel=9",
    "debug",
    "rootfstype=ext4",
    "rootfstype=ext3,ext2",
    "rootfstype=btrfs",
    "rootfstype=",
    "rootwait",
    "rootwait=5",
    "rootdelay=3",
    "rw",
    "ro",
    "rootflags=noload",
    "rootflags=data=journal",
    "rootflags=dax,commit=x",
    "rootflags=journal_dev=8",
    "rootflags=nonsense",
    "init=/bin/sh",
    "init=/sbin/init",
    "init=/nowhere",
    "init=sh",
    "init=",
    "rdinit=/init",
    "rdinit=/bin/sh",
    "rdinit=/nowhere",
    "noinitrd",
    "initrd=0x4000000,8M",
    "panic=1",
    "panic=-1",
    "reboot=k",
    "pci=off",
    "acpi=off",
    "nomodule",
    "virtio_mmio.device=4K@0xd0000000:5",
    "mem=64M",
    "modules=virtio_blk,ext4",
    "modprobe.blacklist=ext4",
    "module_blacklist=virtio_blk",
    "systemd.unit=rescue.target",
    "break=mount",
    "rd.break",
    "devtmpfs.mount=0",
    "single",
    "--",
    "\"a b\"",
    "kernel.panic=1",
    "fsck.mode=force",
];
const BETWEEN: [&str; 5] = [" ", "  ", "\t", "\n", ""];

pub fn text(mut choices: Choices<'_>) -> Vec<u8> {
    let mut line = Vec::new();
    if !choices.rarely() {
        line.extend(choices.one_of(&ROOTS).bytes());
    }
    for _ in 0..choices.few(10) {
        let between = choices.rare(|of| of.one_of(&BETWEEN)).unwrap_or(" ");
        line.extend(between.bytes());
        line.extend(choices.one_of(&WORDS).bytes());
    }
    if choices.rarely() {
        // Longer than some targets and kernels take.
        line.extend(b" x=y".repeat(choices.below(600)));
    }
    if choices.rarely() {
        line.extend(choices.bytes(8));
    }
    line
}
