//! The kernel's symbol table, forged in every layout, and read from real kernels.

#[path = "forge/kallsyms.rs"]
mod forge;
mod support;

use forge::{Addresses, Kallsyms, Version, symbols};
use kelpie_check::bytes::Endianness;
use kelpie_check::error::Kind;
use kelpie_check::kernel::kallsyms::{Form, Hints, Origin, Symbols};
use kelpie_check::kernel::{Kernel, Segment};
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;
use std::time::Instant;

fn decode(image: &[u8]) -> Symbols {
    Symbols::decode(image, Hints::default(), &Limits::default()).unwrap()
}

fn named(names: &[&str]) -> Symbols {
    let mut all = symbols(300);
    let (last, ..) = *all.last().unwrap();
    all.extend(names.iter().map(|name| (last, 'T', (*name).to_owned())));
    let image = Kallsyms {
        symbols: all,
        ..Kallsyms::default()
    };
    decode(&image.build())
}

/// Holds every symbol against what was forged; addresses from the first one on where `origin`
/// says so.
fn assert_same(forged: &Kallsyms, found: &Symbols, origin: Option<Origin>) {
    assert_eq!(found.len(), forged.symbols.len(), "{forged:?}");
    assert_eq!(found.origin(), origin, "{:?}", found.layout());
    let lowest = forged.symbols[0].0;
    let mut count = 0;
    for (symbol, (address, kind, name)) in found.iter().zip(&forged.symbols) {
        assert_eq!((symbol.kind, &symbol.name), (*kind, name));
        let expected = match origin {
            Some(Origin::Virtual) => Some(*address),
            Some(Origin::LowestSymbol) => Some(address - lowest),
            None => None,
        };
        assert_eq!(symbol.address, expected, "{name} {:?}", found.layout());
        count += 1;
    }
    assert_eq!(count, forged.symbols.len());
}

