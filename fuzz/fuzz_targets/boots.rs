#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drop(bodies::made_boot(bytes)));
