//! How boots end, and when that is known.

use super::{code, one};
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::Watch;
use kelpie_check::finding::Severity;
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
           [    1.0] systemd[1]: systemd 252 running in system mode\n\
           Welcome to Fedora Linux 38 (Server Edition)!\n\
           [  OK  ] Reached target slices.target - Slice Units.\n";
    assert_eq!(one(&log).stage(), Some(Stage::Init));
    let log = log + "[  OK  ] Reached target sysinit.target - System Initialization.\n";
    assert_eq!(one(&log).stage(), Some(Stage::Userspace));
}

/// What a system prints whose kernel is told to be quiet, from its initramfs on.
const QUIET_DRACUT: &str = "Welcome to Debian GNU/Linux 12 (bookworm) dracut-059 (Initramfs)!\n\
    [  OK  ] Reached target sysinit.target - System Initialization.\n\
    [  OK  ] Reached target basic.target - Basic System.\n";

#[test]
fn an_initramfs_is_told_from_the_root_without_the_kernels_lines() {
    let quiet = one(QUIET_DRACUT);
    assert_eq!(quiet.stage(), Some(Stage::Initramfs));
    let mounted = "[    5.0] EXT4-fs (vda1): mounted filesystem with ordered data mode.\n\
        [  OK  ] Reached target initrd.target - Initrd Default Target.\n\
        [  OK  ] Reached target basic.target - Basic System.\n";
    let log = [QUIET_DRACUT, mounted].concat();
    assert_eq!(one(&log).stage(), Some(Stage::RootMount));
    let log = log + "Welcome to Debian GNU/Linux 12 (bookworm)!\n";
    assert_eq!(one(&log).stage(), Some(Stage::Init));
    let log = log + "[  OK  ] Reached target multi-user.target - Multi-User System.\n";
    assert_eq!(one(&log).stage(), Some(Stage::Userspace));
    // Older kernels do not say that they run /init, and systemd greets before it says where it is.
    let old = format!(
        "{BANNER}[    1.0] systemd[1]: systemd 239 running in system mode. (+PAM)\n\
         [    1.1] systemd[1]: Running in initial RAM disk.\n\
         [    1.2] systemd[1]: Reached target Basic System.\n"
    );
    assert_eq!(one(&old).stage(), Some(Stage::Initramfs));
}

#[test]
fn a_shell_that_waits_is_alive() {
    let mounted =
        format!("{BANNER}[    1.0] VFS: Mounted root (ext4 filesystem) on device 254:0.\n");
    let asked = format!(
        "[    0.0] Kernel command line: root=/dev/vda init=/bin/sh\n{mounted}\
         [    1.1] Run /bin/sh as init process\n"
    );
    for prompt in [
        "/ # ",
        "~ # ",
        "sh-5.2# ",
        "root@(none):/# ",
        "[root@box ~]# ",
        "# ",
    ] {
        let boot = watch(&format!("{asked}{prompt}"));
        let boot = boot.current().unwrap();
        assert_eq!(boot.stage(), Some(Stage::Userspace), "{prompt:?}");
        assert_eq!(boot.code(), None, "{prompt:?}");
    }
    for text in [
        "###### ",
        "[    1.2] # ",
        "Checking the file systems of it # ",
        "user@host:~$ ",
    ] {
        let boot = watch(&format!("{asked}{text}"));
        assert_eq!(
            boot.current().unwrap().stage(),
            Some(Stage::Init),
            "{text:?}"
        );
    }
    // With quiet, it is all that speaks.
    let quiet = watch("/ # ");
    assert_eq!(quiet.current().unwrap().stage(), Some(Stage::Userspace));
    // A shell in place of an init that is missing is no system.
    let fallback = format!("{mounted}[    1.1] Run /bin/sh as init process\n/ # ");
    assert_eq!(code(fallback), "KC601");
}

#[test]
fn a_shell_that_nobody_asked_for_in_an_initramfs_is_an_emergency() {
    let log = format!("{BANNER}[    1.0] Run /init as init process\n/ # ");
    let mut first = watch(&log);
    assert_eq!(first.current().unwrap().stage(), Some(Stage::Initramfs));
    first.finish(EndKind::Deadline);
    let boot = first.current().unwrap();
    assert_eq!(boot.end.as_ref().unwrap().kind, EndKind::EmergencyShell);
    let asked = "[    0.0] Kernel command line: rdinit=/bin/sh\n[    1.0] Run /bin/sh as init process\n/ # ";
    assert_eq!(one(asked).stage(), Some(Stage::Userspace));
}

#[test]
fn silence_is_a_console_without_a_letter() {
    let code = |text: &str| {
        let mut watch = watch(text);
        if text.is_empty() {
            watch.expect_boot();
        }
        watch.finish(EndKind::Deadline);
        watch.current().unwrap().code().unwrap().to_string()
    };
    assert_eq!(code(""), "KC907");
    assert_eq!(code("\r\n \n"), "KC907");
    assert_eq!(code("hello from a quiet init\n"), "KC908");
}

