use super::{of_version, x86};
use crate::disks;
use crate::forge::disk;
use crate::kernels::damaged;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::role::Role;
use kelpie_check::stage::Stage::RootDevice;

const TABLES: &str = "CONFIG_MSDOS_PARTITION=y\nCONFIG_EFI_PARTITION=y";

#[test]
fn other_machines_disks_are_not_here() {
    for name in ["/dev/sda", "/dev/vdb", "/dev/nvme0n1p1", "vda"] {
        let finding = x86(&[])
            .command_line(format!("root={name}"))
            .fires(405, Fatal, RootDevice);
        assert_eq!(
            finding.message,
            format!("root= names {name}, but there is vda, without partitions.")
        );
        says(&finding.consequence, &["unknown-block(0,0)"]);
        assert_eq!(finding.fix, "Write root=/dev/vda.");
    }
    x86(&[]).is_quiet(405);
}

#[test]
fn a_partition_of_a_bare_file_system_has_a_number_all_the_same() {
    for line in ["root=/dev/vda1", "root=/dev/vda1 rootwait"] {
        let finding = x86(&[]).command_line(line).fires(405, Fatal, RootDevice);
        says(&finding.consequence, &["panics", "unknown-block(254,1)"]);
    }
    let finding = x86(&[])
        .command_line("root=/dev/vda16 rootwait")
        .fires(405, Fatal, RootDevice);
    says(&finding.consequence, &["waits forever"]);
}

#[test]
fn a_partition_is_there_where_the_table_has_it_and_the_kernel_reads_it() {
    let case = |options: &[&str], line: &str| x86(options).command_line(line).root(disks::mbr());
    case(&[TABLES], "root=/dev/vda1").is_quiet(405);
    let finding = case(&[TABLES], "root=/dev/vda2").fires(405, Fatal, RootDevice);
    says(&finding.message, &["there is vda with vda1"]);
    assert_eq!(finding.fix, "Write root=/dev/vda1.");
    let finding = case(&[], "root=/dev/vda1").fires(405, Fatal, RootDevice);
    assert_eq!(finding.role, Role::Kernel);
    says(
        &finding.message,
        &["a partition of an MBR", "does not read"],
    );
    says(&finding.fix, &["CONFIG_MSDOS_PARTITION=y"]);
}

#[test]
fn without_any_disk_nothing_is_there() {
    let finding = x86(&[]).no_root().fires(405, Fatal, RootDevice);
    says(&finding.message, &["/dev/vda", "there is no disk"]);
    says(&finding.fix, &["--rootfs"]);
}

#[test]
fn a_share_has_the_name_that_the_vmm_gives_it() {
    let folder = tempfile::tempdir().unwrap();
    let case = |line: &str| {
        x86(&[])
            .on("qemu-microvm")
            .root_folder(folder.path())
            .command_line(line)
    };
    case("root=rootfs rootfstype=virtiofs").is_quiet(405);
    let finding = case("root=other rootfstype=virtiofs").fires(405, Fatal, RootDevice);
    says(&finding.fix, &["root=rootfs rootfstype=virtiofs"]);
    case("root=rootfs rootfstype=virtiofs")
        .on("firecracker")
        .fires(405, Fatal, RootDevice);
    // libkrun's has the name that the kernel falls back to.
    case("root=other rootfstype=virtiofs")
        .on("libkrun")
        .is_quiet(405);
}

#[test]
fn a_share_beside_a_disk_is_no_matter_of_the_disks_drivers() {
    let without = "# CONFIG_VIRTIO_BLK is not set\n# CONFIG_VIRTIO_MMIO is not set";
    let case = |line: &str| {
        x86(&[])
            .config(without)
            .on("qemu-microvm")
            .root(disks::ext4())
            .command_line(line)
    };
    let share = "root=share rootfstype=virtiofs";
    case(share).fires(405, Fatal, RootDevice);
    case(share).is_quiet(401);
    case(share).is_quiet(402);
    case(share).is_quiet(501);
    // What begins with /dev/ was to be a disk.
    let disk = "root=/dev/vda rootfstype=virtiofs";
    case(disk).fires(401, Fatal, RootDevice);
    case(disk).fires(402, Fatal, RootDevice);
}

#[test]
fn names_of_file_systems_are_anothers_where_the_kernel_mounts() {
    x86(&[]).command_line("root=UUID=c0ffee").is_quiet(405);
    x86(&[]).command_line("root=PARTUUID=c0ffee").is_quiet(405);
}

#[test]
fn a_disk_that_is_not_read_blocks_it() {
    x86(&[]).root(disks::vmdk()).is_blocked(405, 10);
}

#[test]
fn who_mounts_is_blocked_by_the_damage() {
    Case::new(damaged())
        .initramfs(vec![0; 512])
        .command_line("root=/dev/sda")
        .root(disks::ext4())
        .is_blocked(405, 3);
}

