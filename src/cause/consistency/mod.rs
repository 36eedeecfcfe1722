//! KC7xx: whether the artefacts belong together.

pub(super) mod metadata_mismatch;
