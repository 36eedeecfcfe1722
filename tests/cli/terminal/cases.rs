//! One line for each way in which a command meets hostile text.

use super::artefacts::{self, named};
use super::hostile::{HOSTILE, WORD, bytes, long_words};
use super::server;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folder in which the commands run, and the servers that they ask.
pub struct Stage {
    folder: tempfile::TempDir,
    programs: PathBuf,
    mirrors: Vec<String>,
}

impl Stage {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        artefacts::write(folder.path());
        let hostile = bytes();
        let word = WORD.as_bytes();
        let elsewhere = [b"Location: http://", word, b"\r\n"].concat();
        let mirrors = [
            server::reply(b"200 OK", b"", &hostile),
            server::reply(&[b"404 ", word].concat(), b"", &hostile),
            server::reply(b"302 Found", &elsewhere, b""),
            server::reply(b"302 Found", b"Location: /evil\x9b31m\r\n", b""),
            hostile.clone(),
        ]
        .map(server::start)
        .to_vec();
        Self {
            programs: artefacts::programs(folder.path()),
            folder,
            mirrors,
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// PATH, with the VMMs whose output is hostile.
    pub fn programs(&self) -> String {
        format!("{}:/usr/bin:/bin", self.programs.display())
    }
}

/// One run.
pub struct Case {
    /// The command, as `--help` names it.
    pub command: &'static str,
    pub arguments: Vec<OsString>,
    /// Whether a console or the content of a file is written, which has tabs.
    pub keeps_tabs: bool,
    /// Whether the bytes of a file are written, which a pipe gets as they are.
    pub is_content: bool,
    /// Whether the hostile text is part of the output.
    has_text: bool,
}

impl Case {
    pub fn name(&self) -> String {
        let words: Vec<_> = self
            .arguments
            .iter()
            .map(|word| word.to_string_lossy().escape_debug().to_string())
            .collect();
        words
            .join(" ")
            .replace(&HOSTILE.escape_debug().to_string(), "…")
    }

    pub fn is_seen_in(&self, written: &[u8]) -> bool {
        !self.has_text || written.windows(4).any(|part| part == b"evil")
    }

    fn without_text(self) -> Self {
        Self {
            has_text: false,
            ..self
        }
    }

    fn with_tabs(self) -> Self {
        Self {
            keeps_tabs: true,
            ..self
        }
    }

