//! Archives, packages and images built by the tests themselves, one knob a defect.

#![allow(dead_code)]

pub mod apk;
pub mod deb;
pub mod iso;
pub mod oci;
pub mod tar;
