//! KC914: a disk, card or USB device answers with errors.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static STORAGE_ERROR: Cause = Cause {
    code: Code(914),
    name: "storage-error",
    stage: Stage::RootDevice,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The disk, card or USB device that the boot needs answers with errors or not at all.",
    explanation: "The driver found the device, and reads or commands fail: a worn card, a loose or long \
        cable, a power supply that is too weak, a wrong clock or voltage of the MMC controller, \
        a file of the host that breaks off, or a device that left the bus. File systems and init \
        fail after that in many ways. It is known only by booting.",
    fix: "Try another card, cable, port or power supply; lower the speed (mmc: max-frequency in \
        the device tree; SATA: libata.force=1.5G); read the device on another machine; in a VM \
        check the disk file and the free space of the host.",
    tells: &[
        Tell {
            text: "mmc‹0›: error ‹-110› whilst initialising SD card",
            by: "Linux, drivers/mmc/core/sd.c, mmc_attach_sd",
            says: Says::When(of_card),
        },
        Tell {
            text: "mmc‹0›: error ‹-110› whilst initialising MMC card",
            by: "Linux, drivers/mmc/core/mmc.c, mmc_attach_mmc",
            says: Says::When(of_card),
        },
        Tell {
            text: "mmc‹0›: error ‹-110› whilst initialising SDIO card",
            by: "Linux, drivers/mmc/core/sdio.c, mmc_attach_sdio: a radio rather than a disk",
            says: Says::When(weak),
        },
        Tell {
            text: "I/O error, dev mmcblk‹0›, sector 0",
            by: "Linux, block/blk-mq.c, at the table of partitions",
            says: Says::When(of_table),
        },
        Tell {
            text: "I/O error, dev sd‹a›, sector 0",
            by: "Linux, block/blk-mq.c, at the table of partitions",
            says: Says::When(of_table),
        },
        Tell {
            text: "I/O error, dev nvme‹0n1›, sector 0",
            by: "Linux, block/blk-mq.c, at the table of partitions",
            says: Says::When(of_table),
        },
        Tell {
            text: "mmcblk‹0›: error ‹-110› ‹…›",
            by: "Linux, drivers/mmc/core/block.c",
            says: Says::When(of_card),
        },
        Tell {
            text: "mmc‹0›: Card stuck in ‹wrong› state!",
            by: "Linux, drivers/mmc/core",
            says: Says::When(of_card),
        },
        Tell {
            text: "mmc‹0›: Timeout waiting for hardware ‹interrupt›.",
            by: "Linux, drivers/mmc/host/sdhci.c",
            says: Says::When(of_card),
        },
        Tell {
            text: "mmc‹0›: tuning execution failed: ‹-5›",
            by: "Linux, drivers/mmc/core/mmc_ops.c",
            says: Says::When(weak),
        },
        Tell {
            text: "blk_update_request: I/O error, dev ‹sda›, sector",
            by: "Linux before 5.19, block/blk-core.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "I/O error, dev ‹sda›, sector ‹0›",
            by: "Linux, block/blk-mq.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "end_request: I/O error, dev ‹sda›, sector",
            by: "Linux before 4.x, block/blk-core.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "Buffer I/O error on dev‹ice sda›",
            by: "Linux, fs/buffer.c",
            says: Says::When(weak),
        },
        Tell {
            text: "exception Emask ‹0x0› SAct ‹0x0›",
            by: "Linux, drivers/ata/libata-eh.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "nvme nvme‹0›: I/O ‹1› QID ‹0› timeout",
            by: "Linux, drivers/nvme/host/pci.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "nvme nvme‹0›: Device not ready; aborting‹…›",
            by: "Linux, drivers/nvme/host/core.c",
            says: Says::When(of_disk),
        },
        Tell {
            text: "nvme nvme‹0›: controller is down; will reset",
            by: "Linux, drivers/nvme/host/pci.c",
            says: Says::When(of_disk),
        },
        Tell {
            text: "device descriptor read/64, error ‹-110›",
            by: "Linux, drivers/usb/core/hub.c",
            says: Says::When(weak),
        },
        Tell {
            text: "device not accepting address ‹2›, error ‹-71›",
            by: "Linux, drivers/usb/core/hub.c",
            says: Says::When(weak),
        },
        Tell {
            text: "rejecting I/O to offline device",
            by: "Linux, drivers/scsi/scsi_lib.c",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux 6.12 drivers/mmc/core/mmc.c, sd.c, sdio.c and block.c",
        "Linux 6.12 block/blk-mq.c, blk_print_req_error",
        "Linux 6.12 drivers/ata/libata-eh.c and drivers/nvme/host/pci.c",
        "Linux 6.12 drivers/usb/core/hub.c, hub_port_init",
    ],
    check: Check::Running,
};

/// A boot that comes up got over it.
fn weigh(clues: &Clues) -> Belief {
    Belief::Likely.only_if(!clues.has_reached(Stage::Userspace))
}

/// The card is the root's: by its name, or because no other disk is there and the root's name says nothing of one.
fn of_card(clues: &Clues) -> Belief {
    let named = seen::named(clues)
        .or_else(|| clues.waits_for.clone())
        .unwrap_or_default();
    if named.trim_start_matches("/dev/").starts_with("mmcblk") {
        return Belief::Certain.only_if(!clues.has_reached(Stage::RootMount));
    }
    of_disk(clues)
}

/// The disk does not answer, and no other is there.
fn of_disk(clues: &Clues) -> Belief {
    let is_of_root = is_of_any_disk(clues) && seen::disks(clues).next().is_none();
    if is_of_root && !clues.has_reached(Stage::RootMount) {
        Belief::Certain
    } else {
        weigh(clues)
    }
}

/// The first sector of the disk cannot be read, so that none of its partitions is known.
fn of_table(clues: &Clues) -> Belief {
    if is_of_any_disk(clues) && !clues.has_reached(Stage::RootMount) {
        Belief::Certain
    } else {
        weigh(clues)
    }
}

/// Returns true if the root's name does not say on which disk it is.
fn is_of_any_disk(clues: &Clues) -> bool {
    seen::named(clues)
        .is_some_and(|named| seen::is_by_table(&named) || seen::is_by_file_system(&named))
}

/// Much else has such errors, and devices that no boot needs.
fn weak(clues: &Clues) -> Belief {
    Belief::Possible.only_if(!clues.has_reached(Stage::Init))
}
