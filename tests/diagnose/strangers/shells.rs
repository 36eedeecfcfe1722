//! Systems that are up, and what somebody shows there: other logs, and the kernel's own messages.

use super::codes;
use crate::one;
use kelpie_check::stage::Stage;

/// A Debian system up to its shell.
const UP: &str = "\
[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n\
[    1.0] EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none.\n\
[    1.1] Run /sbin/init as init process\n\
[    1.4] systemd[1]: systemd 252.22-1~deb12u1 running in system mode (+PAM +AUDIT)\n\
[  OK  ] Reached target multi-user.target - Multi-User System.\n\
\nDebian GNU/Linux 12 debian ttyS0\n\ndebian login: root\n";

#[test]
fn a_panic_in_a_log_that_is_shown_is_not_this_boots() {
    for shown in [
        // Of a later time than this boot's, and with the whole of another boot.
        "root@debian:~# cat /var/crash/dmesg.202401011200\n\
         [ 1234.567890] Kernel panic - not syncing: Fatal exception in interrupt\n\
         [ 1234.567890] CPU: 0 PID: 0 Comm: swapper Not tainted 5.10.0\n",
        "root@debian:~# zcat old.log.gz | less\n\
         [    0.000000] Linux version 5.10.0 (a@b) (gcc 10) #1 SMP\n\
         [    2.0] VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6\n\
         [    2.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n\
         root@debian:~# ",
        // The messages of this boot, then those of the one before.
        "root@debian:~# dmesg\n[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n\
         [    1.1] Run /sbin/init as init process\n\
         root@debian:~# journalctl -b -1 -k\n\
         Jan 01 10:00:00 debian kernel: Linux version 5.10.0 (a@b) (gcc 10) #1 SMP\n\
         Jan 01 10:00:00 debian kernel: Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009\n",
        // A command that is not known, after which the shell goes on.
        "root@debian:~# ./show-last-crash\n\
         [  999.0] BUG: unable to handle page fault for address: ffff\n\
         [  999.1] Kernel panic - not syncing: Fatal exception\n\
         root@debian:~# ls\n",
        // The first prompt is that of the host that asked for the login.
        "Last crash:\n[ 4242.0] Kernel panic - not syncing: foo\n\
         [ 4242.1] ---[ end Kernel panic - not syncing: foo ]---\nroot@debian:~# ",
        // Of an older time.
        "root@debian:~# ./show-last-crash\n\
         [    0.9] Kernel panic - not syncing: No working init found.\n",
        // Without the time that this kernel has, be there a shell or not.
        "Kernel panic - not syncing: Fatal exception\n",
        "The last boot ended with: Kernel panic - not syncing: hung_task: blocked tasks\n",
        // A shell in a directory of its own.
        "root@debian:/var/crash# cat log\nKernel panic - not syncing: Fatal exception\n\
         root@debian:/# cat /sys/fs/pstore/dmesg-efi-1\n<0>[ 77.0] Kernel panic - not syncing: sysrq\n",
    ] {
        let boot = one(format!("{UP}{shown}"));
        assert_eq!(boot.code(), None, "{shown}: {boot:#?}");
        assert_eq!(boot.findings, [], "{shown}");
        assert_eq!(boot.stage(), Some(Stage::Userspace));
    }
}

#[test]
fn a_panic_of_a_system_that_is_up_is_found() {
    for (expected, lines) in [
        (
            "KC901",
            "[   60.1] Kernel panic - not syncing: sysrq triggered crash\n[   60.2] CPU: 0 PID: 1 Comm: bash\n",
        ),
        (
            "KC901",
            "root@debian:~# echo c > /proc/sysrq-trigger\n\
             [   60.1] Kernel panic - not syncing: sysrq triggered crash\n\
             user@workstation:~$ \n",
        ),
        // The time is within the line, behind what a program printed.
        (
            "KC901",
            "root@debian:~# ./tes[   60.1] Kernel panic - not syncing: sysrq triggered crash\n",
        ),
        // A file of the kernel's own.
        (
            "KC902",
            "root@debian:~# cat /proc/driver/mine\n\
             [   60.1] BUG: kernel NULL pointer dereference, address: 0000000000000010\n\
             [   60.1] Kernel panic - not syncing: Fatal exception\n",
        ),
        // What was shown has ended.
        (
            "KC902",
            "root@debian:~# cat /var/crash/log\n[    9.0] Kernel panic - not syncing: VFS: x\n\
             root@debian:~# modprobe mine\n\
             [   60.1] Kernel panic - not syncing: Fatal exception\n",
        ),
    ] {
        assert_eq!(codes(&format!("{UP}{lines}")), expected, "{lines}");
    }
    // Kernels without times have none in their panics.
    let timeless: String = UP
        .lines()
        .map(|line| {
            line.split_once("] ")
                .map_or(line, |(_, rest)| rest)
                .to_owned()
                + "\n"
        })
        .collect();
    let panic = "Kernel panic - not syncing: sysrq triggered crash\n";
    assert_eq!(codes(&format!("{timeless}{panic}")), "KC901");
    // The journal names the kernel, and other programs that quote it.
    let journal = "May  1 10:00:00 host kernel: Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n\
        May  1 10:00:01 host systemd[1]: Reached target multi-user.target - Multi-User System.\n";
    let says = |program: &str| {
        codes(&format!(
            "{journal}May  1 10:00:09 host {program}: Kernel panic - not syncing: Fatal exception\n"
        ))
    };
    assert_eq!(says("kernel"), "KC902");
    assert_eq!(says("abrt-dump[300]"), "-");
}

