//! What an init in an initramfs does, as far as a boot can hang on it.

/// File systems by the names of their modules: a device never asks for one of these.
const FILE_SYSTEMS: &[&str] = &[
    "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fat", "fuse", "isofs", "jfs",
    "nfs", "nfsv4", "ntfs3", "overlay", "squashfs", "vfat", "virtiofs", "xfs", "zfs", "9p",
];

/// When a module is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loads {
    /// Whatever the command line says.
    Always,
    /// When a device appears that it drives (uevent, modalias).
    OnUevent,
    /// When the root is mounted with this type: by the init itself, or by the kernel's
    /// `request_module`, which runs the modprobe of the initramfs.
    WhenMounted,
    /// If `rootfstype=` names it.
    ByRootfstype,
    /// If the parameter for modules names it.
    ByModulesParameter,
    /// Only if a list in the archive names it.
    ByList,
    /// Not at all.
    Never,
}

/// With which type the root is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MountType {
    /// The one that `rootfstype=` states; without it none, so that only file systems that the
    /// kernel has already are tried.
    Stated,
    /// The one that `rootfstype=` states, or else what the device is found to hold.
    Detected,
}

/// What the init does where it cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnFailure {
    /// What it prints then, in part.
    pub says: &'static str,
    /// Whether it starts a shell and waits. If nobody can type, the shell ends at once, and the
    /// kernel panics: `Attempted to kill init!`.
    pub shell: bool,
}

/// What the init of a generator does.
#[derive(Debug)]
pub struct Model {
    /// Modules that it loads on every boot, if they are there.
    pub always: &'static [&'static str],
    /// Files of the archive that list further modules to load.
    pub lists: &'static [&'static str],
    /// Whether it loads the drivers of devices as these appear.
    pub on_uevent: bool,
    /// Whether it loads the module that `rootfstype=` names before it mounts.
    pub by_rootfstype: bool,
    /// The parameter that names modules to load: `modules`.
    pub modules_parameter: Option<&'static str>,
    /// With which type it mounts the root.
    pub mount_type: MountType,
    /// The file of the archive that states the type where `rootfstype=` does not.
    pub type_file: Option<&'static str>,
    /// How `root=` may begin.
    pub root_forms: &'static [&'static str],
    /// Whether a number (`801`, `8:1`) may stand there too.
    pub root_by_number: bool,
    /// How long it waits for the root at the most; `None` is for ever.
    pub waits_seconds: Option<u32>,
    /// Words of the command line that have it start a shell and wait, whoever reads them else: whole, or
    /// up to their value.
    pub shell_words: &'static [&'static str],
    /// What has to be on the root: one without is taken for none, unless it has a loader of glibc as it
    /// was once called (`/lib*/ld-*.so`).
    pub wants_of_root: &'static [&'static str],
    /// Whether `init=` names what it starts.
    pub init_parameter: bool,
    /// What it starts otherwise.
    pub default_init: &'static str,
    /// What it tries where that is missing.
    pub other_inits: &'static [&'static str],
    /// Whether procfs is on the root's /proc when that is started.
    pub leaves_proc: bool,
    /// What it does without the root.
    pub on_missing_root: OnFailure,
    /// What it does where the root has no init.
    pub on_missing_init: OnFailure,
    /// Where this is read.
    pub source: &'static str,
}

impl Model {
    /// Whether this line has it start a shell before it hands over. What stands behind ` -- ` counts too:
    /// it reads the line as a whole.
    pub fn is_asked_for_shell(&self, line: &[u8]) -> bool {
        let mut words = line.split(u8::is_ascii_whitespace);
        words.any(|word| {
            self.shell_words
                .iter()
                .any(|wanted| match wanted.strip_suffix('=') {
                    Some(_) => word.starts_with(wanted.as_bytes()),
                    None => word == wanted.as_bytes(),
                })
        })
    }

    /// When it loads the module of this name, hyphens and underscores alike. The lists in the
    /// archive are not looked at: what they name is loaded always.
    pub fn loads(&self, module: &str) -> Loads {
        let module = module.replace('-', "_");
        if self.always.contains(&module.as_str()) {
            return Loads::Always;
        }
        if FILE_SYSTEMS.contains(&module.as_str()) {
            return match self.mount_type {
                MountType::Detected if self.on_uevent => Loads::WhenMounted,
                _ if self.by_rootfstype => Loads::ByRootfstype,
                _ => self.named(),
            };
        }
        if self.on_uevent {
            Loads::OnUevent
        } else {
            self.named()
        }
    }

    fn named(&self) -> Loads {
        if self.modules_parameter.is_some() {
            Loads::ByModulesParameter
        } else if self.lists.is_empty() {
            Loads::Never
        } else {
            Loads::ByList
        }
    }

    /// Whether a file system that is a module is mounted without `rootfstype=`.
    pub fn mounts_with_type(&self) -> bool {
        self.mount_type == MountType::Detected
    }

    /// Whether it can make anything of this value of `root=`.
    pub fn understands_root(&self, root: &str) -> bool {
        self.root_forms.iter().any(|form| root.starts_with(form))
            || (self.root_by_number
                && !root.is_empty()
                && root
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit() || byte == b':'))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{dracut, initramfs_tools, mkinitfs, tiny_initramfs};
    use super::*;

    #[test]
    fn alpine_loads_a_file_system_only_when_it_is_named() {
        let alpine = &mkinitfs::MODEL;
        assert_eq!(alpine.loads("ext4"), Loads::ByRootfstype);
        assert_eq!(alpine.loads("virtio-blk"), Loads::OnUevent);
        assert_eq!(alpine.loads("squashfs"), Loads::Always);
        assert!(!alpine.mounts_with_type());
        assert!(alpine.understands_root("UUID=1"));
        assert!(!alpine.understands_root("PARTUUID=1"));
    }

    #[test]
    fn debian_and_dracut_find_the_type_out() {
        for model in [&initramfs_tools::MODEL, &dracut::MODEL] {
            assert_eq!(model.loads("ext4"), Loads::WhenMounted);
            assert_eq!(model.loads("virtio_blk"), Loads::OnUevent);
            assert!(model.understands_root("PARTUUID=1"));
        }
        assert!(initramfs_tools::MODEL.understands_root("fe01"));
        assert!(!dracut::MODEL.understands_root("fe01"));
    }

    #[test]
    fn tiny_initramfs_loads_what_its_list_names() {
        let tiny = &tiny_initramfs::MODEL;
        assert_eq!(tiny.loads("ext4"), Loads::ByList);
        assert_eq!(tiny.loads("virtio_blk"), Loads::ByList);
        assert!(!tiny.understands_root("LABEL=x"));
    }
}
