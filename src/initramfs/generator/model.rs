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

/// What the init does about the /usr of the root's /etc/fstab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Usr {
    /// It is left to the init of the root.
    Ignored,
    /// It mounts it, and goes on if that fails.
    Mounted,
    /// It mounts it, and stops if that fails.
    Required,
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

/// A word of the command line that makes the init start a shell and wait for input.
#[derive(Debug, Clone, Copy)]
pub struct ShellWord {
    /// Its name.
    pub name: &'static str,
    /// Whether it counts without a value.
    pub bare: bool,
    /// The values that count; several may stand between commas.
    pub values: &'static [&'static str],
}

impl ShellWord {
    /// A word that takes no value.
    pub(super) const fn flag(name: &'static str) -> Self {
        Self {
            name,
            bare: true,
            values: &[],
        }
    }

    fn is(&self, word: &str) -> bool {
        match word.split_once('=') {
            None => self.bare && word == self.name,
            Some((name, value)) => {
                let mut values = value.split(',');
                name == self.name && values.any(|value| self.values.contains(&value))
            }
        }
    }
}

/// The program that loads the drivers of devices, and makes the links in /dev/disk.
#[derive(Debug, Clone, Copy)]
pub struct Helper {
    /// Where it is looked for, in this order.
    pub paths: &'static [&'static str],
    /// The options without which it does not run.
    pub options: &'static [&'static str],
    /// Whether the init moves /dev to the root only if it runs.
    pub moves_dev: bool,
    /// The hook that starts it; `None` if the init itself does.
    pub hook: Option<&'static str>,
}

impl Helper {
    /// systemd's udevd (`src/udev/udevd.c`, `main_loop`).
    pub(super) const fn udevd(moves_dev: bool, hook: Option<&'static str>) -> Self {
        Self {
            paths: &[
                "/lib/systemd/systemd-udevd",
                "/usr/lib/systemd/systemd-udevd",
            ],
            options: &["NET", "UNIX", "EPOLL", "SIGNALFD", "INOTIFY_USER"],
            moves_dev,
            hook,
        }
    }
}

/// A program that the init of an initramfs runs, and without which it does not get further.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// Where it is looked for, in this order.
    pub paths: &'static [&'static str],
    /// When it is needed.
    pub when: Needed,
    /// Which init runs it, if the generator has two: systemd, or its script.
    pub is_for_systemd: Option<bool>,
    /// Whether the init makes it, if it is missing: a link to BusyBox.
    pub is_made: bool,
    /// What happens without it, as a sentence.
    pub then: &'static str,
}

/// When a program is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needed {
    /// On every boot.
    Always,
    /// If `root=` is the name of a file system or a partition, such as `UUID=…`.
    ForNames,
    /// If a driver of the root's device is a module.
    ForDeviceModules,
    /// If the file system of the root is a module.
    ForFileSystemModule,
}

impl Tool {
    /// The kernel loads the module of a file system by `/sbin/modprobe` (`kernel/module/kmod.c`).
    pub const MODPROBE: Self = Self {
        paths: &["/sbin/modprobe"],
        when: Needed::ForFileSystemModule,
        is_for_systemd: None,
        is_made: false,
        then: "The kernel cannot load the module of the root's file system, and the root is not mounted.",
    };

    /// `udevadm trigger`, by which udevd learns of the devices that were there before it.
    pub(super) const UDEVADM: Self = Self {
        paths: &[
            "/sbin/udevadm",
            "/usr/sbin/udevadm",
            "/bin/udevadm",
            "/usr/bin/udevadm",
        ],
        when: Needed::ForDeviceModules,
        is_for_systemd: None,
        is_made: false,
        then: "udevd does not learn of the devices that are there, and loads no driver for them.",
    };

    /// Returns a program that is needed on every boot.
    pub(super) const fn always(
        paths: &'static [&'static str],
        is_for_systemd: Option<bool>,
        then: &'static str,
    ) -> Self {
        Self {
            paths,
            when: Needed::Always,
            is_for_systemd,
            is_made: false,
            then,
        }
    }

    /// The same for one that the init makes if it is missing.
    pub(super) const fn made(self) -> Self {
        Self {
            is_made: true,
            ..self
        }
    }
}

/// A file that the init reads with `.`: without it the shell ends, and the kernel panics.
#[derive(Debug, Clone, Copy)]
pub struct Sourced {
    /// The file.
    pub path: &'static str,
    /// A text that is in it; without it the file is not the generator's.
    pub holds: &'static str,
}

