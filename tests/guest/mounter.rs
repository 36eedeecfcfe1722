//! The init that mounts a root, in a machine: the kernels of this repository, and a root of one
//! program that says what it was started with.

use super::machine::{console, minimal_kernel, virtual_machine};
use super::support::program;
use kelpie_check::architecture::Architecture;
use kelpie_check::guest::assembler::{Condition, Operation, Program, Register, Syscall, assemble};
use kelpie_check::guest::{executable, mounter};
use kelpie_check::initramfs::Writer;
use std::path::Path;
use std::process::Command;

use Condition::{Equal, Less};
use Register::{R0, R1, R2, R3};

/// The kernels of this repository, which have all drivers built in.
const MACHINES: [Architecture; 2] = [Architecture::X86_64, Architecture::Aarch64];

/// A program that writes each argument and each variable of its environment on a line, tells
/// whether the root can be written to and whether /dev is there, and restarts the machine.
fn teller() -> Program {
    let mut p = Program::new();
    let say = p.label();
    let line = |p: &mut Program, label: &str, text: Option<Register>| {
        let label = p.text(label);
        let end = p.text("\n");
        p.set(R0, label);
        p.call(say);
        if let Some(text) = text {
            p.set(R0, text);
            p.call(say);
        }
        p.set(R0, end);
        p.call(say);
    };
    p.push(Operation::Stack(R1));
    p.add(R1, 8);
    for label in ["argument: ", "variable: "] {
        let end = p.label();
        let next = p.here();
        p.push(Operation::LoadWord(R2, R1, 0));
        p.add(R1, 8);
        p.branch(R2, Equal, 0, end);
        line(&mut p, label, Some(R2));
        p.jump(next);
        p.place(end);
    }
    // O_CREAT with O_RDWR; read alone.
    for (path, flags, says) in [
        ("/new", 0o102, "root is written"),
        ("/dev/null", 0, "dev is there"),
    ] {
        let not = p.label();
        let path = p.text(path);
        p.syscall(
            Syscall::Openat,
            &[(-100).into(), path.into(), flags.into(), 0o644.into()],
        );
        p.branch(R0, Less, 0, not);
        line(&mut p, says, None);
        p.place(not);
    }
    line(&mut p, "told all", None);
    p.syscall(
        Syscall::Reboot,
        &[
            (-0x011e_2153).into(),
            672_274_793.into(),
            0x0123_4567.into(),
            0.into(),
        ],
    );
    p.syscall(Syscall::Exit, &[9.into()]);

    p.place(say);
    p.push(Operation::Enter);
    let end = p.label();
    p.set(R1, R0);
    let next = p.here();
    p.push(Operation::LoadByte(R2, R1, 0));
    p.branch(R2, Equal, 0, end);
    p.add(R1, 1);
    p.jump(next);
    p.place(end);
    p.set(R3, R1);
    p.push(Operation::Subtract(R3, R0));
    p.syscall(Syscall::Write, &[1.into(), R0.into(), R3.into()]);
    p.push(Operation::Return);
    p
}

fn program_for(architecture: Architecture, of: &Program) -> Vec<u8> {
    executable(&assemble(of, architecture).unwrap())
}

/// An archive as `build` makes it for a kernel without modules.
fn archive(architecture: Architecture, root_type: &str) -> Vec<u8> {
    let mut archive = Writer::new();
    for directory in ["dev", "proc", "root"] {
        archive.directory(directory, 0o755).unwrap();
    }
    archive
        .character_device("dev/console", 0o600, 5, 1)
        .unwrap();
    let init = program_for(architecture, &mounter::init());
    archive.file("init", 0o755, &init).unwrap();
    let root_type = root_type.as_bytes();
    archive.file(mounter::TYPE_PATH, 0o644, root_type).unwrap();
    archive.finish().unwrap()
}

