//! KC402: the kernel does not reach the virtio devices when it mounts the root.

use super::super::{Cause, Says, Tell};
use super::seen;
use super::{fix_drivers, kernel_misses_root, lack, wants_root};
use crate::bundle::{Bundle, Mounter};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm::Transport;

const COMMAND_LINE_DEVICES: &str = "VIRTIO_MMIO_CMDLINE_DEVICES";

/// The cause.
pub static TRANSPORT_NOT_BUILT_IN: Cause = Cause {
    code: Code(402),
    name: "transport-not-built-in",
    stage: Stage::RootDevice,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The driver through which the target's virtio devices are found is a module or off.",
    explanation: "Below a virtio disk lies a transport: virtio-mmio in libkrun, Firecracker and \
        QEMU's microvm and virt, virtio-pci elsewhere. It has to be built in, or an initramfs has \
        to load it. On x86 something also has to say where the devices are: ACPI's tables, or \
        virtio_mmio.device= on the command line, which a kernel reads only with \
        CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES. libkrun has no ACPI, so its x86 guests need that \
        option whatever an initramfs loads: it is a part of the virtio_mmio driver.",
    fix: "Use a kernel with CONFIG_VIRTIO_MMIO=y and CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y, or with \
        CONFIG_VIRTIO_PCI=y where the target has PCI; where they are modules, \
        `kelpie-check initramfs build` makes an initramfs that loads them.",
    tells: &[
        Tell {
            text: "virtio_mmio: unknown parameter 'device' ignored",
            by: "Linux, as the module is loaded without VIRTIO_MMIO_CMDLINE_DEVICES",
            says: Says::It,
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, without an initramfs",
            says: Says::When(seen::no_transport),
        },
        Tell {
            text: "Waiting for root device ‹/dev/vda›...",
            by: "Linux, with rootwait",
            says: Says::When(seen::no_transport),
        },
    ],
    sources: &[
        "Linux drivers/virtio/Kconfig and virtio_mmio.c",
        "krun-vmm 1.19.7 src/device_manager/kvm/mmio.rs, add_device_to_cmdline",
        "QEMU hw/i386/microvm.c, microvm_fix_kernel_cmdline",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if !wants_root(bundle)? {
        return Ok(Vec::new());
    }
    let platform = bundle.platform()?;
    let mut reasons = Vec::new();
    let mut lacking = Vec::new();
    let mut unknown = None;
    let drivers = platform.transport.options().iter();
    for option in drivers.filter(|option| **option != COMMAND_LINE_DEVICES) {
        match lack(bundle, option) {
            Ok(Some(lack)) => {
                reasons.push(format!("{option} {lack}"));
                lacking.push(*option);
            }
            Ok(None) => {}
            Err(error) => unknown = Some(error),
        }
    }
    if let Some(answer) = lacks_names(bundle, platform.transport) {
        match answer {
            Ok(reason) => {
                reasons.push(reason);
                lacking.push(COMMAND_LINE_DEVICES);
            }
            Err(error) => unknown = Some(error),
        }
    }
    if reasons.is_empty() {
        return unknown.map_or(Ok(Vec::new()), Err);
    }
    Ok(vec![TRANSPORT_NOT_BUILT_IN.finding(
        format!("{}.", reasons.join("; ")),
        match bundle.mounter() {
            Ok(Mounter::Initramfs(generator)) => super::initramfs_misses_root(generator),
            Ok(Mounter::Kernel | Mounter::Archive) => kernel_misses_root(bundle)?,
            // No init brings a driver that is off.
            Err(_) => "No virtio device is found, and no root.".to_owned(),
        },
        fix_drivers(bundle, &lacking)?,
    )])
}

/// Whether the kernel lacks what says where devices on x86 are: the reason, or an error where that
/// is not known. `None` where nothing is lacking.
fn lacks_names(bundle: &Bundle, transport: Transport) -> Option<Result<String>> {
    let by_acpi = match transport {
        Transport::MmioCommandLine => false,
        Transport::MmioAcpiOrCommandLine => bundle.acpi != Some(false),
        Transport::MmioDeviceTree | Transport::Pci => return None,
    };
    let state = |option: &'static str| -> Result<bool> {
        match bundle.driver(option)? {
            Driver::BuiltIn => Ok(true),
            Driver::Unknown(why) => Err(Error::unsupported(option, why.to_owned())),
            Driver::Module | Driver::Absent | Driver::NotBuiltIn => Ok(false),
        }
    };
    let title = bundle.target.title;
    match state(COMMAND_LINE_DEVICES) {
        Ok(true) => return None,
        Ok(false) if by_acpi => {}
        Ok(false) => {
            return Some(Ok(format!(
                "{COMMAND_LINE_DEVICES} is off, and {title} names its devices on the command line"
            )));
        }
        Err(error) if !by_acpi => return Some(Err(error)),
        Err(_) => {}
    }
    let acpi_is_off = bundle
        .command_line()
        .is_ok_and(|line| line.value("acpi") == Some("off"));
    if acpi_is_off {
        return Some(state(COMMAND_LINE_DEVICES).map(|_| {
            format!("{COMMAND_LINE_DEVICES} is off, and the command line turns ACPI off")
        }));
    }
    match state("ACPI") {
        Ok(true) => None,
        Ok(false) => Some(
            state(COMMAND_LINE_DEVICES)
                .map(|_| format!("Neither ACPI nor {COMMAND_LINE_DEVICES} is built into it")),
        ),
        Err(error) => Some(Err(error)),
    }
}
