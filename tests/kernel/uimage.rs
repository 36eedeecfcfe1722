use super::forge::arm_zimage::ArmZimage;
use super::forge::uimage::Uimage;
use super::forge::{gzip, vmlinux_bin};
use super::{container, kernel, opened, problems};
use kelpie_check::architecture::Architecture;
use kelpie_check::error::Kind;

#[test]
fn a_compressed_kernel_inherits_the_architecture() {
    let kernel = kernel(Uimage::default().build());
    assert_eq!(container(&kernel), "uimage");
    let header = kernel.header().unwrap();
    assert_eq!(header.architecture, Some(Architecture::Arm));
    assert_eq!(
        (header.load_address, header.entry),
        (Some(0x8000), Some(0x8040))
    );
    assert_eq!(header.version_text.as_deref(), Some("6.1.0-forged"));
    assert_eq!(opened(&kernel), (vec!["uimage", "gzip", "flat"], vec![]));
    assert_eq!(
        kernel.image().unwrap().0.architecture,
        Some(Architecture::Arm)
    );
}

#[test]
fn a_stored_kernel_keeps_its_own_container() {
    for kind in [2, 14] {
        let image = Uimage {
            comp: 0,
            kind,
            files: vec![ArmZimage::default().build()],
            ..Uimage::default()
        };
        let kernel = kernel(image.build());
        assert_eq!(
            opened(&kernel),
            (vec!["uimage", "arm-zimage", "zstd", "flat"], vec![])
        );
    }
}

#[test]
fn of_several_files_the_first_is_the_kernel() {
    let image = Uimage {
        kind: 4,
        files: vec![gzip(&vmlinux_bin()), vec![1; 5], vec![2; 6]],
        ..Uimage::default()
    };
    let kernel = kernel(image.build());
    assert_eq!(opened(&kernel), (vec!["uimage", "gzip", "flat"], vec![]));
    let sections = &kernel.header().unwrap().sections;
    assert_eq!(sections.len(), 3);
    assert_eq!(sections[2].offset, sections[1].offset + 8);
}

#[test]
fn checksums_are_compared() {
    let image = Uimage {
        header_crc_flip: 1,
        ..Uimage::default()
    };
    let said = problems(image.build());
    assert_eq!(said.len(), 1);
    assert!(
        said[0].starts_with("ih_hcrc at 0x4: expected 0x"),
        "{said:?}"
    );

    let image = Uimage {
        data_crc_flip: 1,
        ..Uimage::default()
    };
    assert!(problems(image.build()).is_empty());
    let (_, said) = opened(&kernel(image.build()));
    assert_eq!(said.len(), 1);
    assert!(
        said[0].starts_with("ih_dcrc at 0x18: expected 0x"),
        "{said:?}"
    );
}

#[test]
fn what_is_no_linux_kernel_is_named() {
    for (os, kind, what) in [
        (5, 3, "a uImage of an initramfs"),
        (5, 6, "a uImage of a script"),
        (5, 77, "a uImage of number 77"),
        (17, 5, "a uImage for U-Boot itself"),
        (2, 2, "a uImage for NetBSD"),
    ] {
        let image = Uimage {
            os,
            kind,
            ..Uimage::default()
        };
        let error = kernel(image.build()).header().unwrap_err().clone();
        assert_eq!((error.kind(), error.found()), (Kind::Unrecognised, what));
    }
    let image = Uimage {
        comp: 9,
        ..Uimage::default()
    };
    let error = kernel(image.build()).header().unwrap_err().clone();
    assert_eq!(error.kind(), Kind::Unsupported);
}

#[test]
fn every_cut_is_noticed() {
    let whole = Uimage::default().build();
    for length in 4..whole.len() {
        let kernel = kernel(whole[..length].to_vec());
        match kernel.header() {
            Ok(header) => assert_eq!(header.problems[0].kind(), Kind::Truncated),
            Err(error) => assert_eq!(error.kind(), Kind::Truncated),
        }
    }
    let cut = kernel(whole[..whole.len() - 1].to_vec());
    assert_eq!(cut.banner().unwrap_err().kind(), Kind::Truncated);
}
