//! How a boot ended, as far as its console tells.

use std::fmt;

/// The kind of an end, the weakest first: a stronger one takes the place of a weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndKind {
    /// The log ends, and nobody says why.
    LogEnds,
    /// The machine is gone, and said nothing of an end.
    Exited,
    /// The time that it was given is over.
    Deadline,
    /// Another start follows: the machine was reset.
    Reset,
    /// The kernel waits for the root's device. It may still come.
    Waiting,
    /// A shell was started in place of init, and nobody reads what it says.
    FallbackShell,
    /// A process was killed for its memory. The kernel goes on.
    OutOfMemory,
    /// A CPU or a task hangs. It may go on.
    Lockup,
    /// The kernel met an error of its own. It may go on.
    Oops,
    /// The machine was restarted in order.
    Restart,
    /// The machine was switched off in order.
    PowerOff,
    /// The init of an initramfs, or the root's systemd, gave up and started a shell.
    EmergencyShell,
    /// Init gave up, and does nothing any more.
    Frozen,
    /// The decompressor or the firmware gave up.
    Halted,
    /// The VMM could not set the machine up.
    VmmFailed,
    /// The CPU met an error while it handled an error.
    TripleFault,
    /// The hypervisor of the host could not go on: no fault of the guest's.
    HypervisorFault,
    /// The kernel panicked.
    Panic,
}

impl EndKind {
    /// Every kind.
    pub const ALL: [Self; 18] = [
        Self::LogEnds,
        Self::Exited,
        Self::Deadline,
        Self::Reset,
        Self::Waiting,
        Self::FallbackShell,
        Self::OutOfMemory,
        Self::Lockup,
        Self::Oops,
        Self::Restart,
        Self::PowerOff,
        Self::EmergencyShell,
        Self::Frozen,
        Self::Halted,
        Self::VmmFailed,
        Self::TripleFault,
        Self::HypervisorFault,
        Self::Panic,
    ];

    /// Whether nothing more can come of this boot. What waits, hangs or stumbles may go on, and
    /// deserves a time of grace.
    pub fn is_final(self) -> bool {
        self >= Self::Restart
    }

    /// Whether it ended as someone asked it to.
    pub fn is_in_order(self) -> bool {
        matches!(self, Self::Restart | Self::PowerOff)
    }

    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogEnds => "log-ends",
            Self::Exited => "exited",
            Self::Deadline => "deadline",
            Self::Reset => "reset",
            Self::Waiting => "waiting",
            Self::FallbackShell => "fallback-shell",
            Self::OutOfMemory => "out-of-memory",
            Self::Lockup => "lockup",
            Self::Oops => "oops",
            Self::Restart => "restart",
            Self::PowerOff => "power-off",
            Self::EmergencyShell => "emergency-shell",
            Self::Frozen => "frozen",
            Self::Halted => "halted",
            Self::VmmFailed => "vmm-failed",
            Self::TripleFault => "triple-fault",
            Self::HypervisorFault => "hypervisor-fault",
            Self::Panic => "panic",
        }
    }
}

impl fmt::Display for EndKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::LogEnds => "the log ends here",
            Self::Exited => "the machine ended without a message",
            Self::Deadline => "the deadline passed",
            Self::Reset => "the machine was reset and restarted",
            Self::Waiting => "it waits for the root's device",
            Self::FallbackShell => "a shell runs instead of init",
            Self::OutOfMemory => "memory ran out",
            Self::Lockup => "a CPU or a task hangs",
            Self::Oops => "the kernel hit an internal error",
            Self::Restart => "it restarted cleanly",
            Self::PowerOff => "it shut down cleanly",
            Self::EmergencyShell => "a rescue shell was started",
            Self::Frozen => "init gave up and stopped",
            Self::Halted => "the kernel's decompressor gave up",
            Self::VmmFailed => "the VMM could not set up the machine",
            Self::TripleFault => "the CPU met an error while it handled an error",
            Self::HypervisorFault => "the host's hypervisor gave up",
            Self::Panic => "the kernel panicked",
        })
    }
}
