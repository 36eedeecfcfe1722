//! Any bytes, and a megabyte of them.

use kelpie_check::architecture::Architecture;
use kelpie_check::cmdline::{CommandLine, effective, problems, unknown};
use kelpie_check::machine::{Choices, Device, DeviceKind, Machine};
use kelpie_check::vmm::TARGETS;
use std::time::{Duration, Instant};

fn everything(raw: &[u8], devices: usize) {
    let line = CommandLine::parse(raw);
    for parameter in &line.parameters {
        assert!(parameter.offset < raw.len());
        assert!(
            !parameter
                .name
                .contains(|character: char| character.is_ascii_control())
        );
    }
    if let Some(root) = line.root() {
        root.readings();
    }
    line.consoles();
    line.handed_to_init();
    line.panic();
    line.rootwait();
    problems(&line);
    unknown(&line);
    let platform = TARGETS[0].platform(Architecture::X86_64).unwrap();
    let mut machine = Machine::new(TARGETS[0], platform, &Choices::default());
    let socket = Device::on(platform.bus, DeviceKind::Socket);
    machine.devices.extend(vec![socket; devices]);
    effective(&machine, &line).kept();
}

#[test]
fn random_bytes_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let pieces: [&[u8]; 16] = [
        b"root=",
        b"\"",
        b" ",
        b"=",
        b"-",
        b"--",
        b"\xff",
        b"console=",
        b"PARTUUID=",
        b"/dev/",
        b"9",
        b":",
        b"\0",
        b"0x",
        b"init=",
        b"\xc3\xa0",
    ];
    for _ in 0..5_000 {
        let mut raw = Vec::new();
        for _ in 0..12 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            raw.extend_from_slice(pieces[(state % 16) as usize]);
            raw.push((state >> 32) as u8);
        }
        everything(&raw, 1);
    }
}

#[test]
fn a_megabyte_of_anything_takes_no_longer_than_its_length() {
    const MEGABYTE: usize = 1 << 20;
    for piece in [
        &b"a "[..],
        b"a",
        b"\"",
        b"=",
        b" ",
        b"\xff",
        b"console=hvc1 ",
        b"root=a root=b ",
        b"rootfstpye=x ",
        b"loglevel=x ",
        b"ro rw ",
        b"init= ",
        b"-- ",
        b"root=/dev/9",
        b"9",
        b"panic=1 quiet ",
        b"rootfstype=a,",
        b"rootfstype=",
    ] {
        let raw: Vec<u8> = piece.iter().copied().cycle().take(MEGABYTE).collect();
        let begun = Instant::now();
        everything(&raw, 5000);
        let taken = begun.elapsed();
        assert!(taken < Duration::from_secs(60), "{piece:?} took {taken:?}");
    }
    let consoles: String = (0..80_000)
        .map(|number| format!("console=x{number} "))
        .collect();
    everything(consoles.as_bytes(), 1);
}