    fn of_content(self) -> Self {
        Self {
            is_content: true,
            ..self.with_tabs()
        }
    }
}

fn case<const N: usize>(command: &'static str, arguments: [&dyn AsArgument; N]) -> Case {
    let mut all: Vec<OsString> = command.split(' ').map(OsString::from).collect();
    all.extend(arguments.iter().map(|argument| argument.argument()));
    Case {
        command,
        arguments: all,
        keeps_tabs: false,
        is_content: false,
        has_text: true,
    }
}

trait AsArgument {
    fn argument(&self) -> OsString;
}

impl AsArgument for &str {
    fn argument(&self) -> OsString {
        self.into()
    }
}

impl AsArgument for OsString {
    fn argument(&self) -> OsString {
        self.clone()
    }
}

impl AsArgument for String {
    fn argument(&self) -> OsString {
        self.into()
    }
}

/// Every case. The paths are relative to the stage's folder.
pub fn all(stage: &Stage) -> Vec<Case> {
    let mut cases = reports();
    cases.extend(trees());
    cases.extend(boots());
    cases.extend(fetches(stage));
    cases.extend(others());
    cases.extend(usage());
    // A build without fetch has no such subcommand.
    cases.retain(|case| cfg!(feature = "fetch") || case.command != "fetch");
    cases
}

fn reports() -> Vec<Case> {
    let mut cases = Vec::new();
    for format in ["brief", "ndjson", "sarif", "gitlab", "junit", "html"] {
        for file in ["kernel", "cut", "archive", "ext4", "absent"] {
            let case = case("inspect", [&"--format", &format, &named(file)]);
            // These formats have no word for a file without findings.
            let is_silent = file == "kernel" && ["sarif", "gitlab"].contains(&format);
            cases.push(if is_silent { case.without_text() } else { case });
        }
        cases.push(case("diagnose", [&"--format", &format, &named("log")]));
        let parts: [&dyn AsArgument; 5] = [
            &"--format",
            &format,
            &named("kernel"),
            &named("archive"),
            &named("ext4"),
        ];
        cases.push(case("inspect", parts));
    }
    for format in ["human", "json"] {
        for kernel in ["kernel", "cut", "uki", "log", "tree", "absent"] {
            cases.push(case("kernel", [&"--format", &format, &named(kernel)]));
        }
        for archive in ["archive", "kernel", "tree", "absent"] {
            cases.push(case("initramfs", [&"--format", &format, &named(archive)]));
        }
        for root in ["ext4", "gpt", "tree", "kernel", "absent"] {
            cases.push(case("rootfs", [&"--format", &format, &named(root)]));
        }
        for line in [HOSTILE.to_owned(), long_words()] {
            cases.push(case("cmdline", [&"--format", &format, &line]));
        }
        for root in ["ext4", "gpt", "tree", "absent"] {
            cases.push(case(
                "check",
                [
                    &"--format",
                    &format,
                    &"--explain-path",
                    &"--kernel",
                    &named("kernel"),
                    &"--initramfs",
                    &named("archive"),
                    &"--rootfs",
                    &named(root),
                    &"--cmdline",
                    &format!("root={WORD} init=/{WORD} {} {HOSTILE}", long_words()),
                    &"--metadata",
                    &named("metadata"),
                ],
            ));
        }
        cases.push(case(
            "check",
            [
                &"--format",
                &format,
                &"--kernel",
                &named("kernel"),
                &"--rootfs",
                &named("ext4"),
            ],
        ));
        for folder in ["project", "keys", "tables", "tree", "absent"] {
            cases.push(case("check", [&"--format", &format, &named(folder)]));
        }
        cases.push(case("diagnose", [&"--format", &format, &named("log")]));
        cases.push(case("diagnose", [&"--format", &format, &named("absent")]));
        cases.push(case("diagnose", [&"--format", &format, &named("ext4")]));
        cases.push(case(
            "diagnose",
            [
                &"--format",
                &format,
                &named("log"),
                &"--kernel",
                &named("kernel"),
                &"--rootfs",
                &named("ext4"),
            ],
        ));
        cases.push(case(
            "compat",
            [
                &"--format",
                &format,
                &"--kernel",
                &named("kernel"),
                &"--rootfs",
                &named("tree"),
            ],
        ));
    }
    cases
}

fn trees() -> Vec<Case> {
    let mut cases = Vec::new();
    for (command, image) in [
        ("rootfs", "tree"),
        ("rootfs", "ext4"),
        ("initramfs", "archive"),
    ] {
        let image = named(image);
        cases.push(case(command, [&image, &"ls"]));
        for verb in ["ls", "stat"] {
            cases.push(case(command, [&image, &verb, &named("")]));
            cases.push(case(command, [&image, &verb, &named("link")]));
            cases.push(case(command, [&image, &verb, &named("absent")]));
        }
        cases.push(case(command, [&image, &"cat", &named("absent")]));
        cases.push(case(command, [&image, &"cat", &named("")]).of_content());
    }
    cases
}

fn boots() -> Vec<Case> {
    let qemu = |format: &str| {
        case(
            "boot",
            [
                &"--format",
                &format,
                &"--backend",
                &"qemu",
                &"--accelerator",
                &"tcg",
                &"--timeout",
                &"20",
                &"--console",
                &"--force",
                &"--kernel",
                &named("kernel"),
                &"--cmdline",
                &format!("console=hvc0 {}", long_words()),
            ],
        )
        .with_tabs()
    };
    vec![
        qemu("human"),
        qemu("json"),
        case("boot", [&named("absent")]),
        case("boot", [&named("cut")]).without_text(),
        case(
            "boot",
            [
                &"--backend",
                &"qemu",
                &"--kernel",
                &named("kernel"),
                &"--rootfs",
                &named("absent"),
            ],
        ),
        case("doctor", []).without_text(),
        case("boot-guard", []).without_text(),
        case("boot-leash", [&HOSTILE]).without_text(),
        case("boot-leash-inner", []).without_text(),
    ]
}

fn fetches(stage: &Stage) -> Vec<Case> {
    let mut cases = vec![
        case(
            "fetch",
            [
                &"--from",
                &named("boot"),
                &"--arch",
                &"aarch64",
                &"--output",
                &named("out"),
            ],
        ),
        case(
            "fetch",
            [&"--apk", &named("package"), &"--output", &named("out")],
        )
        .without_text(),
        case(
            "fetch",
            [&"--deb", &named("package"), &"--output", &named("out")],
        )
        .without_text(),
        case("fetch", [&"--from", &named("absent")]),
        case(
            "fetch",
            [&"--keys", &named("absent"), &"--from", &named("boot")],
        ),
        case(
            "fetch",
            [
                &"--alpine",
                &HOSTILE,
                &"--offline",
                &"--cache",
                &named("cache"),
            ],
        ),
    ];
    for mirror in &stage.mirrors {
        for way in ["netboot", "release", "apk"] {
            cases.push(
                case(
                    "fetch",
                    [
                        &"--alpine",
                        &WORD,
                        &"--mirror",
                        mirror,
                        &"--via",
                        &way,
                        &"--timeout",
                        &"2",
                        &"--cache",
                        &named("cache"),
                    ],
                )
                .without_text(),
            );
        }
    }
    cases
}

fn others() -> Vec<Case> {
    let build = |kernel: &str, modules: &str, root: &str| {
        case(
            "initramfs build",
            [
                &"--kernel",
                &named(kernel),
                &"--modules",
                &named(modules),
                &"--root",
                &root,
                &"--output",
                &named("built"),
            ],
        )
    };
    vec![
        build("kernel", "tree", "ext4"),
        build("kernel", "archive", "ext4"),
        build("kernel", "tree", HOSTILE),
        build("absent", "tree", "ext4"),
        build("kernel", "absent", "ext4"),
        case("extract", [&"--to", &"vmlinux", &named("cut")]),
        case("extract", [&"--to", &"vmlinux", &named("absent")]),
        case("extract", [&"--to", &"cmdline", &named("uki")]).of_content(),
        case(
            "extract",
            [
                &"--to",
                &"image",
                &named("kernel"),
                &"-o",
                &named("absent/x"),
            ],
        ),
        case("explain", [&HOSTILE]),
        case("explain", [&"KC401"]).without_text(),
        case("causes", [&"--stage", &HOSTILE]).without_text(),
        case("causes", []).without_text(),
        case("schema", []).without_text(),
        case("completions", [&HOSTILE]),
        case("completions", [&"bash"]).without_text().with_tabs(),
        case("man", [&named("absent")]),
        case("init", [&named("absent")]),
        case("kernel", [&"--output", &HOSTILE, &named("kernel")]),
    ]
}

/// Errors that quote the arguments.
fn usage() -> Vec<Case> {
    let option = OsString::from(format!("--{HOSTILE}"));
    let commands = [
        "inspect",
        "kernel",
        "initramfs",
        "initramfs build",
        "rootfs",
        "cmdline",
        "check",
        "boot",
        "doctor",
        "diagnose",
        "extract",
        "fetch",
        "compat",
        "explain",
        "causes",
        "schema",
        "completions",
        "man",
        "init",
    ];
    let mut cases: Vec<Case> = commands
        .into_iter()
        .map(|command| case(command, [&option]))
        .collect();
    for name in [
        "arch", "target", "format", "select", "fail-on", "limit", "color",
    ] {
        cases.push(case("kernel", [&format!("--{name}"), &HOSTILE, &"x"]));
        cases.push(case("kernel", [&format!("--{name}={HOSTILE}"), &named("")]));
    }
    let limit = format!("decoded_bytes={HOSTILE}");
    cases.push(case("kernel", [&"--limit", &limit, &"x"]));
    cases.push(case("boot", [&"--timeout", &HOSTILE, &"x"]));
    cases.push(case("fetch", [&"--timeout", &HOSTILE]));
    cases.push(case("explain", [&named("")]).without_text());
    cases
}
