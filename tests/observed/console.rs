//! Boots that nobody sees.

use super::harness::Case;
use super::programs;
use super::programs::{Aarch64, BOTH, exiting};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    // An init that ends makes the machine end, unseen.
    let root = |machine| {
        programs::bare_root()
            .file("/sbin/init", 0o755, exiting(machine, 0))
            .build()
    };
    for machine in BOTH {
        let (wrong, end) = match machine {
            Aarch64 => ("ttyS0", ""),
            _ => ("ttyAMA0", "reboot=t"),
        };
        cases.push(
            Case::new(201, machine, "console= of another machine")
                .root(root(machine))
                .whole_line(format!("console={wrong} panic=-1 {end} root=/dev/vda rw"))
                .silent(),
        );
    }
    cases
}
