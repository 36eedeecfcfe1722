//! The public keys that packages are verified with: Alpine's own, and more by `--keys`.
//!
//! Source: Alpine aports, `main/alpine-keys`; `keys/README.md` beside this file says where the texts
//! come from. RFC 7468 (PEM), RFC 5280 section 4.1 (`SubjectPublicKeyInfo`), RFC 8017 (`RSAPublicKey`).

use crate::error::{Error, Result};
use crate::source::open_file;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::Read;
use std::path::Path;

/// The end of every key file's name, which is also the key's name in signatures.
const SUFFIX: &str = ".rsa.pub";
/// The longest key file that is read; 4096-bit keys have 800 bytes.
const MAX_BYTES: u64 = 16 * 1024;
/// The most files of a folder that are looked at.
const MAX_FILES: usize = 1000;
/// `rsaEncryption` with its NULL, as `AlgorithmIdentifier`.
const RSA_ENCRYPTION: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

macro_rules! built_in {
    ($($id:literal),* $(,)?) => {
        [$((
            concat!("alpine-devel@lists.alpinelinux.org-", $id, ".rsa.pub"),
            include_str!(concat!("keys/alpine-devel@lists.alpinelinux.org-", $id, ".rsa.pub")),
        )),*]
    };
}

/// Those that sign Alpine's repositories for x86_64, aarch64 and riscv64.
static BUILT_IN: [(&str, &str); 7] = built_in![
    "4a6a0840", "5261cecb", "58199dcc", "60ac2099", "6165ee59", "616ae350", "616db30d",
];

/// One key.
pub(super) struct Key {
    /// Its file name, by which signatures call it.
    pub name: String,
    /// `RSAPublicKey`, in DER.
    pub der: Vec<u8>,
}

/// The keys that are trusted.
pub struct Keys {
    keys: Vec<Key>,
}

impl Keys {
    /// Alpine's published keys.
    pub fn built_in() -> Result<Self> {
        let keys = BUILT_IN
            .iter()
            .map(|(name, text)| key(name, text))
            .collect::<Result<_>>()?;
        Ok(Self { keys })
    }

    /// Trusts a key file, or all of a folder, as well.
    pub fn add(&mut self, path: &Path) -> Result<()> {
        let failed = |error| Error::io(path.display().to_string(), &error);
        if path.is_dir() {
            let mut files = Vec::new();
            for entry in std::fs::read_dir(path).map_err(failed)?.take(MAX_FILES) {
                let file = entry.map_err(failed)?.path();
                if file.to_string_lossy().ends_with(SUFFIX) {
                    files.push(file);
                }
            }
            files.sort();
            if files.is_empty() {
                return Err(Error::absent(
                    "keys",
                    format!("no file in {} is called …{SUFFIX}", path.display()),
                ));
            }
            return files.iter().try_for_each(|file| self.add_file(file));
        }
        self.add_file(path)
    }

    fn add_file(&mut self, path: &Path) -> Result<()> {
        let failed = |error| Error::io(path.display().to_string(), &error);
        let mut text = String::new();
        open_file(path)
            .and_then(|file| {
                file.take(MAX_BYTES.saturating_add(1))
                    .read_to_string(&mut text)
            })
            .map_err(failed)?;
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_BYTES {
            return Err(Error::limit("key_bytes", MAX_BYTES));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.keys.push(key(&name, &text)?);
        Ok(())
    }

    /// The keys of that name.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Key> {
        self.keys.iter().filter(move |key| key.name == name)
    }
}

fn key(name: &str, text: &str) -> Result<Key> {
    let wrong = |found: &str| {
        Error::invalid_setting(
            format!("key {name}"),
            "an RSA public key in PEM (BEGIN PUBLIC KEY)",
            found,
        )
    };
    let body: String = text
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "-----BEGIN PUBLIC KEY-----")
        .skip(1)
        .take_while(|line| *line != "-----END PUBLIC KEY-----")
        .collect();
    let der = STANDARD.decode(&body).map_err(|_| wrong("no base64"))?;
    let public = rsa_public_key(&der).ok_or_else(|| wrong("something else"))?;
    Ok(Key {
        name: name.to_owned(),
        der: public.to_vec(),
    })
}

/// The `RSAPublicKey` inside a `SubjectPublicKeyInfo`.
fn rsa_public_key(der: &[u8]) -> Option<&[u8]> {
    let (info, rest) = element(der, 0x30)?;
    let bits = info.strip_prefix(&RSA_ENCRYPTION)?;
    let (bits, behind) = element(bits, 0x03)?;
    let (unused, key) = bits.split_first()?;
    (rest.is_empty() && behind.is_empty() && *unused == 0 && !key.is_empty()).then_some(key)
}

/// The content of the DER element with that tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    if *found != tag {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits.iter().try_fold(0_usize, |length, digit| {
                length.checked_mul(256)?.checked_add(usize::from(*digit))
            })?;
            (length, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_key_is_an_rsa_key_with_the_usual_exponent() {
        let keys = Keys::built_in().unwrap();
        assert_eq!(keys.keys.len(), BUILT_IN.len());
        for key in keys.keys {
            assert!(
                key.der.ends_with(&[0x02, 0x03, 0x01, 0x00, 0x01]),
                "{}",
                key.name
            );
            assert!(matches!(key.der.len(), 270 | 526), "{}", key.der.len());
        }
    }

    #[test]
    fn what_is_no_public_key_is_named() {
        let error = key(
            "x.rsa.pub",
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        );
        let text = error.err().unwrap().to_string();
        assert!(
            text.starts_with("key x.rsa.pub: expected an RSA public key"),
            "{text}"
        );
        assert!(key("y", "").is_err());
    }
}
