//! Initramfs: none, and those that boot, are damaged, or start what does not run.

use super::forge::cpio::{self, Entry};
use super::forge::{gzip, program, samples};
use super::programs::{Aarch64, X86_64, exiting, living, sleeping};
use super::space::{Part, Value, What};
use kelpie_check::architecture::Architecture;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

fn made(name: &str, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Value {
    let make = move || Some(Part::Made(make()));
    Value::new(name, What::Archive(Arc::new(make)))
}

fn archive(entries: Vec<Entry>) -> Vec<u8> {
    let devices = vec![
        Entry::directory("dev"),
        Entry::device("dev/console", 0o020_600, (5, 1)),
    ];
    cpio::archive(&[devices, entries].concat())
}

fn with_init(init: &[u8]) -> Vec<u8> {
    archive(vec![Entry::file("init", init)])
}

/// One that boots, behind a file of noise.
fn noisy(machine: Architecture) -> Vec<u8> {
    let mut numbers = super::forge::Numbers(7);
    let noise: Vec<u8> = (0..100_000)
        .map(|_| u8::try_from(numbers.below(256)).unwrap())
        .collect();
    gzip(&archive(vec![
        Entry::file("noise", &noise),
        Entry::file("init", &living(machine)),
    ]))
}

/// Those that are the whole system.
pub fn systems(machine: Architecture) -> Vec<Value> {
    let mut values = whole(machine);
    values.extend(codecs(machine).into_iter().skip(1));
    values.extend(damaged(machine));
    values.extend(inits(machine));
    values
}

/// None, and those of which the kernel starts nothing, so that it goes on to the root.
pub fn beside_a_root(machine: Architecture) -> Vec<Value> {
    let mut values = vec![Value::new("none", What::Archive(Arc::new(|| None)))];
    values.extend(codecs(machine).into_iter().skip(1));
    values.extend(cut(machine));
    values.extend(without_init());
    values
}

/// Archives that are as they should be, in every form.
fn whole(machine: Architecture) -> Vec<Value> {
    let good = move || with_init(&living(machine));
    vec![
        made("gzip", move || gzip(&good())),
        made("cpio", good),
        made("cpio with checksums", move || {
            cpio::archive(&[
                Entry::directory("dev").summed(),
                Entry::device("dev/console", 0o020_600, (5, 1)).summed(),
                Entry::file("init", &living(machine)).summed(),
            ])
        }),
        made("microcode, then one in gzip", move || {
            let early = cpio::archive(&[
                Entry::directory("kernel"),
                Entry::directory("kernel/x86"),
                Entry::directory("kernel/x86/microcode"),
                Entry::file("kernel/x86/microcode/GenuineIntel.bin", &[0x17; 2048]),
            ]);
            [early, gzip(&good())].concat()
        }),
        made("two cpio, a trailer and zeros between", move || {
            let first = archive(vec![Entry::directory("etc")]);
            let mut all = first;
            all.resize(all.len().next_multiple_of(512), 0);
            all.extend(good());
            all
        }),
        made("gzip, then gzip with the init", move || {
            [gzip(&archive(vec![Entry::directory("etc")])), gzip(&good())].concat()
        }),
        made("gzip, zeros behind", move || {
            [gzip(&good()), vec![0; 4096]].concat()
        }),
    ]
}

/// One that boots, by each codec: gzip first, which every kernel here has.
fn codecs(machine: Architecture) -> Vec<Value> {
    let good = move || with_init(&living(machine));
    let mut values = Vec::new();
    for (number, (name, _)) in samples::compressed(b"").into_iter().enumerate() {
        values.push(made(name, move || {
            let all = samples::compressed(&good());
            all.into_iter().nth(number).unwrap().1
        }));
    }
    values
}

/// Those that end before their init.
fn cut(machine: Architecture) -> Vec<Value> {
    let good = move || with_init(&living(machine));
    vec![
        made("gzip, cut in half", move || {
            let whole = noisy(machine);
            whole[..whole.len() / 2].to_vec()
        }),
        made("gzip, a bit flipped before init", move || {
            let mut whole = noisy(machine);
            let middle = whole.len() / 2;
            whole[middle] ^= 0x10;
            whole
        }),
        made("cpio of the old portable format", move || {
            let mut whole = good();
            whole[..6].copy_from_slice(b"070707");
            whole
        }),
        made("text", || b"404: Not Found\n".repeat(50)),
        made("nothing but zeros", || vec![0; 4096]),
    ]
}

fn damaged(machine: Architecture) -> Vec<Value> {
    let good = move || with_init(&living(machine));
    let mut values = cut(machine);
    values.extend([
        made("gzip, its checksum is another", move || {
            let mut whole = gzip(&good());
            let at = whole.len() - 8;
            whole[at] ^= 0xff;
            whole
        }),
        made("cpio, cut in its init", move || {
            let whole = good();
            whole[..whole.len() - 300].to_vec()
        }),
        made("cpio without its trailer", move || {
            cpio::entries(&[
                Entry::directory("dev"),
                Entry::device("dev/console", 0o020_600, (5, 1)),
                Entry::file("init", &living(machine)),
            ])
        }),
        made("cpio behind 512 bytes of junk", move || {
            [vec![0x5a; 512], good()].concat()
        }),
        made("cpio, and junk behind it", move || {
            [good(), vec![0x5a; 512]].concat()
        }),
        made("gzip, and junk behind it", move || {
            [gzip(&good()), vec![0x5a; 512]].concat()
        }),
        made("a bad entry behind init", move || bad_behind(machine)),
        made("a bad entry behind init, in gzip", move || {
            gzip(&bad_behind(machine))
        }),
        made(
            "a bad entry behind init, in gzip of another checksum",
            move || {
                let mut whole = gzip(&bad_behind(machine));
                let at = whole.len() - 8;
                whole[at] ^= 0xff;
                whole
            },
        ),
        made("larger than the RAM", move || {
            gzip(&archive(vec![
                Entry::file("large", &vec![0; 160 << 20]),
                Entry::file("init", &living(machine)),
            ]))
        }),
    ]);
    values
}

/// One that boots, and an entry that is none behind what it boots by.
fn bad_behind(machine: Architecture) -> Vec<u8> {
    let mut all = cpio::entries(&[
        Entry::directory("dev"),
        Entry::device("dev/console", 0o020_600, (5, 1)),
        Entry::file("init", &living(machine)),
    ]);
    all.extend([0x41; 120]);
    all.extend(cpio::trailer());
    all
}

fn without_init() -> Vec<Value> {
    vec![
        made("an empty archive", || cpio::archive(&[])),
        made("no /init", || archive(vec![Entry::directory("etc")])),
    ]
}

/// What it starts.
fn inits(machine: Architecture) -> Vec<Value> {
    let other = if machine == X86_64 { Aarch64 } else { X86_64 };
    // By a name that the kernel does not try itself.
    let shell = move || Entry::file("bin/ash", &living(machine));
    let mut values = without_init();
    values.extend([
        made("a directory above all", move || {
            archive(vec![
                Entry::directory("rootfs"),
                Entry::file("rootfs/init", &living(machine)),
            ])
        }),
        made("/init not executable", move || {
            let plain = Entry {
                mode: 0o100_644,
                ..Entry::file("init", &living(machine))
            };
            archive(vec![plain])
        }),
        made("/init a directory", || {
            archive(vec![Entry::directory("init")])
        }),
        made("/init of another architecture", move || {
            with_init(&living(other))
        }),
        made("/init dynamic, no loader", move || {
            let (e_machine, loader) = match machine {
                Aarch64 => (183, "/lib/ld-musl-aarch64.so.1"),
                _ => (62, "/lib64/ld-linux-x86-64.so.2"),
            };
            let dynamic = program::Program {
                machine: e_machine,
                ..program::dynamic(loader, &["libc.so.6"])
            };
            with_init(&dynamic.build())
        }),
        made("/init of #!/bin/sh, no shell", || with_init(b"#!/bin/sh\n")),
        made("/init of #!/bin/sh, with a shell", move || {
            archive(vec![
                Entry::directory("bin"),
                shell(),
                Entry::file("init", b"#!/bin/ash\n"),
            ])
        }),
        made("/init of #!/bin/sh, CRLF", move || {
            archive(vec![
                Entry::directory("bin"),
                Entry::file("bin/sh", &sleeping(machine)),
                Entry::file("init", b"#!/bin/sh\r\n"),
            ])
        })
        .waits(8),
        made("/init empty", || with_init(b"")),
        made("/init text without #!", || with_init(b"exec /bin/sh\n")),
        made("/init a link to a program", move || {
            archive(vec![
                Entry::directory("bin"),
                shell(),
                Entry::link("init", "bin/ash"),
            ])
        }),
        made("/init another name of what a link replaced", move || {
            let named = |name: &str, content: &[u8]| Entry {
                nlink: 2,
                ino: 7,
                ..Entry::file(name, content)
            };
            archive(vec![
                Entry::directory("bin"),
                named("bin/first", b""),
                Entry::link("bin/first", "/bin/second"),
                Entry::file("bin/second", b"what is written over"),
                named("init", &living(machine)),
            ])
        }),
        made("/init a link to nothing", || {
            archive(vec![Entry::link("init", "/sbin/init")])
        }),
        made("/init ends with 0", move || with_init(&exiting(machine, 0))),
        made("/init ends with 1", move || with_init(&exiting(machine, 1))),
    ]);
    values
}

/// What `kelpie-check initramfs build` makes for a kernel of the modules that are there.
pub fn built(target: &str, kernel: &Path, modules: &Path) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    command.args(["initramfs", "build", "--target", target, "--root", "ext4"]);
    command.arg("--kernel").arg(kernel);
    command.arg("--modules").arg(modules);
    command.arg("--output");
    written_by(command)
}

/// What a command writes to the file that is named as its last argument.
pub fn written_by(mut command: Command) -> Vec<u8> {
    let work = tempfile::tempdir().unwrap();
    let output = work.path().join("initramfs");
    let done = command.arg(&output).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    fs::read(output).unwrap()
}
