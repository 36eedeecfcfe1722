//! Disk images that refer to other files: backing files, external data, extents, parents.
//!
//! Places and names of the fields: QEMU's `docs/interop/qcow2.rst` and `block/vmdk.c`, VMware's
//! "Virtual Disk Format 1.1".

const CLUSTER: usize = 1 << 16;
const COPIED: u64 = 1 << 63;
const SECTOR: usize = 512;
/// Header extensions of qcow2: the format of the backing file, and the name of the data file.
const BACKING_FORMAT: u32 = 0xe279_2aca;
const DATA_FILE: u32 = 0x4441_5441;

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

fn long(value: usize) -> [u8; 8] {
    u64::try_from(value).unwrap().to_be_bytes()
}

fn word(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap().to_be_bytes()
}

/// A qcow2 image of version 3 without data: a header, reference counts, one table of each level.
/// The disk has at most 512 MiB.
fn empty_qcow2(disk_bytes: usize) -> Vec<u8> {
    let (counts_at, l1_at, l2_at) = (2 * CLUSTER, 3 * CLUSTER, 4 * CLUSTER);
    let mut file = vec![0; 5 * CLUSTER];
    put(&mut file, 0, b"QFI\xfb");
    put(&mut file, 4, &word(3));
    put(&mut file, 20, &word(16));
    put(&mut file, 24, &long(disk_bytes.next_multiple_of(SECTOR)));
    put(&mut file, 36, &word(1));
    put(&mut file, 40, &long(l1_at));
    put(&mut file, 48, &long(CLUSTER));
    put(&mut file, 56, &word(1));
    put(&mut file, 96, &word(4));
    put(&mut file, 100, &word(104));
    put(&mut file, CLUSTER, &long(counts_at));
    for cluster in 0..5 {
        put(&mut file, counts_at + cluster * 2, &1_u16.to_be_bytes());
    }
    let entry = u64::try_from(l2_at).unwrap() | COPIED;
    put(&mut file, l1_at, &entry.to_be_bytes());
    file
}

/// Adds a header extension at `at`, and returns where the next one goes.
fn extend(file: &mut [u8], at: usize, kind: u32, data: &[u8]) -> usize {
    put(file, at, &kind.to_be_bytes());
    put(file, at + 4, &word(data.len()));
    put(file, at + 8, data);
    at + 8 + data.len().next_multiple_of(8)
}

/// A qcow2 image whose disk is that of its backing file.
pub fn qcow2_backed(disk_bytes: usize, name: &str, format: &str) -> Vec<u8> {
    let mut file = empty_qcow2(disk_bytes);
    let end = extend(&mut file, 104, BACKING_FORMAT, format.as_bytes());
    let name_at = end + 8;
    put(&mut file, name_at, name.as_bytes());
    put(&mut file, 8, &long(name_at));
    put(&mut file, 16, &word(name.len()));
    file
}

/// A qcow2 image whose clusters are in an external data file, each at the offset that it has on the
/// disk.
pub fn qcow2_with_data_file(disk_bytes: usize, name: &str) -> Vec<u8> {
    let mut file = empty_qcow2(disk_bytes);
    extend(&mut file, 104, DATA_FILE, name.as_bytes());
    // incompatible_features: external data; autoclear_features: the data file is a raw image.
    put(&mut file, 72, &(1_u64 << 2).to_be_bytes());
    put(&mut file, 88, &(1_u64 << 1).to_be_bytes());
    for cluster in 0..disk_bytes.div_ceil(CLUSTER) {
        let entry = u64::try_from(cluster * CLUSTER).unwrap() | COPIED;
        put(&mut file, 4 * CLUSTER + cluster * 8, &entry.to_be_bytes());
    }
    file
}

/// A VMDK descriptor: text that names each extent and, if there is one, the parent.
pub fn vmdk_descriptor(extents: &[String], parent: Option<&str>) -> Vec<u8> {
    let (parent_id, hint) = match parent {
        Some(parent) => ("12345678", format!("parentFileNameHint=\"{parent}\"\n")),
        None => ("ffffffff", String::new()),
    };
    let extents = extents.join("\n");
    format!(
        "# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID={parent_id}\n\
         createType=\"monolithicFlat\"\n{hint}\n# Extent description\n{extents}\n\n\
         # The Disk Data Base\n#DDB\n\nddb.adapterType = \"ide\"\n\
         ddb.geometry.cylinders = \"65\"\nddb.geometry.heads = \"16\"\n\
         ddb.geometry.sectors = \"63\"\n"
    )
    .into_bytes()
}

