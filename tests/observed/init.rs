//! What the kernel starts on the root.

use super::forge::ext4::Ext4;
use super::forge::program;
use super::harness::{Case, Shows};
use super::programs::{
    Aarch64, BOTH, X86_64, bare_root, crashing, exiting, good_root, living, of_level_3,
};
use kelpie_check::architecture::Architecture;

/// A root with this as its init.
fn with(init: impl AsRef<[u8]>) -> Vec<u8> {
    with_more(bare_root(), init)
}

fn with_more(root: Ext4, init: impl AsRef<[u8]>) -> Vec<u8> {
    root.file("/sbin/init", 0o755, init.as_ref()).build()
}

/// What loads a program of this architecture, and is nowhere here.
fn dynamic(machine: Architecture) -> Vec<u8> {
    let (e_machine, loader) = match machine {
        Aarch64 => (183, "/lib/ld-musl-aarch64.so.1"),
        _ => (62, "/lib64/ld-linux-x86-64.so.2"),
    };
    program::Program {
        machine: e_machine,
        ..program::dynamic(loader, &["libc.so.6"])
    }
    .build()
}

pub fn cases() -> Vec<Case> {
    let mut cases = files();
    cases.extend(programs());
    cases.extend(scripts());
    cases.extend(running());
    cases
}

/// Whether there is a file to start.
fn files() -> Vec<Case> {
    let mut cases = Vec::new();
    for machine in BOTH {
        cases.extend([
            Case::new(601, machine, "init=/sbin/init, which is not there")
                .root(bare_root().file("/bin/sh", 0o755, living(machine)).build()),
            Case::new(602, machine, "an init without an execute bit").root(
                bare_root()
                    .file("/sbin/init", 0o644, living(machine))
                    .build(),
            ),
            Case::new(603, machine, "an init that is a dangling link").root(
                bare_root()
                    .symlink("/sbin/init", "/usr/lib/systemd/systemd")
                    .build(),
            ),
        ]);
    }
    cases.extend([
        Case::new(601, X86_64, "a root without any init, no init=")
            .root(bare_root().build())
            .line("root=/dev/vda rw"),
        Case::new(602, X86_64, "an init that is a directory")
            .root(bare_root().directory("/sbin/init", 0o755).build()),
        Case::new(602, X86_64, "an init that is a device")
            .root(bare_root().device("/sbin/init", 'c', 1, 3).build()),
        Case::new(603, X86_64, "links to init in a circle").root(
            bare_root()
                .symlink("/sbin/init", "/bin/init")
                .symlink("/bin/init", "/sbin/init")
                .build(),
        ),
    ]);
    cases
}

/// Whether it is a program for this machine, with what loads it.
fn programs() -> Vec<Case> {
    let mut cases = Vec::new();
    for (machine, other) in [(X86_64, Aarch64), (Aarch64, X86_64)] {
        cases.extend([
            Case::new(604, machine, "an init of another architecture").root(with(living(other))),
            Case::new(605, machine, "a dynamic init, no loader").root(with(dynamic(machine))),
        ]);
    }
    let of_32_bits = program::Program {
        is_64: false,
        machine: 3,
        ..program::Program::default()
    };
    cases.push(Case::new(604, X86_64, "an init of 32 bits").root(with(of_32_bits.build())));
    cases
}

fn scripts() -> Vec<Case> {
    let mut cases = Vec::new();
    for machine in BOTH {
        cases.push(
            Case::new(606, machine, "#!/bin/bash, which is not there").root(with("#!/bin/bash\n")),
        );
    }
    let shell = || bare_root().file("/bin/sh", 0o755, living(X86_64));
    let line = "root=/dev/vda rw init=/sbin/init";
    let with_shell = |what, script: &str| {
        Case::new(606, X86_64, what)
            .root(with_more(shell(), script))
            .line(line)
    };
    cases.extend([
        with_shell("#!/bin/sh with CR LF", "#!/bin/sh\r\necho\r\n"),
        with_shell("a byte order mark before #!", "\u{feff}#!/bin/sh\n"),
        with_shell("a space before #!", " #!/bin/sh\n"),
        with_shell("a script without #!", "echo\n"),
        with_shell("an empty init", ""),
    ]);
    cases
}

/// What it comes to once it runs.
fn running() -> Vec<Case> {
    let mut cases = Vec::new();
    for machine in BOTH {
        for (what, init) in [
            ("an init that ends with 0", exiting(machine, 0)),
            ("an init that ends with 1", exiting(machine, 1)),
            ("an init that crashes", crashing(machine)),
        ] {
            cases.push(
                Case::new(611, machine, what)
                    .root(with(init))
                    .shows(Shows::OnlyWhenRun),
            );
        }
        cases.push(
            Case::new(609, machine, "a root without /dev")
                .root(
                    Ext4::new()
                        .file("/sbin/init", 0o755, living(machine))
                        .build(),
                )
                .shows(Shows::Warns),
        );
    }
    cases.push(
        Case::new(610, X86_64, "an init for x86-64-v3, a CPU of the baseline")
            .root(with(of_level_3()))
            .option(&["--cpu", "qemu64"])
            .circumstance(&["--cpu-level", "1"]),
    );
    cases.push(
        Case::new(508, X86_64, "a root that was never unmounted cleanly")
            .root(
                Ext4 {
                    s_state: Some(0),
                    ..good_root(X86_64)
                }
                .build(),
            )
            .shows(Shows::Warns),
    );
    cases
}
