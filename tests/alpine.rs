//! What real Alpine and Debian images come to, as they came to it in QEMU (docs/BOOTS.md).

mod support;

use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Report, Selection, Verdict};
use kelpie_check::cmdline::CommandLine;
use kelpie_check::finding::Code;
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use kelpie_check::source::Source;
use kelpie_check::stage::Stage;
use kelpie_check::vmm;
use std::path::{Path, PathBuf};

/// What boots, by paths.
#[derive(Clone, Copy)]
struct Boot<'a> {
    kernel: &'a Path,
    initramfs: Option<&'a Path>,
    root: Option<&'a Path>,
    line: &'a str,
    target: &'a str,
}

impl Boot<'_> {
    fn judge(&self) -> Report {
        let limits = Limits::default();
        let source = Source::open(self.kernel).unwrap();
        let surroundings = Surroundings {
            path: self.kernel.to_path_buf(),
            ..Surroundings::default()
        };
        let root = self.root.map(|path| RootFs::open(path, &limits).unwrap());
        let initramfs = self
            .initramfs
            .map(|path| Initramfs::open(path, &limits).unwrap());
        let bundle = Bundle::empty(limits.clone(), vmm::by_name(self.target).unwrap(), None)
            .with_kernel(Kernel::new(source, limits), surroundings)
            .with_command_line(CommandLine::parse(self.line))
            .with_initramfs(initramfs)
            .with_root(root);
        let parts = [
            (Role::Kernel, "kernel".to_owned()),
            (Role::Initramfs, "initramfs".to_owned()),
            (Role::Rootfs, "root".to_owned()),
            (Role::Cmdline, self.line.to_owned()),
        ];
        check::together("", &parts, &bundle, &Selection::default(), false)
    }

    #[track_caller]
    fn boots(&self) {
        let report = self.judge();
        assert_eq!(report.verdict(), Verdict::Boots, "{:#?}", report.findings);
    }

    #[track_caller]
    fn fails(&self, stage: Stage, code: u16) -> Report {
        let report = self.judge();
        let expected = Verdict::Fails {
            stage,
            code: Code(code),
            missing: Vec::new(),
        };
        assert_eq!(report.verdict(), expected, "{:#?}", report.findings);
        report
    }
}

fn alpine(architecture: &str, name: &str) -> Option<PathBuf> {
    support::corpus_file(&format!("alpine/{architecture}/{name}"))
}

const MACHINES: [(&str, &str); 2] = [("x86_64", "console=ttyS0"), ("aarch64", "console=ttyAMA0")];

/// The kernel in a form that QEMU 7.2 starts: it does not unwrap zboot.
fn kernel(architecture: &str, folder: &Path) -> Option<PathBuf> {
    use kelpie_check::convert::{Form, extract};
    let path = alpine(architecture, "vmlinuz-virt")?;
    if architecture == "x86_64" {
        return Some(path);
    }
    let kernel = Kernel::new(Source::open(&path).unwrap(), Limits::default());
    let image = folder.join("Image");
    std::fs::write(
        &image,
        extract(&kernel, Form::Image, &Limits::default()).unwrap(),
    )
    .unwrap();
    Some(image)
}

#[test]
fn alpine_boots_with_its_initramfs_and_fails_as_it_really_does_without_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    for (architecture, console) in MACHINES {
        let (Some(kernel), Some(initramfs), Some(root)) = (
            kernel(architecture, folder.path()),
            alpine(architecture, "initramfs-virt"),
            alpine(architecture, "rootfs.ext4"),
        ) else {
            return;
        };
        let line = format!("{console} root=/dev/vda rw rootfstype=ext4");
        let whole = Boot {
            kernel: &kernel,
            initramfs: Some(&initramfs),
            root: Some(&root),
            line: &line,
            target: "qemu",
        };
        whole.boots();
        let report = Boot {
            initramfs: None,
            ..whole
        }
        .fails(Stage::RootDevice, 401);
        // Its file system is a module as well: what would follow is told too.
        assert!(
            report
                .findings
                .iter()
                .any(|finding| finding.code == Code(501))
        );
        let untyped = format!("{console} root=/dev/vda rw");
        Boot {
            line: &untyped,
            ..whole
        }
        .fails(Stage::Initramfs, 308);
    }
}

#[test]
fn an_aarch64_root_under_an_x86_64_kernel_fails_at_init() {
    let (Some(kernel), Some(initramfs), Some(root)) = (
        alpine("x86_64", "vmlinuz-virt"),
        alpine("x86_64", "initramfs-virt"),
        alpine("aarch64", "rootfs.ext4"),
    ) else {
        return;
    };
    Boot {
        kernel: &kernel,
        initramfs: Some(&initramfs),
        root: Some(&root),
        line: "console=ttyS0 root=/dev/vda rw rootfstype=ext4",
        target: "qemu",
    }
    .fails(Stage::Init, 604);
}

#[test]
fn the_minimal_kernels_boot_a_root_without_an_initramfs() {
    for (architecture, console) in MACHINES {
        let Some(root) = alpine(architecture, "rootfs.ext4") else {
            return;
        };
        let kernel = support::repository(&format!("kernel/vmlinuz-{architecture}"));
        let line = format!("{console} root=/dev/vda rw init=/sbin/init");
        Boot {
            kernel: &kernel,
            initramfs: None,
            root: Some(&root),
            line: &line,
            target: support::mmio_target(architecture),
        }
        .boots();
    }
}

#[test]
fn debians_cloud_kernels_reach_no_root_device_on_libkrun() {
    let kernels =
        support::corpus_files(|name| name.contains("cloud") && name.starts_with("vmlinuz"));
    for kernel in kernels {
        let architecture = if kernel.to_string_lossy().contains("arm64") {
            "aarch64"
        } else {
            "x86_64"
        };
        let Some(root) = alpine(architecture, "rootfs.ext4") else {
            return;
        };
        let report = Boot {
            kernel: &kernel,
            initramfs: None,
            root: Some(&root),
            line: "console=hvc0 root=/dev/vda rw rootfstype=ext4",
            target: "libkrun",
        }
        .judge();
        let at_root: Vec<u16> = report
            .findings
            .iter()
            .filter(|finding| finding.stage == Stage::RootDevice)
            .map(|finding| finding.code.0)
            .collect();
        assert_eq!(
            at_root,
            [401, 402],
            "{}: {:#?}",
            kernel.display(),
            report.findings
        );
    }
}
