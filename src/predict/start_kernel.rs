//! What is not modelled of the kernel's start and of its console.
//!
//! Source: `Documentation/admin-guide/kernel-parameters.rst`; Linux `init/main.c`
//! (`unknown_bootoption`), `kernel/printk/printk.c`. Linux 6.1 and 6.18 were booted with most of these
//! words, and did not get to their init.

use super::boot::Boot;
use super::gap::{Gap, given_line, words, words_as};
use crate::architecture::Architecture;
use crate::cmdline::Parameter;
use crate::error::Result;
use crate::stage::Stage;
use std::collections::BTreeSet;

/// How many words without a value the kernel hands to init, and how many with one, before it panics over
/// the next (`CONFIG_INIT_ENV_ARG_LIMIT`; HOME and TERM are two of the latter).
const ARGUMENTS: usize = 32;
const ENVIRONMENT: usize = 30;
/// Features that the kernel does without if `clearcpuid=` names them (seen in Linux 6.1).
const SPARED: [&str; 4] = ["cx16", "popcnt", "smap", "smep"];
/// With less RAM than this a kernel may have none left for its init.
const LITTLE_RAM: u64 = 64 << 20;
/// A huge page of `hugepages=`, unless `hugepagesz=` names another size.
const HUGE_PAGE_BYTES: u64 = 2 << 20;
/// Values of `pci=` without an effect on a virtio disk.
const HARMLESS_TO_PCI: [&str; 2] = ["nomsi", "noaer"];
/// How the names of consoles begin that are judged.
const CONSOLES: [&str; 4] = ["ttyS", "ttyAMA", "hvc", "tty"];

/// Of `start_kernel`.
pub(super) static START: [Gap; 5] = [
    Gap {
        what: "Parameters that disable a driver, RAM or a part of the processor: \
            `initcall_blacklist=`, `nolapic`, `disableapic`, `disable_timer_pin_1`, `clearcpuid=`, \
            `memmap=`, a small `mem=`.",
        from: Stage::Start,
        met: |boot| words(boot, leaves_out),
    },
    Gap {
        what: "Huge pages of `hugepages=` that take more than half of the RAM.",
        from: Stage::Start,
        met: huge_pages,
    },
    Gap {
        what: "An initramfs in memory, at the address of `initrdmem=` or `initrd=ADDRESS,SIZE`.",
        from: Stage::Start,
        met: in_memory,
    },
    Gap {
        what: "More arguments for init than the kernel has room for.",
        from: Stage::Start,
        met: handed,
    },
    Gap {
        what: "Parameters for PCI and its interrupts, on a machine with PCI devices: `pci=`, \
            `acpi=`, `noapic`, `virtio_pci.`.",
        from: Stage::Start,
        met: of_pci,
    },
];

/// Of `console_setup`.
pub(super) static CONSOLE: [Gap; 1] = [Gap {
    what: "A command line whose only `console=` names another driver than ttyS, ttyAMA, hvc and \
        tty.",
    from: Stage::Initramfs,
    met: unknown_console,
}];

fn leaves_out(parameter: &Parameter) -> bool {
    let is = |name: &str| parameter.is(name);
    let value = parameter.value.as_deref().unwrap_or_default();
    (is("initcall_blacklist") && !value.is_empty())
        || is("nolapic")
        || is("disableapic")
        || is("disable_timer_pin_1")
        || (is("clearcpuid") && value.split(',').any(|name| !SPARED.contains(&name)))
        || is("memmap")
        || (is("mem") && is_little(value))
}

fn is_little(value: &str) -> bool {
    amount(value).is_none_or(|bytes| bytes != 0 && bytes < LITTLE_RAM)
}

/// Returns the bytes of an amount such as `64M`; `None` if the value is not an amount.
fn amount(value: &str) -> Option<u64> {
    let digits = value.trim_end_matches(|unit: char| "kKmMgGtT".contains(unit));
    let unit = value.get(digits.len()..).unwrap_or_default();
    let shift = match unit {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        "t" | "T" => 40,
        _ => return None,
    };
    Some(digits.parse::<u64>().ok()?.saturating_mul(1 << shift))
}

/// The RAM that the kernel uses: `mem=` leaves out the rest.
///
/// Models `parse_memopt` in `arch/x86/kernel/e820.c`, `early_mem` in `arch/arm64/mm/init.c`.
pub(super) fn used_ram_bytes(boot: &Boot<'_>) -> Result<u64> {
    let ram_bytes = boot.ram_bytes()?;
    let line = given_line(boot);
    let most = line.and_then(|line| amount(line.value("mem")?));
    Ok(most
        .filter(|most| *most != 0)
        .map_or(ram_bytes, |most| most.min(ram_bytes)))
}

