//! `kelpie-check initramfs build`: an archive for one kernel, target and type of root.

use super::Exit;
use super::extract::{fail, open, write};
use super::judging::{limits, limits_help, parse_limit, parse_target};
use super::output::print;
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::error::Result;
use kelpie_check::guest::build::{Built, Wanted, build};
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::RootFs;
use kelpie_check::tree::Tree;
use kelpie_check::vmm::{self, Target};
use std::path::{Path, PathBuf};

const HELP: &str = "\
Its init loads the modules and does what the kernel would have done with root=/dev/NAME, rootfstype=
(a list is tried in turn; without it the TYPE of --root), rootflags=, ro, rw, rootdelay=, rootwait,
rootwait=SECONDS (ten without), init= and what follows --. It does not know root=UUID=, PARTUUID= or
LABEL=, nor parameters of modules. What fails is said on the console in one line that begins with
\"kelpie-check: cannot\", and the kernel panics.";

#[derive(clap::Args)]
#[command(after_help = format!("{HELP}\n\n{}", limits_help()))]
pub struct Arguments {
    /// Where the kernel's modules are: a folder or an image of a root with /lib/modules, or an
    /// initramfs
    #[arg(long, value_name = "FROM")]
    modules: PathBuf,
    /// The kernel image
    #[arg(long)]
    kernel: PathBuf,
    /// The type of the root: ext4, squashfs, virtiofs, …
    #[arg(long, value_name = "TYPE", default_value = "ext4")]
    root: String,
    /// The VMM: libkrun (the default), qemu, qemu-microvm, qemu-virt, firecracker,
    /// cloud-hypervisor, vz
    #[arg(long, value_parser = parse_target)]
    target: Option<&'static Target>,
    /// The configuration that the kernel was built with; else config-RELEASE or config beside it
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where to write it
    #[arg(short, long)]
    output: PathBuf,
    /// Raise or lower a limit
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = parse_limit)]
    limits: Vec<(String, u64)>,
}

pub fn run(arguments: &Arguments) -> Exit {
    let limits = limits(&arguments.limits);
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
    match write(&arguments.output, &built.bytes) {
        Ok(()) => print(told(&output, &built).as_bytes(), Exit::Clean),
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
    build(&Wanted {
        platform: bundle.platform()?,
        root_type: &arguments.root,
        release: &bundle.kernel()?.release()?,
        options: &bundle.options()?.options,
        tree,
        limits,
    })
}

fn told(output: &str, built: &Built) -> String {
    let modules = if built.modules.is_empty() {
        "none: the kernel has them built in".to_owned()
    } else {
        built.modules.join(", ")
    };
    format!(
        "{output}: {} bytes, {}; modules: {modules}\n",
        built.bytes.len(),
        built.codec.unwrap_or("not compressed"),
    )
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
