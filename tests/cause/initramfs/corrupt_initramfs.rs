use super::*;
use crate::forge::{gzip, samples};
use crate::run::says;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::{Initramfs, RootMount};

#[test]
fn a_whole_one_passes() {
    boot(MODULAR, alpine_with(NEEDED)).is_quiet(20);
    boot(MODULAR, gzip(&alpine_with(NEEDED))).is_quiet(20);
}

#[test]
fn a_file_that_is_none_stops_a_kernel_that_needs_it() {
    let finding =
        boot(MODULAR, b"<!DOCTYPE html><html></html>".to_vec()).fires(20, Fatal, Initramfs);
    says(&finding.message, &["HTML"]);
    says(
        &finding.consequence,
        &["invalid magic at start of compressed archive", "panics"],
    );
}

#[test]
fn a_file_that_is_none_only_costs_a_line_where_the_kernel_mounts_by_itself() {
    let finding =
        boot(MONOLITHIC, b"<!DOCTYPE html><html></html>".to_vec()).fires(20, Warn, Initramfs);
    says(&finding.consequence, &["mounts the root itself"]);
}

#[test]
fn a_file_that_is_none_leaves_the_rest_of_the_boot_as_it_is() {
    let text = || b"<!DOCTYPE html><html></html>".to_vec();
    for later in [303, 304, 401, 501] {
        boot(MONOLITHIC, text()).is_quiet(later);
    }
    boot(MODULAR, text()).fires(501, Fatal, RootMount);
    let zeros = boot(MONOLITHIC, vec![0; 4096]).fires(20, Warn, Initramfs);
    says(&zeros.consequence, &["ignores zeros silently"]);
}

#[test]
fn junk_behind_the_archive_only_costs_a_line() {
    let junk = [alpine_with(NEEDED), b"junk".to_vec()].concat();
    let finding = boot(MODULAR, junk).fires(20, Warn, Initramfs);
    says(
        &finding.consequence,
        &["The kernel says \"Initramfs unpacking failed: ", "unpacked"],
    );
}

#[test]
fn an_archive_that_ends_within_its_init_is_fatal() {
    let init = [ALPINE_INIT, &[b'#'; 4000][..]].concat();
    let whole = archive(&[Entry::file("init", &init)]);
    let finding = boot(MODULAR, whole[..2000].to_vec()).fires(20, Fatal, Initramfs);
    says(
        &finding.consequence,
        &["The kernel notices nothing", "Failed to execute /init"],
    );
}

#[test]
fn an_archive_that_ends_within_the_shell_of_its_init_is_fatal() {
    let mut entries = alpine();
    let shell = Entry::file("bin/busybox", &[busybox(), vec![0x5a; 5000]].concat());
    entries.retain(|entry| entry.name != b"bin/busybox");
    let whole = archive(&[entries, vec![shell]].concat());
    let cut = whole[..whole.len() - 1000].to_vec();
    let finding = boot(MODULAR, cut).fires(20, Fatal, Initramfs);
    says(
        &finding.consequence,
        &[
            "Failed to execute /init (error -26)",
            "No working init found",
        ],
    );
}

#[test]
fn one_that_ends_before_its_init_leaves_the_kernel_alone() {
    let whole = archive(&[
        Entry::file("a", &[1; 500]),
        Entry::file("init", ALPINE_INIT),
    ]);
    boot(MODULAR, whole[..300].to_vec()).fires(20, Fatal, Initramfs);
    boot(MONOLITHIC, whole[..300].to_vec()).fires(20, Warn, Initramfs);
    Case::without_kernel()
        .initramfs(whole[..300].to_vec())
        .fires(20, Fatal, Initramfs);
}

#[test]
fn a_kernel_that_ignores_it_does_not_mind() {
    let config = MODULAR.replace("CONFIG_BLK_DEV_INITRD=y", "");
    boot(&config, b"<!DOCTYPE html><html></html>".to_vec()).is_quiet(20);
}

#[test]
fn how_bad_it_is_depends_on_a_kernel_that_can_be_read() {
    boot_damaged(b"<!DOCTYPE html><html></html>".to_vec()).is_blocked(20, 3);
}

#[test]
fn by_itself_an_archive_that_breaks_off_is_not_let_through() {
    let whole = alpine_with(NEEDED);
    // Without the trailer, and a piece of the last module.
    Case::without_kernel()
        .initramfs(whole[..whole.len() - 200].to_vec())
        .fires(20, Fatal, Initramfs);
    let junk = [whole, b"junk".to_vec()].concat();
    Case::without_kernel()
        .initramfs(junk)
        .fires(20, Warn, Initramfs);
}

