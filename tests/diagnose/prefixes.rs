//! The same boot, told by a console, dmesg, journalctl, and VMMs: the same diagnosis.

use super::one;

const LINES: [&str; 5] = [
    "Linux version 6.1.0 (a@b) (gcc 12) #1 SMP Mon Jan 1 00:00:00 UTC 2024",
    "Command line: console=ttyS0 root=/dev/vda",
    "VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6",
    "Please append a correct \"root=\" boot option; here are the available partitions:",
    "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
];

#[test]
fn prefixes_and_line_ends_make_no_difference() {
    for (before, behind) in [
        ("", "\n"),
        ("[    0.123456] ", "\n"),
        ("<6>[    0.123456] ", "\r\n"),
        ("[    0.123456][    T1] ", "\r\n"),
        ("kern  :err   : [    0.123456] ", "\n"),
        ("[Wed Nov 25 10:00:00 2026] ", "\n"),
        ("Nov 25 10:00:00 host kernel: ", "\n"),
        ("2026-11-25T10:00:00+00:00 host kernel: ", "\n"),
        ("2026-11-25T10:00:00.123456+00:00 host kernel: ", "\n"),
        ("2026-11-25 10:00:00.123456 host kernel: ", "\n"),
        ("25/11/2026 10:00:00 ", "\n"),
        ("Nov 25 10:00:00 kernel: ", "\n"),
        ("Jan  1 00:00:05 host kern.info kernel: ", "\n"),
        (
            "Wed Nov 25 10:00:00 2026 kern.info kernel: [    0.123456] ",
            "\n",
        ),
        (
            "2026-11-25T10:00:00.123456789 [anonymous-instance:fc_vcpu 0] ",
            "\n",
        ),
        (
            "\u{1b}[32m[    0.123456] \u{1b}[0m\u{1b}[33m",
            "\u{1b}[0m\r\n",
        ),
    ] {
        let log: String = LINES
            .iter()
            .map(|line| format!("{before}{line}{behind}"))
            .collect();
        let boot = one(&log);
        assert_eq!(boot.code().unwrap().to_string(), "KC401", "{log}");
        assert_eq!(boot.clues.kernel.as_deref(), Some("6.1.0"), "{log}");
        let line = boot.clues.command_line.as_deref();
        assert_eq!(line, Some("console=ttyS0 root=/dev/vda"), "{log}");
        let numbers: Vec<u64> = boot.lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [3, 5], "{log}");
        assert_eq!(boot.lines[0].text, LINES[2], "{log}");
    }
}

#[test]
fn a_log_in_any_pieces_is_the_same_log() {
    use kelpie_check::console::EndKind;
    use kelpie_check::diagnose::Watch;
    use kelpie_check::limits::Limits;
    let log = LINES.join("\r\n") + "\r\nlogin: ";
    let whole = format!("{:?}", super::diagnose(&log));
    for size in [1, 2, 3, 7, 64, 100] {
        let mut watch = Watch::new(&Limits::default()).unwrap();
        for piece in log.as_bytes().chunks(size) {
            watch.push(piece);
        }
        watch.finish(EndKind::LogEnds);
        assert_eq!(format!("{:?}", watch.into_diagnosis()), whole, "{size}");
    }
}

#[test]
fn a_prefix_hides_neither_the_prompt_nor_the_system() {
    use kelpie_check::stage::Stage;
    let kernel = "Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n";
    let iso = "2024-05-01T10:11:12.123456+00:00 ";
    for before in [
        iso,
        "2024-05-01 10:11:12.123 ",
        "2024/05/01 10:11:12 ",
        "[10:11:12.123] ",
        "> ",
    ] {
        for prompt in [
            "debian login: ",
            "debian login: root\n",
            "/ # ",
            "root@debian:~# ",
        ] {
            let log = format!("{before}{kernel}{before}{prompt}");
            let boot = one(&log);
            assert_eq!(boot.code(), None, "{log}");
            assert_eq!(boot.stage(), Some(Stage::Userspace), "{log}");
        }
    }
    for before in [
        "2024-05-01T10:11:12.123456+00:00 host ",
        "May  1 10:11:12 host ",
    ] {
        for said in [
            "systemd[1]: Reached target multi-user.target - Multi-User System.",
            "systemd[1]: Reached target Graphical Interface.",
            "systemd[1]: Started getty@tty1.service - Getty on tty1.",
            "systemd[1]: Started Serial Getty on ttyS0.",
            "systemd[1]: Started Session 1 of User root.",
            "systemd-logind[300]: New session 1 of user root.",
            "login[301]: ROOT LOGIN ON tty1",
            "console: debian login: ",
        ] {
            // The journal need not have the lines of the root's mount.
            let log = format!(
                "{before}kernel: {kernel}{before}kernel: Run /init as init process\n\
                 {before}systemd[1]: Running in initrd.\n{before}{said}\n"
            );
            let boot = one(&log);
            assert_eq!(boot.code(), None, "{log}");
            assert_eq!(boot.stage(), Some(Stage::Userspace), "{log}");
        }
    }
}
