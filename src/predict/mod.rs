//! One boot on one machine, followed in the order in which the kernel works.
//!
//! The result is a [`Trace`]: a list of steps, each with its stage, the function that it follows, the
//! decision and its outcome. After a stop the boot is followed as if that problem were fixed, so that
//! the trace also holds what would fail next. Verdict, ladder, findings and JSON are projections of it.
//!
//! The order of events is data: [`FLOWS`] names the functions in their order, and the causes that each
//! of them can end in. Only the functions that can end in a selected cause are followed, and each reads
//! only the facts that it needs.

mod archive_settings;
mod boot;
mod drivers;
mod early_lookup;
mod ending;
mod first_target;
mod flows;
mod fstab;
mod gap;
mod initramfs_lookup;
mod kernel_init;
mod kernel_init_freeable;
mod module_policy;
mod modules;
mod mounted;
mod populate_rootfs;
mod programs;
mod recorder;
mod root_device;
mod root_mount;
mod selection;
mod stages;
mod start_kernel;
mod trace;

pub use boot::{Boot, RootMounter};
pub use drivers::Supply;
pub use early_lookup::RootDevice;
pub use flows::{FLOWS, Flow};
pub use gap::Gap;
pub use populate_rootfs::Unpacked;
pub use selection::Selection;
pub use stages::{Rung, Standing, outline};
pub use trace::{Step, StepOutcome, Trace, Unknown};

use recorder::Recorder;
pub(crate) use recorder::evidence;

/// Follows the whole boot.
pub fn follow(boot: &Boot<'_>, selection: &Selection) -> Trace {
    let mut recorder = Recorder::new(boot, selection);
    for flow in &FLOWS {
        // Without a kernel nothing boots, and artefacts are judged on their own.
        if boot.has_kernel() {
            for gap in flow.gaps {
                recorder.unmodelled(flow, gap, (gap.met)(boot));
            }
        }
        recorder.follow(boot, flow);
    }
    for role in boot.not_told() {
        recorder.not_given(role);
    }
    recorder.finish()
}

/// Asks only for the causes of a selection. The trace has no step of what is not modelled, so it gives
/// findings and no verdict.
pub fn ask(boot: &Boot<'_>, selection: &Selection) -> Trace {
    let mut recorder = Recorder::new(boot, selection);
    for flow in &FLOWS {
        recorder.follow(boot, flow);
    }
    recorder.finish()
}
