//! KC0xx.

mod checksum_mismatch;
mod corrupt_payload;
mod not_a_kernel;
mod over_limit;
mod truncated_kernel;
mod unknown_codec;
