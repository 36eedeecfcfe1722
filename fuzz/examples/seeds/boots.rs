//! Command lines, and whole boots of them.

use super::forge::Numbers;
use super::{disks, trees};

const LINES: [&str; 12] = [
    "console=ttyS0,115200n8 root=/dev/vda rootfstype=ext4 rw init=/sbin/init",
    "root=PARTUUID=6b656c70-02/PARTNROFF=-1 rootwait=5 rootdelay=x ro rw quiet loglevel=9",
    "root=UUID=0011 rootflags=data=journal,noload panic=-1 -- single \"an argument\" -- lost",
    "root=LABEL=root modules=virtio_blk,ext4 console=hvc0 console= earlycon=uart8250,io,0x3f8",
    "root=virtiofs:/dev/root rootfstype=virtiofs,ext4 initrd=0x1000,4M noinitrd rdinit=/init",
    "root=8:1 root=fe00 root=/dev/nvme0n1p2 root=mtd:x root=/dev/nfs ip=dhcp nfsroot=1.2.3.4:/x",
    "reboot=k panic=1 pci=off virtio_mmio.device=4K@0xd0000000:5 mem=512M nokaslr init=",
    "rot=/dev/vda rootfs=ext4 conosle=ttyS0 Init=/bin/sh initt=/x foo.bar=1 HOME=/root \"a b\"=c",
    "root=\"/dev/vda 1\" dyndbg=\"file x +p\" \"quoted",
    "break=premount rd.break=pre-mount systemd.unit=rescue.target rd.luks.uuid=x cryptdevice=a:b",
    "root=/dev/disk/by-uuid/x boot=live netboot overlaytmpfs fsck.mode=skip raid=noautodetect",
    "mitigations=off maxcpus=-1 nr_cpus=0x10 memmap=1G$4G earlyprintk=serial,ttyS0 8250.nr_uarts=1",
];

/// Bytes of decisions: more than the lanes of a boot, so that something is damaged, too.
const DECISIONS: usize = 260;

pub fn write(write: &dyn Fn(&str, &str, &[u8])) {
    decisions(write);
    let (root, initramfs) = (disks::root(), trees::plain_archive());
    for (number, line) in LINES.into_iter().enumerate() {
        write("cmdline", &format!("line-{number}"), line.as_bytes());
        if number % 4 == 0 {
            // Longer than what some targets and kernels take.
            let long = [line, " "].concat().repeat(2300 / line.len());
            write("cmdline", &format!("line-{number}-long"), long.as_bytes());
        }
        let number = u8::try_from(number).unwrap();
        let line = [b"PART\0", line.as_bytes()].concat();
        let with = |name: &str, machine: u8, parts: &[&[u8]]| {
            let boot = [&[number, machine][..], &line, &parts.concat()].concat();
            write("bundle", &format!("{name}-{number}"), &boot);
        };
        with("root", 0, &[b"PART\x02", &root, b"PART\x03"]);
        with("both", 2, &[b"PART\x02", &root, b"PART\x01", &initramfs]);
        with("archive", 3, &[b"PART\x01", &initramfs, b"PART\x04"]);
        with(
            "without-kernel",
            6,
            &[b"PART\x02", &root, b"PART\x01", &initramfs],
        );
        with("arm64", 1 + number % 6, &[b"PART\x02", &root]);
    }
}

/// Boots and roots by chance: little that is not as usual, then more and more.
fn decisions(write: &dyn Fn(&str, &str, &[u8])) {
    let mut numbers = Numbers(0x6b65_6c70_6965);
    for number in 0..64 {
        let bytes: Vec<u8> = (0..DECISIONS)
            .map(|_| match numbers.below(64) < number {
                true => u8::try_from(numbers.below(256)).unwrap(),
                false => 0,
            })
            .collect();
        for target in ["boots", "second_opinion"] {
            write(target, &format!("made-{number}"), &bytes);
        }
    }
}
