//! `kelpie-check init`: a kelpie-check.toml for the files of a folder.

use super::Exit;
use super::output::{complain, print};
use kelpie_check::printable::Printable;
use kelpie_check::project::{FILE_NAME, Image, Project};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Arguments {
    /// The folder that gets the file
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

impl Arguments {
    /// The file that is written.
    pub fn output(&self) -> PathBuf {
        self.folder.join(FILE_NAME)
    }
}

pub fn run(arguments: &Arguments) -> Exit {
    let path = arguments.output();
    let shown = path.display();
    let found = Project::of_folder(&arguments.folder);
    let text = match &found {
        Ok(project) => text(&project.images, &arguments.folder),
        Err(_) => text(&[], &arguments.folder),
    };
    // Never over a file, nor through a link: the name must be new.
    let written = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            let count = found.map_or(0, |project| project.images.len());
            let text = match count {
                0 => format!("wrote {shown} with an example; put the names of your files in it"),
                1 => format!("wrote {shown} with 1 image; run `kelpie-check check`"),
                _ => format!("wrote {shown} with {count} images; run `kelpie-check check`"),
            };
            print(&Printable::from(text).into_line(), Exit::Clean)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            complain(&format!("{shown} exists already; init never overwrites it"));
            Exit::Usage
        }
        Err(error) => {
            complain(&format!("cannot write {shown}: {error}"));
            Exit::Unreadable
        }
    }
}

const HEAD: &str = "\
# The images that `kelpie-check check` judges. Paths are relative to this file.
";

const TAIL: &str = "
# A cause that the project accepts, with the reason; images and until are optional.
# [[ignore]]
# code = \"quiet-hides-panic\"
# reason = \"the product starts quietly on purpose\"
# images = [\"NAME\"]
# until = 2030-12-31

# Severities: fatal, warn or info.
# [severity]
# no-console-parameter = \"fatal\"

# Limits for hostile files: a number, or one with K, M or G after it.
# [limits]
# decoded_bytes = \"256M\"
";

fn text(images: &[Image], folder: &Path) -> String {
    let mut text = HEAD.to_owned();
    if images.is_empty() {
        text.push_str(
            "
[[image]]
kernel = \"vmlinuz\"
# initramfs = \"initramfs\"
rootfs = \"root.ext4\"
",
        );
        options(&mut text);
    }
    for image in images {
        text.push_str("\n[[image]]\n");
        if !image.name.is_empty() {
            writeln!(text, "name = {}", quoted(&image.name)).ok();
        }
        for (key, path, example) in [
            ("kernel", &image.kernel, "vmlinuz"),
            ("initramfs", &image.initramfs, "initramfs"),
            ("rootfs", &image.rootfs, "root.ext4"),
        ] {
            match path {
                Some(path) => {
                    let path = path.strip_prefix(folder).unwrap_or(path);
                    writeln!(text, "{key} = {}", quoted(&path.to_string_lossy())).ok();
                }
                None => {
                    writeln!(text, "# {key} = \"{example}\"").ok();
                }
            }
        }
        options(&mut text);
    }
    text.push_str(TAIL);
    text
}

fn options(text: &mut String) {
    text.push_str(
        "# The VMMs: libkrun, qemu, firecracker, cloud-hypervisor, vz and others.
targets = [\"libkrun\"]
# Without a command line, check assumes one that boots the root on the target.
# cmdline = \"console=hvc0 root=/dev/vda rw\"
# ram_mib = 512
",
    );
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '\"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => {
                write!(quoted, "\\u{:04X}", u32::from(letter)).ok();
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
