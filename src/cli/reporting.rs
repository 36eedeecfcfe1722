//! Where reports are written, and how much they say: `--format`, `--output`, `--quiet` and their kin.

use super::Exit;
use super::destination::{Destination, written_path};
use super::output::{complain, print, takes_colour};
use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use kelpie_check::printable::Printable;
use kelpie_check::report::{self, Document, Format, Style};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// How the reports of a run are written.
#[derive(clap::Args)]
pub struct Reporting {
    /// The format on standard output [default: human]
    #[arg(long, value_parser = formats(), overrides_with = "format")]
    format: Option<&'static Format>,
    /// Also write the report to a file, in the format of its ending: .html, .json, .ndjson, .sarif, .txt (human),
    /// .xml (junit), or in the format before the =. May be repeated. Nothing is printed if a file gets the report
    /// in the format that --format names
    #[arg(short, long = "output", value_name = "[FORMAT=]FILE", value_parser = outputs())]
    outputs: Vec<Output>,
    /// Print only problems, a line each, and no progress
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Print also the facts of each file, the machine, and what became of each cause
    #[arg(short, long)]
    verbose: bool,
    /// Print how often each cause was found, instead of the report
    #[arg(long)]
    statistics: bool,
    /// Exit with status 0 whatever was found. A file that cannot be read and a limit still give 3
    #[arg(long)]
    exit_zero: bool,
    #[arg(skip)]
    sink: OnceLock<Sink>,
}

/// A file that `--output` names.
#[derive(Debug, Clone)]
struct Output {
    path: PathBuf,
    format: Option<&'static Format>,
}

/// Where a run writes its reports. Its files were checked against the inputs.
#[derive(Clone)]
pub struct Sink {
    files: Arc<Vec<(Destination, &'static Format)>>,
    standard: Standard,
    verbose: bool,
}

/// What standard output gets.
#[derive(Clone, Copy)]
enum Standard {
    Nothing,
    Report(&'static Format),
    Problems,
    Statistics,
}

impl Reporting {
    /// The format on standard output.
    fn format(&self) -> &'static Format {
        self.format.unwrap_or(report::FORMATS[0])
    }

    /// Whether the report on standard output is for people.
    pub fn is_for_people(&self) -> bool {
        self.format().name == "human"
    }

    /// Returns true if the report shows what is usually left out.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Returns true if only problems are printed.
    pub fn is_quiet(&self) -> bool {
        self.quiet || self.statistics
    }

    /// Returns the first format that cannot show a real boot.
    #[cfg(unix)]
    pub fn unfit_for_boots(&self) -> Option<&'static Format> {
        let files = self.outputs.iter();
        let named = files.filter_map(|output| self.format_of(output).ok());
        let mut formats = named.chain([self.format()]);
        formats.find(|format| format.write_started.is_none())
    }

    /// The paths that a confined process has to be allowed to write to.
    pub fn written_paths(&self) -> Vec<PathBuf> {
        let outputs = self.outputs.iter();
        outputs
            .filter_map(|output| written_path(&output.path))
            .collect()
    }

