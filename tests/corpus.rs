//! Real kernels, where there are some: `KELPIE_CHECK_CORPUS` names a folder of them, as
//! `corpus/fetch-kernels.sh` and `corpus/fetch-alpine.sh` leave it. The architecture is in the path.

use kelpie_check::codec::CODECS;
use kelpie_check::convert::{Form, extract};
use kelpie_check::error::Kind;
use kelpie_check::kernel::{Architecture, Kernel};
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;
use std::fs;
use std::path::{Path, PathBuf};

mod support;

fn kernels() -> Vec<(Architecture, PathBuf)> {
    support::corpus_files(|name| name.starts_with("vmlinuz") || name.starts_with("vmlinux"))
        .into_iter()
        .filter_map(|path| {
            let folders = path.iter().map(|folder| folder.to_string_lossy());
            let architecture = folders
                .rev()
                .find_map(|name| Architecture::by_name(&name))?;
            Some((architecture, path))
        })
        .collect()
}

/// The containers that an architecture's builds give, and what is at the bottom of them. Codecs
/// stand between the two; the configuration beside the kernel says which.
fn containers(architecture: Architecture) -> (&'static [&'static str], &'static str) {
    match architecture {
        Architecture::X86_64 | Architecture::I386 => (&["bzimage"], "elf"),
        Architecture::Aarch64 => (&["arm64-image", "efi-zboot"], "arm64-image"),
        Architecture::Riscv64 => (&["riscv-image", "efi-zboot"], "riscv-image"),
        Architecture::Loongarch64 => (&["efi-zboot"], "loongarch-image"),
        Architecture::Arm => (&["arm-zimage"], "flat"),
        Architecture::S390x => (&["s390-image"], "flat"),
        _ => (&["elf"], "elf"),
    }
}

/// The codec that the configuration beside a kernel chose: `CONFIG_KERNEL_ZSTD=y`.
fn configured_codec(kernel: &Path) -> Option<String> {
    let folder = kernel.parent()?;
    let entries = fs::read_dir(folder).ok()?.flatten();
    let config = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .find(|name| name == "config" || name.starts_with("config-"))?;
    let text = fs::read_to_string(folder.join(config)).ok()?;
    CODECS
        .iter()
        .find(|codec| text.contains(&format!("\nCONFIG_KERNEL_{}=y\n", codec.kconfig)))
        .map(|codec| codec.name.to_owned())
}

fn kernel(path: &Path) -> Kernel {
    Kernel::new(Source::open(path).unwrap(), Limits::default())
}

#[test]
fn every_kernel_is_recognised_whole_with_its_architecture() {
    for (architecture, path) in kernels() {
        let shown = path.display();
        let kernel = kernel(&path);
        let (outermost, _) = containers(architecture);
        let name = kernel.container().unwrap().name;
        assert!(outermost.contains(&name), "{shown}: {name}");
        let header = kernel.header().unwrap();
        assert_eq!(header.architecture, Some(architecture), "{shown}");
        assert!(header.problems.is_empty(), "{shown}: {:?}", header.problems);
        if !matches!(name, "arm-zimage" | "s390-image" | "elf") {
            let file_bytes = fs::metadata(&path).unwrap().len();
            assert_eq!(header.end, Some(file_bytes), "{shown}");
        }
    }
}

#[test]
fn the_layers_of_every_kernel_are_those_that_its_configuration_chose() {
    for (architecture, path) in kernels() {
        let shown = path.display();
        let kernel = kernel(&path);
        let (_, innermost) = containers(architecture);
        let outermost = kernel.container().unwrap().name;
        let names = kernel.chain().unwrap().names();
        let mut expected = vec![outermost];
        if outermost != innermost {
            match configured_codec(&path) {
                Some(codec) => expected.extend(
                    CODECS
                        .map(|one| one.name)
                        .iter()
                        .filter(|one| **one == codec),
                ),
                None => {
                    eprintln!("skipped: no configuration beside {shown}");
                    expected.push(names[1]);
                }
            }
            expected.push(innermost);
        }
        assert_eq!(names, expected, "{shown}");
        let (header, _) = kernel.image().unwrap();
        assert_eq!(header.architecture, Some(architecture), "{shown}");
    }
}

#[test]
fn every_banner_states_the_release_that_the_file_is_named_for() {
    for (_, path) in kernels() {
        let name = path.display().to_string();
        let kernel = kernel(&path);
        let banner = kernel
            .banner()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let stated =
            name.rsplit_once("/vmlinu")
                .and_then(|(folder, file)| match file.split_once('-') {
                    Some((_, release)) if release.starts_with(|c: char| c.is_ascii_digit()) => {
                        Some(release)
                    }
                    _ => folder.rsplit_once("/modules/").map(|(_, release)| release),
                });
        match stated {
            Some(release) => assert_eq!(banner.release, release, "{name}"),
            None => eprintln!("skipped: {name} has no release in its name"),
        }
        let problems = kernel.chain().unwrap().layers.iter();
        let problems: Vec<_> = problems.flat_map(|layer| &layer.header.problems).collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
    }
}

