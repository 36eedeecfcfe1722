//! Signatures of Alpine's packages and indexes, and digests.
//!
//! Source: `apk-v2(5)`, "The signatures": a file `.SIGN.ALGORITHM.KEYNAME` in front of what it signs,
//! with an RSA signature by PKCS #1 v1.5. `RSA` is SHA-1, as abuild signs to this day.

use super::keys::Keys;
use crate::error::{Error, Result};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA512, RsaParameters, UnparsedPublicKey,
};
use sha2::{Digest, Sha256};

/// A signature, and whose it says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    /// `RSA`, `RSA256`, …
    pub algorithm: String,
    /// The file name of the key.
    pub key: String,
    pub bytes: Vec<u8>,
}

impl Signature {
    /// The one in the file `.SIGN.RSA.alpine-devel@….rsa.pub`; `None` of other names.
    pub fn of_file(name: &str, bytes: &[u8]) -> Option<Self> {
        let (algorithm, key) = name.strip_prefix(".SIGN.")?.split_once('.')?;
        Some(Self {
            algorithm: algorithm.to_owned(),
            key: key.to_owned(),
            bytes: bytes.to_vec(),
        })
    }

    fn parameters(&self) -> Option<&'static RsaParameters> {
        match self.algorithm.as_str() {
            "RSA" => Some(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
            "RSA256" => Some(&RSA_PKCS1_2048_8192_SHA256),
            "RSA512" => Some(&RSA_PKCS1_2048_8192_SHA512),
            _ => None,
        }
    }
}

/// The name of a trusted key that signed `message`; an error that says why there is none. One good
/// signature is enough.
pub(super) fn verify(
    what: &str,
    signatures: &[Signature],
    message: &[u8],
    keys: &Keys,
) -> Result<String> {
    let mut trouble = "no signature".to_owned();
    for signature in signatures {
        let Some(parameters) = signature.parameters() else {
            trouble = format!("a signature by {}, an unknown key", signature.algorithm);
            continue;
        };
        let mut known = keys.named(&signature.key).peekable();
        if known.peek().is_none() {
            trouble = format!("one by the key {}, which is not trusted", signature.key);
            continue;
        }
        for key in known {
            let public = UnparsedPublicKey::new(parameters, &key.der);
            if public.verify(message, &signature.bytes).is_ok() {
                return Ok(key.name.clone());
            }
        }
        trouble = format!("one by the key {} that is wrong", signature.key);
    }
    Err(Error::invalid_setting(
        format!("signature of {what}"),
        "one by a trusted key",
        trouble,
    )
    .hinted("Trust a key with --keys, or accept the file with --allow-untrusted."))
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal, without spaces.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of what a text says, if it is one.
pub(super) fn parse_sha256(text: &str) -> Option<String> {
    (text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .then(|| text.to_ascii_lowercase())
}

/// Compares the digest of `what` with the one that it should have.
pub(super) fn expect_sha256(what: &str, expected: &str, found: &str) -> Result<()> {
    if expected.eq_ignore_ascii_case(found) {
        return Ok(());
    }
    Err(Error::invalid_setting(
        format!("SHA-256 of {what}"),
        expected,
        found,
    ))
}