/// Models `hugetlb_hstate_alloc_pages` in `mm/hugetlb.c`: the kernel takes pages until no memory is left, and
/// then kills what runs (Alpine 3.23 with 512 MiB and `hugepages=1000`, booted).
fn huge_pages(boot: &Boot<'_>) -> Vec<String> {
    let Ok(ram_bytes) = used_ram_bytes(boot) else {
        return Vec::new();
    };
    if matches!(boot.builds_in("HUGETLBFS"), Ok(false)) {
        return Vec::new();
    }
    words_as(
        boot,
        |word| {
            let pages = word.value.as_deref().map(str::parse::<u64>);
            word.is("hugepages")
                && pages.is_some_and(|pages| {
                    pages.is_ok_and(|pages| pages.saturating_mul(HUGE_PAGE_BYTES) > ram_bytes / 2)
                })
        },
        |word| format!("whether {word} leaves RAM for init"),
    )
}

/// Models `early_initrdmem` and `early_initrd` in `init/do_mounts_initrd.c`, `get_ramdisk_image` in
/// `arch/x86/kernel/setup.c`: on x86 an initramfs that the boot loader brings comes first.
fn in_memory(boot: &Boot<'_>) -> Vec<String> {
    let is_x86 = boot
        .platform()
        .is_ok_and(|platform| platform.architecture == Architecture::X86_64);
    let is_given = matches!(boot.initramfs(), Ok(Some(_)));
    if (is_x86 && is_given) || matches!(boot.builds_in("BLK_DEV_INITRD"), Ok(false)) {
        return Vec::new();
    }
    let Some(line) = given_line(boot) else {
        return Vec::new();
    };
    let word = line.parameters.iter().find(|word| {
        (word.is("initrdmem") || word.is("initrd"))
            && word.value.as_deref().is_some_and(is_place_in_memory)
    });
    let open = word.map(|word| format!("the content of memory at {}", word.text()));
    open.into_iter().collect()
}

/// Returns true if the kernel takes the value for the place of an initramfs, `ADDRESS,SIZE`. Any other
/// value, such as a path for a boot loader, does nothing.
///
/// Models `early_initrdmem` in `init/do_mounts_initrd.c`: an address that is no number is 0.
fn is_place_in_memory(value: &str) -> bool {
    let digits = value.strip_prefix("0x").or(value.strip_prefix("0X"));
    let digits = digits.unwrap_or(value);
    let rest = digits.trim_start_matches(|digit: char| digit.is_ascii_hexdigit());
    let rest = rest.trim_start_matches(|unit: char| "kKmMgGtTpPeE".contains(unit));
    rest.starts_with(',')
}

fn of_pci(boot: &Boot<'_>) -> Vec<String> {
    let has_pci = boot.platform().is_ok_and(|platform| platform.bus.is_pci());
    let is_open = |parameter: &Parameter| {
        let value = parameter.value.as_deref().unwrap_or_default();
        let mut values = value.split(',');
        has_pci
            && ((parameter.is("pci") && values.any(|word| !HARMLESS_TO_PCI.contains(&word)))
                || (parameter.is("acpi") && !matches!(value, "on" | "force" | "strict"))
                || parameter.is("noapic")
                || parameter.name.starts_with("virtio_pci."))
    };
    words_as(boot, is_open, |word| {
        format!("the effect of {word} on the PCI devices")
    })
}

/// `init=` drops the words before it, and they count.
fn handed(boot: &Boot<'_>) -> Vec<String> {
    let Some(line) = given_line(boot) else {
        return Vec::new();
    };
    let words = || {
        line.parameters
            .iter()
            .filter(|word| word.is_handed_to_init())
    };
    let arguments = words().filter(|word| word.value.is_none()).count();
    let arguments = arguments.saturating_add(line.init_arguments.len());
    let variables = words().filter(|word| word.value.is_some());
    let variables = variables
        .map(|word| word.name.as_str())
        .collect::<BTreeSet<_>>()
        .len();
    if arguments < ARGUMENTS && variables < ENVIRONMENT {
        return Vec::new();
    }
    vec![format!(
        "whether there is room for the arguments of init, {arguments} without and {variables} \
         with a value"
    )]
}

/// `console=` with names of drivers that are not known here, or ports of one that counts none, and no
/// other.
fn unknown_console(boot: &Boot<'_>) -> Vec<String> {
    let (Some(line), Ok(platform)) = (given_line(boot), boot.platform()) else {
        return Vec::new();
    };
    let uarts = line
        .value("8250.nr_uarts")
        .or_else(|| line.value("8250_core.nr_uarts"));
    let counts_none = |device: &str| uarts == Some("0") && device.starts_with("ttyS");
    let is_open = |device: &str| {
        let stem = device.trim_end_matches(|digit: char| digit.is_ascii_digit());
        let is_known = device == "ttynull" || CONSOLES.contains(&stem);
        !is_known || counts_none(device)
    };
    let is_there = |device: &str| {
        !counts_none(device) && platform.consoles.iter().any(|known| known.device == device)
    };
    let named = line.consoles();
    let mut devices = named.iter().map(|console| console.device.as_str());
    match devices.clone().find(|device| is_open(device)) {
        Some(first) if !devices.any(is_there) => {
            vec![format!("whether a driver has the console {first}")]
        }
        _ => Vec::new(),
    }
}
