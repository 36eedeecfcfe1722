//! The feature bits of a superblock: their names, and since which kernel they are known.
//!
//! Sources: ext4(5) of e2fsprogs 1.47 for names and first kernels; `EXT4_FEATURE_*` in
//! `fs/ext4/ext4.h` and `fs/ext4/super.c` for what the driver knows and asks of its configuration.

use super::superblock::Superblock;

/// Which of the three words of features a bit is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// `s_feature_compat`: an older driver may ignore it.
    Compat,
    /// `s_feature_incompat`: a driver that does not know it must not mount.
    Incompat,
    /// `s_feature_ro_compat`: a driver that does not know it must not write.
    RoCompat,
}

impl Class {
    /// The name in reports: the field without its prefix.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compat => "compat",
            Self::Incompat => "incompat",
            Self::RoCompat => "ro_compat",
        }
    }

    fn of(self, superblock: &Superblock) -> u32 {
        match self {
            Self::Compat => superblock.s_feature_compat,
            Self::Incompat => superblock.s_feature_incompat,
            Self::RoCompat => superblock.s_feature_ro_compat,
        }
    }
}

/// One bit that has a name.
#[derive(Debug, PartialEq, Eq)]
pub struct Feature {
    /// As ext4(5) and `dumpe2fs` name it.
    pub name: &'static str,
    /// The word that it is in.
    pub class: Class,
    /// The bit.
    pub mask: u32,
    /// The first kernel whose ext4 driver takes it; `None` where none does.
    pub since: Option<(u16, u16, u16)>,
    /// What the kernel must be built with beside `EXT4_FS`. What `EXT4_FS` selects itself (the
    /// crc32c of `metadata_csum`) is not in it.
    pub config: &'static [&'static str],
}

const FIRST: Option<(u16, u16, u16)> = Some((2, 6, 28));

const fn row(
    class: Class,
    mask: u32,
    name: &'static str,
    since: Option<(u16, u16, u16)>,
) -> Feature {
    Feature {
        name,
        class,
        mask,
        since,
        config: &[],
    }
}

const fn configured(feature: Feature, config: &'static [&'static str]) -> Feature {
    Feature { config, ..feature }
}

const QUOTA: &[&str] = &["QUOTA", "QFMT_V2"];

/// Every bit with a name, in bit order, word by word.
pub static FEATURES: [Feature; 46] = [
    row(Class::Compat, 0x1, "dir_prealloc", FIRST),
    row(Class::Compat, 0x2, "imagic_inodes", FIRST),
    row(Class::Compat, 0x4, "has_journal", FIRST),
    row(Class::Compat, 0x8, "ext_attr", FIRST),
    row(Class::Compat, 0x10, "resize_inode", FIRST),
    row(Class::Compat, 0x20, "dir_index", FIRST),
    row(Class::Compat, 0x40, "lazy_bg", None),
    row(Class::Compat, 0x80, "exclude_inode", None),
    row(Class::Compat, 0x100, "snapshot_bitmap", None),
    row(Class::Compat, 0x200, "sparse_super2", Some((3, 16, 0))),
    row(Class::Compat, 0x400, "fast_commit", Some((5, 10, 0))),
    row(Class::Compat, 0x800, "stable_inodes", Some((5, 5, 0))),
    row(Class::Compat, 0x1000, "orphan_file", Some((5, 15, 0))),
    row(Class::Incompat, 0x1, "compression", None),
    row(Class::Incompat, 0x2, "filetype", FIRST),
    row(Class::Incompat, 0x4, "needs_recovery", FIRST),
    row(Class::Incompat, 0x8, "journal_dev", None),
    row(Class::Incompat, 0x10, "meta_bg", FIRST),
    row(Class::Incompat, 0x40, "extent", FIRST),
    row(Class::Incompat, 0x80, "64bit", FIRST),
    row(Class::Incompat, 0x100, "mmp", Some((3, 0, 0))),
    row(Class::Incompat, 0x200, "flex_bg", FIRST),
    row(Class::Incompat, 0x400, "ea_inode", Some((4, 13, 0))),
    row(Class::Incompat, 0x1000, "dirdata", None),
    row(
        Class::Incompat,
        0x2000,
        "metadata_csum_seed",
        Some((4, 4, 0)),
    ),
    row(Class::Incompat, 0x4000, "large_dir", Some((4, 13, 0))),
    row(Class::Incompat, 0x8000, "inline_data", Some((3, 8, 0))),
    row(Class::Incompat, 0x1_0000, "encrypt", Some((4, 1, 0))),
    configured(
        row(Class::Incompat, 0x2_0000, "casefold", Some((5, 2, 0))),
        &["UNICODE"],
    ),
    row(Class::RoCompat, 0x1, "sparse_super", FIRST),
    row(Class::RoCompat, 0x2, "large_file", FIRST),
    row(Class::RoCompat, 0x4, "btree_dir", FIRST),
    row(Class::RoCompat, 0x8, "huge_file", FIRST),
    row(Class::RoCompat, 0x10, "uninit_bg", FIRST),
    row(Class::RoCompat, 0x20, "dir_nlink", FIRST),
    row(Class::RoCompat, 0x40, "extra_isize", FIRST),
    row(Class::RoCompat, 0x80, "snapshot", None),
    configured(row(Class::RoCompat, 0x100, "quota", Some((3, 6, 0))), QUOTA),
    row(Class::RoCompat, 0x200, "bigalloc", Some((3, 2, 0))),
    row(Class::RoCompat, 0x400, "metadata_csum", Some((3, 18, 0))),
    row(Class::RoCompat, 0x800, "replica", None),
    row(Class::RoCompat, 0x1000, "read-only", Some((4, 0, 0))),
    configured(
        row(Class::RoCompat, 0x2000, "project", Some((4, 5, 0))),
        QUOTA,
    ),
    row(Class::RoCompat, 0x4000, "shared_blocks", None),
    row(Class::RoCompat, 0x8000, "verity", Some((5, 4, 0))),
    row(
        Class::RoCompat,
        0x1_0000,
        "orphan_present",
        Some((5, 15, 0)),
    ),
];

