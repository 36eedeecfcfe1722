//! A log joined to what the files tell.

use super::one;
use kelpie_check::cause;
use kelpie_check::check::Report;
use kelpie_check::diagnose::Observed;
use kelpie_check::finding::{Finding, Place};

const PANIC: &str = "[    0.0] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n\
    [    0.1] Command line: root=/dev/vda\n\
    [    1.0] VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6\n\
    [    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";

/// What the files come to: these causes, in these words.
fn predicted(codes: &[&str]) -> Report {
    let finding = |code: &&str| {
        let cause = cause::find(code).unwrap();
        Finding {
            code: cause.code,
            name: cause.name,
            severity: cause.severity,
            stage: cause.stage,
            role: cause.role,
            artifact: 3,
            message: format!("The files say {code}."),
            consequence: "It would fail.".to_owned(),
            fix: "Mend it.".to_owned(),
            place: Place::default(),
        }
    };
    Report {
        target: "libkrun",
        artifacts: Vec::new(),
        boots: Vec::new(),
        findings: codes.iter().map(finding).collect(),
        checks: Vec::new(),
        left_out: Vec::new(),
    }
}

fn joined(log: &str, codes: &[&str]) -> Observed {
    let mut boot = one(log);
    boot.join(&predicted(codes));
    boot
}

#[test]
fn without_files_the_log_says_what_it_leaves_open() {
    let boot = one(PANIC);
    assert_eq!(boot.code().unwrap().to_string(), "KC401");
    let possible: Vec<String> = boot.possible.iter().map(ToString::to_string).collect();
    assert_eq!(possible, ["KC402"]);
    let note = boot.notes.last().unwrap();
    assert!(note.contains("KC402 transport-not-built-in"), "{note}");
}

#[test]
fn of_the_causes_that_end_alike_the_files_name_one() {
    let boot = joined(PANIC, &["KC402"]);
    assert_eq!(boot.code().unwrap().to_string(), "KC402");
    assert!(boot.possible.is_empty());
    let [finding] = &boot.findings[..] else {
        panic!("{:#?}", boot.findings);
    };
    assert_eq!(finding.message, "The files say KC402.");
    assert!(finding.consequence.contains("line 4"), "{finding:?}");
    assert_eq!(finding.fix, "Mend it.");
    assert!(!boot.notes.iter().any(|note| note.contains("KC402")));
}

#[test]
fn what_the_log_says_with_certainty_stays_and_the_files_are_doubted() {
    let log = PANIC
        .replace("root=/dev/vda", "console=ttyS0")
        .replace("vda", "");
    let boot = joined(&log, &["KC601"]);
    assert_eq!(boot.code().unwrap().to_string(), "KC403");
    let note = boot.notes.last().unwrap();
    assert!(
        note.contains("KC601") && note.contains("report a bug"),
        "{note}"
    );
}

#[test]
fn a_boot_that_did_not_fail_as_predicted_is_worth_a_report() {
    let log = "[    0.0] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\nlogin: ";
    let boot = joined(log, &["KC401"]);
    assert_eq!(boot.code(), None);
    assert!(boot.notes[0].contains("KC401"), "{:?}", boot.notes);
    assert!(joined(log, &[]).notes.is_empty());
}

#[test]
fn what_a_console_without_its_beginning_does_not_show_the_files_decide() {
    let open = "VFS: Cannot open root device \"(null)\" or unknown-block(0,0): error -6\n";
    let panic = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";
    let late = format!("/dev/root: Can't open blockdev\n{open}{panic}");
    assert_eq!(one(&late).code().unwrap().to_string(), "KC403");
    let code = |log: &str, codes: &[&str]| joined(log, codes).code().unwrap().to_string();
    for early in ["KC020", "KC301", "KC303"] {
        assert_eq!(code(&late, &[early, "KC403"]), early);
    }
    // Whoever saw the banner saw what comes of an initramfs.
    let whole = format!("[    0.0] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n{late}");
    assert_eq!(code(&whole, &["KC301", "KC403"]), "KC403");
}

