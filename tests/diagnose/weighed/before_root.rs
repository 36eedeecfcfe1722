//! Of what comes before the root, of init, and of what can end a boot anywhere.

use super::{MOUNTED, RUN, VDA, says};

const NO_ROOT: &str =
    "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)";
const UNPACKING: &str = "Unpacking initramfs...";
const RUN_SBIN: &str = "Run /sbin/init as init process";
const ENDED: &str = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100";

const LINE: &str = "root=/dev/vda";

#[test]
fn damage_of_an_initramfs_says_less_the_further_the_boot_came() {
    let magic = "Initramfs unpacking failed: invalid magic at start of compressed archive";
    let expected = "KC020! KC401+ KC402+ KC405? KC501?";
    says(expected, LINE, &[UNPACKING, magic, NO_ROOT]);
    says("KC020! KC611+", LINE, &[UNPACKING, magic, RUN, ENDED]);
    says("KC020? KC501?", LINE, &[UNPACKING, magic, VDA, NO_ROOT]);
    let handed_over = [UNPACKING, magic, RUN, MOUNTED, RUN_SBIN, ENDED];
    says("KC020? KC611+", LINE, &handed_over);
    // What lies behind a whole archive is passed over, if it was whole.
    let junk = "Initramfs unpacking failed: junk at the end of compressed archive";
    says(expected, LINE, &[UNPACKING, junk, NO_ROOT]);
    says("KC020? KC611+", LINE, &[UNPACKING, junk, RUN, ENDED]);
}

#[test]
fn an_init_that_is_not_executed_is_the_damages_where_there_is_some() {
    let failed = |error: i32| format!("Failed to execute /init (error -{error})");
    let fails = |expected, error| {
        let failed = failed(error);
        says(expected, LINE, &[UNPACKING, RUN, &failed, NO_ROOT]);
    };
    fails("KC304! KC405? KC501?", 2);
    fails("KC304! KC405? KC501? KC608?", 8);
    fails("KC020! KC304+ KC405? KC501?", 26);
    let magic = "Initramfs unpacking failed: invalid magic at start of compressed archive";
    let damaged = [UNPACKING, magic, RUN, &failed(2), NO_ROOT];
    says("KC020! KC304+ KC405? KC501?", LINE, &damaged);
}

#[test]
fn memory_that_runs_out_before_an_init_runs_is_the_initramfss() {
    let dead = "Kernel panic - not syncing: System is deadlocked on memory";
    says("KC104? KC310? KC903!", LINE, &[dead]);
    says("KC104? KC310! KC903!", LINE, &[UNPACKING, dead]);
    says("KC104? KC310? KC903!", LINE, &[UNPACKING, RUN, dead]);
}

#[test]
fn a_line_without_root_may_be_cut_from_900_bytes_on_and_is_from_2000() {
    let open = "VFS: Cannot open root device \"\" or unknown-block(0,0): error -6";
    let of = |expected, bytes| says(expected, &"x".repeat(bytes), &[open, NO_ROOT]);
    of("KC403! KC501?", 899);
    of("KC111+ KC403+ KC501?", 900);
    of("KC111+ KC403+ KC501?", 1999);
    of("KC111! KC403+ KC501?", 2000);
    let with_root = format!("{LINE} {}", "x".repeat(2000));
    let expected = "KC401+ KC402+ KC405? KC501?";
    says(expected, &with_root, &[open, NO_ROOT]);
}

#[test]
fn one_program_without_a_format_is_broken_and_two_are_another_machines() {
    let exists = |path: &str, error: i32| {
        format!("Starting init: {path} exists but couldn't execute it (error {error})")
    };
    let none =
        "Kernel panic - not syncing: No working init found.  Try passing init= option to kernel.";
    let [sbin, sh, forbidden] = [
        exists("/sbin/init", -8),
        exists("/bin/sh", -8),
        exists("/sbin/init", -13),
    ];
    let one = [MOUNTED, RUN_SBIN, &sbin, none];
    says("KC601? KC603? KC604+ KC605? KC606+ KC608?", LINE, &one);
    let both = [MOUNTED, RUN_SBIN, &sbin, &sh, none];
    says("KC601? KC603? KC604! KC605? KC606? KC608?", LINE, &both);
    let mixed = [MOUNTED, RUN_SBIN, &forbidden, &sh, none];
    let expected = "KC601? KC602+ KC603? KC604+ KC605? KC606+ KC608?";
    says(expected, LINE, &mixed);
    let requested = "Kernel panic - not syncing: Requested init /sbin/x failed (error -8).";
    let line = "root=/dev/vda init=/sbin/x";
    says("KC604+ KC606+ KC608?", line, &[MOUNTED, requested]);
    for by_initramfs in [
        "switch_root: can't execute '/sbin/x': Exec format error",
        "kelpie-check: cannot run /sbin/x (error -8)",
    ] {
        let lines = [RUN, by_initramfs, ENDED];
        says("KC604+ KC606+ KC608? KC611+", line, &lines);
    }
}

#[test]
fn a_kernel_without_a_table_of_interrupts_may_lack_them_until_a_disk_is_reached() {
    let apic = "APIC: ACPI MADT or MP tables are not detected";
    says("KC206?", LINE, &[apic]);
    says("KC206?", LINE, &[apic, UNPACKING, RUN]);
    says("", LINE, &[apic, UNPACKING, RUN, VDA]);
    says("", LINE, &[apic, UNPACKING, RUN, MOUNTED]);
}

#[test]
fn a_fault_says_less_where_the_boot_went_on_to_another_end() {
    let another = "KC401+ KC402+ KC405? KC501?";
    for (line, alone, beside) in [
        (
            "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [swapper/0:1]",
            "KC904+",
            "KC904?",
        ),
        ("Internal error: Oops: 96000004", "KC902+", "KC902?"),
        (
            "Out of memory: Killed process 42 (init) total-vm:1kB",
            "KC903!",
            "KC903?",
        ),
    ] {
        says(alone, LINE, &[line]);
        says(&format!("{another} {beside}"), LINE, &[line, NO_ROOT]);
    }
}

#[test]
fn a_disk_that_is_named_in_a_quotation_or_to_init_is_not_named() {
    let device = "virtio_mmio.device=512@0xfeb00e00:12";
    let open = "VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6";
    let of = |expected, before: &str, lines: &[&str]| {
        says(expected, &format!("{before} {device}"), lines);
    };
    let lost = "KC112! KC401+ KC402+ KC405? KC501?";
    of(lost, "root=/dev/vda \"", &[open, NO_ROOT]);
    let null = "VFS: Cannot open root device \"(null)\" or unknown-block(0,0): error -6";
    let with_root = "a=\"b root=/dev/vda";
    of("KC112! KC403! KC501?", with_root, &[null, NO_ROOT]);
    of(lost, "root=/dev/vda -- single", &[open, NO_ROOT]);
    let there = "KC401+ KC402+ KC405? KC501?";
    of(there, "root=/dev/vda a=\"b c\"", &[open, NO_ROOT]);
    of(there, "root=/dev/vda", &[open, NO_ROOT]);
    says(there, "root=/dev/vda -- \"", &[open, NO_ROOT]);
}
