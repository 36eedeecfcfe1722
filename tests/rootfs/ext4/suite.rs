//! The images of e2fsprogs' own tests, where `KELPIE_CHECK_E2FSPROGS_TESTS` names their folder.

use super::hostile::exercise_source;
use crate::support;
use flate2::read::GzDecoder;
use kelpie_check::source::Source;
use std::fs::{self, File};
use std::io::{self, Write};
use std::time::Duration;

#[test]
fn the_images_of_e2fsprogs_neither_stop_us_nor_hold_us_up() {
    let Some(folder) = std::env::var_os("KELPIE_CHECK_E2FSPROGS_TESTS") else {
        support::skip(
            "e2fsprogs-tests",
            "KELPIE_CHECK_E2FSPROGS_TESTS names no folder",
        );
        return;
    };
    let mut folders: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let (mut images, mut opened, mut whole) = (0, 0, 0);
    let mut slowest = (Duration::ZERO, String::new());
    for folder in folders {
        let Ok(packed) = File::open(folder.join("image.gz")) else {
            continue;
        };
        let mut image = tempfile::NamedTempFile::new().unwrap();
        io::copy(&mut GzDecoder::new(packed), &mut image).unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        images += 1;
        let outcome = exercise_source(&name, Source::open(image.path()).unwrap(), 600);
        opened += usize::from(outcome.opened);
        whole += usize::from(outcome.opened && outcome.errors.is_empty());
        if outcome.took > slowest.0 {
            slowest = (outcome.took, name);
        }
    }
    assert!(images > 0);
    let mut out = io::stderr();
    writeln!(
        out,
        "{images} images, {opened} opened, {whole} read without an error, slowest {slowest:?}"
    )
    .unwrap();
}
