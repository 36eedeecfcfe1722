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
    Excerpt {
        source: "8devices/carambola2#8",
        truth: "vmlinux where a uImage is expected",
        code: "KC915",
        lines: &[
            "Bytes transferred = 7237773 (6e708d hex)",
            "ar7240> bootm",
            "Booting image at 80060000 ...",
            "Bad Magic Number",
            "ar7240> ",
        ],
    },
    Excerpt {
        source: "clayface/U-boot-MX64-20190430_MX64#1",
        truth: "the image is not on the USB stick",
        code: "KC915",
        lines: &[
            "reading openwrt-bcm53xx-generic-meraki_mx64-initramfs.bin",
            "** Unable to read \"openwrt-bcm53xx-generic-meraki_mx64-initramfs.bin\" from usb 0:1 **",
            "Wrong Image Format for bootm command",
        ],
    },
    Excerpt {
        source: "talos-rpi5/talos-builder#19",
        truth: "a card for another model",
        code: "KC915",
        lines: &[
            "85.73 Read config.txt bytes      578 hnd 0x76ac",
            " 85.57 [sdcard] recovery.elf not found",
            " 85.58 [sdcard] start4.elf not found",
            " 85.59 [sdcard] start.elf not found",
            " 85.93 Firmware not found",
            " 85.59 ERROR: 4",
        ],
    },
    Excerpt {
        source: "raspberrypi/rpi-eeprom#282",
        truth: "the card is not read",
        code: "KC915",
        lines: &[
            "SD CMD: 0x123a0030 (18) 0x140bc 0x1f4f0206",
            "FAT read failed @ 49317",
            "Read start4.elf failed",
            "start4.elf not found (2)",
        ],
    },
];

#[test]
fn a_boot_loader_that_gets_no_kernel_has_failed() {
    let loader =
        "U-Boot 2023.01 (Jan 01 2023 - 00:00:00 +0000)\n\nHit any key to stop autoboot:  0\n";
    let pi = "RPi: BOOTLOADER release VERSION:c305221a DATE: Sep  3 2020 TIME: 13:11:46 BOOTMODE: 0x00000006\n";
    for (before, line) in [
        (loader, "Wrong Image Type for bootm command"),
        (loader, "Wrong Image Format for bootm command"),
        (loader, "Wrong Image Format for bootz command"),
        (loader, "ERROR -91: can't get kernel image!"),
        (loader, "Bad Magic Number"),
        (loader, "Bad Header Checksum"),
        (loader, "   Verifying Checksum ... Bad Data CRC"),
        (
            pi,
            "Failed to open device: 'sdcard' (cmd 371a0010 status 1f0f0001)",
        ),
        (pi, "Firmware not found"),
    ] {
        assert_eq!(
            super::codes(&format!("{before}{line}\n=> ")),
            "KC915",
            "{line}"
        );
        // Another image was tried after it, and started.
        let later =
            "Starting kernel ...\n\n[    0.0] Linux version 6.1.0 (a@b) (gcc 12)\nhost login: ";
        let log = format!("{before}{line}\n{later}");
        assert_eq!(super::codes(&log), "-", "{line}");
    }
}
