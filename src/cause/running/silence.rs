//! KC907: nothing is printed until the deadline.

use super::super::Cause;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static SILENCE: Cause = Cause {
    code: Code(907),
    name: "silence",
    stage: Stage::Console,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "The machine ran until its deadline and printed nothing.",
    explanation: "Either the kernel does not run, or it runs and talks to a console that nobody reads: \
        the two look alike. console= may name a device that the VMM does not have, its \
        driver may be missing, or the kernel was entered wrongly. It is known only by \
        booting.",
    fix: "Judge the same files with kelpie-check check: KC2xx tells of consoles, KC1xx of how \
        the kernel is loaded. Add earlycon or earlyprintk=serial.",
    tells: &[],
    sources: &["Linux Documentation/admin-guide/serial-console.rst"],
    check: None,
};
