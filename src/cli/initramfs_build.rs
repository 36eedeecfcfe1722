//! `kelpie-check initramfs build`: an archive for one kernel, target and type of root.

use super::Exit;
use super::assembly::disk_kinds;
use super::destination::Destination;
use super::extract::{fail, open};
use super::judging::{bound_time, limits, limits_help, parse_limit, targets};
use super::output::{complain, print};
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::error::{Kind, Result};
use kelpie_check::guest::build::{Built, SHARED, Wanted, build};
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::machine::{Choices, Machine, Storage};
use kelpie_check::printable::Printable;
use kelpie_check::rootfs::RootFs;
use kelpie_check::tree::Tree;
use kelpie_check::vmm::{self, DiskKind, Target};
use std::path::{Path, PathBuf};

const HELP: &str = "\
The init of the archive loads the modules and mounts the root. It obeys root=/dev/NAME,
rootfstype= (it tries the types of a list in order; the default is the TYPE of --root),
rootflags=, ro, rw, rootdelay=, rootwait, rootwait=SECONDS (10 by default), init= and the
arguments after --. It does not support root=UUID=, PARTUUID= or LABEL=, nor parameters of
modules. If a step fails, it prints one line that begins with \"kelpie-check: cannot\", and the
kernel panics.";

#[derive(clap::Args)]
#[command(after_help = format!("{HELP}\n\n{}", limits_help()))]
pub struct Arguments {
    /// The source of the modules: a folder or a root image with /lib/modules, or an initramfs
    #[arg(long, value_name = "FROM")]
    modules: PathBuf,
    /// The kernel image
    #[arg(long)]
    kernel: PathBuf,
    /// The type of the root file system: ext4, squashfs, virtiofs, …
    #[arg(long, value_name = "TYPE", default_value = "ext4")]
    root: String,
    /// The VMM: libkrun (the default), qemu, qemu-q35, qemu-microvm, qemu-virt, qemu-virt-mmio,
    /// firecracker, cloud-hypervisor, vz
    #[arg(long, value_parser = targets())]
    target: Option<&'static Target>,
    /// The kind of the root's disk [default: virtio-blk]
    #[arg(long, value_name = "KIND", value_parser = disk_kinds())]
    disk: Option<&'static DiskKind>,
    /// The configuration that the kernel was built with [default: config-RELEASE or config beside the kernel]
    #[arg(long)]
    config: Option<PathBuf>,
    /// The output file
    #[arg(short, long)]
    output: PathBuf,
    /// Raise or lower a limit
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = parse_limit)]
    limits: Vec<(String, u64)>,
}

impl Arguments {
    /// The file that is written.
    pub fn output(&self) -> &Path {
        &self.output
    }
}

pub fn run(arguments: &Arguments) -> Exit {
    // One count of work for the whole build.
    let limits = limits(&arguments.limits).metered();
    let mut inputs = vec![arguments.modules.as_path(), &arguments.kernel];
    inputs.extend(arguments.config.as_deref());
    let destination = match Destination::new(&arguments.output, &inputs) {
        Ok(destination) => destination,
        Err(refusal) => {
            complain(&refusal);
            return Exit::Usage;
        }
    };
    bound_time(&limits, &[&arguments.modules, &arguments.kernel]);
    let from = match From::open(&arguments.modules, &limits) {
        Ok(from) => from,
        Err(error) => return fail(&shown(&arguments.modules), &error.to_string()),
    };
    let built = match from.tree() {
        Ok(tree) => made(arguments, tree, &limits),
        Err(error) => return fail(&shown(&arguments.modules), &error.to_string()),
    };
    let built = match built {
        Ok(built) => built,
        Err(error) => return fail(&shown(&arguments.kernel), &error.to_string()),
    };
    let output = shown(&arguments.output);
    match destination.write(&built.bytes) {
        Ok(()) => print(&told(&output, &built), Exit::Clean),
        Err(error) => fail(&output, &format!("cannot write: {error}")),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn made(arguments: &Arguments, tree: &dyn Tree, limits: &Limits) -> Result<Built> {
    let kernel = Kernel::new(open(&arguments.kernel, limits)?, limits.clone());
    let surroundings = Surroundings {
        path: arguments.kernel.clone(),
        config: arguments.config.clone(),
        metadata: None,
        ..Surroundings::default()
    };
    let target = arguments.target.unwrap_or(vmm::TARGETS[0]);
    let bundle = Bundle::empty(limits.clone(), target, None).with_kernel(kernel, surroundings);
    let storage = if SHARED.contains(&arguments.root.as_str()) {
        Storage::Folder
    } else {
        Storage::Disk {
            is_read_only: false,
        }
    };
    let choices = Choices {
        storage,
        disk: arguments.disk,
        ..Choices::default()
    };
    build(&Wanted {
        machine: &Machine::new(target, bundle.platform()?, &choices),
        root_type: &arguments.root,
        release: &bundle.kernel()?.release()?,
        options: &bundle.options()?.options,
        tree,
        limits,
    })
}

fn told(output: &str, built: &Built) -> Printable {
    let modules = if built.modules.is_empty() {
        "none, because the kernel has all drivers built in".to_owned()
    } else {
        built.modules.join(", ")
    };
    Printable::from(format!(
        "{output}: {} bytes, {}; modules: {modules}",
        built.bytes.len(),
        built.codec.unwrap_or("not compressed"),
    ))
    .into_line()
}

/// What holds the modules.
enum From {
    Root(Box<RootFs>),
    Archive(Box<Initramfs>),
}

impl From {
    /// A root where it looks like one, else an archive.
    fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let root = RootFs::open(path, limits)?;
        if root.is_folder() || root.tree().is_ok() {
            return Ok(Self::Root(Box::new(root)));
        }
        let archive = Initramfs::open(path, limits)?;
        // What is neither is called what it looks like.
        match archive.archive() {
            Ok(_) => Ok(Self::Archive(Box::new(archive))),
            Err(error) if error.kind() == Kind::Limit => Err(error),
            Err(_) => root.tree().map(|_| Self::Archive(Box::new(archive))),
        }
    }

    fn tree(&self) -> Result<&dyn Tree> {
        Ok(match self {
            Self::Root(root) => root.tree()?,
            Self::Archive(initramfs) => initramfs.archive()?,
        })
    }
}