#[test]
fn damage_behind_what_runs_only_costs_a_line_where_there_is_a_kernel() {
    let whole = alpine_with(NEEDED);
    // A file that nothing needs breaks off, and no trailer comes.
    let rest = archive(&[Entry::file("zzz", &[0x5a; 4000])]);
    let end = archive(&[]).len();
    let cut = [&whole[..whole.len() - end], &rest[..2000]].concat();
    let finding = boot(MODULAR, cut).fires(20, Warn, Initramfs);
    says(&finding.consequence, &["unpacked, including /init"]);
}

#[test]
fn a_stream_of_junk_behind_a_whole_archive_loses_nothing() {
    let junk = gzip(b"neither an archive nor zeros");
    let finding = Case::without_kernel()
        .initramfs([gzip(&alpine_with(NEEDED)), junk].concat())
        .fires(20, Warn, Initramfs);
    says(&finding.message, &["damaged"]);
}

#[test]
fn what_is_not_read_for_a_limit_is_not_damaged() {
    boot(MODULAR, gzip(&alpine_with(NEEDED)))
        .limit("archive_bytes", 100)
        .is_blocked(20, 5);
}

#[test]
fn lzop_without_the_checksum_that_the_kernel_skips_is_not_decompressed() {
    let lzo = |flags: u8| {
        let whole = samples::compressed(&alpine_with(NEEDED));
        let mut stream = whole
            .into_iter()
            .find(|(name, _)| *name == "lzo")
            .unwrap()
            .1;
        stream[20] = flags;
        boot(&format!("{MODULAR}\nCONFIG_RD_LZO=y"), stream)
    };
    lzo(1).is_quiet(20);
    for other in [0, 3] {
        let finding = lzo(other).fires(20, Fatal, Initramfs);
        says(
            &finding.message,
            &["lzop flags", "one checksum of each block"],
        );
        says(&finding.consequence, &["Compressed data violation"]);
    }
}

#[test]
fn a_checksum_that_the_kernel_does_not_look_at_leaves_open_what_is_damaged() {
    let mut whole = gzip(&alpine_with(NEEDED));
    let sum = whole.len() - 8;
    whole[sum] ^= 0xff;
    let why = boot(MODULAR, whole.clone()).is_blocked(20, None);
    says(&why, &["the damaged part is unknown", "data check"]);
    Case::without_kernel()
        .initramfs(whole)
        .fires(20, Warn, Initramfs);
}

#[test]
fn a_stream_that_is_damaged_behind_its_init_may_be_so_within_it() {
    let mut inside = alpine_with(NEEDED);
    let trailer = inside.len() - 200;
    inside.splice(trailer..trailer, [0x5a; 64]);
    // Packed so, it is what it was made to be: junk.
    let whole = gzip(&inside);
    boot(MODULAR, whole.clone()).fires(20, Warn, Initramfs);
    let mut damaged = whole;
    let sum = damaged.len() - 8;
    damaged[sum] ^= 0xff;
    let why = boot(MODULAR, damaged).is_blocked(20, None);
    says(&why, &["the damaged part is unknown", "data check"]);
    // A block of a kind that there is not, behind all of it.
    let mut broken = gzip(&alpine_with(NEEDED));
    let last = broken.len() - 9;
    broken[last - 40..=last].fill(0xff);
    let why = boot(MODULAR, broken.clone()).is_blocked(20, None);
    says(&why, &["the damaged part is unknown"]);
    Case::without_kernel()
        .initramfs(broken)
        .fires(20, Fatal, Initramfs);
    // Another stream that gives nothing leaves the first as it is.
    let mut behind = gzip(&alpine_with(NEEDED));
    behind.extend(b"\x1f\x8b\x07\0\0\0\0\0\0\0\0\0");
    boot(MODULAR, behind).fires(20, Warn, Initramfs);
}

#[test]
fn digits_that_are_none_are_read_on_by_kernels_of_old() {
    let mut whole = alpine_with(NEEDED);
    // c_mtime of the first entry.
    whole[46] = b'x';
    let case = |kernel| {
        Case::new(kernel)
            .config(MODULAR)
            .command_line("console=hvc0 root=/dev/vda rootfstype=ext4")
            .root(disk())
            .initramfs(whole.clone())
    };
    for code in [20, 303, 304, 306] {
        let why = case(vmlinux()).is_blocked(code, None);
        says(&why, &["c_mtime", "older kernels continue"]);
    }
    let newer = crate::root_device::of_version("7.2.0");
    case(newer).fires(20, Fatal, Initramfs);
}

#[test]
fn a_few_bytes_that_are_missing_of_its_init_are_enough() {
    let init = [ALPINE_INIT, &[b'#'; 400][..]].concat();
    let whole = archive(&[alpine()[1..].to_vec(), vec![Entry::file("init", &init)]].concat());
    let end = archive(&[]).len();
    let missing = |bytes: usize| whole[..whole.len() - end - bytes].to_vec();
    for bytes in [5, 60, 300] {
        let finding = boot(MODULAR, missing(bytes)).fires(20, Fatal, Initramfs);
        says(
            &finding.consequence,
            &["Failed to execute /init (error -26)"],
        );
    }
}
