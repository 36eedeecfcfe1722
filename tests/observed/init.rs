//! What the kernel starts on the root.

use super::forge::ext4::Ext4;
use super::forge::program;
use super::harness::{Case, Shows};
use super::programs::{
    Aarch64, BOTH, X86_64, bare, bare_root, crashing, exiting, good_root, living,
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

/// A program with an instruction of AVX2, and the note by which compilers say so.
fn of_level_3() -> Vec<u8> {
    /// `vpxor %ymm0,%ymm0,%ymm0`, and a jump to itself.
    const CODE: [u8; 6] = [0xc5, 0xfd, 0xef, 0xc0, 0xeb, 0xfe];
    /// ".note.gnu.property": owner GNU, type 5, x86 ISA needed: the bits of the baseline to v3.
    const PROPERTY: [u32; 8] = [4, 16, 5, 0x0055_4e47, 0xc000_8002, 4, 7, 0];
    let mut file = bare(X86_64, &CODE);
    let note: Vec<u8> = PROPERTY
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let note_at = u64::try_from(file.len().next_multiple_of(8)).unwrap();
    file.resize(usize::try_from(note_at).unwrap(), 0);
    file.extend(&note);
    // The table of program headers moves behind both, with one entry more.
    let table_at = u64::try_from(file.len()).unwrap();
    let load = file[64..120].to_vec();
    file.extend(load);
    let length = u64::try_from(note.len()).unwrap();
    file.extend(4_u32.to_le_bytes());
    file.extend(4_u32.to_le_bytes());
    for value in [note_at, 0, 0, length, length, 8] {
        file.extend(value.to_le_bytes());
    }
    file[32..40].copy_from_slice(&table_at.to_le_bytes());
    file[56..58].copy_from_slice(&2_u16.to_le_bytes());
    file
}
