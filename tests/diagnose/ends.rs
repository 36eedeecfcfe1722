//! How boots end, and when that is known.

use super::{code, one};
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::Watch;
use kelpie_check::limits::Limits;
use kelpie_check::stage::Stage;

const BANNER: &str = "[    0.0] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n";

fn watch(log: &str) -> Watch {
    let mut watch = Watch::new(&Limits::default()).unwrap();
    watch.push(log.as_bytes());
    watch
}

#[test]
fn a_panic_is_known_at_its_own_line() {
    let log = format!(
        "{BANNER}[    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n"
    );
    let watch = watch(&log);
    let boot = watch.current().unwrap();
    assert!(boot.has_ended());
    assert_eq!(boot.end.as_ref().unwrap().kind, EndKind::Panic);
    assert_eq!(boot.end.as_ref().unwrap().line.as_ref().unwrap().number, 2);
}

#[test]
fn a_wait_is_told_and_is_no_end_until_it_lasts() {
    let log = format!("{BANNER}[    1.0] Waiting for root device /dev/vdb...\n");
    let mut watch = watch(&log);
    let boot = watch.current().unwrap();
    assert_eq!(boot.end.as_ref().unwrap().kind, EndKind::Waiting);
    assert!(!boot.has_ended());
    watch.push(b"[    2.0] VFS: Mounted root (ext4 filesystem) on device 254:16.\n");
    assert_eq!(watch.current().unwrap().end, None);
}

#[test]
fn an_oops_may_be_got_over() {
    let oops = format!("{BANNER}[    1.0] BUG: kernel NULL pointer dereference, address: 0\n");
    let mut first = watch(&oops);
    assert!(!first.current().unwrap().has_ended());
    assert_eq!(
        first.current().unwrap().code().unwrap().to_string(),
        "KC902"
    );
    first.push(b"[    2.0] Kernel panic - not syncing: Fatal exception in interrupt\n");
    assert!(first.current().unwrap().has_ended());
    assert_eq!(
        first.current().unwrap().code().unwrap().to_string(),
        "KC902"
    );
}

#[test]
fn what_follows_a_panic_is_its_echo() {
    let log = format!(
        "{BANNER}[    1.0] Kernel panic - not syncing: No working init found.  Try\n\
         [    1.1] Rebooting in 1 seconds..\n[    2.0] reboot: machine restart\n\
         [2026-11-25T10:00:00Z INFO  krun_vmm::linux::vstate] Received KVM_EXIT_SHUTDOWN signal\n"
    );
    assert_eq!(code(&log), "KC601");
}

#[test]
fn a_restart_in_order_is_no_failure_once_init_runs() {
    let log = format!(
        "{BANNER}[    1.0] Run /sbin/init as init process\n[    2.0] reboot: Restarting system\n"
    );
    let boot = one(&log);
    assert_eq!(boot.code(), None);
    assert_eq!(boot.end.unwrap().kind, EndKind::Restart);
    let early = format!("{BANNER}[    2.0] reboot: Restarting system\n");
    assert_eq!(code(&early), "KC910");
}

#[test]
fn prompts_are_known_without_the_end_of_their_line() {
    let log = format!("{BANNER}\nalpine login: ");
    assert_eq!(
        watch(&log).current().unwrap().stage(),
        Some(Stage::Userspace)
    );
    let shell = format!("{BANNER}[    1.0] Run /init as init process\n(initramfs) ");
    let shell = watch(&shell);
    let boot = shell.current().unwrap();
    assert!(boot.has_ended());
    assert_eq!(boot.end.as_ref().unwrap().kind, EndKind::EmergencyShell);
}

#[test]
fn an_init_that_freezes_has_ended() {
    let log = format!(
        "{BANNER}\n[    1.0] Run /init as init process\n\
         [!!!!!!] Failed to mount API filesystems.\nsystemd[1]: Freezing execution.\n"
    );
    let log = watch(&log);
    let boot = log.current().unwrap();
    assert_eq!(boot.end.as_ref().unwrap().kind, EndKind::Frozen);
    assert_eq!(boot.code().unwrap().to_string(), "KC304");
}

