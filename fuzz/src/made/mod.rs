//! Whole boots of a fuzzer's decisions: a kernel, an initramfs and a root as they might be somewhere,
//! most of them with nothing or little wrong, so that what depends on many facts is reached.

mod archive;
mod files;
mod kernel;
mod line;
mod root;

use super::choices::Choices;
use super::{forge, limits};
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::cmdline::CommandLine;
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use kelpie_check::source::Source;
use kelpie_check::vmm::TARGETS;

/// A boot, with the names under which its parts are told of.
pub struct Made {
    pub bundle: Bundle,
    pub roles: Vec<(Role, String)>,
}

/// The bytes of the lanes: machine, kernel, command line, initramfs, root. The rest is damage.
const LANES: [usize; 5] = [8, 24, 48, 64, 64];

pub fn boot(bytes: &[u8]) -> Made {
    let mut choices = Choices::new(bytes);
    let [mut machine, kernel, line, archive, root] = LANES.map(|length| choices.lane(length));
    let damage = choices;
    let target = machine.one_of(&TARGETS);
    let is_arm64 = machine.often();
    let mut made = Made {
        bundle: Bundle::empty(limits(), target, None),
        roles: Vec::new(),
    };
    made.bundle.ram_mib = machine.rare(|machine| machine.one_of(&[1, 16, 40, 64, 4096]));
    made.bundle.cpu_level = machine.rare(|machine| machine.byte() % 5);
    made.bundle.read_only_disk = machine.rarely();
    made.bundle.acpi = machine.rare(Choices::often);
    let parts = machine.byte();
    let has = |bit: u8| parts & bit == 0;
    if has(1) {
        let image = kernel::image(kernel, is_arm64);
        let kernel = Kernel::new(Source::from_bytes(image), limits());
        made.bundle = made.bundle.with_kernel(kernel, Surroundings::default());
        made.tell(Role::Kernel, "vmlinuz");
    }
    if has(2) {
        let line = CommandLine::parse(line::text(line));
        made.bundle = made.bundle.with_command_line(line);
        made.tell(Role::Cmdline, "line");
    }
    // None, not told, or one.
    match parts & 12 {
        0 => made.bundle = made.bundle.with_initramfs(None),
        4 => {}
        _ => {
            let archive = archive::bytes(archive, is_arm64);
            let archive = Initramfs::new(Source::from_bytes(archive), limits());
            made.bundle = made.bundle.with_initramfs(Some(archive));
            made.tell(Role::Initramfs, "initrd");
        }
    }
    if has(16) {
        let image = root::disk(root, damage, is_arm64);
        let root = RootFs::from_source(Source::from_bytes(image), &limits());
        made.bundle = made.bundle.with_root(Some(root));
        made.tell(Role::Rootfs, "root");
    } else if has(32) {
        made.bundle = made.bundle.with_root(None);
    }
    if !has(2) && has(64) {
        made.bundle = made.bundle.with_assumed_command_line();
    }
    made
}

/// A root alone, bare.
pub fn root(bytes: &[u8]) -> Vec<u8> {
    let mut choices = Choices::new(bytes);
    let [_, _, _, _, root] = LANES.map(|length| choices.lane(length));
    root::file_system(root, choices, false)
}

impl Made {
    fn tell(&mut self, role: Role, name: &str) {
        self.roles.push((role, name.to_owned()));
    }
}
