//! KC2xx, the console.

mod console_driver_missing;
mod no_console_parameter;
mod no_such_console;
mod quiet_hides_panic;
