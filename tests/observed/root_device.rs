//! Which disk or partition is the root.

use super::forge::disk;
use super::harness::Case;
use super::programs::{Aarch64, BOTH, X86_64, good_root};

const PARTITION: &str = "6B656C70-0000-4000-8000-000000000001";

fn partitioned() -> Vec<u8> {
    let root = good_root(X86_64).build();
    disk::gpt(&[(disk::LINUX_FILESYSTEM, PARTITION, "root", root)])
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for machine in BOTH {
        let bare = || good_root(machine).build();
        cases.extend([
            Case::new(403, machine, "an ext4 root, no root=")
                .root(bare())
                .line("rw"),
            Case::new(404, machine, "an ext4 root, root=UUID=")
                .root(bare())
                .line("root=UUID=666f7267-6564-2d72-6f6f-742d75756964 rw"),
            Case::new(405, machine, "one disk, root=/dev/vdb")
                .root(bare())
                .line("root=/dev/vdb rw"),
            Case::new(405, machine, "a disk without partitions, root=/dev/vda1")
                .root(bare())
                .line("root=/dev/vda1 rw"),
        ]);
    }
    let bare = || good_root(X86_64).build();
    cases.extend([
        Case::new(404, X86_64, "an ext4 root, root=LABEL=")
            .root(bare())
            .line("root=LABEL=forged rw"),
        Case::new(405, X86_64, "a virtio disk, root=/dev/sda")
            .root(bare())
            .line("root=/dev/sda rw"),
        Case::new(405, X86_64, "one partition, root=/dev/vda2")
            .root(partitioned())
            .line("root=/dev/vda2 rw"),
        Case::new(405, Aarch64, "one disk, root=/dev/vdb rootwait")
            .root(good_root(Aarch64).build())
            .line("root=/dev/vdb rw rootwait")
            .option(&["--timeout", "24"]),
        Case::new(406, X86_64, "a GPT, root=PARTUUID= of another")
            .root(partitioned())
            .line("root=PARTUUID=6b656c70-0000-4000-8000-000000000002 rw"),
        Case::new(406, X86_64, "a GPT, root=PARTUUID= of another, rootwait")
            .root(partitioned())
            .line("root=PARTUUID=6b656c70-0000-4000-8000-000000000002 rw rootwait")
            .option(&["--timeout", "24"]),
        Case::new(406, X86_64, "a GPT, root=PARTLABEL= of another")
            .root(partitioned())
            .line("root=PARTLABEL=data rw"),
    ]);
    cases
}
