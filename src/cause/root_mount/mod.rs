//! KC5xx: whether the root is mounted.

pub(super) mod root_filesystem_not_built_in;