#[test]
fn the_shell_of_dracuts_own_init_is_an_end() {
    let log = format!(
        "{BANNER}\n[    1.0] Run /init as init process\n\
         dracut Warning: /sysroot has no proper rootfs layout, ignoring and removing offending mount hook\n\
         Dropping to debug shell.\n"
    );
    let log = watch(&log);
    let boot = log.current().unwrap();
    assert_eq!(boot.end.as_ref().unwrap().kind, EndKind::EmergencyShell);
    assert_eq!(boot.code().unwrap().to_string(), "KC010");
}

#[test]
fn what_nobody_said_is_told_by_who_knows() {
    for (log, why, code) in [
        ("", EndKind::Deadline, "KC907"),
        (BANNER, EndKind::Deadline, "KC908"),
        (BANNER, EndKind::Exited, "KC910"),
        (
            "[    1.0] Run /sbin/init as init process\n",
            EndKind::Deadline,
            "KC911",
        ),
    ] {
        let mut watch = watch(log);
        watch.finish(why);
        let boot = watch.current().unwrap();
        assert_eq!(boot.code().unwrap().to_string(), code, "{log:?} {why:?}");
        assert_eq!(boot.end.as_ref().unwrap().kind, why);
        let finding = &boot.findings[0];
        for sentence in [&finding.message, &finding.consequence, &finding.fix] {
            assert!(sentence.ends_with('.'), "{sentence}");
        }
    }
}

#[test]
fn what_the_boot_got_over_is_not_what_it_hangs_on() {
    let junk = "[    1.0] Initramfs unpacking failed: junk within compressed archive\n";
    let mounted = "[    2.0] VFS: Mounted root (ext4 filesystem) on device 254:0.\n";
    for (log, code) in [
        (format!("{BANNER}{junk}"), "KC020"),
        (format!("{BANNER}{junk}{mounted}"), "KC908"),
    ] {
        let mut watch = watch(&log);
        watch.finish(EndKind::Deadline);
        let boot = watch.current().unwrap();
        assert_eq!(boot.code().unwrap().to_string(), code, "{log}");
    }
}

#[test]
fn a_boot_that_reached_userspace_and_is_watched_no_longer_has_not_failed() {
    let log = format!("{BANNER}kelpie-check: userspace reached\n");
    assert_eq!(code(&log), "-");
}

#[test]
fn stages_are_told_with_their_lines() {
    let log = format!(
        "{BANNER}[    0.1] Trying to unpack rootfs image as initramfs...\n\
         [    0.2] Run /init as init process\n[    0.3] virtio_blk virtio0: [vda] 8 blocks\n\
         Mounting root: ok.\n   OpenRC 0.62 is starting up Linux 6.1\n"
    );
    let stages: Vec<_> = one(&log)
        .clues
        .reached
        .iter()
        .map(|reached| (reached.stage, reached.line))
        .collect();
    assert_eq!(
        stages,
        [
            (Stage::Start, 1),
            (Stage::Console, 1),
            (Stage::Initramfs, 3),
            (Stage::RootDevice, 4),
            (Stage::RootMount, 5),
            (Stage::Userspace, 6)
        ]
    );
}

#[test]
fn systemd_in_an_initramfs_is_no_userspace_yet() {
    let log = format!(
        "{BANNER}[    0.2] Run /init as init process\n\
         [    0.3] systemd[1]: systemd 252 running in system mode\n\
         Welcome to Fedora Linux 38 dracut-057 (Initramfs)!\n"
    );
    assert!(one(&log).stage() < Some(Stage::Userspace));
    let log = log
        + "[    0.9] systemd[1]: Switching root.\n\
           [    1.0] systemd[1]: systemd 252 running in system mode\n";
    assert_eq!(one(&log).stage(), Some(Stage::Userspace));
}

#[test]
fn init_that_cannot_be_run_was_not_reached() {
    let log = format!(
        "{BANNER}[    0.2] VFS: Mounted root (ext4 filesystem) on device 254:0.\n\
         [    0.3] Run /sbin/init as init process\n\
         [    0.4] Starting init: /sbin/init exists but couldn't execute it (error -8)\n\
         [    0.5] Run /etc/init as init process\n[    0.5] Run /bin/init as init process\n\
         [    0.6] Run /bin/sh as init process\n"
    );
    let boot = one(&log);
    assert!(!boot.clues.has_reached(Stage::Init));
    assert_eq!(boot.end.as_ref().unwrap().kind, EndKind::FallbackShell);
    assert_eq!(boot.code().unwrap().to_string(), "KC604");
}
