//! Kernels that hang, run out of memory, or meet an error of their own: excerpts of logs that people posted.

use super::Excerpt;

pub(super) const EXCERPTS: &[Excerpt] = &[
    Excerpt {
        source: "dev-soragoto/ghostlock-h8q#1",
        truth: "oops: undefined instruction (CPU model)",
        code: "KC902",
        lines: &[
            "[    0.000000][    T0] Booting Linux on physical CPU 0x0000000000 [0x000f0510]",
            "[    0.000000][    T0] Linux version 6.12.58-android16-6-p5e742b0-abogkiF971USQU3AZI5-4k (user@host) (Android (14043575, +pgo, +bolt, +lto, +mlgo, based on r536225) clang version 19.0.1 (https://android.googlesource.com/toolchain/llvm-project b3a530ec6537146650e42be89f1089e9a3588460), LLD 19.0.1) #1",
            "[    0.000000][    T0] KASLR enabled",
            "[    0.000000][    T0] random: crng init done",
            "[    0.000000][    T0] Machine model: linux,dummy-virt",
            "[    0.000000][    T0] KVM is not available. Ignoring kvm-arm.mode",
            "[    0.000000][    T0] earlycon: pl11 at MMIO 0x0000000009000000 (options '')",
            "[    0.000000][    T0] printk: legacy bootconsole [pl11] enabled",
            "[    0.000000][    T0] efi: UEFI not found.",
            "[    0.000000][    T0] Internal error: Oops - Undefined instruction: 0000000002000000 [#1] PREEMPT SMP",
            "[    0.000000][    T0] Modules linked in:",
            "[    0.000000][    T0] CPU: 0 UID: 0 PID: 0 Comm: swapper Not tainted 6.12.58-android16-6-p5e742b0-abogkiF971USQU3AZI5-4k #1 e7d389183",
        ],
    },
    Excerpt {
        source: "o8vm/krabs#8",
        truth: "out of memory",
        code: "KC903",
        lines: &[
            "26790 total pagecache pages",
            "0 pages in swap cache",
            "Swap cache stats: add 0, delete 0, find 0/0",
            "Free swap  = 0kB",
            "Total swap = 0kB",
            "32638 pages RAM",
            "0 pages HighMem/MovableOnly",
            "3977 pages reserved",
            "Tasks state (memory values in pages):",
            "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
            "Out of memory and no killable processes...",
            "Kernel panic - not syncing: System is deadlocked on memory",
            "---[ end Kernel panic - not syncing: System is deadlocked on memory ]---",
        ],
    },
    Excerpt {
        source: "oxidecomputer/propolis#1035",
        truth: "lockup",
        code: "KC904",
        lines: &[
            "                                                     The highlighted entry will be executed automatically in 1s.                    The highlighted entry will be executed automatically in 0s.                   Booting `Linux virt'",
            "",
            "[   28.191936] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [kworker/0:1:1",
        ],
    },
    Excerpt {
        source: "kubevirt/kubevirt#9539",
        truth: "lockup",
        code: "KC904",
        lines: &[
            "Successfully connected to vm-single-virtio console. The escape sequence is ^]",
            "",
            "[  338.747039] watchdog: BUG: soft lockup - CPU#13 stuck for 22s! [systemd-udevd:248]",
            "[  338.751321] Modules linked in: net_failover glue_helper failover libahci virtio_blk(+) virtio_scsi",
            "[  338.755279] CPU: 13 PID: 248 Comm: systemd-udevd Tainted: G             L    5.4.0-122-generic #138-Ubuntu",
            "[  338.763079] Hardware name: KubeVirt None/RHEL-AV, BIOS 1.15.0-1.module_el8.6.0+1087+b42c8331 04/01/2014",
            "[  338.767391] RIP: 0010:smp_call_function_many+0x205/0x270",
        ],
    },
    Excerpt {
        source: "cirros-dev/cirros#69",
        truth: "IO-APIC + timer",
        code: "KC208",
        lines: &[
            "[ 0.389502] ACPI: Core revision 20190703",
            "[ 0.397050] clocksource: hpet: mask: 0xffffffff max_cycles: 0xffffffff, max_idle_ns: 19112604467 ns",
            "[ 0.399659] APIC: Switch to symmetric I/O mode setup",
            "[ 0.405993] ..TIMER: vector=0x30 apic1=0 pin1=2 apic2=-1 pin2=-1",
            "[ 0.473819] ..MP-BIOS bug: 8254 timer not connected to IO-APIC",
            "[ 0.474106] ...trying to set up timer (IRQ0) through the 8259A ...",
            "[ 0.474428] ..... (found apic 0 pin 2) ...",
            "[ 0.541777] ....... failed.",
            "[ 2.015089] ..... failed :(.",
            "[ 2.015512] Kernel panic - not syncing: IO-APIC + timer doesn't work! Boot with apic=debug and send a report. Then try booting with the 'noapic' option.",
        ],
    },
];

/// What a kernel of each architecture says of an error of its own.
const OOPSES: [&str; 6] = [
    "[    1.3] BUG: kernel NULL pointer dereference, address: 0000000000000010\n[    1.3] Oops: 0000 [#1] PREEMPT SMP",
    "[    1.3] BUG: unable to handle page fault for address: ffffc90000000000\n[    1.3] Oops: 0002 [#1] SMP",
    "[    1.3] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008\n\
     [    1.3] Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP",
    "[    1.3] 8<--- cut here ---\n[    1.3] Unable to handle kernel paging request at virtual address 00000008 when read\n\
     [    1.3] Internal error: Oops: 17 [#1] ARM",
    "[    1.3] BUG: Kernel NULL pointer dereference on read at 0x00000000\n[    1.3] Oops: Kernel access of bad area, sig: 11 [#1]",
    "[    1.3] general protection fault: 0000 [#1] SMP",
];

#[test]
fn an_oops_in_init_is_the_reason_of_its_end() {
    let started = "[    1.1] Run /sbin/init as init process\n[    1.2] mydrv: loading out-of-tree module taints kernel.\n";
    let ended = |code: &str| {
        format!("[    1.4] Kernel panic - not syncing: Attempted to kill init! exitcode={code}\n")
    };
    for oops in OOPSES {
        for before in ["", started] {
            for code in ["0x00000009", "0x0000000b"] {
                let log = format!("{before}{oops}\n{}", ended(code));
                assert_eq!(super::codes(&log), "KC902", "{log}");
            }
        }
        // An init that goes on after it, and one that ends by its own word.
        let up = "[    2.0] systemd[1]: Reached target sysinit.target - System Initialization.\n";
        let log = format!("{started}{oops}\n{up}{}", ended("0x0000000b"));
        assert_eq!(super::codes(&log), "KC611", "{log}");
        let log = format!("{started}{oops}\n{}", ended("0x00000100"));
        assert_eq!(super::codes(&log), "KC611", "{log}");
    }
    assert_eq!(
        super::codes(&format!("{started}{}", ended("0x0000000b"))),
        "KC611"
    );
}
