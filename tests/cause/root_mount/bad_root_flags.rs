use super::{LINE, boot, boot_on, broken, configured, ext4, with_line};
use crate::forge::ext4::Ext4;
use crate::forge::put;
use crate::initramfs::{MONOLITHIC, NEEDED, alpine_with};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootMount;

fn flagged(flags: &str) -> Case {
    with_line(
        ext4().journal().build(),
        &format!("{LINE} rootflags={flags}"),
    )
}

#[test]
fn an_option_that_ext4_does_not_know_is_refused() {
    let finding = flagged("noload,subvol=@").fires(510, Fatal, RootMount);
    assert_eq!(
        finding.message,
        "rootflags= has subvol, which ext4 does not support."
    );
    says(&finding.consequence, &["Unknown parameter 'subvol'"]);
    let old = boot_on("5.10.0", ext4().build(), "root=/dev/vda rootflags=subvol=@");
    says(
        &old.fires(510, Fatal, RootMount).consequence,
        &["Unrecognized mount option \"subvol=@\" or missing value"],
    );
}

#[test]
fn what_only_mount_knows_is_refused_by_the_kernel() {
    let finding = flagged("noatime").fires(510, Fatal, RootMount);
    says(&finding.message, &["which mount(8) supports"]);
    assert_eq!(finding.fix, "Remove noatime.");
}

#[test]
fn a_word_that_is_none_is_refused() {
    let finding = flagged("data=fast").fires(510, Fatal, RootMount);
    says(&finding.message, &["accepts journal, ordered, writeback"]);
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    let finding = flagged("data=journal,dax").fires(510, Fatal, RootMount);
    says(
        &finding.consequence,
        &["can't mount with both data=journal and dax"],
    );
    let line = format!("{LINE} rootflags=data=ordered");
    let finding = with_line(ext4().build(), &line).fires(510, Fatal, RootMount);
    says(&finding.consequence, &["fs mounted w/o journal"]);
    for (flags, said) in [
        ("discard,commit=30", "commit=30"),
        ("journal_checksum", "journal_checksum"),
        ("data_err=abort", "data_err=abort"),
        ("commit=30,journal_async_commit", "journal_async_commit"),
    ] {
        let line = format!("{LINE} rootflags={flags}");
        let finding = with_line(ext4().build(), &line).fires(510, Fatal, RootMount);
        let said = format!("can't mount with {said}, fs mounted w/o journal");
        says(&finding.consequence, &[said.as_str()]);
    }
    for flags in [
        "commit=5",
        "commit=0",
        "commit=30,commit=5",
        "nojournal_checksum",
    ] {
        with_line(ext4().build(), &format!("{LINE} rootflags={flags}")).is_quiet(510);
    }
    for flags in ["journal_async_commit", "data=ordered,journal_async_commit"] {
        let finding = flagged(flags).fires(510, Fatal, RootMount);
        says(
            &finding.consequence,
            &["can't mount with journal_async_commit in data=ordered mode"],
        );
    }
    flagged("journal_async_commit,data=writeback").is_quiet(510);
    let finding = flagged("dax").fires(510, Fatal, RootMount);
    says(&finding.consequence, &["DAX unsupported by block device"]);
}

#[test]
fn what_ext4_takes_passes() {
    for flags in [
        "noload",
        "data=ordered,commit=30",
        "errors=remount-ro,ro",
        "dax=inode",
    ] {
        flagged(flags).is_quiet(510);
    }
    boot(ext4().build()).is_quiet(510);
}

#[test]
fn the_features_of_a_damaged_superblock_are_not_believed() {
    with_line(broken(), &format!("{LINE} rootflags=noload")).is_blocked(510, 12);
}

