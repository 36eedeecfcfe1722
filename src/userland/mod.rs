//! What runs in a tree of files: programs with all that they need, the system that they belong to,
//! kernel modules. The same for a root file system, a folder and an initramfs.
