//! `kelpie-check diagnose`: what a console log tells, joined to what the files tell.

use super::assembly::{Circumstances, Files};
use super::judging::{Judging, bound_time, limits_help};
use super::output::complain;
use super::{Exit, input};
use kelpie_check::check::{self, Report};
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::{Diagnosis, Watch};
use kelpie_check::project::{Image, Project};
use kelpie_check::report::Document;
use kelpie_check::source::open_file;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How much of a log is read at once.
const PIECE_BYTES: usize = 256 * 1024;

#[derive(clap::Args)]
#[command(after_help = limits_help())]
pub struct Arguments {
    /// The log of a serial console, dmesg, journalctl or a VMM; - reads standard input
    #[arg(value_name = "LOG")]
    log: PathBuf,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    circumstances: Circumstances,
    #[command(flatten)]
    judging: Judging,
}

impl Arguments {
    /// How they are judged.
    pub fn judging(&self) -> &Judging {
        &self.judging
    }

    /// A log, and the files of its boot.
    pub fn of(log: PathBuf, files: Files, circumstances: Circumstances, judging: Judging) -> Self {
        Self {
            log,
            files,
            circumstances,
            judging,
        }
    }
}

pub fn run(arguments: &Arguments) -> Exit {
    let name = arguments.log.display().to_string();
    let files = arguments.files.image();
    let mut inputs = arguments.circumstances.beside(&Project {
        images: vec![files.clone()],
        ..Project::default()
    });
    inputs.push(arguments.log.clone());
    inputs.extend(
        [files.kernel, files.initramfs, files.rootfs]
            .into_iter()
            .flatten(),
    );
    let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    if let Err(exit) = arguments.judging.open_outputs(&inputs) {
        return exit;
    }
    // A log that is still written takes as long as its machine runs.
    if arguments.log != Path::new("-") {
        bound_time(&arguments.judging.limits(), &[&arguments.log]);
    }
    let mut diagnosis = match read(&arguments.log, arguments) {
        Ok(diagnosis) => diagnosis,
        Err(error) => {
            let unread = format!("cannot read {name}: {error}");
            complain(&unread);
            Diagnosis::unread(unread)
        }
    };
    diagnosis.log = name;
    if !arguments.files.is_empty() {
        for boot in &mut diagnosis.boots {
            let line = boot.clues.command_line.clone();
            boot.join(&predict(arguments, line));
        }
    }
    let exit = if diagnosis.unread.is_some() {
        Exit::Unreadable
    } else if diagnosis.boots.is_empty() {
        complain(&format!("no Linux boot found in {}", diagnosis.log));
        Exit::Unreadable
    } else if diagnosis.has_failure() {
        Exit::Findings
    } else {
        Exit::Clean
    };
    let is_unread = exit == Exit::Unreadable;
    let reporting = &arguments.judging.reporting;
    reporting.write(Document::Diagnosis(&diagnosis), false, exit, is_unread)
}

fn read(path: &Path, arguments: &Arguments) -> io::Result<Diagnosis> {
    let mut input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(input::reader())
    } else {
        Box::new(open_file(path)?)
    };
    let limits = arguments.judging.limits();
    let mut watch = Watch::new(&limits).map_err(|error| io::Error::other(error.to_string()))?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut is_blank = true;
    loop {
        match input.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                let in_time = limits.work().check();
                in_time.map_err(|error| io::Error::other(error.to_string()))?;
                is_blank &= piece[..count].iter().all(u8::is_ascii_whitespace);
                watch.push(&piece[..count]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    // With the files beside it, nothing at all is what that boot said.
    if is_blank && !arguments.files.is_empty() {
        watch.expect_boot();
    }
    watch.finish(EndKind::LogEnds);
    Ok(watch.into_diagnosis())
}

/// What the files come to, with the command line that the kernel says it was given.
fn predict(arguments: &Arguments, line: Option<String>) -> Report {
    let judging = &arguments.judging;
    let image = Image {
        cmdline: line,
        ..arguments.files.image()
    };
    match arguments
        .circumstances
        .assemble(&image, judging.target(), judging, false)
    {
        Ok(assembly) => check::together(
            "",
            &assembly.named_parts(),
            &assembly.bundle,
            &judging.selection(),
            false,
        ),
        Err(unread) => *unread,
    }
}
