use crate::forge::arm64::Arm64;
use crate::forge::elf::Elf;
use crate::forge::libkrunfw::Libkrunfw;
use crate::kernels::{arm64, around, bzimage, damaged, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Load;

/// An ELF whose first segment and entry are there.
fn at(paddr: u64) -> Elf {
    let mut elf = Elf::default();
    elf.loads[0].paddr = paddr;
    elf.entry = paddr;
    elf
}

#[test]
fn a_segment_below_one_mebibyte_overwrites_the_vmms_tables() {
    let elf = at(0x8000);
    let finding = Case::new(elf.build()).fires(105, Fatal, Load);
    says(
        &finding.message,
        &["at physical 0x8000", "libkrun maps 0x100000 to 0x40000000"],
    );
    says(&finding.consequence, &["triple fault"]);
    says(&finding.fix, &["CONFIG_PHYSICAL_START=0x1000000"]);
    // Behind the header and the three program headers.
    assert_eq!(finding.place.offset, Some(64 + 3 * 56));
    assert_eq!(finding.place.member, None);
}

#[test]
fn what_has_ram_without_an_end_is_told_from_where_on() {
    let mut elf = at(0x4000_0000);
    elf.machine = 243;
    let finding = Case::new(elf.build())
        .on("qemu-virt")
        .fires(105, Fatal, Load);
    says(&finding.message, &["has RAM from 0x80000000"]);
}

#[test]
fn a_segment_above_the_first_page_tables_is_told_in_its_layer() {
    let finding = Case::new(around(&at(0x4000_0000).build()).build()).fires(105, Fatal, Load);
    says(&finding.message, &["0x40000000"]);
    assert_eq!(finding.place.member.as_deref(), Some("zstd payload"));
}

#[test]
fn an_entry_outside_all_segments_runs_into_nothing() {
    let elf = Elf {
        entry: 0x3000_0000,
        ..Elf::default()
    };
    let finding = Case::new(elf.build()).fires(105, Fatal, Load);
    says(&finding.message, &["entry 0x30000000", "no loaded segment"]);
}

#[test]
fn libkrun_ignores_text_offset() {
    let kernel = Arm64 {
        text_offset: 0x8_0000,
        ..arm64()
    };
    let finding = Case::new(kernel.build()).fires(105, Warn, Load);
    says(
        &finding.message,
        &["0x80000 bytes", "libkrun", "0x80000000"],
    );
    says(&finding.fix, &["5.8"]);
    assert_eq!(finding.place.offset, Some(8));
    for target in ["qemu-virt", "firecracker", "cloud-hypervisor"] {
        Case::new(kernel.build()).on(target).is_quiet(105);
    }
}

#[test]
fn the_usual_place_is_right() {
    for target in ["libkrun", "firecracker", "cloud-hypervisor", "qemu-microvm"] {
        Case::new(vmlinux()).on(target).is_quiet(105);
    }
    Case::new(arm64().build()).is_quiet(105);
}

#[test]
fn a_bzimage_that_unpacks_itself_chooses_its_place() {
    let kernel = around(&at(0x8000).build());
    Case::new(kernel.build()).on("qemu-microvm").is_quiet(105);
}

#[test]
fn the_place_of_what_does_not_decode_is_blocked_by_that() {
    Case::new(damaged()).is_blocked(105, 3);
}

#[test]
fn segments_inside_a_bzimage_are_not_seen_in_a_quick_run() {
    Case::new(bzimage().build()).quick().is_skipped(105);
}

#[test]
fn the_first_and_the_last_byte_that_libkrun_maps_are_usable() {
    let placed = |paddr: u64, memory_bytes: u64| {
        let mut elf = at(paddr);
        elf.loads.truncate(1);
        elf.loads[0].memsz = Some(memory_bytes);
        Case::new(elf.build())
    };
    placed(0x10_0000, 0x10_0000).is_quiet(105);
    placed(0x3fe0_0000, 0x20_0000).is_quiet(105);
    placed(0x3fe0_0000, 0x20_0001).fires(105, Fatal, Load);
}

#[test]
fn a_libkrunfw_is_mapped_where_it_says() {
    let at = |load_address| Libkrunfw {
        load_address,
        entry: load_address,
        ..Libkrunfw::default()
    };
    Case::new(at(0x10_0000).build()).is_quiet(105);
    for load_address in [0x8000, 0x4000_0000] {
        let finding = Case::new(at(load_address).build()).fires(105, Fatal, Load);
        says(
            &finding.message,
            &[
                "A segment needs 0x1000 bytes",
                "libkrun maps 0x100000 to 0x40000000",
            ],
        );
    }
}
