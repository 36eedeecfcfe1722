//! Damaged files: whatever the bytes, an answer or an error, soon.

use super::{GLIBC, MUSL, dynamic, library};
use crate::forge::program::Program as Forged;
use crate::forge::tree::Forest;
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use kelpie_check::userland::{init, modules, program, system};
use std::time::Instant;

/// A generator that gives the same numbers each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Changes some bytes, often into the extremes, and sometimes cuts the rest off.
    fn damage(&mut self, bytes: &mut Vec<u8>, within: usize) {
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len().min(within));
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff, self.next() as u8][self.below(6)];
        }
        if self.below(8) == 0 {
            bytes.truncate(self.below(bytes.len()) + 1);
        }
    }
}

#[test]
fn damaged_programs_and_libraries_are_answered_soon() {
    let begun = Instant::now();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let limits = Limits::default();
    let mut outcomes = std::collections::HashSet::new();
    for round in 0..4000 {
        let (loader, soname) = match round % 2 {
            0 => (MUSL, "libc.musl-x86_64.so.1"),
            _ => (GLIBC, "ld-linux-x86-64.so.2"),
        };
        let own = Forged {
            rpath: Some("$ORIGIN/../lib:${ORIGIN}:$LIB"),
            isa_needed: Some(1),
            ..dynamic(loader, &["liba.so", "libb.so"])
        };
        let inner = Forged {
            runpath: Some("/opt:$ORIGIN"),
            ..library("liba.so", &["libb.so", "liba.so"])
        };
        let mut files = [own.build(), inner.build(), library(soname, &[]).build()];
        let which = numbers.below(3);
        numbers.damage(&mut files[which], 512);
        let [own, inner, ld] = files;
        let tree = Forest::default()
            .program("/sbin/init", own)
            .program(loader, ld)
            .file("/lib/liba.so", inner)
            .file("/lib/libb.so", library("libb.so", &[]).build());
        let chain = match init(&tree, None, None, &limits) {
            Ok(chain) => chain,
            // What no linker writes has no answer.
            Err(error) => {
                let kinds = [Kind::Corrupt, Kind::Unsupported];
                assert!(kinds.contains(&error.kind()), "{error}");
                continue;
            }
        };
        outcomes.insert(chain.tried[0].trouble.as_ref().map(std::mem::discriminant));
    }
    assert!(outcomes.len() > 4, "{outcomes:?}");
    assert!(begun.elapsed().as_secs() < 10);
}

#[test]
fn damaged_scripts_and_texts_are_answered_soon() {
    let begun = Instant::now();
    let mut numbers = Numbers(7);
    let limits = Limits::default();
    for _ in 0..4000 {
        let mut script =
            b"#! /bin/sh -e\r\n#!/sbin/init /etc/fstab \\040 \"quo'ted\" : : :".to_vec();
        numbers.damage(&mut script, 4096);
        let tree = Forest::default()
            .program("/sbin/init", &script)
            .program("/bin/sh", &script)
            .file("/etc/fstab", &script)
            .file("/etc/inittab", &script)
            .file("/etc/os-release", &script)
            .file("/etc/alpine-release", &script)
            .file("/lib/modules/6/modules.dep", &script)
            .file("/lib/modules/6/modules.softdep", &script);
        let chain = init(&tree, None, None, &limits).unwrap();
        let system = system(&tree, Some(&chain), &limits);
        assert!(system.fstab.is_ok() && system.inittab.is_ok() && system.os_release.is_ok());
        let listed = modules::modules(&tree, "6", &limits).unwrap().unwrap();
        listed.closure(&tree, "x").unwrap();
    }
    assert!(begun.elapsed().as_secs() < 10);
}

#[test]
fn damaged_caches_are_answered_soon() {
    let begun = Instant::now();
    let mut numbers = Numbers(99);
    let limits = Limits::default();
    let mut cache = b"glibc-ld.so.cache1.1".to_vec();
    cache.extend(3_u32.to_le_bytes());
    cache.resize(48 + 24 * 3, 0);
    let strings = cache.len() as u32;
    for entry in 0..3 {
        let at = 48 + 24 * entry;
        cache[at + 4..at + 8].copy_from_slice(&strings.to_le_bytes());
        cache[at + 8..at + 12].copy_from_slice(&(strings + 8).to_le_bytes());
    }
    cache.extend(b"liba.so\0/opt/liba.so\0");
    for _ in 0..2000 {
        let mut damaged = cache.clone();
        numbers.damage(&mut damaged, 4096);
        let tree = super::debian()
            .program("/bin/x", dynamic(GLIBC, &["liba.so"]).build())
            .file("/opt/liba.so", library("liba.so", &[]).build())
            .file("/etc/ld.so.cache", damaged);
        // An entry for some processors leaves it open.
        if let Err(error) = program(&tree, b"/bin/x", None, &limits) {
            assert_eq!(error.kind(), Kind::Unsupported, "{error}");
        }
    }
    assert!(begun.elapsed().as_secs() < 10);
}

#[test]
fn search_paths_that_grow_cost_no_more_than_their_limit() {
    let begun = Instant::now();
    // Leaked for the forge, which borrows for ever: 60 KiB of tokens.
    let path: &'static str = Box::leak("$ORIGIN:".repeat(7500).into_boxed_str());
    for loader in [MUSL, GLIBC] {
        let deep = format!("/{}", "d/".repeat(1000));
        let own = Forged {
            rpath: Some(path),
            ..dynamic(loader, &["liba.so"])
        };
        let tree = Forest::default()
            .program(&format!("{deep}x"), own.build())
            .program(MUSL, library("libc.musl-x86_64.so.1", &[]).build())
            .program(GLIBC, library("ld-linux-x86-64.so.2", &[]).build());
        let program = program(
            &tree,
            format!("{deep}x").as_bytes(),
            None,
            &Limits::default(),
        );
        assert!(program.map_or(true, |program| program.trouble.is_some()));
    }
    assert!(begun.elapsed().as_secs() < 5);
}

#[test]
fn damaged_modules_are_answered_soon() {
    let begun = Instant::now();
    let mut numbers = Numbers(3);
    let elf = crate::forge::elf::Elf {
        kind: 1,
        loads: Vec::new(),
        notes: Vec::new(),
        sections: vec![(".modinfo", b"name=x\0vermagic=6 y\0depends=a,b\0".to_vec())],
        ..Default::default()
    };
    let good = elf.build();
    let mut read = 0;
    for _ in 0..3000 {
        let mut damaged = good.clone();
        numbers.damage(&mut damaged, 4096);
        let tree = Forest::default().file("/x.ko", damaged);
        read += usize::from(modules::modinfo(&tree, b"/x.ko", &Limits::default()).is_ok());
    }
    assert!(read > 100, "{read}");
    assert!(begun.elapsed().as_secs() < 10);
}