#[test]
fn wrappers_without_a_stated_place_open_and_do_not_when_cut() {
    for (architecture, path) in kernels() {
        let layers: &[&str] = match architecture {
            Architecture::Arm => &["arm-zimage", "flat"],
            Architecture::S390x => &["s390-image", "flat"],
            Architecture::Ppc64 => &["elf"],
            _ => continue,
        };
        let whole = kernel(&path);
        let chain = whole.chain().unwrap();
        let names: Vec<_> = chain
            .layers
            .iter()
            .map(|layer| layer.container.name)
            .collect();
        assert_eq!(names, layers, "{}", path.display());
        let (header, _) = whole.image().unwrap();
        assert_eq!(header.architecture, Some(architecture));
        for length in [whole.source().len() / 2, 3 << 20, 100_000] {
            let part = Kernel::new(whole.source().part(0, length), Limits::default());
            let error = part.banner().unwrap_err();
            // The header of s390 has no length: that of 100 kB is its decompressor without a stream.
            let kinds = [Kind::Truncated, Kind::Absent];
            assert!(kinds.contains(&error.kind()), "{}: {error}", path.display());
        }
    }
}

#[test]
fn a_cut_off_kernel_is_truncated_and_still_itself() {
    for (architecture, path) in kernels() {
        if matches!(containers(architecture).1, "flat") || architecture == Architecture::Ppc64 {
            continue;
        }
        let whole = kernel(&path);
        for length in [whole.source().len() / 2, 3 << 20, 100_000] {
            let part = Kernel::new(whole.source().part(0, length), Limits::default());
            let place = format!("{length} bytes of {}", path.display());
            let container = part.container().unwrap().name;
            assert_eq!(container, whole.container().unwrap().name, "{place}");
            let problems = &part.header().unwrap().problems;
            assert!(!problems.is_empty(), "{place}");
            for problem in problems {
                assert_eq!(problem.kind(), Kind::Truncated, "{place}: {problem}");
            }
        }
    }
}

#[test]
fn programs_with_a_kernel_header_are_no_kernels() {
    let named = |name: &str| {
        [
            "memtest86+",
            "ipxe.lkrn",
            "ipxe.efi",
            "lnxboot.img",
            "grubx64.efi",
            "u-boot.bin",
        ]
        .iter()
        .any(|program| name.starts_with(program))
            || name == "memdisk"
            || (name.starts_with("xen-") && (name.ends_with("arm64") || name.ends_with(".efi")))
    };
    for path in support::corpus_files(named) {
        let kernel = kernel(&path);
        let error = kernel.container().err();
        let kind = error.as_ref().map(kelpie_check::error::Error::kind);
        assert_eq!(kind, Some(Kind::Unrecognised), "{}", path.display());
        assert!(kernel.near_miss().is_some(), "{}", path.display());
    }
}

/// What `objdump -d` shows of `krunfw_get_kernel` in version 5.5.0, and what `nm` says.
#[test]
fn the_libkrunfw_of_debian_tells_its_kernel() {
    for (debian, architecture, load_address, layers, form) in [
        (
            "amd64",
            Architecture::X86_64,
            0x100_0000,
            ["libkrunfw", "flat"],
            Form::Vmlinux,
        ),
        (
            "arm64",
            Architecture::Aarch64,
            0x8000_0000,
            ["libkrunfw", "arm64-image"],
            Form::Image,
        ),
    ] {
        let Some(path) = support::libkrunfw(debian) else {
            continue;
        };
        let library = kernel(&path);
        let header = library.header().unwrap();
        assert_eq!(header.problems, [], "{debian}");
        assert_eq!(header.architecture, Some(architecture));
        assert_eq!(header.load_address, Some(load_address), "{debian}");
        assert_eq!(header.abi_version, Some(5), "{debian}");
        let bundle = &header.sections[0];
        assert!(bundle.length > 10 << 20, "{debian}: {}", bundle.length);
        assert!(bundle.length.is_multiple_of(0x1_0000), "{debian}");
        assert_eq!(library.chain().unwrap().names(), layers, "{debian}");
        let banner = library.banner().unwrap();
        assert!(banner.builder.ends_with("@libkrunfw"), "{}", banner.builder);
        assert!(
            library.symbols().unwrap().iter().count() > 40_000,
            "{debian}"
        );
        let made = extract(&library, form, &Limits::default()).unwrap();
        let made = Kernel::new(Source::from_bytes(made.into_owned()), Limits::default());
        assert_eq!(made.banner().unwrap().text, banner.text, "{debian}");
        assert_eq!(made.header().unwrap().problems, [], "{debian}");
        if form == Form::Vmlinux {
            assert_eq!(made.header().unwrap().entry, header.entry);
            assert_eq!(made.header().unwrap().pvh_entry, Some(load_address));
        }
    }
}