#[test]
fn another_boot_after_a_shell_is_another_boot() {
    let shell = "root@debian:~# reboot -f\n";
    assert_eq!(codes(&format!("{UP}{shell}{UP}")), "- -");
    // What is followed may be cut by a reset.
    let follows = "root@debian:~# journalctl -f\n";
    assert_eq!(codes(&format!("{UP}{follows}{UP}")), "- -");
    let panic = "[   60.1] Kernel panic - not syncing: sysrq triggered crash\n";
    let log = format!("{UP}root@debian:~# ls\n{panic}{UP}root@debian:~# ls\n");
    assert_eq!(codes(&log), "KC901 -");
    // A boot that prints nothing before its login.
    let log = format!("{UP}root@debian:~# ls\n{panic}\ndebian login: root\nroot@debian:~# ls\n");
    assert_eq!(codes(&log), "KC901");
}

const BANNER: &str = "[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n";
const RUN: &str = "[    0.6] Run /init as init process\n";

#[test]
fn a_system_that_lives_in_its_initramfs_runs() {
    let line = |words: &str| format!("[    0.0] Command line: console=ttyS0 {words}\n");
    for (what, log) in [
        (
            "a shell that was asked for",
            format!(
                "{BANNER}{}[    0.6] Run /bin/sh as init process\n\
            /bin/sh: can't access tty; job control turned off\n/ # ls\n",
                line("rdinit=/bin/sh")
            ),
        ),
        (
            "Buildroot",
            format!(
                "{BANNER}{}{RUN}Starting syslogd: OK\nStarting klogd: OK\n",
                line("")
            ),
        ),
        (
            "Buildroot, with the root of another boot",
            format!(
                "{BANNER}{}{RUN}Starting syslogd: OK\n",
                line("root=/dev/mmcblk0p2")
            ),
        ),
        (
            "Buildroot, with a root in RAM",
            format!("{BANNER}{}{RUN}Populating /dev\n", line("root=/dev/ram0")),
        ),
        (
            "a script that ends in a shell",
            format!("{BANNER}{}{RUN}hello\n/ # ls\n", line("")),
        ),
        (
            "u-root",
            format!(
                "{BANNER}{RUN}2024/02/29 20:35:28 Welcome to u-root!\n                              _\n"
            ),
        ),
        (
            "a program in Go",
            format!("{BANNER}{RUN}2024/05/01 10:00:00 listening on http://10.0.0.2:80\n"),
        ),
        (
            "gokrazy",
            format!(
                "{BANNER}{}[    0.6] Run /gokrazy/init as init process\n\
            2024/05/01 10:00:00 gokrazy build timestamp 2024-05-01\n",
                line("init=/gokrazy/init root=/dev/vda2")
            ),
        ),
        (
            "Talos",
            format!(
                "{BANNER}{RUN}[    1.92] [talos] [initramfs] booting Talos v1.8.0\n\
            [    1.97] [talos] [initramfs] executing /sbin/init\n[    2.4] [talos] initialize sequence: 11 phase(s)\n"
            ),
        ),
        (
            "Android's first stage",
            format!(
                "{BANNER}{RUN}[    1.1] init: init first stage started!\n\
            [    1.2] init: Loading module /lib/modules/virtio_blk.ko with args ''\n"
            ),
        ),
        (
            "Android",
            format!(
                "{BANNER}{RUN}[    1.1] init: init first stage started!\n\
            [    2.2] init: init second stage started!\n[    3.2] init: starting service 'zygote'...\n"
            ),
        ),
        (
            "a job that is done",
            format!(
                "{BANNER}{}{RUN}all tests passed\n[    2.0] reboot: Power down\n",
                line("")
            ),
        ),
    ] {
        assert_eq!(codes(&log), "-", "{what}");
    }
}

#[test]
fn an_initramfs_that_looks_for_a_root_has_not_booted() {
    let line = |words: &str| format!("[    0.0] Command line: console=ttyS0 {words}\n");
    for (expected, log) in [
        ("KC908", format!("{BANNER}{}{RUN}", line("root=/dev/vda"))),
        ("KC908", format!("{BANNER}{RUN}Loading, please wait...\n")),
        (
            "KC908",
            format!(
                "{BANNER}{}{RUN}<<< NixOS Stage 1 >>>\n",
                line("init=/nix/store/0f/init")
            ),
        ),
        (
            "KC910",
            format!(
                "{BANNER}{}{RUN}[    2.0] reboot: Restarting system\n",
                line("root=/dev/vda")
            ),
        ),
        (
            "KC611",
            format!(
                "{BANNER}{}{RUN}[    2.0] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n",
                line("")
            ),
        ),
        (
            "KC911",
            format!(
                "{BANNER}{RUN}[    1.1] init: init first stage started!\n\
            [    1.2] init: InitFatalReboot: signal 6\n"
            ),
        ),
    ] {
        assert_eq!(codes(&log), expected, "{log}");
    }
}