#[test]
fn a_panic_alone_may_be_over_whatever_the_files_show_of_the_root() {
    let panic = |block: &str| {
        format!(
            "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block({block})\n"
        )
    };
    let code = |log: String, codes: &[&str]| joined(&log, codes).code().unwrap().to_string();
    for missing in ["KC403", "KC404", "KC405", "KC406"] {
        assert_eq!(code(panic("0,0"), &[missing]), missing);
    }
    for refused in ["KC501", "KC502"] {
        assert_eq!(code(panic("254,0"), &[refused]), refused);
    }
}

#[test]
fn zeros_are_passed_over_as_silently_as_an_archive_without_an_init() {
    let log = "[    0.0] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n\
        [    0.5] Trying to unpack rootfs image as initramfs...\n\
        [    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";
    assert_eq!(one(log).code().unwrap().to_string(), "KC303");
    assert_eq!(joined(log, &["KC020"]).code().unwrap().to_string(), "KC020");
}

/// What initramfs-tools and dracut print as they give up on the root.
const GAVE_UP: [&str; 3] = [
    "Gave up waiting for root file system device.  Common problems:\n\
     ALERT!  UUID=0f does not exist.  Dropping to a shell!\n\n\
     BusyBox v1.35.0 (Debian 1:1.35.0-4) built-in shell (ash)\n\
     /bin/sh: can't access tty; job control turned off\n(initramfs) ",
    "dracut-initqueue[301]: Warning: dracut-initqueue: starting timeout scripts\n\
     Warning: /dev/vda9 does not exist\n\n\
     Generating \"/run/initramfs/rdsosreport.txt\"\n\n\
     Entering emergency mode. Exit the shell to continue.\n",
    "mount: mounting /dev/vda on /root failed: Invalid argument\n\
     Cannot open access to console, the root account is locked.\n",
];

#[test]
fn an_initramfs_that_gives_up_fails_as_the_files_say() {
    for gave_up in GAVE_UP {
        let log = format!(
            "[    0.0] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n\
             [    1.0] Run /init as init process\n{gave_up}"
        );
        for predicted in ["KC306", "KC405", "KC501", "KC502"] {
            let boot = joined(&log, &[predicted]);
            assert_eq!(boot.code().unwrap().to_string(), predicted, "{gave_up}");
        }
        // What the kernel got over before is no matter of an initramfs.
        let boot = joined(&log, &["KC201"]);
        assert_ne!(boot.code().unwrap().to_string(), "KC201", "{gave_up}");
    }
}

#[test]
fn a_log_of_another_kernel_than_the_file_says_so() {
    use kelpie_check::check::{Artifact, Facts, Verdict};
    use kelpie_check::role::Role;
    let up = "[    0.0] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\nhost login: ";
    let notes = |log: &str, release: Option<&str>| {
        let mut facts = Facts::none(Role::Kernel);
        if let Facts::Kernel(kernel) = &mut facts {
            kernel.release = release.map(str::to_owned);
        }
        let mut report = predicted(&[]);
        report.artifacts.push(Artifact {
            path: "vmlinuz".to_owned(),
            role: Role::Kernel,
            facts,
            ladder: Vec::new(),
            verdict: Verdict::Unknown {
                missing: Vec::new(),
            },
            unreadable: None,
        });
        let mut boot = one(log);
        boot.join(&report);
        boot.notes
    };
    for log in [PANIC, up] {
        let said = notes(log, Some("6.6.30-virt"));
        let warned = said.iter().find(|note| note.starts_with("warning: "));
        let warned = warned.unwrap_or_else(|| panic!("{said:?}"));
        assert!(
            warned.contains("6.1.0") && warned.contains("6.6.30-virt"),
            "{warned}"
        );
        for same in [Some("6.1.0"), None] {
            let said = notes(log, same);
            assert!(
                said.iter().all(|note| !note.starts_with("warning: ")),
                "{said:?}"
            );
        }
    }
    let without_banner = "[    1.0] Kernel panic - not syncing: No working init found.\n";
    let said = notes(without_banner, Some("6.6.30-virt"));
    assert!(
        said.iter().all(|note| !note.starts_with("warning: ")),
        "{said:?}"
    );
}
