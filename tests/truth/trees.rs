//! What is on the root: its init, and what that needs.

use super::forge::ext4::Ext4;
use super::forge::program::{self, Program};
use super::programs::{Aarch64, X86_64, crashing, exiting, living, of_level_3, sleeping};
use super::space::{Value, What};
use kelpie_check::architecture::Architecture;
use std::sync::Arc;

fn tree(name: &str, make: impl Fn(Ext4) -> Ext4 + Send + Sync + 'static) -> Value {
    Value::new(name, What::Tree(Arc::new(make)))
}

/// How long one is watched in which a shell may be left that nobody reads.
const SHELL_SECONDS: u32 = 8;

/// With this as /sbin/init.
fn init(name: &str, init: impl Into<Vec<u8>>) -> Value {
    let init = init.into();
    tree(name, move |root| {
        dev(root).file("/sbin/init", 0o755, init.clone())
    })
}

fn dev(root: Ext4) -> Ext4 {
    root.directory("/dev", 0o755)
}

pub fn values(machine: Architecture) -> Vec<Value> {
    let mut values = vec![init("a living init", living(machine))];
    values.extend(places(machine));
    values.extend(programs(machine));
    values.extend(scripts(machine));
    values
}

/// Where an init is, and what is there.
fn places(machine: Architecture) -> Vec<Value> {
    let living = move || living(machine);
    let at = |name: &str, path: &'static str| {
        tree(name, move |root| dev(root).file(path, 0o755, living()))
    };
    vec![
        tree("without an init", dev),
        tree("/bin/sh alone", move |root| {
            dev(root).file("/bin/sh", 0o755, sleeping(machine))
        })
        .waits(SHELL_SECONDS),
        at("/etc/init alone", "/etc/init"),
        at("/bin/init alone", "/bin/init"),
        at("/init alone", "/init"),
        tree("without /dev", move |root| {
            root.file("/sbin/init", 0o755, living())
        }),
        tree("/dev is a file", move |root| {
            root.file("/dev", 0o644, "")
                .file("/sbin/init", 0o755, living())
        }),
        tree("init without an execute bit", move |root| {
            dev(root).file("/sbin/init", 0o644, living())
        }),
        tree("init for its group alone", move |root| {
            dev(root).file("/sbin/init", 0o010, living())
        }),
        tree("init a directory", |root| {
            dev(root).directory("/sbin/init", 0o755)
        }),
        tree("init a device", |root| {
            dev(root).device("/sbin/init", 'c', 1, 3)
        }),
        tree("init a dangling link, /bin/sh there", move |root| {
            dev(root)
                .symlink("/sbin/init", "/usr/lib/systemd/systemd")
                .file("/bin/sh", 0o755, sleeping(machine))
        })
        .waits(SHELL_SECONDS),
        tree("links to init in a circle", |root| {
            dev(root)
                .symlink("/sbin/init", "/bin/init")
                .symlink("/bin/init", "/sbin/init")
        }),
        tree("links to init through links", move |root| {
            dev(root)
                .file("/usr/sbin/busybox", 0o755, living())
                .symlink("/usr/sbin/init", "../sbin/busybox")
                .symlink("/sbin", "usr/sbin")
        }),
        tree("links to init, 41 of them", move |root| {
            let mut root = dev(root)
                .file("/bin/busybox", 0o755, living())
                .symlink("/sbin/init", "/l1");
            for number in 1..40 {
                root = root.symlink(format!("/l{number}"), format!("/l{}", number + 1));
            }
            root.symlink("/l40", "/bin/busybox")
        }),
        tree("/dev a link to a folder", move |root| {
            root.directory("/system", 0o755)
                .symlink("/dev", "system")
                .file("/sbin/init", 0o755, living())
        }),
        tree("/dev a link by its whole path", move |root| {
            root.directory("/system", 0o755)
                .symlink("/dev", "/system")
                .file("/sbin/init", 0o755, living())
        }),
        tree("a link to init with 200 letters", move |root| {
            let long = "l".repeat(200);
            dev(root)
                .file(format!("/lib/{long}"), 0o755, living())
                .symlink("/sbin/init", format!("/lib/{long}"))
        }),
    ]
}

