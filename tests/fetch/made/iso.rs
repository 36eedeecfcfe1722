//! An ISO 9660 image with one folder, `BOOT`, and its files, named by Rock Ridge.
//!
//! Source: ECMA-119, 8.4 (primary volume descriptor) and 9.1 (directory record); IEEE P1282 (`NM`).

const SECTOR: usize = 2048;
/// Behind the system area: the primary descriptor and the terminator.
const ROOT: usize = 18;
const BOOT: usize = 19;
const FIRST_FILE: usize = 20;

/// The image. Names are at most 30 characters long.
pub fn build(files: &[(&str, &[u8])]) -> Vec<u8> {
    let sectors: usize = files
        .iter()
        .map(|(_, content)| content.len().div_ceil(SECTOR))
        .sum();
    let mut image = vec![0; (FIRST_FILE + sectors) * SECTOR];
    let size = u32::try_from(image.len() / SECTOR).unwrap();
    let mut pvd = vec![0; SECTOR];
    pvd[..7].copy_from_slice(b"\x01CD001\x01");
    pvd[8..72].fill(b' ');
    pvd[80..88].copy_from_slice(&both32(size));
    pvd[120..124].copy_from_slice(&both16(1));
    pvd[124..128].copy_from_slice(&both16(1));
    pvd[128..132].copy_from_slice(&both16(2048));
    let root = record(b"\0", ROOT, SECTOR, true, &[]);
    pvd[156..156 + root.len()].copy_from_slice(&root);
    pvd[881] = 1;
    image[16 * SECTOR..17 * SECTOR].copy_from_slice(&pvd);
    image[17 * SECTOR..17 * SECTOR + 7].copy_from_slice(b"\xffCD001\x01");

    // SP in the first record of the root says that there are extensions, and ER which.
    let mut sharing = vec![b'S', b'P', 7, 1, 0xbe, 0xef, 0];
    sharing.extend(b"ER\x12\x01\x0a\0\0\x01RRIP_1991A");
    let mut entries = record(b"\0", ROOT, SECTOR, true, &sharing);
    entries.extend(record(b"\x01", ROOT, SECTOR, true, &[]));
    entries.extend(record(
        b"BOOT",
        BOOT,
        SECTOR,
        true,
        &named("boot", 0o040_755),
    ));
    image[ROOT * SECTOR..ROOT * SECTOR + entries.len()].copy_from_slice(&entries);

    let mut entries = record(b"\0", BOOT, SECTOR, true, &[]);
    entries.extend(record(b"\x01", ROOT, SECTOR, true, &[]));
    let mut at = FIRST_FILE;
    for (number, (name, content)) in files.iter().enumerate() {
        let short = format!("FILE{number}.;1");
        let system = named(name, 0o100_644);
        entries.extend(record(short.as_bytes(), at, content.len(), false, &system));
        image[at * SECTOR..at * SECTOR + content.len()].copy_from_slice(content);
        at += content.len().div_ceil(SECTOR);
    }
    image[BOOT * SECTOR..BOOT * SECTOR + entries.len()].copy_from_slice(&entries);
    image
}

fn record(name: &[u8], sector: usize, length: usize, is_directory: bool, system: &[u8]) -> Vec<u8> {
    let mut record = vec![0; 33];
    record[2..10].copy_from_slice(&both32(u32::try_from(sector).unwrap()));
    record[10..18].copy_from_slice(&both32(u32::try_from(length).unwrap()));
    record[18..25].copy_from_slice(&[126, 11, 25, 20, 0, 0, 0]);
    record[25] = if is_directory { 2 } else { 0 };
    record[28..32].copy_from_slice(&both16(1));
    record[32] = u8::try_from(name.len()).unwrap();
    record.extend(name);
    if record.len() % 2 == 1 {
        record.push(0);
    }
    record.extend(system);
    if record.len() % 2 == 1 {
        record.push(0);
    }
    record[0] = u8::try_from(record.len()).unwrap();
    record
}

/// `PX` with the mode, and `NM` with the name.
fn named(name: &str, mode: u32) -> Vec<u8> {
    let mut system = vec![b'P', b'X', 36, 1];
    for value in [mode, 1, 0, 0] {
        system.extend(both32(value));
    }
    system.extend([b'N', b'M', u8::try_from(5 + name.len()).unwrap(), 1, 0]);
    system.extend(name.as_bytes());
    system
}

fn both32(value: u32) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&value.to_le_bytes());
    bytes[4..].copy_from_slice(&value.to_be_bytes());
    bytes
}

fn both16(value: u16) -> [u8; 4] {
    let mut bytes = [0; 4];
    bytes[..2].copy_from_slice(&value.to_le_bytes());
    bytes[2..].copy_from_slice(&value.to_be_bytes());
    bytes
}