/// Settings that the init takes from files of the archive.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The files; of a folder, all the files in it.
    pub paths: &'static [&'static str],
    /// Whether they hold words of a command line, and not assignments of a shell.
    pub are_words: bool,
    /// The settings that change nothing about the root and its init.
    pub harmless: &'static [&'static str],
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
    /// How `root=` may begin with a meaning that is not modelled.
    pub unmodelled_roots: &'static [&'static str],
    /// Whether a number (`801`, `8:1`) may stand there too.
    pub root_by_number: bool,
    /// Whether it ignores the case of letters in `UUID=`.
    pub ignores_uuid_case: bool,
    /// Whether it looks up `UUID=` and its like by the links in `/dev/disk`.
    pub looks_up_by_link: bool,
    /// How long it waits for the root at the most; `None` is for ever.
    pub waits_seconds: Option<u32>,
    /// Words of the command line that make it start a shell and wait, whatever else reads them.
    pub shell_words: &'static [ShellWord],
    /// The parameter that names modules not to load for devices: `blacklist`.
    pub blacklist_parameter: Option<&'static str>,
    /// Whether kmod or a program with libkmod loads its modules, so that modprobe.d counts.
    pub loads_by_kmod: bool,
    /// What it does about the /usr of the root's /etc/fstab.
    pub usr: Usr,
    /// The program that sees to devices.
    pub helper: Option<Helper>,
    /// The programs that it runs.
    pub tools: &'static [Tool],
    /// The files that it reads with `.`.
    pub sourced: &'static [Sourced],
    /// Settings in the archive.
    pub settings: &'static [Settings],
    /// The folders of its hooks.
    pub hook_folders: &'static [&'static str],
    /// The file of each of these folders that names the hooks to run; `None` if all of them run.
    pub hook_list: Option<&'static str>,
    /// The hooks that this model covers, by their names without a number before them.
    pub known_hooks: &'static [&'static str],
    /// Words of the command line by which it waits for other devices or mounts something over the root.
    pub unmodelled_words: &'static [&'static str],
    /// Files of the archive that, unless empty, make it open or assemble devices.
    pub device_tables: &'static [&'static str],
    /// What has to be on the root: one without is taken for none, unless it has a loader of glibc as it
    /// was once called (`/lib*/ld-*.so`).
    pub wants_of_root: &'static [&'static str],
    /// Words that decide about the root or its init, and that it takes as `yes` without a value and as `no`
    /// with `no` before their names.
    pub switches: &'static [&'static str],
    /// Whether `init=` names what it starts.
    pub init_parameter: bool,
    /// Whether it ignores an `init=` without a path.
    pub skips_empty_init: bool,
    /// What it starts otherwise.
    pub default_init: &'static str,
    /// What it tries where that is missing.
    pub other_inits: &'static [&'static str],
    /// Whether it tests init by its path below the mount point, so that an absolute link leads into the
    /// archive.
    pub tests_init_from_outside: bool,
    /// Whether it tries the others after a missing `init=`, too.
    pub replaces_missing_init: bool,
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
    /// Returns the word of this line that makes it start a shell before it hands over. It reads the
    /// whole line, so what stands after ` -- ` counts too.
    pub fn shell_word<'a>(&self, line: &'a [u8]) -> Option<&'a str> {
        let words = line.split(u8::is_ascii_whitespace);
        let mut words = words.filter_map(|word| std::str::from_utf8(word).ok());
        words.find(|word| self.shell_words.iter().any(|wanted| wanted.is(word)))
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
    fn a_shell_is_asked_for_by_the_words_that_the_script_knows() {
        let debian = &initramfs_tools::MODEL;
        assert_eq!(debian.shell_word(b"quiet break=mount"), Some("break=mount"));
        assert_eq!(debian.shell_word(b"break"), Some("break"));
        assert_eq!(debian.shell_word(b"break=nothing rd.break"), None);
        let alpine = &mkinitfs::MODEL;
        assert_eq!(
            alpine.shell_word(b"root=/dev/vda -- single"),
            Some("single")
        );
        assert_eq!(
            dracut::MODEL.shell_word(b"rd.break=pre-mount"),
            Some("rd.break=pre-mount")
        );
    }

    #[test]
    fn tiny_initramfs_loads_what_its_list_names() {
        let tiny = &tiny_initramfs::MODEL;
        assert_eq!(tiny.loads("ext4"), Loads::ByList);
        assert_eq!(tiny.loads("virtio_blk"), Loads::ByList);
        assert!(!tiny.understands_root("LABEL=x"));
    }
}
