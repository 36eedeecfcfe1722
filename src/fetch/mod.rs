//! Getting a kernel: from a mirror of Alpine, out of packages, archives and images; verified, put into
//! the form that a target takes, and written all together.
//!
//! Beside the flow: this room makes files, and `check` reads them. What comes in is as hostile as
//! everywhere: archives are read past what is not wanted, nothing is written under a name that an
//! archive chose, and nothing at all before everything was verified.

mod apk;
mod cache;
mod catch;
mod deb;
mod form;
mod http;
mod index;
mod install;
mod iso;
mod keys;
mod local;
mod mirror;
mod oci;
mod origin;
mod pace;
mod part;
mod partial;
mod private;
mod redirect;
mod release;
mod rollback;
mod signature;
mod store;
mod stream;
mod tar;
mod time;
mod version;
mod wish;
mod write;

pub use cache::{Blob, Cache};
pub use form::{Shaped, shape};
pub use http::{Client, Watch};
pub use install::{Installed, Prepared, prepare, recorded};
pub use keys::Keys;
pub use local::{Expected, Local};
pub use mirror::Mirror;
pub use origin::{Fetched, Origin, Proof};
pub use rollback::{Found, expect_no_older};
pub use signature::sha256;
pub use store::Taken;
pub use time::{now, timestamp};
pub use version::Version;
pub use wish::{MIRROR, Newest, Recorded, Way, Wish};