#[test]
fn what_the_kernel_was_not_built_for_is_not_there_either() {
    for (name, option, number) in [
        ("/dev/nfs", "ROOT_NFS", "0,255"),
        ("/dev/cifs", "CIFS_ROOT", "0,254"),
        ("/dev/ram", "BLK_DEV_RAM", "1,0"),
    ] {
        let line = format!("root={name}");
        let finding = x86(&[]).command_line(&line).fires(405, Fatal, RootDevice);
        says(&finding.message, &[name]);
        says(&finding.consequence, &[&format!("unknown-block({number})")]);
        let has = format!("CONFIG_{option}=y");
        x86(&[&has]).command_line(&line).is_blocked(405, None);
    }
}

#[test]
fn a_wait_of_seconds_is_a_panic_where_the_kernel_counts_them() {
    let with = |version: &str| {
        Case::new(of_version(version))
            .config("")
            .no_initramfs()
            .root(disks::ext4())
            .command_line("root=/dev/vdb rootwait=5")
            .fires(405, Fatal, RootDevice)
            .consequence
    };
    for (version, waits) in [("6.1.0", false), ("6.5.0", false), ("6.6.0", true)] {
        assert_eq!(
            with(version).contains("waits 5 seconds"),
            waits,
            "{version}"
        );
    }
}

#[test]
fn a_gpt_needs_an_option_of_its_own() {
    let gpt = disk::gpt(&[(
        disk::LINUX_FILESYSTEM,
        "c0ffee00-0000-4000-8000-000000000001",
        "root",
        disks::ext4(),
    )]);
    let case = |option: &str| {
        x86(&[option])
            .command_line("root=/dev/vda1")
            .root(gpt.clone())
    };
    case("CONFIG_EFI_PARTITION=y").is_quiet(405);
    let finding = case("CONFIG_MSDOS_PARTITION=y").fires(405, Fatal, RootDevice);
    says(&finding.message, &["a partition of a GPT"]);
    says(&finding.fix, &["CONFIG_EFI_PARTITION=y"]);
}

#[test]
fn the_copy_of_a_gpt_is_read_only_where_the_line_asks_for_it() {
    let mut gpt = disk::gpt(&[(
        disk::LINUX_FILESYSTEM,
        "c0ffee00-0000-4000-8000-000000000001",
        "root",
        disks::ext4(),
    )]);
    let case = |disk: &[u8], line: &str| {
        x86(&["CONFIG_EFI_PARTITION=y"])
            .command_line(line)
            .root(disk.to_vec())
    };
    case(&gpt, "root=/dev/vda1").is_quiet(405);
    // The name of the first partition: the checksum of the entries is another.
    gpt[2 * 512 + 56] ^= 1;
    let finding = case(&gpt, "root=/dev/vda1").fires(405, Fatal, RootDevice);
    says(&finding.message, &["valid only at the end of the disk"]);
    says(&finding.fix, &["sgdisk -e", "gpt"]);
    case(&gpt, "root=/dev/vda1 gpt").is_quiet(405);
}

#[test]
fn a_place_on_the_bus_is_a_name_of_the_disk() {
    use crate::forge::cpio::archive;
    use crate::initramfs::{MODULAR, alpine, boot, debian_with};
    let named = |case: Case, name: &str| {
        let line = format!("console=ttyS0 root=/dev/disk/by-path/{name} rootfstype=ext4 rw");
        case.command_line(line)
    };
    let on_q35 = |name: &str| {
        let gpt = disk::gpt(&[(
            disk::LINUX_FILESYSTEM,
            "c0ffee00-0000-4000-8000-000000000001",
            "root",
            disks::ext4(),
        )]);
        let config = format!("{MODULAR}\n{TABLES}");
        let case = boot(&config, debian_with(&[])).on("qemu-q35").root(gpt);
        named(case, name)
    };
    for name in [
        "pci-0000:00:01.0",
        "pci-0000:00:01.0-part1",
        "virtio-pci-0000:00:01.0-part1",
    ] {
        on_q35(name).is_quiet(405);
    }
    on_q35("pci-0000:00:01.0-scsi-0:0:0:0-part1")
        .disk("virtio-scsi")
        .is_quiet(405);
    for name in [
        "pci-0000:00:02.0-part1",
        "pci-0000:00:01.0-part2",
        "pci-0000:00:01.0-scsi-0:0:0:0",
    ] {
        let finding = on_q35(name).fires(405, Fatal, RootDevice);
        says(&finding.message, &[name, "vda1"]);
    }
    // Links with more in their names are udev's too, since systemd 256.
    on_q35("pci-0000:00:01.0-part/by-partnum/1").is_blocked(405, None);
    // virtio-mmio has names that depend on more.
    let on_mmio = boot(MODULAR, debian_with(&[]));
    named(on_mmio, "platform-virtio-mmio.0").is_blocked(405, None);
    let by_mdev = named(boot(MODULAR, archive(&alpine())), "pci-0000:00:01.0");
    let finding = by_mdev.fires(405, Fatal, RootDevice);
    says(&finding.message, &["no program in the initramfs"]);
}
