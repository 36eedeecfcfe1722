//! Which files have extents that were never written, found without either reader.

use kelpie_check::rootfs::ext4::Superblock;

const EXTENTS_FLAG: u32 = 0x8_0000;
/// `needs_recovery` and `meta_bg`: the tables may be elsewhere than they are looked for here.
const ELSEWHERE: u32 = 0x4 | 0x10;
const IS_64BIT: u32 = 0x80;
/// Longer extents are unwritten (`EXT_INIT_MAX_LEN`).
const LONGEST_WRITTEN: u16 = 0x8000;

/// Whether a file may have an unwritten extent: it has one, or that cannot be told.
pub fn may_have(image: &[u8], superblock: &Superblock, inode: u64) -> bool {
    search(image, superblock, inode).unwrap_or(true)
}

fn search(image: &[u8], superblock: &Superblock, inode: u64) -> Option<bool> {
    let incompat = superblock.s_feature_incompat;
    if incompat & ELSEWHERE != 0 {
        return None;
    }
    let number = |value: u32| usize::try_from(value).ok();
    let block_bytes = 1024_usize.checked_shl(superblock.s_log_block_size)?;
    let index = inode.checked_sub(1)?;
    let per_group = u64::from(superblock.s_inodes_per_group);
    let group = usize::try_from(index.checked_div(per_group)?).ok()?;
    let is_64bit = incompat & IS_64BIT != 0;
    let descriptor_bytes = if is_64bit {
        superblock.s_desc_size.into()
    } else {
        32
    };
    let descriptors = (number(superblock.s_first_data_block)? + 1).checked_mul(block_bytes)?;
    let descriptor = descriptors.checked_add(group.checked_mul(descriptor_bytes)?)?;
    if is_64bit && u32_at(image, descriptor.checked_add(0x28)?)? != 0 {
        return None;
    }
    let table = number(u32_at(image, descriptor.checked_add(8)?)?)?;
    let inode_bytes = match superblock.s_rev_level {
        0 => 128,
        _ => usize::from(superblock.s_inode_size),
    };
    let slot = usize::try_from(index % per_group).ok()?;
    let at = table
        .checked_mul(block_bytes)?
        .checked_add(slot.checked_mul(inode_bytes)?)?;
    let inode = image.get(at..at.checked_add(128)?)?;
    if u32_at(inode, 0x20)? & EXTENTS_FLAG == 0 {
        return Some(false);
    }
    let mut nodes = vec![&inode[0x28..0x64]];
    let mut left = 200;
    while let Some(node) = nodes.pop() {
        left -= 1;
        if left == 0 {
            return None;
        }
        let is_leaf = u16_at(node, 6)? == 0;
        for entry in 1..=usize::from(u16_at(node, 2)?) {
            let entry = node.get(entry * 12..entry * 12 + 12)?;
            if is_leaf && u16_at(entry, 4)? > LONGEST_WRITTEN {
                return Some(true);
            }
            if !is_leaf {
                let child = usize::try_from(u32_at(entry, 4)?)
                    .ok()?
                    .checked_mul(block_bytes)?;
                nodes.push(image.get(child..child.checked_add(block_bytes)?)?);
            }
        }
    }
    Some(false)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(u16::from_le_bytes(bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes))
}
