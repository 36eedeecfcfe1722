//! What each fuzz target does with its bytes; `tests/crashes.rs` does the same with every crash
//! that was ever found.

use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Selection};
use kelpie_check::codec::{CODECS, decode_concatenated};
use kelpie_check::convert::{Form, extract};
use kelpie_check::kernel::Kernel;
use kelpie_check::kernel::config::{Config, ModulesBuiltin};
use kelpie_check::kernel::kallsyms::{Hints, Symbols};
use kelpie_check::limits::{Budget, Limits, Sink};
use kelpie_check::metadata::Metadata;
use kelpie_check::report::{FORMATS, Style};
use kelpie_check::source::Source;
use kelpie_check::vmm::TARGETS;
use std::path::PathBuf;

const MIB: u64 = 1024 * 1024;

/// So small that a bomb is a matter of milliseconds.
pub fn limits() -> Limits {
    Limits {
        decoded_bytes: 4 * MIB,
        memory_bytes: 8 * MIB,
        codec_memory_bytes: 8 * MIB,
        ..Limits::default()
    }
}

fn kernel(bytes: &[u8]) -> Kernel {
    Kernel::new(Source::from_bytes(bytes.to_vec()), limits())
}

/// Every layer of a kernel, and every form that it can be had in.
pub fn containers(bytes: &[u8]) {
    let kernel = kernel(bytes);
    let _ = (kernel.header(), kernel.near_miss(), kernel.architecture());
    if let Ok(chain) = kernel.chain() {
        assert_eq!(chain.names().len(), chain.titles().len());
    }
    for (_, form) in Form::ALL {
        let _ = extract(&kernel, form, &limits());
    }
}

/// One codec, named by the first byte: one stream, then all that follow one another.
pub fn codecs(bytes: &[u8]) {
    let Some((number, stream)) = bytes.split_first() else {
        return;
    };
    let codec = CODECS[usize::from(*number) % CODECS.len()];
    let limits = limits();
    let sink = || Sink::new(&limits, &Budget::new(&limits), None);
    let (mut one, mut all) = (sink(), sink());
    let _ = (codec.recognise)(stream);
    let taken = (codec.decode)(stream, &mut one);
    let taken_by_all = decode_concatenated(codec, stream, &mut all);
    for taken in taken.into_iter().chain(taken_by_all) {
        assert!(taken <= stream.len() as u64, "{} took {taken}", codec.name);
    }
    assert!(one.len().max(all.len()) <= limits.decoded_bytes);
}

/// A decoded kernel's symbol table.
pub fn kallsyms(bytes: &[u8]) {
    for bits in [None, Some(32), Some(64)] {
        let hints = Hints {
            bits,
            ..Hints::default()
        };
        if let Ok(symbols) = Symbols::decode(bytes, hints, &limits()) {
            assert_eq!(symbols.iter().count(), symbols.len());
            let _ = (symbols.has_variables(), symbols.contains("virtblk_probe"));
        }
    }
}

/// The report for every target, in every format, with and without decoding.
pub fn report(bytes: &[u8]) {
    let surroundings = Surroundings {
        path: PathBuf::from("/dev/null/vmlinuz"),
        ..Surroundings::default()
    };
    for quick in [true, false] {
        let kernel = match quick {
            true => kernel(bytes).quick(),
            false => kernel(bytes),
        };
        let mut bundle = Bundle::new(kernel, surroundings.clone(), limits(), TARGETS[0], None);
        for target in TARGETS {
            // What the kernel is does not depend on the target: it is decoded once for all.
            bundle.target = target;
            let report = check::kernel("vmlinuz", &bundle, &Selection::default());
            for format in FORMATS {
                let style = Style {
                    quick,
                    ..Style::default()
                };
                (format.write)(&report, style).expect("every report can be written");
            }
        }
    }
}

/// What lies beside a kernel: configuration, module list, metadata.
pub fn beside(bytes: &[u8]) {
    let source = Source::from_bytes(bytes.to_vec());
    if let Ok(Some(metadata)) = Metadata::read(&source, "vmlinuz") {
        let _ = metadata.sha256_of("vmlinuz");
    }
    if let Ok(config) = Config::parse(bytes) {
        let _ = (
            config.value("CONFIG_EXT4_FS"),
            config.text("CONFIG_CMDLINE"),
        );
    }
    if let Ok(modules) = ModulesBuiltin::parse(bytes) {
        let _ = modules.contains("virtio_blk");
    }
    let _ = Config::embedded(bytes, &limits());
}
