//! Boots of an earlier run, so that a full run can be resumed and repeated after a change of the engine.
//!
//! `KELPIE_CHECK_TRUTH_KEEP=FOLDER` keeps each boot with a digest of its files and arguments. A boot is
//! used again if the digest is the same and the present program predicts the same end, since an
//! observation joins the console with the files. Any other case is booted again; a boot that differs from
//! its prediction is not kept.
//!
//! `boots.sh` packs such a folder into testdata/truth/boots.tar.xz, and unpacks it.

use super::choose::Case;
use super::run;
use super::store::Store;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The parts of a prediction that a boot is compared with.
const PREDICTION: [&str; 3] = ["outcome", "stage", "code"];
/// The parts of a report that are kept: no other is compared with a prediction.
const KEPT: [&str; 6] = [
    "backend",
    "cmdline",
    "predicted",
    "observed",
    "stages",
    "log",
];

/// A folder of boots.
pub struct Kept {
    folder: PathBuf,
    digests: Mutex<HashMap<PathBuf, String>>,
}

impl Kept {
    /// Returns the folder that the environment names, or `None` if it names none.
    pub fn from_environment() -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os("KELPIE_CHECK_TRUTH_KEEP")?);
        fs::create_dir_all(&folder).unwrap();
        let digests = Mutex::default();
        Some(Self { folder, digests })
    }

    /// Returns the report of the kept boot of a case, with the prediction of the present program, and
    /// its console.
    pub fn get(&self, case: &Case, store: &Store) -> Option<(Json, Vec<u8>)> {
        let kept = fs::read(self.path(case, "json")).ok()?;
        let mut kept: Json = serde_json::from_slice(&kept).ok()?;
        if kept["inputs"] != self.inputs(case, store) {
            return None;
        }
        let console = fs::read(self.path(case, "console")).ok()?;
        let mut report = kept["report"].take();
        let mut now = predicted(Path::new(env!("CARGO_BIN_EXE_kelpie-check")), case, store).ok()?;
        let is_same = |key: &str| report["predicted"][key] == now["verdict"][key];
        if !PREDICTION.into_iter().all(is_same) {
            return None;
        }
        report["predicted"] = now["verdict"].take();
        report["findings"] = now["findings"].take();
        Some((report, console))
    }

    /// Keeps a boot.
    pub fn put(&self, case: &Case, store: &Store, report: &Json, console: &[u8]) {
        fs::write(self.path(case, "console"), console).unwrap();
        let parts = KEPT.map(|key| (key.to_owned(), report[key].clone()));
        let report = Json::Object(parts.into_iter().collect());
        let kept =
            json!({"title": case.title(), "inputs": self.inputs(case, store), "report": report});
        fs::write(self.path(case, "json"), kept.to_string()).unwrap();
    }

    fn path(&self, case: &Case, extension: &str) -> PathBuf {
        let name = hex(&Sha256::digest(case.title()));
        self.folder.join(name).with_extension(extension)
    }

    /// Returns a digest of the arguments of a case, each file by its content.
    fn inputs(&self, case: &Case, store: &Store) -> String {
        let mut described = Command::new("");
        run::describe(case, store, &mut described);
        let arguments = described.get_args().map(|argument| self.content(argument));
        hex(&Sha256::digest(arguments.collect::<Vec<_>>().join("\n")))
    }

    fn content(&self, argument: &OsStr) -> String {
        let path = Path::new(argument);
        if !path.is_file() {
            return argument.to_string_lossy().into_owned();
        }
        let mut digests = self.digests.lock().unwrap();
        let digest = digests.entry(path.to_owned()).or_insert_with(|| {
            let mut hasher = Sha256::new();
            let mut file = io::BufReader::with_capacity(1 << 20, fs::File::open(path).unwrap());
            io::copy(&mut file, &mut Writer(&mut hasher)).unwrap();
            hex(&hasher.finalize())
        });
        digest.clone()
    }
}

/// A digest as a writer.
struct Writer<'a>(&'a mut Sha256);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Returns the report of `check` for a case, or what the program said instead.
pub fn predicted(program: &Path, case: &Case<'_>, store: &Store) -> Result<Json, String> {
    let mut described = Command::new(program);
    run::describe(case, store, &mut described);
    let mut arguments: Vec<&OsStr> = described.get_args().collect();
    // The model of the CPU is QEMU's, and `check` does not take it.
    if let Some(at) = arguments.iter().position(|argument| *argument == "--cpu") {
        arguments.drain(at..at + 2);
    }
    let mut command = Command::new(program);
    command.args(["check", "--format", "json"]);
    if !arguments.contains(&OsStr::new("--ram-mib")) {
        command.args(["--ram-mib", "512"]);
    }
    command.arg("--kernel").args(arguments);
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
