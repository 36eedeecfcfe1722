//! Logs that are none, and guests that mean harm.

use super::diagnose;
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::Watch;
use kelpie_check::limits::Limits;

fn watch() -> Watch {
    Watch::new(&Limits::default()).unwrap()
}

#[test]
fn a_line_without_an_end_costs_no_memory_and_the_next_is_read() {
    let mut watch = watch();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..256 {
        watch.push(&piece);
    }
    watch.push(b"\nKernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\n");
    watch.finish(EndKind::LogEnds);
    let diagnosis = watch.into_diagnosis();
    assert_eq!(diagnosis.lines, 2);
    assert_eq!(diagnosis.boots[0].code().unwrap().to_string(), "KC611");
    assert_eq!(diagnosis.boots[0].lines[0].number, 2);
}

#[test]
fn a_flood_of_one_line_is_remembered_once() {
    let line = b"VFS: Cannot open root device \"vda\" or unknown-block(0,0): error -6\n";
    let mut watch = watch();
    let flood = line.repeat(1000);
    for _ in 0..20 {
        watch.push(&flood);
    }
    watch.push(b"Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n");
    let boot = watch.current().unwrap();
    assert!(boot.lines.len() <= 12);
    assert!(boot.tells().count() < 40);
    assert_eq!(boot.code().unwrap().to_string(), "KC401");
}

#[test]
fn a_flood_of_different_values_is_bounded() {
    let mut watch = watch();
    for number in 0..20_000 {
        let log = format!(
            "virtio_blk virtio{number}: [vd{number}] x\nRun /init{number} as init process\n\
             Starting init: /x{number} exists but couldn't execute it (error -8)\n"
        );
        watch.push(log.as_bytes());
    }
    let clues = &watch.current().unwrap().clues;
    assert!(clues.disks.len() <= 32);
    assert!(clues.init_failures.len() <= 32);
}

#[test]
fn numbers_beyond_reason_are_no_numbers() {
    for line in [
        "Kernel panic - not syncing: Attempted to kill init! exitcode=0xffffffffffffffffffff",
        "Kernel panic - not syncing: Attempted to kill init! exitcode=0x",
        "VFS: Cannot open root device \"vda\" or unknown-block(99999999999,1): error -6",
        "VFS: Cannot open root device \"vda\" or unknown-block(254,1): error -99999999999999",
        "VFS: Cannot open root device \"vda\" or unknown-block(): error -2147483648",
        "Starting init: x exists but couldn't execute it (error -99999999999)",
        "Linux version 99999999999.99999999999 (x)",
        "Linux version 1",
        "[99999999999999999999.99999999999999] [T999999999999] Kernel panic - not syncing: x",
        "[",
        "<",
        "\u{1b}[",
        "\u{1b}]",
    ] {
        diagnose(line);
        diagnose(format!("{line}\n{line}"));
    }
}

#[test]
fn bytes_that_are_no_text_are_read_over() {
    // A generator that repeats itself: the same bytes in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::new();
    while bytes.len() < 1 << 20 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    assert!(diagnose(&bytes).boots.is_empty());
    let log = [
        b"\xff\xfe\0\0[    1.0] Linux version 6.1.0\xff (a) #1\n" as &[u8],
        &bytes,
        b"\nKernel panic - not syncing: \xff\xff\n",
    ]
    .concat();
    assert_eq!(diagnose(&log).boots[0].code().unwrap().to_string(), "KC901");
}

#[test]
fn a_log_of_something_else_has_no_boots() {
    for log in [
        "",
        "\n\n\n",
        "hello\n",
        "GET / HTTP/1.1\r\n\r\n",
        "qemu-system-x86_64: terminating on signal 15\n",
    ] {
        assert!(diagnose(log).boots.is_empty(), "{log:?}");
    }
}
