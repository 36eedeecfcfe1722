//! KC912: the boot went otherwise than the files say.

use super::super::{Cause, Check};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static PREDICTION_DIFFERS: Cause = Cause {
    code: Code(912),
    name: "prediction-differs",
    stage: Stage::Userspace,
    role: Role::Kernel,
    severity: Severity::Warn,
    summary: "The boot ended at another stage, or with another cause, than kelpie-check predicted.",
    explanation: "kelpie-check predicts a boot from the files, and then boots them. If the two \
        differ, the boot is right: a cause is missing in kelpie-check, is reported wrongly, or a \
        console line was misread. kelpie-check does not predict what init does, so this cause \
        never covers it. It is known only from a boot.",
    fix: "Report it as a bug of kelpie-check, with the output of `--format json` and the console \
        (`--log FILE`). Name the kernel, the initramfs and the root so that others can get them.",
    tells: &[],
    sources: &["kelpie-check's own verdicts, in docs/BOOTS.md"],
    check: Check::Running,
};
