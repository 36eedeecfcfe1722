//! What the kernel says of a damaged ext4, and how much.

use super::super::is_refused;
use crate::cause::root_device::seen;
use crate::cause::{Belief, Says, Tell};
use crate::console::Clues;

pub(in super::super) const TELLS: &[Tell] = &[
    Tell {
        text: "invalid superblock checksum.  Run e2fsck?",
        by: "Linux fs/ext4/super.c, since 3.18",
        says: Says::It,
    },
    Tell {
        text: "Found ext4 filesystem with unknown checksum algorithm.",
        by: "Linux fs/ext4/super.c, since 3.18",
        says: Says::It,
    },
    Tell {
        text: "ext4_check_descriptors: Checksum for group ‹n› failed (‹a›!=‹b›)",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "group descriptors corrupted!",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "error loading journal",
        by: "Linux fs/ext4/super.c",
        says: Says::Perhaps,
    },
    Tell {
        text: "EXT4-fs (‹vda›): invalid inodes per group: ‹0›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): #blocks per group too big: ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): #inodes per group too big: ‹n›",
        by: "Linux fs/ext4/super.c, in old releases",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): #clusters per group too big: ‹n›",
        by: "Linux fs/ext4/super.c, before 6.12",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): invalid #clusters per group: ‹n›",
        by: "Linux fs/ext4/super.c, 6.12 and later",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): blocks per group (‹n›) and clusters per group (‹m›) inconsistent",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): cluster size (‹n›) smaller than block size (‹m›)",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): fragment/cluster size (‹n›) != block size (‹m›)",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): Invalid log block size: ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): Invalid log cluster size: ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): Unsupported filesystem blocksize ‹n›",
        by: "Linux fs/ext4/super.c, before 5.8, of blocks over 64 KiB",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): unsupported inode size: ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): invalid first ino: ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): unsupported descriptor size ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): Number of reserved GDT blocks insanely large: ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): bad geometry: first data block ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): groups count too large: ‹n› (block count",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): inodes count not valid: ‹n› vs ‹m›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): can't read group descriptor ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "ext4_check_descriptors: ‹Inode table› for group ‹n› ‹not in group› (block ‹m›)!",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "ext4_check_descriptors: ‹Inode table› for group ‹n› overlaps ‹superblock›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): bad s_‹min›_extra_isize: ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): first meta block group too large: ‹n› (group descriptor block count ‹m›)",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): Invalid default hash set in the superblock",
        by: "Linux fs/ext4/super.c, in recent releases, and stable releases of older versions",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): Unsupported encryption level ‹n›",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): The Hurd can't support 64-bit file systems",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): failed to initialize system zone (‹-117›)",
        by: "Linux fs/ext4/super.c, after ext4_setup_system_zone",
        says: Says::It,
    },
    Tell {
        text: "orphan file block ‹0›: bad ‹magic›",
        by: "Linux fs/ext4/orphan.c, 5.15 and later",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): get orphan inode failed",
        by: "Linux fs/ext4/orphan.c, 5.15 and later",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): corrupt root inode, run e2fsck",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): get root inode failed",
        by: "Linux fs/ext4/super.c, after the error of __ext4_iget about inode 2",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): no journal found",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): journal inode is deleted",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "EXT4-fs (‹vda›): invalid journal inode",
        by: "Linux fs/ext4/super.c",
        says: Says::It,
    },
    Tell {
        text: "JBD2: no valid journal superblock found",
        by: "Linux fs/jbd2/journal.c",
        says: Says::It,
    },
    Tell {
        text: "JBD2: unrecognised superblock format ID",
        by: "Linux fs/jbd2/journal.c",
        says: Says::It,
    },
    Tell {
        text: "JBD2: journal file too short",
        by: "Linux fs/jbd2/journal.c",
        says: Says::It,
    },
    Tell {
        text: "JBD2: Invalid start block of journal: ‹n›",
        by: "Linux fs/jbd2/journal.c",
        says: Says::It,
    },
    Tell {
        text: "JBD2: Can't enable checksumming ‹v2 and v3› at the same time!",
        by: "Linux fs/jbd2/journal.c",
        says: Says::It,
    },
    Tell {
        text: "JBD2: Unknown checksum type",
        by: "Linux fs/jbd2/journal.c",
        says: Says::It,
    },
    Tell {
        text: "JBD2: journal checksum error",
        by: "Linux fs/jbd2/journal.c",
        says: Says::It,
    },
    Tell {
        text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
        by: "Linux, which prints nothing before it if a group has no blocks, because it then finds \
            no ext4",
        says: Says::When(weigh),
    },
];

/// The errors of a file system that finds itself damaged: EUCLEAN, and EBADMSG of a checksum.
const DAMAGED: [i32; 2] = [-117, -74];

/// A root was refused, and ext4 was tried: of what it takes for no ext4 it says nothing.
fn weigh(clues: &Clues) -> Belief {
    match &clues.tried {
        // Its driver goes by the names of its forebears, too.
        Some(tried) if !tried.contains("ext") => Belief::No,
        _ if !is_refused(clues) => Belief::No,
        _ if seen::error(clues).is_some_and(|error| DAMAGED.contains(&error)) => Belief::Likely,
        _ => Belief::Possible,
    }
}
