//! KC7xx.

mod metadata_mismatch;
