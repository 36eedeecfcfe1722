//! The root file system: an image of a disk or of a file system, or a folder.

pub mod ext4;