    /// Returns true if the report is written to files.
    pub fn has_outputs(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// Checks the files against the inputs of the run. What is refused is wrong usage.
    pub fn open(&self, inputs: &[&Path]) -> Result<(), String> {
        let mut files: Vec<(Destination, &'static Format)> = Vec::new();
        for (number, output) in self.outputs.iter().enumerate() {
            let shown = output.path.display();
            if output.path == Path::new("-") {
                return Err("--output takes a file; --format is for standard output".to_owned());
            }
            let format = self.format_of(output)?;
            let others = self.outputs.iter().take(number);
            if others
                .map(|other| std::path::absolute(&other.path).ok())
                .any(|other| other.is_some() && other == std::path::absolute(&output.path).ok())
            {
                return Err(format!("{shown}: two reports cannot share a file"));
            }
            files.push((Destination::new(&output.path, inputs)?, format));
        }
        let is_plain = matches!(self.format().name, "human" | "brief");
        if self.statistics && !is_plain {
            let name = self.format().name;
            return Err(format!("--statistics has no form in --format {name}"));
        }
        let is_redirected = self
            .format
            .is_some_and(|wanted| files.iter().any(|(_, format)| format.name == wanted.name));
        let standard = if self.statistics {
            Standard::Statistics
        } else if is_redirected {
            Standard::Nothing
        } else if self.quiet && is_plain {
            Standard::Problems
        } else {
            Standard::Report(self.format())
        };
        let sink = Sink {
            files: Arc::new(files),
            standard,
            verbose: self.verbose,
        };
        self.sink.set(sink).ok();
        Ok(())
    }

    fn format_of(&self, output: &Output) -> Result<&'static Format, String> {
        output.format.or(self.format).ok_or_else(|| {
            let shown = output.path.display();
            format!("{shown}: its ending names no format; write FORMAT=FILE, such as sarif={shown}")
        })
    }

    /// Where reports are written.
    pub fn sink(&self) -> Sink {
        let plain = || Sink {
            files: Arc::default(),
            standard: Standard::Report(self.format()),
            verbose: self.verbose,
        };
        self.sink.get().cloned().unwrap_or_else(plain)
    }

    /// Writes what a run found, and says how the run ends. `is_unread` is true if something could not be read.
    pub fn write(&self, document: Document<'_>, quick: bool, exit: Exit, is_unread: bool) -> Exit {
        let exit = match exit {
            Exit::Findings | Exit::Unreadable if self.exit_zero && is_unread => Exit::Unreadable,
            Exit::Findings | Exit::Unreadable if self.exit_zero => Exit::Clean,
            exit => exit,
        };
        self.sink().write(document, quick, exit)
    }
}

impl Sink {
    /// Writes the files first, then standard output.
    pub fn write(&self, document: Document<'_>, quick: bool, exit: Exit) -> Exit {
        super::patience::take_answer();
        let mut exit = exit;
        for (file, format) in self.files.iter() {
            let style = Style {
                colour: false,
                quick,
                verbose: self.verbose,
            };
            let written = document
                .write(format, style)
                .map_err(|error| error.to_string())
                .and_then(|text| {
                    let written = file.write(text.as_bytes());
                    written.map_err(|error| format!("cannot write: {error}"))
                });
            if let Err(error) = written {
                complain(&format!("{}: {error}", file.shown()));
                exit = Exit::Unreadable;
            }
        }
        match self.text(document, quick) {
            Ok(Some(text)) => print(&text, exit),
            Ok(None) => exit,
            Err(error) => {
                complain(&error);
                Exit::Unreadable
            }
        }
    }

    fn text(&self, document: Document<'_>, quick: bool) -> Result<Option<Printable>, String> {
        let style = Style {
            colour: takes_colour(),
            quick,
            verbose: self.verbose,
        };
        Ok(Some(match self.standard {
            Standard::Nothing => return Ok(None),
            Standard::Problems => document.write_problems(),
            Standard::Statistics => document.write_statistics(),
            Standard::Report(format) => document
                .write(format, style)
                .map_err(|error| error.to_string())?,
        }))
    }
}

/// Parses a format; help, errors and completions list the names.
fn formats() -> impl TypedValueParser<Value = &'static Format> {
    PossibleValuesParser::new(report::FORMATS.map(|format| format.name))
        .try_map(|name| report::by_name(&name).ok_or("an unknown format"))
}

fn outputs() -> impl TypedValueParser<Value = Output> {
    OsStringValueParser::new().map(Output::parse)
}

impl Output {
    /// `FORMAT=FILE` if a format has that name, else a file.
    fn parse(word: OsString) -> Self {
        if let Some((name, path)) = word.to_str().and_then(|text| text.split_once('='))
            && let Some(format) = report::by_name(name)
        {
            return Self {
                path: path.into(),
                format: Some(format),
            };
        }
        let path = PathBuf::from(word);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self {
            format: report::by_file_name(&name),
            path,
        }
    }
}
