//! KC907: nothing is printed until the deadline.

use super::super::{Cause, Check};
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
    explanation: "Either the kernel does not run, or it runs and prints to a console that is not \
        connected: the two look alike. console= may name a device that the VMM does not have, its \
        driver may be missing, or the VMM entered the kernel wrongly. It is known only from a \
        boot.",
    fix: "Check the same files with kelpie-check check: KC2xx covers consoles, KC1xx the load of \
        the kernel. Add earlycon or earlyprintk=serial.",
    tells: &[],
    sources: &["Linux Documentation/admin-guide/serial-console.rst"],
    check: Check::Running,
};