/// One bit that is set, with or without a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// The word that it is in.
    pub class: Class,
    /// The bit.
    pub mask: u32,
    /// What is known of it.
    pub known: Option<&'static Feature>,
}

impl Present {
    /// Its name; a bit without one is told by word and value: `incompat_0x80000000`.
    pub fn name(&self) -> String {
        match self.known {
            Some(feature) => feature.name.to_owned(),
            None => format!("{}_{:#x}", self.class.name(), self.mask),
        }
    }
}

/// The bits of a word that are set, in order.
fn bits(word: u32) -> impl Iterator<Item = u32> {
    (0..u32::BITS)
        .map(|shift| 1_u32.checked_shl(shift).unwrap_or(0))
        .filter(move |mask| word & mask != 0)
}

/// The names of the bits of `word` that are set, by `names`; the others as `prefix_0x…`.
pub(super) fn named_bits(word: u32, names: &[(u32, &'static str)], prefix: &str) -> Vec<String> {
    bits(word)
        .map(|mask| {
            names.iter().find(|(known, _)| *known == mask).map_or_else(
                || format!("{prefix}_{mask:#x}"),
                |(_, name)| (*name).to_owned(),
            )
        })
        .collect()
}

/// The feature of that name.
pub fn by_name(name: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|feature| feature.name == name)
}

macro_rules! tests_of_bits {
    ($($method:ident $word:ident $mask:literal;)*) => {
        impl Superblock {
            $(pub(super) fn $method(&self) -> bool {
                self.$word & $mask != 0
            })*
        }
    };
}

tests_of_bits! {
    has_journal_feature s_feature_compat 0x4;
    has_dir_index s_feature_compat 0x20;
    has_sparse_super2 s_feature_compat 0x200;
    has_orphan_file s_feature_compat 0x1000;
    has_filetype s_feature_incompat 0x2;
    has_needs_recovery s_feature_incompat 0x4;
    has_journal_dev s_feature_incompat 0x8;
    has_meta_bg s_feature_incompat 0x10;
    has_64bit s_feature_incompat 0x80;
    has_flex_bg s_feature_incompat 0x200;
    has_ea_inode s_feature_incompat 0x400;
    has_metadata_csum_seed s_feature_incompat 0x2000;
    has_large_dir s_feature_incompat 0x4000;
    has_encrypt s_feature_incompat 0x10000;
    has_casefold s_feature_incompat 0x20000;
    has_sparse_super s_feature_ro_compat 0x1;
    has_huge_file s_feature_ro_compat 0x8;
    has_gdt_csum s_feature_ro_compat 0x10;
    has_extra_isize s_feature_ro_compat 0x40;
    has_bigalloc s_feature_ro_compat 0x200;
    has_metadata_csum s_feature_ro_compat 0x400;
    has_orphan_present s_feature_ro_compat 0x10000;
}

/// What the driver ext2 took: `filetype`, `meta_bg`. So does ext4 under its name, and blkid tells the
/// three apart by it.
pub(crate) const EXT2_INCOMPAT: u32 = 0x2 | 0x10;
/// And ext3: `needs_recovery`.
pub(crate) const EXT3_INCOMPAT: u32 = EXT2_INCOMPAT | 0x4;
/// `sparse_super`, `large_file`, `btree_dir`.
pub(crate) const EXT2_RO_COMPAT: u32 = 0x1 | 0x2 | 0x4;

impl Superblock {
    /// Every feature that is set, in bit order: compat, incompat, ro_compat.
    pub fn present_features(&self) -> Vec<Present> {
        [Class::Compat, Class::Incompat, Class::RoCompat]
            .into_iter()
            .flat_map(|class| bits(class.of(self)).map(move |mask| (class, mask)))
            .map(|(class, mask)| Present {
                class,
                mask,
                known: FEATURES
                    .iter()
                    .find(|feature| feature.class == class && feature.mask == mask),
            })
            .collect()
    }

    /// Whether the feature of that name is set.
    pub fn has(&self, name: &str) -> bool {
        by_name(name).is_some_and(|feature| feature.class.of(self) & feature.mask != 0)
    }

    /// `ext2`, `ext3` or `ext4`, by the features, as `blkid` decides.
    pub fn kind(&self) -> &'static str {
        let ext2_writes = self.s_feature_ro_compat & !EXT2_RO_COMPAT == 0;
        if self.has_journal_feature() {
            if ext2_writes && self.s_feature_incompat & !EXT3_INCOMPAT == 0 {
                return "ext3";
            }
        } else if ext2_writes && self.s_feature_incompat & !EXT2_INCOMPAT == 0 {
            return "ext2";
        }
        "ext4"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bit_and_no_name_is_in_the_table_twice() {
        for (index, feature) in FEATURES.iter().enumerate() {
            assert_eq!(feature.mask.count_ones(), 1, "{}", feature.name);
            for other in &FEATURES[..index] {
                assert_ne!(other.name, feature.name);
                assert_ne!(
                    (other.class, other.mask),
                    (feature.class, feature.mask),
                    "{}",
                    feature.name
                );
            }
        }
    }
}