#[test]
fn every_layout_is_read() {
    use Addresses::*;
    use Version::*;
    let old = [
        Words,
        Relative,
        RelativeUnrelocated,
        RelativeOrAbsolute,
        None,
    ];
    let mut read = 0;
    for version in [V3_0, V4_20, V6_1, V6_2, V6_4, V7_0] {
        for endianness in [Endianness::Little, Endianness::Big] {
            for bits in [32, 64] {
                let alignments: &[usize] = match (version, bits) {
                    (V7_0, _) => &[4],
                    (V3_0 | V4_20, 32) => &[4, 16],
                    (V3_0 | V4_20, _) => &[8, 256],
                    (_, 32) => &[4],
                    _ => &[8],
                };
                let forms: &[Addresses] = match (version, bits) {
                    (V7_0, 32) => &[PlaceRelative, Halves],
                    (V7_0, _) => &[PlaceRelative],
                    _ => &old,
                };
                for alignment in alignments.iter().copied() {
                    for addresses in forms.iter().copied() {
                        let mut forged = Kallsyms {
                            version,
                            endianness,
                            bits,
                            addresses,
                            alignment,
                            ..Kallsyms::default()
                        };
                        if bits == 32 {
                            forged.image_address &= 0xffff_ffff;
                            for symbol in &mut forged.symbols {
                                symbol.0 &= 0xffff_ffff;
                            }
                        }
                        if addresses == RelativeOrAbsolute && bits == 64 {
                            for (number, symbol) in forged.symbols.iter_mut().take(9).enumerate() {
                                symbol.0 = u64::try_from(number).unwrap() * 0x40;
                                symbol.1 = 'A';
                            }
                        }
                        let origin = match addresses {
                            None => Option::None,
                            RelativeUnrelocated | PlaceRelative => Some(Origin::LowestSymbol),
                            _ => Some(Origin::Virtual),
                        };
                        let image = forged.build();
                        for known in [Option::None, Some(bits)] {
                            let hints = Hints {
                                bits: known,
                                ..Hints::default()
                            };
                            let found = Symbols::decode(&image, hints, &Limits::default()).unwrap();
                            assert_eq!(found.layout().endianness, endianness);
                            assert_same(&forged, &found, origin);
                            read += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(read > 200, "{read}");
}

#[test]
fn tables_of_any_number_of_symbols_are_read() {
    for version in [Version::V3_0, Version::V6_1, Version::V6_2, Version::V7_0] {
        for count in [30, 255, 256, 257, 511, 512, 513, 5000] {
            let forged = Kallsyms {
                version,
                symbols: symbols(count),
                addresses: Addresses::None,
                alignment: if version == Version::V7_0 { 4 } else { 8 },
                ..Kallsyms::default()
            };
            assert_same(&forged, &decode(&forged.build()), None);
        }
    }
}

#[test]
fn segments_make_addresses_virtual() {
    let forged = Kallsyms {
        version: Version::V7_0,
        addresses: Addresses::PlaceRelative,
        alignment: 4,
        ..Kallsyms::default()
    };
    let image = forged.build();
    let segments = [Segment {
        offset: 0,
        file_bytes: u64::try_from(image.len()).unwrap(),
        memory_bytes: 0,
        physical_address: 0,
        virtual_address: forged.image_address,
    }];
    let hints = Hints {
        bits: Some(64),
        segments: &segments,
        ..Hints::default()
    };
    let found = Symbols::decode(&image, hints, &Limits::default()).unwrap();
    assert_same(&forged, &found, Some(Origin::Virtual));
    let (_, form) = found.layout().addresses.unwrap();
    assert_eq!(form, Form::PlaceRelative);
}

#[test]
fn names_of_128_bytes_and_more_are_read_in_both_forms() {
    for (version, bytes) in [(Version::V4_20, 200), (Version::V6_4, 500)] {
        let mut forged = Kallsyms {
            version,
            addresses: Addresses::None,
            tokens: Vec::new(),
            ..Kallsyms::default()
        };
        for number in [3, 255, 256, 599] {
            forged.symbols[number].2 = "x".repeat(bytes);
        }
        assert_same(&forged, &decode(&forged.build()), None);
    }
}

#[test]
fn names_are_found_with_and_without_a_compilers_suffix() {
    let found = named(&[
        "plain_name",
        "made.isra.0",
        "twice_made.constprop.0.isra.3",
        "cold_path.cold",
        "inlined.llvm.12345",
        "checked.cfi_jt",
        "sh",
        ".dotted_function",
    ]);
    let questions = [
        ("plain_name", true),
        ("made", true),
        ("made.isra.0", true),
        ("made.isra", true),
        ("twice_made", true),
        ("twice_made.constprop.0", true),
        ("cold_path", true),
        ("inlined", true),
        ("checked", true),
        ("sh", true),
        ("dotted_function", true),
        ("plain_nam", false),
        ("plain_name_", false),
        ("mad", false),
        ("made.isra.1", false),
        ("s", false),
        ("", false),
        ("Tplain_name", false),
    ];
    let names = questions.map(|(name, _)| name);
    let expected = questions.map(|(_, present)| present);
    assert_eq!(found.present(&names), expected);
    for (name, present) in questions {
        assert_eq!(found.contains(name), present, "{name}");
    }
    assert_eq!(found.present(&["sh", "nothing", "sh"]), [true, false, true]);
    assert!(found.present(&[]).is_empty());
}

#[test]
fn functions_alone_are_not_taken_for_variables() {
    let with = |kind: char, name: &str| {
        let mut forged = Kallsyms::default();
        forged.symbols[17].1 = kind;
        forged.symbols[17].2 = name.to_owned();
        decode(&forged.build()).has_variables()
    };
    assert!(!with('t', "b_function"));
    assert!(!with('r', "table_in_text"));
    assert!(!with('B', "__start_of_a_section"));
    assert!(with('b', "counter"));
    assert!(with('B', "jiffies"));
}

#[test]
fn key_maps_in_utf_16_are_not_taken_for_tokens() {
    let mut before = Vec::new();
    for round in 0..20_u16 {
        for character in 0..256_u16 {
            before.extend((character + round).to_le_bytes());
        }
    }
    let forged = Kallsyms {
        after: before.clone(),
        before,
        ..Kallsyms::default()
    };
    assert_same(&forged, &decode(&forged.build()), Some(Origin::Virtual));
}

#[test]
fn tables_without_digits_are_found() {
    let mut forged = Kallsyms {
        addresses: Addresses::None,
        tokens: Vec::new(),
        ..Kallsyms::default()
    };
    for (number, symbol) in forged.symbols.iter_mut().enumerate() {
        let letters = format!("{number:04x}").replace(|c: char| c.is_ascii_digit(), "ghi");
        symbol.2 = format!("abcdefghi_{letters}");
    }
    assert_same(&forged, &decode(&forged.build()), None);
}

#[test]
fn a_second_token_table_without_names_does_not_hide_the_first() {
    let bare = Kallsyms {
        num_syms: Some(0x7fff_ffff),
        ..Kallsyms::default()
    };
    let forged = Kallsyms {
        before: bare.build(),
        ..Kallsyms::default()
    };
    assert_same(&forged, &decode(&forged.build()), Some(Origin::Virtual));
    let error = Symbols::decode(&bare.build(), Hints::default(), &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Absent);
    assert_eq!(error.field(), "kallsyms_names");
}

#[test]
fn wherever_the_search_begins_the_tables_are_found() {
    let forged = Kallsyms::default();
    let image = forged.build();
    let layout = *decode(&image).layout();
    let run = layout.token_table..layout.token_index;
    for from in run.chain([0, 1, u64::try_from(image.len()).unwrap(), u64::MAX]) {
        let hints = Hints {
            from,
            ..Hints::default()
        };
        let found = Symbols::decode(&image, hints, &Limits::default()).unwrap();
        assert_eq!(*found.layout(), layout, "from {from:#x}");
    }
}

#[test]
fn an_image_without_symbols_says_so() {
    for image in [&b""[..], &[0; 4096], &[0xff; 4096]] {
        let error = Symbols::decode(image, Hints::default(), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Absent);
        assert_eq!(
            error.to_string(),
            "no kallsyms: the image has no token table"
        );
    }
}

#[test]
fn more_symbols_than_the_limit_are_refused() {
    for (count, limit) in [(600, 599), (5000, 1000)] {
        let forged = Kallsyms {
            symbols: symbols(count),
            ..Kallsyms::default()
        };
        let limits = |symbols| Limits {
            symbols,
            ..Limits::default()
        };
        let image = forged.build();
        let error = Symbols::decode(&image, Hints::default(), &limits(limit)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("limit symbols: expected at most {limit}, found more")
        );
        assert!(Symbols::decode(&image, Hints::default(), &limits(count)).is_ok());
    }
}

#[test]
fn a_table_cut_anywhere_is_no_panic() {
    for version in [Version::V3_0, Version::V6_2, Version::V6_4] {
        let image = Kallsyms {
            version,
            after: Vec::new(),
            ..Kallsyms::default()
        }
        .build();
        for end in (0..image.len()).step_by(61) {
            use_all(&image[..end]);
            use_all(&image[end..]);
        }
    }
}

#[test]
fn a_table_changed_anywhere_is_no_panic() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random >> 33).unwrap()
    };
    for version in [Version::V3_0, Version::V6_2, Version::V6_4, Version::V7_0] {
        let image = Kallsyms {
            version,
            addresses: match version {
                Version::V7_0 => Addresses::PlaceRelative,
                _ => Addresses::Relative,
            },
            alignment: if version == Version::V7_0 { 4 } else { 8 },
            symbols: symbols(300),
            ..Kallsyms::default()
        }
        .build();
        for _ in 0..300 {
            let mut changed = image.clone();
            for _ in 0..=next() % 4 {
                let at = next() % changed.len();
                changed[at] = [0, 0xff, 0x80, 1][next() % 4];
            }
            use_all(&changed);
        }
    }
}

fn use_all(image: &[u8]) {
    if let Ok(found) = Symbols::decode(image, Hints::default(), &Limits::default()) {
        found.has_variables();
        found.contains("virtblk_probe_0");
        assert!(found.iter().count() <= found.len());
    }
}

#[test]
fn images_built_to_waste_time_are_given_up() {
    // Token tables one behind the other, each with a lowland of zeros before it.
    let bare = Kallsyms {
        symbols: symbols(30),
        num_syms: Some(0x7fff_ffff),
        before: vec![0; 1 << 16],
        after: Vec::new(),
        ..Kallsyms::default()
    }
    .build();
    let runs = b"a\0b\0c\0d\0e\0f\0g\0h\0i\0".repeat(1 << 18);
    let markers: Vec<u8> = (0..1_u32 << 20)
        .flat_map(|number| (number % 4 * 1024).to_le_bytes())
        .collect();
    let mut steep = markers;
    steep.extend(&bare);
    for image in [bare.repeat(60), runs, steep] {
        let start = Instant::now();
        let error = Symbols::decode(&image, Hints::default(), &Limits::default()).unwrap_err();
        assert!(
            matches!(error.kind(), Kind::Limit | Kind::Absent),
            "{error}"
        );
        assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    }
}

/// Alpine's System.map is whole; it lies beside its kernels in the corpus.
#[test]
fn real_symbols_are_those_of_system_map() {
    let Some(corpus) = support::corpus() else {
        return;
    };
    let mut compared = 0;
    for architecture in ["x86_64", "aarch64"] {
        let folder = corpus.join("alpine").join(architecture);
        let Ok(source) = Source::open(&folder.join("vmlinuz-virt")) else {
            support::skip("corpus", &format!("no Alpine kernel for {architecture}"));
            continue;
        };
        let kernel = Kernel::new(source, Limits::default());
        let map = folder.join(format!("System.map-{}", kernel.release().unwrap()));
        let found = kernel.symbols().unwrap();
        assert_eq!(found.iter().count(), found.len());
        assert_same_as_map(found, &std::fs::read_to_string(map).unwrap());
        compared += 1;
    }
    eprintln!("{compared} symbol tables compared");
}

fn assert_same_as_map(found: &Symbols, map: &str) {
    assert_eq!(found.origin(), Some(Origin::Virtual));
    // Symbols without a place are left out by the kernel's build, all but the per-CPU ones.
    let mut expected: Vec<&str> = map
        .lines()
        .filter(|line| line.get(17..18) != Some("A") || line.contains("__per_cpu"))
        .collect();
    let lines: Vec<String> = found
        .iter()
        .map(|symbol| {
            let address = symbol.address.unwrap();
            format!("{address:016x} {} {}", symbol.kind, symbol.name)
        })
        .collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    expected.sort_unstable();
    lines.sort_unstable();
    assert!(lines == expected);
}
