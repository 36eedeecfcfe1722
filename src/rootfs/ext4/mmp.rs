//! Multi-mount protection: the block by which hosts tell each other that a file system is in use.
//!
//! Source: Linux `fs/ext4/mmp.c`, `read_mmp_block` and `ext4_multi_mount_protect`.

use super::Ext4;
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};

const MAGIC: u32 = 0x004d_4d50;
/// `EXT4_MMP_SEQ_CLEAN`: it was unmounted.
const CLEAN: u32 = 0xff4d_4d50;
const BYTES: u64 = 1024;

impl Ext4 {
    /// Returns false if the block says that a host, or e2fsck, has the file system in use.
    pub fn is_free_to_mount(&self) -> Result<bool> {
        if !self.superblock().has("mmp") {
            return Ok(true);
        }
        let block = self.superblock().s_mmp_block;
        if block == 0 || block >= self.block_count() {
            return Err(Error::invalid(
                "s_mmp_block",
                0x168,
                format!("1 to {}", self.block_count().saturating_sub(1)),
                block.to_string(),
            ));
        }
        let at = block.saturating_mul(self.block_size_bytes());
        let bytes = self.volume.disk.read("mmp_struct", at, BYTES)?;
        let window = Window::new(&bytes, at);
        let magic = window.u32("mmp_magic", 0, Endianness::Little)?;
        if magic != MAGIC {
            return Err(Error::invalid(
                "mmp_magic",
                at,
                format!("{MAGIC:#010x}"),
                format!("{magic:#010x}"),
            ));
        }
        Ok(window.u32("mmp_seq", 4, Endianness::Little)? == CLEAN)
    }
}