#[test]
fn another_superblock_has_to_be_there() {
    let finding = flagged("sb=8193").fires(510, Fatal, RootMount);
    says(
        &finding.message,
        &["at 8193 KiB (sb=8193)", "there is no superblock"],
    );
    assert_eq!(finding.fix, "Remove sb=8193.");
    // It comes before all that the first one says.
    let image = Ext4 {
        s_feature_incompat: 0x8000_0000,
        ..ext4()
    };
    with_line(image.build(), &format!("{LINE} rootflags=sb=9")).fires(510, Fatal, RootMount);
    let first = with_line(image.build(), &format!("{LINE} rootflags=sb=9")).stops_first(RootMount);
    assert_eq!(first, Some(510));
    flagged("sb=1").is_quiet(510);
    // It comes before the features that a name does not take, where there is a driver of that name.
    let as_ext2 = |flags: &str, config: &str| {
        let line = format!("{LINE} rootfstype=ext2 {flags}");
        configured(ext4().build(), &line, config)
    };
    let config = "CONFIG_EXT4_FS=y\nCONFIG_EXT4_USE_FOR_EXT2=y\n# CONFIG_EXT2_FS is not set";
    as_ext2("", config).fires(502, Fatal, RootMount);
    let first = |config: &str| as_ext2("rootflags=sb=9", config).stops_first(RootMount);
    assert_eq!(first(config), Some(510));
    assert_eq!(first("CONFIG_EXT4_FS=y"), Some(502));
    // One that is there is another's word, which is not read.
    let mut image = ext4().build();
    let first = image[0x400..0x800].to_vec();
    put(&mut image, 9 << 10, &first);
    let case = with_line(image, &format!("{LINE} rootflags=sb=9"));
    case.is_blocked(510, None);
}

#[test]
fn an_initramfs_makes_flags_of_what_mount_knows() {
    let mounted = |flags: &str| {
        configured(
            ext4().journal().build(),
            &format!("{LINE} rootfstype=ext4 rootflags={flags}"),
            MONOLITHIC,
        )
        .initramfs(alpine_with(NEEDED))
    };
    for flags in [
        "noatime",
        "x-systemd.growfs",
        "X-mount.mkdir",
        "_netdev,nofail",
    ] {
        mounted(flags).is_quiet(510);
    }
    mounted("subvol=@").fires(510, Fatal, RootMount);
}

#[test]
fn each_refusal_begins_with_a_version() {
    let said = |release: &str, flags: &str| {
        boot_on(
            release,
            ext4().build(),
            &format!("root=/dev/vda rootflags={flags}"),
        )
    };
    says(
        &said("5.17.0", "subvol=@")
            .fires(510, Fatal, RootMount)
            .consequence,
        &["Unknown parameter 'subvol'"],
    );
    said("5.8.0", "dax").fires(510, Fatal, RootMount);
    said("5.7.0", "dax").is_quiet(510);
    said("4.9.0", "data=ordered").fires(510, Fatal, RootMount);
    said("4.8.0", "data=ordered").is_quiet(510);
}

#[test]
fn options_are_parsed_before_anything_of_the_root_is_read() {
    let line = format!("{LINE} rootfstype=ext4 rootflags=nosuchoption");
    for image in [broken(), vec![0; 0x2_0000]] {
        let case = || with_line(image.clone(), &line);
        let finding = case().fires(510, Fatal, RootMount);
        says(&finding.message, &["nosuchoption"]);
        assert_eq!(case().stops_first(RootMount), Some(510));
    }
    // What fits no ext4 is not refused for what ext4 would not take.
    let squashfs = [b"hsqs".to_vec(), vec![0; 0x1_0000]].concat();
    with_line(squashfs, &format!("{LINE} rootflags=nosuchoption")).is_quiet(510);
}

#[test]
fn a_root_in_memory_takes_other_options() {
    let in_memory = |kind: &str, flags: &str| {
        let line = format!("root=/dev/vda rootfstype={kind} rootflags={flags}");
        with_line(ext4().build(), &line)
    };
    for flags in ["size=1M,mode=755", "ro", "nr_inodes=10,huge=never"] {
        in_memory("tmpfs", flags).is_quiet(510);
    }
    for flags in ["noatime", "size=1M,data=journal"] {
        let finding = in_memory("tmpfs", flags).fires(510, Fatal, RootMount);
        says(&finding.message, &["which tmpfs does not support"]);
        says(&finding.consequence, &["tmpfs: Unknown parameter", "(0,0)"]);
        in_memory("ramfs", flags).is_quiet(510);
    }
}

#[test]
fn options_are_parsed_first_from_5_17_on() {
    let line = "root=/dev/vda rw rootfstype=ext4 rootflags=subvol=@";
    boot_on("5.17.0", broken(), line).fires(510, Fatal, RootMount);
    boot_on("5.16.0", broken(), line).is_blocked(510, 12);
    // A driver that is asked first has options of its own.
    let line = "root=/dev/vda rw rootfstype=btrfs rootflags=subvol=@";
    let first = boot_on("6.1.0", broken(), line).stops_first(RootMount);
    assert_eq!(first, Some(502));
}
