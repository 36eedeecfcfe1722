use crate::disks;
use crate::forge::disk::{LINUX_FILESYSTEM, gpt};
use crate::forge::ext4::Ext4;
use crate::forge::program::Program;
use crate::ladder::{LINE, WHOLE, together, with_kernel};
use crate::run::{Case, says};
use kelpie_check::check::Verdict;
use kelpie_check::finding::Finding;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Userspace;

const UNITS: &str = "/usr/lib/systemd/system";
const GENERATOR: &str = "/usr/lib/systemd/system-generators/systemd-fstab-generator";
const SYSTEMD: &str = "CONFIG_CGROUPS=y\nCONFIG_INOTIFY_USER=y\nCONFIG_SIGNALFD=y\n\
    CONFIG_TIMERFD=y\nCONFIG_UNIX=y\nCONFIG_FHANDLE=y\nCONFIG_EFI_PARTITION=y";

fn unit(root: Ext4, name: &str, text: &str) -> Ext4 {
    root.file(
        format!("{UNITS}/{name}"),
        0o644,
        format!("[Unit]\n{text}\n"),
    )
}

/// A root with that program as systemd's generator, and an fstab.
fn system(fstab: &str, local_fs: &str) -> Ext4 {
    let program = || Program::default().build();
    let mut root = Ext4::new();
    for folder in ["/dev", "/srv", "/tmp", "/usr"] {
        root = root.directory(folder, 0o755);
    }
    let root = root
        .file("/usr/lib/systemd/systemd", 0o755, program())
        .symlink("/sbin/init", "/usr/lib/systemd/systemd")
        .file(GENERATOR, 0o755, program())
        .file("/etc/fstab", 0o644, fstab);
    let root = unit(root, "local-fs.target", local_fs);
    let root = unit(root, "default.target", "Description=x");
    unit(root, "emergency.target", "Description=x")
}

fn systemd(fstab: &str) -> Ext4 {
    system(fstab, "OnFailure=emergency.target")
}

fn boot(root: &Ext4, words: &str) -> Case {
    let config = format!("{WHOLE}\n{SYSTEMD}");
    with_kernel(&config, &format!("{LINE} {words}")).root(root.build())
}

#[track_caller]
fn fires(fstab: &str) -> Finding {
    boot(&systemd(fstab), "").fires(707, Fatal, Userspace)
}

#[track_caller]
fn boots(case: &Case) {
    case.is_quiet(707);
    assert_eq!(together(case).verdict(), Verdict::Boots);
}

#[track_caller]
fn is_open(case: &Case, what: &str) {
    case.is_quiet(707);
    let verdict = together(case).verdict();
    let Verdict::Unknown { missing } = &verdict else {
        panic!("{verdict:?}");
    };
    assert!(
        missing.iter().any(|told| told.contains(what)),
        "{missing:?}"
    );
}

#[test]
fn a_device_that_the_machine_does_not_have_stops_systemd() {
    for (device, why) in [
        ("LABEL=gone", "no file system has that name"),
        (
            "UUID=666f7267-6564-2d72-6f6f-742d75756965",
            "no file system",
        ),
        (
            "PARTUUID=00000001-0000-4000-8000-000000000001",
            "no partition",
        ),
        ("/dev/disk/by-label/gone", "no file system"),
        ("/dev/sdb1", "the machine has no sdb1"),
        ("/dev/vda1", "the disk has no partition 1"),
    ] {
        let finding = fires(&format!("{device} /srv ext4 defaults 0 2\n"));
        says(&finding.message, &[device, "/srv", why]);
        says(&finding.consequence, &["emergency.target", "90 seconds"]);
    }
}

#[test]
fn lines_that_systemd_does_not_wait_for_stop_nothing() {
    for line in [
        "LABEL=gone /srv ext4 nofail 0 0",
        "LABEL=gone /srv ext4 noauto 0 0",
        "LABEL=gone /srv ext4 x-systemd.automount 0 0",
        "LABEL=gone none swap sw 0 0",
        "LABEL=gone / ext4 defaults 0 1",
        "server:/srv /srv nfs defaults 0 0",
        "LABEL=gone /srv ext4 _netdev 0 0",
        "tmpfs /tmp tmpfs defaults 0 0",
        "LABEL=forged /srv ext4 defaults 0 0",
        "UUID=666f7267-6564-2d72-6f6f-742d75756964 /srv auto defaults 0 0",
        "/usr /srv none bind 0 0",
        "# LABEL=gone /srv ext4 defaults 0 0",
    ] {
        boots(&boot(&systemd(&format!("{line}\n")), ""));
    }
    let gone = systemd("LABEL=gone /srv ext4 defaults 0 0\n");
    boots(&boot(&gone, "fstab=no"));
    boot(&gone, "systemd.unit=emergency.target").is_quiet(707);
    boot(&gone, "fstab=yes").fires(707, Fatal, Userspace);
}

