//! The kernel itself, and the command line on its way to it.

use super::harness::{Case, Part};
use super::programs::{Aarch64, X86_64, good_root};
use super::support::repository;

/// The decompressor speaks where it is told to.
const EARLY: &str = "earlyprintk=ttyS0 root=/dev/vda rw";

fn bzimage() -> Vec<u8> {
    std::fs::read(repository("kernel/vmlinuz-x86_64")).unwrap()
}

pub fn cases() -> Vec<Case> {
    let whole = bzimage();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 0x10;
    let cut = whole[..whole.len() * 3 / 4].to_vec();
    let padding = "x".repeat(2100);
    let root = || good_root(X86_64).build();
    vec![
        Case::new(2, X86_64, "a kernel without its last quarter")
            .kernel(Part::Made(cut))
            .root(root())
            .line(EARLY)
            .option(&["--force", "--timeout", "8"])
            .silent(),
        Case::new(3, X86_64, "a kernel with a bit flipped in its payload")
            .kernel(Part::Made(damaged))
            .root(root())
            .line(EARLY)
            .option(&["--force", "--timeout", "8"]),
        Case::new(111, X86_64, "root= behind 2100 bytes of command line")
            .root(root())
            .line(&format!("kelpie={padding} root=/dev/vda rw"))
            .option(&["--force"]),
        Case::new(111, Aarch64, "root= behind 2100 bytes of command line")
            .root(good_root(Aarch64).build())
            .line(&format!("kelpie={padding} root=/dev/vda rw"))
            .option(&["--force"]),
        Case::new(112, X86_64, "-- before what the VMM adds")
            .root(root())
            .line("root=/dev/vda rw init=/sbin/init -- single")
            .option(&["--force"]),
    ]
}
