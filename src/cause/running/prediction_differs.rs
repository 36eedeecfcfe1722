//! KC912: the boot went otherwise than the files say.

use super::super::Cause;
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
    summary: "The boot ended at another stage, or by another cause, than was predicted from the files.",
    explanation: "kelpie-check says what a boot comes to from the files alone, and then boots them. \
        Where the two differ, the boot is right: a cause is missing here, holds where it should not, \
        or a line of the console was taken for what it is not. What init does once it runs is not \
        predicted, and is never told by this cause. It is known only by booting.",
    fix: "Report it as a bug of kelpie-check, with what `--format json` prints and the console \
        (`--log FILE`); name kernel, initramfs and root so that others can get them.",
    tells: &[],
    sources: &["kelpie-check's own verdicts, beside docs/BOOTS.md"],
    check: None,
};