#[test]
fn a_file_system_that_the_kernel_does_not_mount_stops_it_too() {
    let finding = fires("LABEL=forged /srv xfs defaults 0 0\n");
    says(
        &finding.message,
        &["holds an ext2, ext3 or ext4 file system, and not xfs"],
    );
    let squashfs = [b"hsqs".to_vec(), vec![0; 4092]].concat();
    let on_two = |fstab: &str| {
        let disk = gpt(&[
            (
                LINUX_FILESYSTEM,
                "00000001-0000-4000-8000-000000000001",
                "root",
                systemd(fstab).build(),
            ),
            (
                LINUX_FILESYSTEM,
                "00000002-0000-4000-8000-000000000002",
                "data",
                squashfs.clone(),
            ),
            (
                LINUX_FILESYSTEM,
                "00000003-0000-4000-8000-000000000003",
                "none",
                disks::ext4(),
            ),
        ]);
        let config = format!("{WHOLE}\n{SYSTEMD}");
        with_kernel(&config, "console=hvc0 root=/dev/vda1 rw").root(disk)
    };
    let finding =
        on_two("PARTLABEL=data /srv squashfs defaults 0 0\n").fires(707, Fatal, Userspace);
    says(&finding.message, &["CONFIG_SQUASHFS is off in this kernel"]);
    on_two("/dev/vda2 /srv auto defaults 0 0\n").fires(707, Fatal, Userspace);
    boots(&on_two(
        "PARTUUID=00000001-0000-4000-8000-000000000001 /srv ext4 defaults 0 0\n",
    ));
    // A damaged ext4 may have any name.
    is_open(
        &on_two("LABEL=gone /srv ext4 defaults 0 0\n"),
        "has that name",
    );
    on_two("/dev/vda4 /srv ext4 defaults 0 0\n").fires(707, Fatal, Userspace);
}

#[test]
fn what_is_not_modelled_is_open() {
    let open = |fstab: &str, what: &str| is_open(&boot(&systemd(fstab), ""), what);
    open(
        "/dev/mapper/x /srv ext4 defaults 0 0\n",
        "/dev/mapper/x, the /srv",
    );
    open(
        "/dev/disk/by-id/x /srv ext4 defaults 0 0\n",
        "what makes that device",
    );
    open(
        "LABEL=forged /srv ext3 defaults 0 0\n",
        "mounted with that type",
    );
    open(
        "overlay /srv overlay lowerdir=/x 0 0\n",
        "whether it is mounted",
    );
    let masked = boot(
        &systemd("LABEL=gone /srv ext4 defaults 0 0\n"),
        "systemd.mask=srv.mount",
    );
    is_open(&masked, "systemd.mask=srv.mount");
    let other = system("LABEL=gone /srv ext4 defaults 0 0\n", "Description=x");
    is_open(&boot(&other, ""), "OnFailure=emergency.target");
    let read_only = systemd("LABEL=forged /mnt ext4 defaults 0 0\n").build();
    let line = LINE.replace(" rw", " ro");
    let case = with_kernel(&format!("{WHOLE}\n{SYSTEMD}"), &line).root(read_only);
    is_open(&case, "make its mount point");
}

#[test]
fn an_init_system_that_is_not_modelled_leaves_a_missing_device_open() {
    let runit = |fstab: &str| {
        let program = || Program::default().build();
        let root = Ext4::new()
            .directory("/dev", 0o755)
            .directory("/srv", 0o755)
            .file("/sbin/runit-init", 0o755, program())
            .symlink("/sbin/init", "runit-init")
            .file("/etc/runit/1", 0o755, program())
            .file("/etc/runit/2", 0o755, program())
            .file("/etc/fstab", 0o644, fstab);
        boot(&root, "")
    };
    is_open(
        &runit("LABEL=gone /srv ext4 defaults 0 0\n"),
        "what runit does",
    );
    boots(&runit("LABEL=forged /srv ext4 defaults 0 0\n"));
}

#[test]
fn a_root_that_is_not_read_blocks_it() {
    with_kernel(WHOLE, LINE)
        .root(vec![0x5a; 8192])
        .is_blocked(707, 10);
}