#[test]
fn a_script_that_runs_a_missing_program_lacks_that_program() {
    let ends =
        "[    1.2] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00\n";
    let run = format!("{BANNER}[    1.0] Run /init as init process\n");
    for line in [
        "/init: exec: line 7: switch_root: not found\n",
        "/init: line 7: exec: switch_root: not found\n",
        "/init: 7: exec: switch_root: not found\n",
    ] {
        assert_eq!(code(format!("{run}{line}{ends}")), "KC314", "{line}");
    }
    assert_eq!(code(format!("{run}{ends}")), "KC304");
}

#[test]
fn what_a_boot_got_over_is_a_warning() {
    let junk = "[    0.5] Initramfs unpacking failed: junk within compressed archive\n";
    let oops = "[    1.5] BUG: kernel NULL pointer dereference, address: 0\n";
    let root = "[    1.0] EXT4-fs (vda1): mounted filesystem with ordered data mode.\n\
        [    1.1] Run /sbin/init as init process\n";
    let charset = "[    3.0] EXT4-fs (vdb): Filesystem with casefold feature cannot be mounted without CONFIG_UNICODE\n";
    let option = "[    3.0] ext4: Unknown parameter 'compress'\n";
    for (log, warned) in [
        (format!("{BANNER}{junk}{root}debian login: "), "KC020"),
        (format!("{BANNER}{oops}{root}debian login: "), "KC902"),
        (format!("{BANNER}{root}debian login: \n{oops}"), "KC902"),
        (format!("{BANNER}{root}{charset}debian login: "), "KC505"),
        (format!("{BANNER}{root}{option}"), "KC510"),
    ] {
        let boot = one(&log);
        assert_eq!(boot.code(), None, "{log}");
        let found = boot
            .findings
            .iter()
            .find(|finding| finding.code.to_string() == warned);
        let found = found.unwrap_or_else(|| panic!("{warned}: {:#?}", boot.findings));
        assert_eq!(found.severity, Severity::Warn);
        assert!(
            found.consequence.ends_with("It did not stop this boot."),
            "{}",
            found.consequence
        );
    }
    // A log that ends after init was started leaves open what came of it.
    assert_eq!(code(format!("{BANNER}{root}")), "-");
}

#[test]
fn systemd_gives_up_in_many_words() {
    let started = format!("{BANNER}[    1.0] Run /sbin/init as init process\n");
    for line in [
        "[!!!!!!] Failed to allocate manager object.\n",
        "[    2.0] systemd[1]: Freezing execution.\n",
        "Freezing execution.\n",
    ] {
        let boot = one(format!("{started}{line}"));
        assert_eq!(boot.end.as_ref().unwrap().kind, EndKind::Frozen, "{line}");
        assert_eq!(boot.end.as_ref().unwrap().stage, Stage::Userspace, "{line}");
    }
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

#[test]
fn systemd_in_emergency_mode_is_a_failure_unless_it_was_asked_for() {
    let boots = |word: &str| {
        format!(
            "{BANNER}[    0.1] Command line: root=/dev/vda {word}\n\
             [    1.0] EXT4-fs (vda): mounted filesystem with ordered data mode.\n\
             [    1.1] Run /sbin/init as init process\n\
             [    2.0] EXT4-fs (vdb): VFS: Can't find ext4 filesystem\n\
             [FAILED] Failed to mount mnt.mount - /mnt.\n\
             You are in emergency mode. After logging in, type \"journalctl -xb\" to view\n"
        )
    };
    let boot = one(boots("rw"));
    assert_eq!(boot.code().unwrap().to_string(), "KC913");
    assert_eq!(boot.end.as_ref().unwrap().stage, Stage::Userspace);
    for word in ["emergency", "systemd.unit=rescue.target", "single"] {
        let boot = one(boots(word));
        assert_eq!(boot.stage(), Some(Stage::Userspace), "{word}");
        assert_eq!(boot.code(), None, "{word}");
    }
}

/// How initramfs generators give up on a root, as they print it without the kernel's own lines.
#[test]
fn initramfs_generators_give_up_in_words_of_their_own() {
    for (log, code) in [
        (
            "ERROR: device 'PARTUUID=0f-01' not found. Skipping fsck.\n\
             mount: /new_root: can't find PARTUUID=0f-01.\n\
             You are now being dropped into an emergency shell.\n\
             sh: can't access tty; job control turned off\n[rootfs ]# ",
            "KC406",
        ),
        (
            "Gave up waiting for root file system device. Common problems:\n\
             ALERT! UUID=0f does not exist. Dropping to a shell!\n(initramfs) ",
            "KC306",
        ),
        (
            "dracut: FATAL: No or empty root= argument\ndracut: Refusing to continue\n",
            "KC403",
        ),
        ("Spawning shell within the initramfs\n(initramfs) ", "KC312"),
        (
            "dracut-initqueue[301]: Warning: /dev/disk/by-partuuid/0f-01 does not exist\n\
             Entering emergency mode. Exit the shell to continue.\n",
            "KC406",
        ),
    ] {
        let boot = one(log);
        assert_eq!(boot.code().unwrap().to_string(), code, "{log}");
        assert_eq!(boot.end.unwrap().kind, EndKind::EmergencyShell, "{log}");
        assert_eq!(boot.clues.stage(), Some(Stage::Initramfs), "{log}");
    }
}
