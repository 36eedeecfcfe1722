//! Which compressed modules the tools of an archive read.
//!
//! Sources: kmod's `libkmod/libkmod-file*.c` (each format through the library of its name, linked or
//! opened when needed; `libkmod/libkmod-module.c` of kmod 34 for what it leaves to the kernel); BusyBox's `modutils/modutils.c` (`FEATURE_SEAMLESS_GZ`, `_XZ`: on unless
//! turned off; it has no zstd).

use super::Archive;
use crate::error::Result;
use crate::tree::{self, FileType, Found, Tree};
use memchr::memmem;

/// Where modprobe is looked for: what `CONFIG_MODPROBE_PATH` says by default, and its neighbours.
const MODPROBE: [&[u8]; 4] = [
    b"/sbin/modprobe",
    b"/usr/sbin/modprobe",
    b"/bin/modprobe",
    b"/usr/bin/modprobe",
];
/// A larger tool is not searched.
const TOOL_BYTES: u64 = 8 * 1024 * 1024;
/// The ending of a module's name, and the library by which kmod reads it.
const LIBRARIES: [(&str, &str); 3] = [
    ("gz", "libz.so.1"),
    ("xz", "liblzma.so.5"),
    ("zst", "libzstd.so.1"),
];

/// The file in which the kernel names the codec that it decompresses modules with.
const KERNEL_CODEC: &str = "/sys/module/compression";

/// What loads modules in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleReader {
    /// `kmod`, `busybox`, `other`, or `none` where there is no modprobe.
    pub tool: &'static str,
    /// Where it is, links followed.
    pub path: Option<Vec<u8>>,
    /// The endings of modules that it reads beside the plain: `gz`, `xz`, `zst`. For BusyBox what it
    /// reads unless its builder turned it off; empty where the tool is not known.
    pub reads: Vec<&'static str>,
    /// Whether it hands compressed modules to a kernel that decompresses them itself. kmod 31 and later
    /// compare `/sys/module/compression` with the module.
    pub asks_kernel: bool,
}

/// What loads modules here.
pub(super) fn read(archive: &Archive) -> Result<ModuleReader> {
    for path in MODPROBE {
        let Ok(found) = tree::resolve(archive, path)? else {
            continue;
        };
        if found.stat.file_type != FileType::Regular {
            continue;
        }
        let mut code = archive.read(found.node, 0, TOOL_BYTES)?;
        let is_kmod = memmem::find(&code, b"kmod").is_some();
        let is_busybox = archive.is_busybox(&found)?;
        let mut asks_kernel = false;
        let (tool, reads) = if is_busybox {
            ("busybox", vec!["gz", "xz"])
        } else if is_kmod {
            if let Some(library) = archive.any_named(b"libkmod.so.2")? {
                code.extend(library);
            }
            asks_kernel = memmem::find(&code, KERNEL_CODEC.as_bytes()).is_some();
            let mut reads = Vec::new();
            for (ending, library) in LIBRARIES {
                let is_named = memmem::find(&code, library.as_bytes()).is_some();
                if is_named && archive.any_named(library.as_bytes())?.is_some() {
                    reads.push(ending);
                }
            }
            ("kmod", reads)
        } else {
            ("other", Vec::new())
        };
        return Ok(ModuleReader {
            tool,
            path: Some(found.path),
            reads,
            asks_kernel,
        });
    }
    Ok(ModuleReader {
        tool: "none",
        path: None,
        reads: Vec::new(),
        asks_kernel: false,
    })
}

impl Archive {
    /// Returns true if a file is BusyBox, under whatever name.
    pub(crate) fn is_busybox(&self, found: &Found) -> Result<bool> {
        if found.path.ends_with(b"/busybox") {
            return Ok(true);
        }
        let code = self.read(found.node, 0, TOOL_BYTES)?;
        Ok(memmem::find(&code, b"BusyBox v").is_some())
    }

    /// The beginning of a file of this name in any directory, links followed.
    fn any_named(&self, name: &[u8]) -> Result<Option<Vec<u8>>> {
        for path in self.paths_named(name)? {
            if let Ok(found) = tree::resolve(self, &path)?
                && found.stat.file_type == FileType::Regular
            {
                return self.read(found.node, 0, TOOL_BYTES).map(Some);
            }
        }
        Ok(None)
    }
}