/// What kind of a program it is.
fn programs(machine: Architecture) -> Vec<Value> {
    let other = if machine == X86_64 { Aarch64 } else { X86_64 };
    let (e_machine, loader) = match machine {
        Aarch64 => (183, "/lib/ld-linux-aarch64.so.1"),
        _ => (62, "/lib64/ld-linux-x86-64.so.2"),
    };
    let dynamic = Program {
        machine: e_machine,
        ..program::dynamic(loader, &["libc.so.6"])
    };
    let with_loader = |name: &str, loader_bytes: Vec<u8>| {
        let init = dynamic.build();
        tree(name, move |root| {
            dev(root).file(loader, 0o755, loader_bytes.clone()).file(
                "/sbin/init",
                0o755,
                init.clone(),
            )
        })
    };
    let of_32_bits = Program {
        is_64: false,
        machine: if machine == Aarch64 { 40 } else { 3 },
        ..Program::default()
    };
    let with_byte = |at: usize, byte: u8| {
        let mut init = living(machine);
        init[at] = byte;
        init
    };
    let mut values = vec![
        init("init of another architecture", living(other)),
        init("init of a wrong class in e_ident", with_byte(4, 1)),
        init("init of a wrong byte order in e_ident", with_byte(5, 2)),
        init("init of an entry without code", with_byte(28, 1)),
        init("init of 32 bits", of_32_bits.build()),
        init("init dynamic, no loader", dynamic.build()),
        with_loader(
            "init dynamic, its loader is of another architecture",
            living(other),
        ),
        with_loader(
            "init dynamic, its loader is text",
            b"# linker script\n".to_vec(),
        ),
        init("init empty", ""),
        init("init text without #!", "exec /bin/busybox init\n"),
        init("init cut behind its header", living(machine)[..40].to_vec()),
        init("init ends with 0", exiting(machine, 0)),
        init("init ends with 1", exiting(machine, 1)),
        init("init crashes", crashing(machine)),
    ];
    if machine == X86_64 {
        values.push(init("init for x86-64-v3", of_level_3()));
    }
    values
}

/// Inits that somebody else runs: by a name that the kernel does not try itself.
fn scripts(machine: Architecture) -> Vec<Value> {
    let shell = move |root: Ext4| dev(root).file("/bin/ash", 0o755, living(machine));
    let script = |name: &str, text: &'static str| {
        tree(name, move |root| {
            shell(root).file("/sbin/init", 0o755, text)
        })
    };
    let nested = |name: &str, depth: usize| {
        tree(name, move |root| {
            let mut root = shell(root).file("/bin/s0", 0o755, "#!/bin/ash\n");
            for level in 1..depth {
                let text = format!("#!/bin/s{}\n", level - 1);
                root = root.file(format!("/bin/s{level}"), 0o755, text);
            }
            root.symlink("/sbin/init", format!("/bin/s{}", depth - 1))
        })
    };
    vec![
        script("init a script", "#!/bin/ash\n"),
        script(
            "init a script with an argument",
            "#! /bin/ash -eu\nexec x\n",
        ),
        script("init a script without a newline", "#!/bin/ash"),
        script("init a script with CRLF", "#!/bin/ash\r\n"),
        script("init a script, CR behind its argument", "#!/bin/ash -e\r\n"),
        script("init a script behind a BOM", "\u{feff}#!/bin/ash\n"),
        script("init a script behind a space", " #!/bin/ash\n"),
        script("init a script of nothing", "#!\n"),
        script("init a script of #!/bin/bash, none there", "#!/bin/bash\n"),
        script("init a script of a directory", "#!/bin\n"),
        script("init a script of itself", "#!/sbin/init\n"),
        nested("init four scripts deep", 4),
        nested("init five scripts deep", 5),
        nested("init six scripts deep", 6),
        script("init a script of a name behind a file", "#!/bin/ash/x\n"),
        tree("init a script of 300 letters", move |root| {
            let long = "d".repeat(150);
            shell(root)
                .file(format!("/{long}/{long}"), 0o755, living(machine))
                .file("/sbin/init", 0o755, format!("#!/{long}/{long}\n"))
        }),
        tree("init a script of a plain file", move |root| {
            shell(root).file("/bin/plain", 0o644, living(machine)).file(
                "/sbin/init",
                0o755,
                "#!/bin/plain\n",
            )
        }),
    ]
}
