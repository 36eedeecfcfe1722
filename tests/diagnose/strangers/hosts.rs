//! VMMs, hypervisors and what drives them: excerpts of logs that people posted.

use super::Excerpt;

pub(super) const EXCERPTS: &[Excerpt] = &[
    Excerpt {
        source: "libkrun/libkrun#14",
        truth: "no /dev/kvm",
        code: "KC909",
        lines: &[
            "thread '<unnamed>' panicked at 'Error creating the Kvm object: Error(2)', src/vmm/src/linux/vstate.rs:340:30",
            "stack backtrace:",
            "   0:     0x7fdc1822fa8e - std::backtrace_rs::backtrace::libunwind::trace::h25e12e0d899beba0",
            "                               at /rustc/cb75ad5db02783e8b0222fee363c5f63f7e2cf5b/library/std/src/../../backtrace/src/backtrace/libunwind.rs:90:5",
            "   1:     0x7fdc1822fa8e - std::backtrace_rs::backtrace::trace_unsynchronized::h70e61195d6ae3df6",
        ],
    },
    Excerpt {
        source: "firecracker-microvm/firecracker#708",
        truth: "kernel path",
        code: "KC909",
        lines: &[
            "HTTP/1.1 400 Bad Request",
            "Content-Type: application/json",
            "Transfer-Encoding: chunked",
            "Date: Fri, 30 Nov 2018 08:14:26 GMT",
            "",
            "{",
            "  \"fault_message\": \"The kernel file cannot be opened due to invalid kernel path or invalid permissions.\"",
        ],
    },
    Excerpt {
        source: "cloud-hypervisor/cloud-hypervisor#5675",
        truth: "silence (VMM debug port line only)",
        code: "KC907",
        lines: &[
            "cloud-hypervisor: 112.207548ms: <vcpu0> WARN:devices/src/legacy/debug_port.rs:76 -- [Debug I/O port: Kernel code 0x40] 0.109134 seconds",
        ],
    },
    Excerpt {
        source: "kata-containers/runtime#3022",
        truth: "VMM memory region refused",
        code: "KC909",
        lines: &[
            "ctr: error: 500  reason: VmBoot(VmBoot(DeviceManager(MemoryManager(SetUserMemoryRegion(SetUserMemory(Operation not permitted (os error 1))))))): unknown",
        ],
    },
    Excerpt {
        source: "tianocore/edk2#23",
        truth: "KVM internal error",
        code: "KC905",
        lines: &[
            "KVM internal error. Suberror: 1",
            "emulation failure",
            "KVM internal error. Suberror: 1",
            "emulation failure",
            "EAX=00000023 EBX=00000002 ECX=00000000 EDX=00000600",
            "ESI=00000000 EDI=00001fc2 EBP=00000000 ESP=00000000",
            "EIP=00001000 EFL=00010002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0",
            "ES =0000 00000000 0000ffff 00009300 DPL=0 DS16 [-WA]",
            "CS =9f00 0009f000 0000ffff 00009b00 DPL=0 CS16 [-RA]",
            "GDT=     bff13f18 0000003f",
            "IDT=     00000000 0000ffff",
            "CR0=00000033 CR2=00000000 CR3=00000000 CR4=00000000",
            "EFER=0000000000000000",
            "Code=af af af af af af af af af af af af af af af af af af af af <00> 00 00 00 00 00",
        ],
    },
    Excerpt {
        source: "kata-containers/kata-containers#3135",
        truth: "no PVH note",
        code: "KC106",
        lines: &[
            "ctr: failed to create shim: failed to launch qemu: exit status 1, error messages from qemu log: qemu-system-x86_64: Error loading uncompressed kernel without PVH ELF Note",
            ": unknown",
        ],
    },
    Excerpt {
        source: "apple/container#1254",
        truth: "VZErrorDomain",
        code: "KC909",
        lines: &[
            "Error: internalError: \"failed to bootstrap container\" (cause: \"internalError: \"failed to bootstrap container buildkit (cause: \"unknown: \"Error Domain=VZErrorDomain Code=1 \"The virtual machine failed to start.\" UserInfo={NSLocalizedFailure=Internal Virtualization error., NSLocalizedFailureRea",
        ],
    },
];
