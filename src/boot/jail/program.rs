//! What a VMM reads of the host beside the files of its machine: its program, libraries and firmware.
//!
//! Sources: ld.so(8); QEMU `docs/about/build-platforms.rst` and `qemu-firmware` of the distributions
//! Debian 12 and Fedora 40 (where firmware lies, and where links below /usr/share/qemu lead).

use std::path::{Path, PathBuf};

/// Libraries, and the modules that QEMU loads.
const LIBRARIES: [&str; 8] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
];

/// Firmware that QEMU loads.
const FIRMWARE: [&str; 10] = [
    "/usr/share/qemu",
    "/usr/share/seabios",
    "/usr/share/seavgabios",
    "/usr/share/qboot",
    "/usr/share/ipxe",
    "/usr/share/opensbi",
    "/usr/share/edk2",
    "/usr/share/OVMF",
    "/usr/share/AAVMF",
    "/usr/share/qemu-efi-aarch64",
];

/// Stores whose programs name their libraries by full paths.
const STORES: [&str; 3] = ["/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew"];

/// Where a program that is not in /usr keeps what it reads, beside the folder that it lies in.
const BESIDE: [&str; 4] = ["lib", "lib64", "libexec", "share/qemu"];

/// Returns every path that this program needs, itself included. Links stay links.
pub(super) fn reads(program: &Path) -> Vec<PathBuf> {
    let program = program
        .canonicalize()
        .unwrap_or_else(|_| program.to_owned());
    let mut paths = vec![program.clone()];
    paths.extend(LIBRARIES.into_iter().chain(FIRMWARE).map(PathBuf::from));
    paths.extend(
        STORES
            .into_iter()
            .filter(|store| program.starts_with(store))
            .map(PathBuf::from),
    );
    let folder = program.parent();
    let prefix = folder
        .filter(|folder| folder.ends_with("bin"))
        .and_then(Path::parent)
        .filter(|prefix| !["/", "/usr"].map(Path::new).contains(prefix));
    paths.extend(
        prefix
            .into_iter()
            .flat_map(|prefix| BESIDE.map(|name| prefix.join(name))),
    );
    paths.retain(|path| path.symlink_metadata().is_ok());
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_its_own_folder_gets_the_libraries_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().canonicalize().unwrap();
        for name in ["bin", "lib", "secret"] {
            std::fs::create_dir(prefix.join(name)).unwrap();
        }
        let program = prefix.join("bin/qemu");
        std::fs::write(&program, "").unwrap();
        let paths = reads(&program);
        assert!(paths.contains(&program));
        assert!(paths.contains(&prefix.join("lib")));
        assert!(!paths.contains(&prefix.join("secret")));
        assert!(!paths.contains(&prefix.join("bin")));
    }
}
