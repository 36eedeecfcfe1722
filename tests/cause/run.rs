//! One kernel in a folder of its own, judged by one cause.

use kelpie_check::architecture::Architecture;
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, CheckOutcome, Report, Selection};
use kelpie_check::cmdline::CommandLine;
use kelpie_check::finding::{Code, Finding, Severity};
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::predict::{self, Boot, StepOutcome};
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use kelpie_check::source::Source;
use kelpie_check::stage::Stage;
use kelpie_check::vmm;
use kelpie_check::vmm::DiskKind;
use std::fs;
use std::path::{Path, PathBuf};

/// A kernel, what lies beside it, and the machine that it is for.
pub struct Case {
    bytes: Vec<u8>,
    target: &'static str,
    machine: Option<Architecture>,
    config: Option<String>,
    metadata: Option<String>,
    quick: bool,
    limits: Limits,
    parts: Parts,
}

/// What boots beside the kernel. Nothing was said of what is `None`.
#[derive(Default)]
struct Parts {
    no_kernel: bool,
    initramfs: Option<Option<Vec<u8>>>,
    root: Option<Root>,
    command_line: Option<Vec<u8>>,
    ram_mib: Option<u64>,
    cpu_level: Option<u8>,
    acpi: Option<bool>,
    disk: Option<&'static DiskKind>,
    read_only_disk: bool,
}

enum Root {
    None,
    Image(Vec<u8>),
    Folder(PathBuf),
}

