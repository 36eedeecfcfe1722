//! KC2xx, the console.

mod console_driver_missing;