/// An ext4 image with the teller at each of these paths.
fn root(architecture: Architecture, folder: &Path, inits: &[&str]) -> Option<()> {
    let mke2fs = program("mke2fs", "e2fsprogs").or_else(|| {
        let path = Path::new("/sbin/mke2fs");
        path.is_file().then(|| path.to_owned())
    })?;
    let tree = folder.join("tree");
    for directory in ["dev", "bin", "sbin"] {
        std::fs::create_dir_all(tree.join(directory)).unwrap();
    }
    let teller = program_for(architecture, &teller());
    for init in inits {
        let path = tree.join(init);
        std::fs::write(&path, &teller).unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let made = Command::new(mke2fs)
        .args(["-q", "-F", "-t", "ext4", "-d"])
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .arg(&tree)
        .arg(folder.join("root.ext4"))
        .arg("8M")
        .status()
        .unwrap();
    assert!(made.success());
    Some(())
}

/// What a machine prints that boots with these parameters.
fn boot(architecture: Architecture, inits: &[&str], parameters: &str) -> Option<String> {
    boot_typed(architecture, inits, "ext4", parameters)
}

fn boot_typed(
    architecture: Architecture,
    inits: &[&str],
    root_type: &str,
    parameters: &str,
) -> Option<String> {
    let kernel = minimal_kernel(architecture)?;
    let (mut machine, usual) = virtual_machine(architecture, 128)?;
    let folder = tempfile::tempdir().unwrap();
    root(architecture, folder.path(), inits)?;
    let initrd = folder.path().join("initrd");
    std::fs::write(&initrd, archive(architecture, root_type)).unwrap();
    machine
        .arg("-kernel")
        .arg(kernel)
        .arg("-initrd")
        .arg(initrd);
    let line = format!("{usual} quiet {parameters}");
    machine.arg("-append").arg(line);
    let disk = folder.path().join("root.ext4");
    machine.arg("-drive");
    machine.arg(format!("id=r,file={},format=raw,if=none", disk.display()));
    machine.args(["-device", "virtio-blk-device,drive=r"]);
    Some(console(&mut machine, None))
}

fn has(log: &str, lines: &[&str]) {
    for line in lines {
        assert!(
            log.lines().any(|known| known.trim_end() == *line),
            "no \"{line}\" in:\n{log}"
        );
    }
}

#[test]
fn init_is_started_as_the_kernel_would_start_it() {
    // QEMU appends where the disk is on x86_64, and there it would be an argument of init.
    let line = "root=/dev/vda rw rootwait \"rootflags=commit=7\" rootfstype=nonfs,ext4 \
        init=/sbin/teller WORD=\"a b\" rootdelay=0 -- one \"two three\"";
    let Some(log) = boot(Architecture::Aarch64, &["sbin/teller", "sbin/init"], line) else {
        return;
    };
    has(
        &log,
        &[
            "kelpie-check: cannot mount /dev/vda as nonfs on /root (error -19)",
            "kelpie-check: root mounted",
            "kelpie-check: starting /sbin/teller",
            "argument: /sbin/teller",
            "argument: one",
            "argument: two three",
            "variable: HOME=/",
            "variable: WORD=a b",
            "root is written",
            "dev is there",
            "told all",
        ],
    );
    assert_eq!(log.matches("argument: ").count(), 3, "{log}");
}

#[test]
fn without_init_and_type_the_usual_ones_are_taken_read_only() {
    for architecture in MACHINES {
        let Some(log) = boot(architecture, &["bin/sh", "bin/init"], "root=/dev/vda") else {
            continue;
        };
        has(
            &log,
            &[
                "kelpie-check: starting /bin/init",
                "argument: /bin/init",
                "told all",
            ],
        );
        assert!(!log.contains("root is written"), "{log}");
        assert!(!log.contains("kelpie-check: cannot"), "{log}");
    }
}

#[test]
fn every_failure_is_one_line_and_a_panic() {
    let init: &[&str] = &["sbin/init"];
    let cases: [(&[&str], &str, &str, &str); 8] = [
        (
            init,
            "ext4",
            "",
            "kelpie-check: cannot mount a root: no root= on the command line",
        ),
        (
            init,
            "ext4",
            "root=PARTUUID=12-01",
            "kelpie-check: cannot find root=PARTUUID=12-01: this initramfs knows /dev/NAME alone",
        ),
        (
            init,
            "ext4",
            "root=/dev/vdb rootwait=1",
            "kelpie-check: cannot open /dev/vdb (error -2)",
        ),
        (
            init,
            "xfs",
            "root=/dev/vda",
            "kelpie-check: cannot mount /dev/vda as xfs on /root (error -19)",
        ),
        (
            init,
            "ext4",
            "root=/dev/vda rootflags=nonsense",
            "kelpie-check: cannot mount /dev/vda as ext4 on /root (error -22)",
        ),
        (
            init,
            "ext4",
            "root=/dev/vda init=/nowhere",
            "kelpie-check: cannot run /nowhere (error -2)",
        ),
        (
            init,
            "ext4",
            "root=/dev/vda init=/dev",
            "kelpie-check: cannot run /dev (error -13)",
        ),
        (
            &[],
            "ext4",
            "root=/dev/vda",
            "kelpie-check: cannot find an init on the root",
        ),
    ];
    for (inits, root_type, line, says) in cases {
        let Some(log) = boot_typed(Architecture::X86_64, inits, root_type, line) else {
            return;
        };
        has(&log, &[says]);
        assert!(
            log.contains("Attempted to kill init! exitcode=0x00000100"),
            "{log}"
        );
        assert!(!log.contains("told all"), "{log}");
    }
}
