//! KC2xx, the console: whether the kernel is seen to run.

pub(super) mod console_driver_missing;
