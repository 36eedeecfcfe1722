//! Disks as far as the device and the kind of file system tell, for the causes before the mount.

use super::forge::put;

/// The head of an ext4 file system.
pub fn ext4() -> Vec<u8> {
    let mut disk = vec![0; 0x1_0000];
    put(&mut disk, 0x438, &[0x53, 0xef]);
    disk
}

/// The signature of the disk that [`mbr`] makes.
pub const SIGNATURE: &str = "1234abcd";

/// A disk with an MBR and that file system in its one partition.
pub fn mbr() -> Vec<u8> {
    const FIRST_SECTOR: u32 = 2048;
    let content = ext4();
    let sectors = u32::try_from(content.len() / 512).unwrap();
    let mut disk = vec![0; 512];
    put(&mut disk, 0x1b8, &0x1234_abcd_u32.to_le_bytes());
    put(&mut disk, 0x1be + 4, &[0x83]);
    put(&mut disk, 0x1be + 8, &FIRST_SECTOR.to_le_bytes());
    put(&mut disk, 0x1be + 12, &sectors.to_le_bytes());
    put(&mut disk, 0x1fe, &[0x55, 0xaa]);
    put(&mut disk, 2048 * 512, &content);
    disk
}

/// A disk in a format that is not read here.
pub fn vmdk() -> Vec<u8> {
    b"KDMV and more".to_vec()
}
