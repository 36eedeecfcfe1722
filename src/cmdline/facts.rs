//! What a line says of the boot, with the kernel's own rules and defaults.
//!
//! Sources: `init/main.c`, `init/do_mounts.c`, `init/do_mounts_initrd.c`, `kernel/panic.c`; for
//! Alpine's parameters `initramfs-init.in` of mkinitfs.

use super::{CommandLine, Parameter, Root, number};

/// `rootwait` and `rootwait=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootWait {
    /// The root has to be there when it is looked for.
    No,
    /// It is waited for without end.
    Forever,
    /// It is waited for so long (since Linux 6.6).
    Seconds(i64),
}

/// What init gets from the line, as far as the parameters are known here: a name that only the
/// kernel knows looks like one that it hands on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handed {
    /// Words without a value, then what follows `--`.
    pub arguments: Vec<String>,
    /// Words with a value.
    pub environment: Vec<String>,
}

/// What `debug` and `quiet` set (`init/main.c`; CONFIG_CONSOLE_LOGLEVEL_QUIET's default).
const DEBUG: i64 = 10;
const QUIET: i64 = 4;

impl CommandLine {
    /// The value of a parameter; the last one wins.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .rev()
            .filter(|parameter| parameter.is(name))
            .find_map(|parameter| parameter.value.as_deref())
    }

    /// Every value of a parameter that can be repeated, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.named(name)
            .filter_map(|parameter| parameter.value.as_deref())
    }

    /// Whether it is there, with a value or without.
    pub fn has(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }

    /// Every parameter of that name, in order.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Parameter> {
        self.parameters
            .iter()
            .filter(move |parameter| parameter.is(name))
    }

    /// Where the root is; `None` where `root=` is missing or empty.
    pub fn root(&self) -> Option<Root> {
        Root::parse(self.value("root")?, &self.rootfstypes())
    }

    /// The file systems that are tried, in order; none where the kernel tries all that it has.
    pub fn rootfstypes(&self) -> Vec<&str> {
        self.list("rootfstype")
    }

    /// The mount options of the root.
    pub fn rootflags(&self) -> Option<&str> {
        self.value("rootflags")
    }

    /// Whether the kernel mounts the root read-only, which is its default; the last of `ro` and
    /// `rw` wins, and neither takes a value.
    pub fn read_only(&self) -> bool {
        self.parameters
            .iter()
            .rev()
            .filter(|parameter| parameter.value.is_none())
            .find_map(|parameter| match parameter.name.as_str() {
                "ro" => Some(true),
                "rw" => Some(false),
                _ => None,
            })
            .unwrap_or(true)
    }

    /// How long the root is waited for.
    pub fn rootwait(&self) -> RootWait {
        let mut wait = RootWait::No;
        for parameter in self.named("rootwait") {
            match parameter.value.as_deref().map(number::whole) {
                None => wait = RootWait::Forever,
                Some(Some(seconds)) if seconds >= 0 => wait = RootWait::Seconds(seconds),
                Some(_) => {}
            }
        }
        wait
    }

    /// The seconds of `rootdelay=`.
    pub fn rootdelay(&self) -> Option<u64> {
        self.values("rootdelay")
            .filter_map(|value| number::leading(value, None))
            .last()
            .map(|(seconds, _)| seconds)
    }

    /// Whether `devtmpfs.mount=` asks for devtmpfs on /dev; `None` where it is not there. Of its value the
    /// kernel reads the number that it begins with.
    pub fn devtmpfs_mount(&self) -> Option<bool> {
        let value = self.value("devtmpfs.mount")?;
        Some(number::leading(value, None).is_some_and(|(number, _)| number != 0))
    }

    /// The program of `init=`. Without one the kernel tries its list: /sbin/init, /etc/init,
    /// /bin/init, /bin/sh.
    pub fn init(&self) -> Option<&str> {
        self.value("init")
    }

    /// The program of `rdinit=`, in place of the initramfs's /init. Without an initramfs, or where
    /// that lacks it, it is passed over and the root is mounted.
    pub fn rdinit(&self) -> Option<&str> {
        self.value("rdinit")
    }

    /// Whether `quiet` is there.
    pub fn quiet(&self) -> bool {
        self.has("quiet")
    }

    /// What `loglevel=` asks for, as far as it is a number.
    pub fn loglevel(&self) -> Option<i64> {
        self.values("loglevel")
            .filter_map(number::option)
            .last()
            .map(|(level, _)| level)
    }

    /// The level below which messages reach the console, where the line sets it: the last of
    /// `quiet`, `debug` and `loglevel=` wins, and `ignore_loglevel` shows everything.
    pub fn console_loglevel(&self) -> Option<i64> {
        if self.has("ignore_loglevel") {
            return Some(i64::MAX);
        }
        let level = |parameter: &Parameter| match &parameter.value {
            _ if parameter.is("quiet") => Some(QUIET),
            _ if parameter.is("debug") => Some(DEBUG),
            Some(value) if parameter.is("loglevel") => {
                number::option(value).map(|(level, _)| level)
            }
            _ => None,
        };
        self.parameters.iter().rev().find_map(level)
    }

    /// The seconds of `panic=`: 0 stays, a negative number reboots at once. A value that is no
    /// number leaves the one before it.
    pub fn panic(&self) -> Option<i64> {
        self.values("panic").filter_map(number::whole).last()
    }

    /// The modules that Alpine's initramfs is told to load.
    pub fn modules(&self) -> Vec<&str> {
        self.list("modules")
    }

    /// Whether the kernel is told to pass over its initrd.
    pub fn noinitrd(&self) -> bool {
        self.has("noinitrd")
    }

    /// What `initrd=` names: files for the EFI stub, an address and a size for the kernel.
    pub fn initrds(&self) -> Vec<&str> {
        self.values("initrd").collect()
    }

    /// What init gets. `init=` and `rdinit=` drop the arguments before them; names with a dot are
    /// for modules, and go nowhere.
    pub fn handed_to_init(&self) -> Handed {
        let mut handed = Handed::default();
        for parameter in &self.parameters {
            if parameter.value.is_some() && (parameter.is("init") || parameter.is("rdinit")) {
                handed.arguments.clear();
                continue;
            }
            if !parameter.is_handed_to_init() {
                continue;
            }
            let list = if parameter.value.is_some() {
                &mut handed.environment
            } else {
                &mut handed.arguments
            };
            list.push(parameter.text());
        }
        let behind = self.init_arguments.iter();
        handed
            .arguments
            .extend(behind.map(|argument| super::parse::escape(argument)));
        handed
    }

    fn list(&self, name: &str) -> Vec<&str> {
        self.value(name)
            .into_iter()
            .flat_map(|value| value.split(','))
            .filter(|item| !item.is_empty())
            .collect()
    }
}