impl Case {
    /// The kernel alone, for libkrun, on a machine of its own architecture.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            target: "libkrun",
            machine: None,
            config: None,
            metadata: None,
            quick: false,
            limits: Limits::default(),
            parts: Parts::default(),
        }
    }

    /// No kernel: the other parts by themselves.
    pub fn without_kernel() -> Self {
        let mut case = Self::new(Vec::new());
        case.parts.no_kernel = true;
        case
    }

    /// With this initramfs.
    pub fn initramfs(mut self, bytes: Vec<u8>) -> Self {
        self.parts.initramfs = Some(Some(bytes));
        self
    }

    /// Known to have no initramfs.
    pub fn no_initramfs(mut self) -> Self {
        self.parts.initramfs = Some(None);
        self
    }

    /// With this disk as root.
    pub fn root(mut self, image: Vec<u8>) -> Self {
        self.parts.root = Some(Root::Image(image));
        self
    }

    /// With this folder as root.
    pub fn root_folder(mut self, folder: &Path) -> Self {
        self.parts.root = Some(Root::Folder(folder.to_owned()));
        self
    }

    /// Known to have no root.
    pub fn no_root(mut self) -> Self {
        self.parts.root = Some(Root::None);
        self
    }

    /// With this command line.
    pub fn command_line(mut self, text: impl AsRef<[u8]>) -> Self {
        self.parts.command_line = Some(text.as_ref().to_vec());
        self
    }

    /// On a machine with that much RAM.
    pub fn ram_mib(mut self, mib: u64) -> Self {
        self.parts.ram_mib = Some(mib);
        self
    }

    /// On a machine whose CPU has that level of x86-64.
    pub fn cpu_level(mut self, level: u8) -> Self {
        self.parts.cpu_level = Some(level);
        self
    }

    /// On a machine that gets the root's disk read-only.
    pub fn acpi(mut self, is_on: bool) -> Self {
        self.parts.acpi = Some(is_on);
        self
    }

    pub fn disk(mut self, kind: &str) -> Self {
        self.parts.disk = DiskKind::by_name(kind);
        self
    }

    pub fn read_only_disk(mut self) -> Self {
        self.parts.read_only_disk = true;
        self
    }

    pub fn on(mut self, target: &'static str) -> Self {
        self.target = target;
        self
    }

    pub fn machine(mut self, machine: Architecture) -> Self {
        self.machine = Some(machine);
        self
    }

    /// With a whole configuration: what is not in these lines is not set.
    pub fn config(self, lines: &str) -> Self {
        self.fragment(&format!(
            "# Automatically generated file; DO NOT EDIT.\nCONFIG_64BIT=y\n{lines}\n"
        ))
    }

    /// With a part of a configuration: what is not in it is not known.
    pub fn fragment(mut self, text: &str) -> Self {
        self.config = Some(text.to_owned());
        self
    }

    /// With this kernel-metadata.json beside it.
    pub fn metadata(mut self, text: &str) -> Self {
        self.metadata = Some(text.to_owned());
        self
    }

    pub fn quick(mut self) -> Self {
        self.quick = true;
        self
    }

    pub fn limit(mut self, name: &str, value: u64) -> Self {
        assert!(self.limits.set(name, value), "no limit {name}");
        self
    }

    /// Judged by the causes of a selection.
    pub fn report(&self, selection: &Selection) -> Report {
        self.with_bundle(|bundle| check::kernel("vmlinuz", bundle, selection))
    }

    /// All that is given, judged as one boot, with the way to its verdict.
    pub fn together(&self, selection: &Selection) -> Report {
        let parts = [
            (Role::Kernel, !self.parts.no_kernel),
            (
                Role::Initramfs,
                matches!(self.parts.initramfs, Some(Some(_))),
            ),
            (
                Role::Rootfs,
                matches!(&self.parts.root, Some(root) if !matches!(root, Root::None)),
            ),
            (Role::Cmdline, self.parts.command_line.is_some()),
        ];
        let parts: Vec<(Role, String)> = parts
            .into_iter()
            .filter(|(_, is_given)| *is_given)
            .map(|(role, _)| (role, role.to_string()))
            .collect();
        self.with_bundle(|bundle| check::together("forged", &parts, bundle, selection, true))
    }

    /// Gives what lies in a folder that is there for as long as it is looked at.
    pub fn with_bundle<T>(&self, look: impl FnOnce(&Bundle) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vmlinuz");
        fs::write(&path, &self.bytes).unwrap();
        if let Some(metadata) = &self.metadata {
            fs::write(folder.path().join("kernel-metadata.json"), metadata).unwrap();
        }
        let config = self.config.as_ref().map(|text| {
            let config = folder.path().join("forged.config");
            fs::write(&config, text).unwrap();
            config
        });
        let target = vmm::by_name(self.target).unwrap();
        let mut bundle = Bundle::empty(self.limits.clone(), target, self.machine);
        if !self.parts.no_kernel {
            let kernel = Kernel::new(Source::open(&path).unwrap(), self.limits.clone());
            let kernel = if self.quick { kernel.quick() } else { kernel };
            let surroundings = Surroundings {
                path,
                config,
                metadata: None,
                is_converted: false,
            };
            bundle = bundle.with_kernel(kernel, surroundings);
        }
        if let Some(text) = &self.parts.command_line {
            bundle = bundle.with_command_line(CommandLine::parse(text.clone()));
        }
        if let Some(initramfs) = &self.parts.initramfs {
            let open = |bytes: &Vec<u8>| {
                let source = Source::from_bytes(bytes.clone());
                Initramfs::new(source, self.limits.clone())
            };
            bundle = bundle.with_initramfs(initramfs.as_ref().map(open));
        }
        bundle = match &self.parts.root {
            None => bundle,
            Some(Root::None) => bundle.with_root(None),
            Some(Root::Image(bytes)) => {
                let source = Source::from_bytes(bytes.clone());
                bundle.with_root(Some(RootFs::from_source(source, &self.limits)))
            }
            Some(Root::Folder(path)) => {
                bundle.with_root(Some(RootFs::open(path, &self.limits).unwrap()))
            }
        };
        bundle.ram_mib = self.parts.ram_mib;
        bundle.cpu_level = self.parts.cpu_level;
        bundle.acpi = self.parts.acpi;
        bundle.disk = self.parts.disk;
        bundle.read_only_disk = self.parts.read_only_disk;
        look(&bundle)
    }

    /// What becomes of one cause.
    fn judge(&self, code: u16) -> (CheckOutcome, Vec<Finding>) {
        let report = self.report(&Selection {
            select: vec![Code(code)],
            ..Selection::default()
        });
        let check = report
            .checks
            .iter()
            .find(|check| check.code == Code(code))
            .unwrap_or_else(|| panic!("KC{code:03} is in no registry"));
        (check.outcome.clone(), report.findings.clone())
    }

    /// The cause fires once; what it says is in the house's form.
    pub fn fires(&self, code: u16, severity: Severity, stage: Stage) -> Finding {
        let (outcome, findings) = self.judge(code);
        assert_eq!(outcome, CheckOutcome::Ran);
        let [finding] = &findings[..] else {
            panic!("one finding was expected: {findings:#?}");
        };
        assert_eq!(finding.code, Code(code));
        assert_eq!(finding.severity, severity, "{finding:#?}");
        assert_eq!(finding.stage, stage, "{finding:#?}");
        for sentence in [&finding.message, &finding.consequence, &finding.fix] {
            assert!(sentence.ends_with('.'), "no sentence: {sentence}");
            assert!(!sentence.ends_with(".."), "two stops: {sentence}");
            assert!(!sentence.contains("  "), "two spaces: {sentence}");
            // Paths are cut from fixes; only file names are told.
            assert!(!sentence.contains("/tmp"), "a path: {sentence}");
        }
        finding.clone()
    }

    /// The cause that stops the boot first at a stage. Others may follow once that is mended.
    pub fn stops_first(&self, stage: Stage) -> Option<u16> {
        self.with_bundle(|bundle| {
            let trace = predict::follow(&Boot::new(bundle), &Selection::default());
            let stop = trace
                .steps
                .iter()
                .find(|step| step.stage == stage && step.outcome == StepOutcome::Stopped)?;
            stop.code.map(|code| code.0)
        })
    }

    /// The cause is decided, and says nothing.
    pub fn is_quiet(&self, code: u16) {
        assert_eq!(self.judge(code), (CheckOutcome::Ran, Vec::new()));
    }

    /// The cause lacks a fact whose absence `by` tells; gives the reason.
    pub fn is_blocked(&self, code: u16, by: impl Into<Option<u16>>) -> String {
        let (outcome, findings) = self.judge(code);
        assert!(findings.is_empty(), "{findings:#?}");
        match outcome {
            CheckOutcome::Blocked { by: owner, why } => {
                assert_eq!(owner, by.into().map(Code), "{why}");
                why
            }
            other => panic!("not blocked: {other:?}"),
        }
    }

    /// The cause was not asked for; gives the reason.
    pub fn is_skipped(&self, code: u16) -> String {
        match self.judge(code) {
            (CheckOutcome::Skipped { why }, findings) if findings.is_empty() => why,
            (CheckOutcome::NotGiven { role }, findings) if findings.is_empty() => role.to_string(),
            other => panic!("not skipped: {other:?}"),
        }
    }
}

/// The text has all these words.
#[track_caller]
pub fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}
