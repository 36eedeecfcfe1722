//! Kernels: that of this repository in other forms and damaged, and its variants.

use super::forge;
use super::space::{Part, Value, What};
use super::support::repository;
use kelpie_check::architecture::Architecture;
use kelpie_check::convert::{self, Form};
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::Arc;

/// How long is waited for a kernel that may say nothing.
const SILENCE_SECONDS: u32 = 8;
/// What is beside a kernel that does not start.
const ALL_ELSE: &[&str] = &[
    "initramfs",
    "disk",
    "tree",
    "root",
    "mount",
    "init",
    "machine",
];

fn minimal(architecture: Architecture) -> PathBuf {
    repository(&format!("kernel/vmlinuz-{architecture}"))
}

fn bytes(architecture: Architecture) -> Vec<u8> {
    std::fs::read(minimal(architecture)).unwrap()
}

/// The kernel in another form of it.
fn part(architecture: Architecture, form: Form) -> Vec<u8> {
    let limits = Limits::default();
    let source = Source::from_bytes(bytes(architecture));
    let kernel = Kernel::new(source, limits.clone());
    convert::extract(&kernel, form, &limits)
        .unwrap()
        .into_owned()
}

fn made(name: &str, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Value {
    Value::new(name, What::Kernel(Arc::new(move || Part::Made(make()))))
}

/// One that does not start, and says nothing.
fn silent(name: &str, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Value {
    made(name, make).waits(SILENCE_SECONDS).hides(ALL_ELSE)
}

fn file(name: impl Into<String>, path: PathBuf) -> Value {
    Value::new(
        name,
        What::Kernel(Arc::new(move || Part::File(path.clone()))),
    )
}

pub fn values(architecture: Architecture) -> Vec<Value> {
    let mut values = variants(architecture);
    let whole = move || bytes(architecture);
    values.extend([
        silent("without its last quarter", move || {
            let whole = whole();
            whole[..whole.len() * 3 / 4].to_vec()
        }),
        silent("with a bit flipped in its payload", move || {
            let mut whole = whole();
            let middle = whole.len() / 2;
            whole[middle] ^= 0x10;
            whole
        }),
        made("with 4 KiB of zeros behind it", move || {
            [whole(), vec![0; 4096]].concat()
        }),
    ]);
    if architecture == Architecture::Aarch64 {
        let image = || part(Architecture::Aarch64, Form::Image);
        values.extend([
            made("raw Image", image),
            made("Image in zstd", move || forge::zstd(&image())),
            made("Image in xz", move || {
                let [_, _, (_, xz), ..] = forge::samples::compressed(&image());
                xz
            }),
        ]);
    } else {
        values.push(made("vmlinux", || {
            part(Architecture::X86_64, Form::Vmlinux)
        }));
    }
    values
}

/// The minimal kernel, and those that testdata/kernels/kernels.json lists.
pub fn variants(architecture: Architecture) -> Vec<Value> {
    let mut values = vec![file("minimal", minimal(architecture))];
    values.extend(listed(architecture));
    values
}

fn listed(architecture: Architecture) -> Vec<Value> {
    let folder = repository("testdata/kernels");
    let Ok(list) = std::fs::read(folder.join("kernels.json")) else {
        return Vec::new();
    };
    let list: Json = serde_json::from_slice(&list).unwrap();
    let rows = list["kernels"]
        .as_array()
        .unwrap_or_else(|| panic!("no list of kernels"));
    rows.iter()
        .filter(|row| row["architecture"] == architecture.name())
        .map(|row| {
            let name = row["name"].as_str().unwrap();
            file(name, folder.join(row["file"].as_str().unwrap()))
        })
        .collect()
}
