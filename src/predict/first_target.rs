//! What the init on the root does once it runs: whether it reaches its first target.

use super::boot::Boot;
use super::gap::{Gap, given_line};
use super::kernel_init::started;
use super::recorder::Recorder;
use crate::cause::init::{first_target_unreachable, systemd_requirement_missing};
use crate::error::Result;
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::system::{FirstTarget, InitSystem, TargetWords, first_target, init_system};
use crate::userland::{InitChain, Program};

/// What is not modelled of it.
pub(super) static GAPS: [Gap; 2] = [
    Gap {
        what: "The first target of an init without a model of its configuration.",
        from: Stage::Userspace,
        met: |boot| match boot.first_target() {
            Ok(Some(FirstTarget::Unknown(what))) => vec![what],
            _ => Vec::new(),
        },
    },
    Gap {
        what: "BusyBox init with an argument for single-user mode; systemd with `enforcing=1`.",
        from: Stage::Userspace,
        met: |boot| words_of_init(boot).into_iter().collect(),
    },
];

/// Words that ask a known init for a shell, or for a policy.
///
/// Models systemd 252 `src/core/selinux-setup.c`; BusyBox 1.37 `init/init.c`.
fn words_of_init(boot: &Boot<'_>) -> Option<String> {
    let line = given_line(boot)?;
    let init = started(boot)?;
    if init.found.as_ref()?.path.ends_with(b"/busybox") {
        let words = line.parameters.iter().filter(|word| word.value.is_none());
        let mut words = words.map(|word| word.name.as_str());
        let word = words.find(|word| matches!(*word, "single" | "-s" | "s" | "1"))?;
        return Some(format!("the effect of {word} on BusyBox init"));
    }
    (init.is_systemd() && line.value("enforcing") == Some("1"))
        .then(|| "whether systemd finds the SELinux policy that enforcing=1 needs".to_owned())
}

/// Follows init up to its first target.
pub(super) fn reach_first_target(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    recorder.ask_facts(&[612]);
    recorder.ask(613, || {
        boot.kernel()?;
        match boot.started_init()? {
            Some((_, InitSystem::Systemd)) => systemd_requirement_missing::of(boot),
            _ => Ok(None),
        }
    });
    recorder.ask(614, || {
        Ok(match boot.first_target()? {
            Some(FirstTarget::Missed(missed)) => Some(first_target_unreachable::of(&missed)),
            _ => None,
        })
    });
    Ok(())
}

impl Boot<'_> {
    /// The init that the kernel or an initramfs starts on the root, with the system that it belongs
    /// to. `None` where none is started, or where it ends at once.
    pub(super) fn started_init(&self) -> Result<Option<(&Program, InitSystem)>> {
        if self.init_trouble()?.is_some() || self.root_in_memory()?.is_some() {
            return Ok(None);
        }
        let Some(program) = self.init()?.and_then(InitChain::program) else {
            return Ok(None);
        };
        let Some(root) = self.root()? else {
            return Ok(None);
        };
        let system = init_system(root.as_linux()?, program);
        let system = system.map_err(|error| error.of(Role::Rootfs))?;
        Ok(Some((program, system)))
    }

    /// What that init comes up to; `None` where none is started.
    pub(super) fn first_target(&self) -> Result<Option<FirstTarget>> {
        let Some((program, system)) = self.started_init()? else {
            return Ok(None);
        };
        let Some(root) = self.root()? else {
            return Ok(None);
        };
        let words = self.target_words();
        first_target(root.as_linux()?, program, system, &words)
            .map(Some)
            .map_err(|error| error.of(Role::Rootfs))
    }

    /// The words of the command line by which systemd chooses what it starts and mounts.
    pub(super) fn target_words(&self) -> TargetWords {
        match self.command_line() {
            Ok(line) if self.has_kernel() => TargetWords::of(
                line.parameters
                    .iter()
                    .map(|word| (word.name.as_str(), word.value.as_deref())),
            ),
            _ => TargetWords::default(),
        }
    }
}
