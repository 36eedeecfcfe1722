//! The initramfs, read as the kernel reads it.
