//! The two cyclic redundancy checks of disks and file systems, as they stand in their fields.

fn crc(polynomial: u32, seed: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(seed, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (polynomial & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

/// CRC-32 of UEFI.
pub fn crc32(bytes: &[u8]) -> u32 {
    !crc(0xedb8_8320, !0, bytes)
}

/// CRC-32C of ext4 and jbd2, which go on from `seed` and never invert the end.
pub fn crc32c(seed: u32, bytes: &[u8]) -> u32 {
    crc(0x82f6_3b78, seed, bytes)
}
