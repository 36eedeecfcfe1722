//! The kernel command line, parsed as the kernel does.
