//! Standard input, which is read once. Its first bytes can be looked at before.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

/// How much tells what comes: the magics of every file system are in it.
const HEAD_BYTES: u64 = 256 * 1024;

/// The first bytes, if they were looked at.
static HEAD: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// Returns the first bytes. What cannot be read ends them; its reader tells why.
pub fn head() -> Vec<u8> {
    let mut head = HEAD.lock().unwrap_or_else(PoisonError::into_inner);
    head.get_or_insert_with(|| {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .take(HEAD_BYTES)
            .read_to_end(&mut bytes)
            .ok();
        bytes
    })
    .clone()
}

/// Returns everything that comes, from its first byte on.
pub fn reader() -> impl Read {
    let head = HEAD.lock().unwrap_or_else(PoisonError::into_inner).take();
    io::Cursor::new(head.unwrap_or_default()).chain(io::stdin().lock())
}
