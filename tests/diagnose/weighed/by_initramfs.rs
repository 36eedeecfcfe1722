//! Of what the init of an initramfs says of a root, and of boots whose command line is not in the log.

use super::{MOUNTED, RUN, VDA, beliefs, boot, said, says, unnamed_boot};
use kelpie_check::cause::Belief;
use kelpie_check::finding::Code;

const ENDED: &str = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000";

#[track_caller]
fn unnamed_says(expected: &str, lines: &[&str]) {
    assert_eq!(said(unnamed_boot(lines)), expected, "{lines:#?}");
}

#[test]
fn a_mount_that_busybox_could_not_make_speaks_by_its_error() {
    let (unstated, stated) = ("root=/dev/vda", "root=/dev/vda rootfstype=ext4");
    let fails = |expected, line, seen: &[&str], error| {
        let failed = format!("mount: mounting /dev/vda on /sysroot failed: {error}");
        let lines = [&[RUN], seen, &[&failed, "Mounting root: failed.", ENDED]].concat();
        says(expected, line, &lines);
    };
    let none = "No such file or directory";
    fails("KC308! KC611+", unstated, &[VDA], none);
    fails("KC308+ KC611+", unstated, &[], none);
    let driver = "No such device";
    fails("KC305? KC306! KC308? KC611+", unstated, &[VDA], driver);
    let expected = "KC305? KC306+ KC308? KC502+ KC611+";
    fails(expected, stated, &[VDA], driver);
    let content = "Invalid argument";
    let expected = "KC010+ KC013+ KC308? KC502+ KC611+";
    fails(expected, stated, &[VDA], content);
    // Behind the root's, mounts are of something else.
    for error in [none, driver, content] {
        let failed = format!("mount: mounting /dev/vdb on /data failed: {error}");
        says("KC611+", stated, &[RUN, VDA, MOUNTED, &failed, ENDED]);
    }
}

#[test]
fn a_name_that_busybox_could_not_look_up_is_wrong_or_its_disk_is_missing() {
    let fails = |expected, line, seen: &[&str], device| {
        let lookup = format!("{device}: Can't lookup blockdev");
        let lines = [&[RUN], seen, &[&lookup, ENDED]].concat();
        says(expected, line, &lines);
    };
    fails("KC308? KC405! KC611+", "root=/dev/vdb", &[VDA], "/dev/vdb");
    let expected = "KC306+ KC308? KC405+ KC611+";
    fails(expected, "root=/dev/vdb", &[], "/dev/vdb");
    // No name of a device, whatever disks are there.
    fails("KC308? KC405! KC611+", "root=vda", &[VDA], "vda");
    fails("KC306+ KC308? KC405! KC611+", "root=vda", &[], "vda");
    // What is there came in the end; what has no name is not misnamed.
    fails("KC308? KC611+", "root=/dev/vda", &[VDA], "/dev/vda");
    fails("KC308? KC611+", "quiet", &[VDA], "/dev/vda");
    fails("KC306+ KC308? KC611+", "quiet", &[], "/dev/vda");
}

#[test]
fn boot_media_are_looked_for_where_no_root_is_named() {
    let lines = [RUN, VDA, "Mounting boot media: failed.", ENDED];
    says("KC308? KC403! KC611+", "quiet", &lines);
    says("KC308? KC403? KC611+", "root=/dev/vda", &lines);
    unnamed_says("KC308? KC403? KC611+", &lines);
}

#[test]
fn what_our_own_init_does_not_know_is_a_name_or_something_else() {
    let cannot = |name: &str| {
        format!("kelpie-check: cannot find root={name}: this initramfs knows /dev/NAME alone")
    };
    let bare = cannot("vda");
    says("KC308? KC405! KC611+", "root=vda", &[RUN, &bare, ENDED]);
    for name in ["UUID=0f", "LABEL=x", "PARTUUID=1-1", "PARTLABEL=x"] {
        let line = format!("root={name}");
        let lines = [RUN, &cannot(name), ENDED];
        says("KC308? KC404! KC611+", &line, &lines);
    }
    unnamed_says("KC308? KC404? KC405? KC611+", &[RUN, &bare, ENDED]);
}

#[test]
fn without_its_command_line_a_boot_may_have_named_anything() {
    let panic = |block: &str| {
        format!(
            "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block({block})"
        )
    };
    let expected = "KC401+ KC402+ KC403? KC404? KC405? KC406? KC501?";
    unnamed_says(expected, &[&panic("0,0")]);
    unnamed_says("KC501?", &[RUN, &panic("0,0")]);
    let expected = "KC010? KC012? KC013? KC403? KC404? KC405? KC406? KC501+ KC502? KC509? KC510?";
    unnamed_says(expected, &[&panic("254,0")]);
    let waits = "Waiting for root device /dev/vda...";
    unnamed_says("KC401+ KC402+ KC405?", &[waits]);
    // Nothing ends it over the root.
    unnamed_says("KC501?", &["VFS: Unable to mount root fs on what is there"]);
}

#[test]
fn a_shell_that_is_left_says_less_where_another_program_failed_for_another_reason() {
    let left = |expected, failed: &[&str]| {
        let before = [VDA, MOUNTED, "Run /sbin/init as init process"];
        let lines = [&before[..], failed, &["Run /bin/sh as init process"]].concat();
        says(expected, "root=/dev/vda", &lines);
    };
    let exists = |error: i32| {
        format!("Starting init: /sbin/init exists but couldn't execute it (error {error})")
    };
    left("KC601+ KC603? KC605? KC606?", &[]);
    left("KC601+ KC603? KC605? KC606?", &[&exists(-2)]);
    left("KC601? KC602+ KC603? KC605? KC606?", &[&exists(-13)]);
}

#[test]
fn an_initramfs_that_is_never_unpacked_is_ignored_where_one_was_given() {
    let none = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)";
    let belief = |line, lines: &[&str]| {
        let found = beliefs(boot(line, lines));
        found.get(&Code(302)).copied()
    };
    assert_eq!(belief("root=/dev/vda", &[none]), Some(Belief::Possible));
    let given = "initrd=initramfs root=/dev/vda";
    assert_eq!(belief(given, &[none]), Some(Belief::Likely));
    let unpacked = ["Unpacking initramfs...", none];
    assert_eq!(belief(given, &unpacked), Some(Belief::No));
    assert_eq!(belief(given, &[RUN, none]), Some(Belief::No));
}
