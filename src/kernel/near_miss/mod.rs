//! What is handed over in a kernel's place, so that the error can name it.

mod data;

use crate::bytes::Window;

/// Something that is not a Linux kernel.
pub struct NearMiss {
    /// What it is, with its article: `an HTML page`.
    pub what: &'static str,
    /// What to do about it, a sentence.
    pub hint: &'static str,
    /// Whether the first bytes are of such.
    pub recognise: fn(Window<'_>) -> bool,
}

/// What these first bytes are of.
pub(super) fn what(head: Window<'_>) -> &'static str {
    data::DATA
        .iter()
        .find(|miss| (miss.recognise)(head))
        .map_or("something else", |miss| miss.what)
}
