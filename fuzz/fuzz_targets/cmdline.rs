#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::command_line(bytes));
