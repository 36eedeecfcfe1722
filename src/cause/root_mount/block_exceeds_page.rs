//! KC507: the blocks of the file system are larger than the pages of the kernel, or of another size
//! where they have to be of the same.

use super::super::{Cause, Says, Tell};
use super::{named_ext4, refused, version};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static BLOCK_EXCEEDS_PAGE: Cause = Cause {
    code: Code(507),
    name: "block-exceeds-page",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The file system has larger blocks than the kernel has pages, or verity with smaller ones.",
    explanation: "Before Linux 6.19, ext4 could mount no blocks that are larger than a page of \
        memory: 4 KiB on x86 and on most arm64 kernels. Images with blocks of 16 or 64 KiB come \
        from machines with such pages, or from who asked mke2fs for them. A file system with the \
        feature verity had to have blocks as large as a page until Linux 6.3, smaller neither.",
    fix: "Make the file system with `mke2fs -b 4096`.",
    tells: &[
        Tell {
            text: "bad block size ‹n›",
            by: "Linux fs/ext4/super.c, before 6.19",
            says: Says::It,
        },
        Tell {
            text: "Unsupported blocksize for fs-verity",
            by: "Linux fs/ext4/super.c, from 5.4 to 6.2",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux 6.1 fs/ext4/super.c, ext4_load_super; block/bdev.c, set_blocksize",
        "ext4(5) of e2fsprogs, -b",
    ],
    check: Some(check),
};

/// No kernel has smaller pages.
const SMALLEST_PAGE_BYTES: u64 = 4096;
/// From here on, larger blocks are taken where the kernel has large folios.
const LARGE_BLOCKS: (u16, u16) = (6, 19);
/// From here on, ext4 knows verity.
const VERITY: (u16, u16) = (5, 4);
/// From here on, with blocks that are smaller than a page.
const VERITY_OF_SMALL_BLOCKS: (u16, u16) = (6, 3);

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(ext4) = named_ext4(bundle)? else {
        return Ok(Vec::new());
    };
    let block = ext4.block_size_bytes();
    let has_verity = ext4.superblock().has("verity");
    if block <= SMALLEST_PAGE_BYTES && !has_verity {
        return Ok(Vec::new());
    }
    let page = page_bytes(bundle)?;
    if block < page && has_verity {
        return too_small_for_verity(bundle, block, page);
    }
    if block <= page {
        return Ok(Vec::new());
    }
    let (major, minor) = version(bundle)?;
    if (major, minor) >= LARGE_BLOCKS {
        return Err(Error::unsupported(
            "block size",
            format!("whether Linux {major}.{minor} was built for blocks over a page"),
        ));
    }
    Ok(vec![BLOCK_EXCEEDS_PAGE.finding(
        format!("The file system has blocks of {block} bytes, and the kernel pages of {page}."),
        refused(bundle, &format!("bad block size {block}"))?,
        "Make the file system with `mke2fs -b 4096`.",
    )])
}

fn too_small_for_verity(bundle: &Bundle, block: u64, page: u64) -> Result<Vec<Finding>> {
    let own = version(bundle)?;
    // One that does not know the feature mounts it read-only.
    if own < VERITY || own >= VERITY_OF_SMALL_BLOCKS {
        return Ok(Vec::new());
    }
    Ok(vec![BLOCK_EXCEEDS_PAGE.finding(
        format!(
            "The file system has verity and blocks of {block} bytes, and the kernel pages of {page}."
        ),
        refused(bundle, "Unsupported blocksize for fs-verity")?,
        format!("Make the file system with `mke2fs -b {page}`, or without verity."),
    )])
}

/// The size of the kernel's pages.
fn page_bytes(bundle: &Bundle) -> Result<u64> {
    let kernel = bundle.kernel()?;
    match kernel.architecture()? {
        Architecture::X86_64
        | Architecture::I386
        | Architecture::Riscv64
        | Architecture::Riscv32
        | Architecture::S390x => Ok(SMALLEST_PAGE_BYTES),
        Architecture::Aarch64 => {
            if let Some(bytes) = kernel.optional(|header| header.page_size_bytes)? {
                return Ok(bytes);
            }
            for (option, bytes) in [("ARM64_64K_PAGES", 65536), ("ARM64_16K_PAGES", 16384)] {
                if bundle.builds_in(option)? {
                    return Ok(bytes);
                }
            }
            Ok(SMALLEST_PAGE_BYTES)
        }
        other => Err(Error::unsupported(
            "page size",
            format!("a kernel for {} has pages of several sizes", other.name()),
        )),
    }
}