/// The line of a descriptor for a flat extent of so many bytes.
pub fn flat_extent(disk_bytes: usize, name: &str) -> String {
    format!("RW {} FLAT \"{name}\" 0", disk_bytes / SECTOR)
}

/// A sparse VMDK extent without data, with its descriptor inside.
pub fn vmdk_sparse(sectors: u64, descriptor: &[u8]) -> Vec<u8> {
    let mut file = vec![0; 21 * SECTOR + CLUSTER];
    put(&mut file, 0, b"KDMV");
    put(&mut file, 4, &1_u32.to_le_bytes());
    put(&mut file, 12, &sectors.to_le_bytes());
    put(&mut file, 20, &128_u64.to_le_bytes());
    put(&mut file, 28, &1_u64.to_le_bytes());
    put(&mut file, 36, &20_u64.to_le_bytes());
    put(&mut file, SECTOR, descriptor);
    file
}

/// A differencing VHD: the copy of its footer, and the dynamic header that names the parent.
pub fn vhd_differencing(disk_bytes: u64, parent: &str) -> Vec<u8> {
    let mut file = vec![0; 4 * SECTOR];
    put(&mut file, 0, b"conectix");
    put(&mut file, 16, &512_u64.to_be_bytes());
    put(&mut file, 48, &disk_bytes.to_be_bytes());
    put(&mut file, 60, &4_u32.to_be_bytes());
    put(&mut file, SECTOR, b"cxsparse");
    let name: Vec<u8> = parent.encode_utf16().flat_map(u16::to_be_bytes).collect();
    put(&mut file, SECTOR + 64, &name);
    file
}

/// A VHDX whose parent locator names a file: the region table and the metadata, without checksums.
pub fn vhdx_differencing(disk_bytes: u64, parent: &str) -> Vec<u8> {
    const TABLE: usize = 192 * 1024;
    const METADATA: usize = 1 << 20;
    let guid = |text: &str| u128::from_str_radix(text, 16).unwrap().to_be_bytes();
    let half = |value: usize| u16::try_from(value).unwrap().to_le_bytes();
    let word = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    let mut file = vec![0; 2 << 20];
    put(&mut file, 0, b"vhdxfile");
    put(&mut file, TABLE, b"regi");
    put(&mut file, TABLE + 8, &word(1));
    put(
        &mut file,
        TABLE + 16,
        &guid("06a27c8b90479a4bb8fe575f050f886e"),
    );
    put(
        &mut file,
        TABLE + 32,
        &u64::try_from(METADATA).unwrap().to_le_bytes(),
    );
    put(&mut file, METADATA, b"metadata");
    put(&mut file, METADATA + 10, &half(3));
    let key: Vec<u8> = "relative_path"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let value: Vec<u8> = parent.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut locator = vec![0; 32];
    put(&mut locator, 18, &half(1));
    put(&mut locator, 20, &word(32));
    put(&mut locator, 24, &word(32 + key.len()));
    put(&mut locator, 28, &half(key.len()));
    put(&mut locator, 30, &half(value.len()));
    locator.extend(key);
    locator.extend(value);
    // Blocks of 1 MiB; the second bit says that there is a parent.
    let parameters = [word(1 << 20), word(2)].concat();
    let items: [(&str, Vec<u8>); 3] = [
        ("3767a1ca36fa434db3b633f0aa44e76b", parameters),
        (
            "2442a52f1bcd7648b2115dbed83bf4b8",
            disk_bytes.to_le_bytes().to_vec(),
        ),
        ("2d5fd3a80bb34d45abf7d3d84834ab0c", locator),
    ];
    let mut at = 1 << 16;
    for (index, (id, bytes)) in items.into_iter().enumerate() {
        let entry = METADATA + 32 + 32 * index;
        put(&mut file, entry, &guid(id));
        put(&mut file, entry + 16, &word(at));
        put(&mut file, entry + 20, &word(bytes.len()));
        put(&mut file, METADATA + at, &bytes);
        at += bytes.len().next_multiple_of(8);
    }
    file
}
