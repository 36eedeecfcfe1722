//! The q35 machine, started without `kelpie-check boot`.
//!
//! `-icount shift=0` ties the guest's clock to the instructions it runs: on a busy host no timeout of
//! the guest's expires early, and the kernel's check of its timer does not fail.

use super::cases::Case;
use super::consoles;
use super::files::Files;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// The memory of the machine in MiB.
pub const RAM_MIB: &str = "768";
/// How long a boot may take on a busy host.
const LONGEST: Duration = Duration::from_secs(1500);
/// How long the console may be silent. Several waits of a guest are 90 s long.
const SILENCE: Duration = Duration::from_secs(240);
/// How long the guest goes on after a line that ends its boot.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// Boots the case until its console shows an end, falls silent, or QEMU exits. Returns the console.
pub fn boot(case: &Case, files: &Files) -> Result<String, String> {
    let mut command = command(case, files);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let console = watch(&mut child);
    child.kill().ok();
    child.wait().ok();
    if console.trim().is_empty() {
        return Err("QEMU printed nothing".to_owned());
    }
    Ok(console)
}

pub fn command(case: &Case, files: &Files) -> Command {
    let mut command = Command::new("qemu-system-x86_64");
    command.args(["-M", "q35", "-accel", "tcg", "-icount", "shift=0"]);
    command.args(["-cpu", &case.cpu, "-smp", "1", "-m", RAM_MIB]);
    command.args(["-nodefaults", "-no-user-config", "-display", "none"]);
    command.args(["-no-reboot", "-serial", "stdio"]);
    command.arg("-kernel").arg(&files.kernel);
    command.args(["-append", &case.line]);
    if let Some(archive) = &files.archive {
        command.arg("-initrd").arg(archive);
    }
    if let Some(disk) = &files.disk {
        command.args(["-drive", &drive(disk, case.is_read_only)]);
    }
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command.stdout(Stdio::piped());
    command
}

/// The guest writes to a copy that is dropped. A read-only disk has none.
fn drive(disk: &Path, is_read_only: bool) -> String {
    let last = if is_read_only {
        "readonly=on"
    } else {
        "snapshot=on"
    };
    format!("file={},format=raw,if=virtio,{last}", disk.display())
}

fn watch(child: &mut Child) -> String {
    let mut stdout = child.stdout.take().unwrap();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut piece = [0_u8; 4096];
        while let Ok(count @ 1..) = stdout.read(&mut piece) {
            if sender.send(piece[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let started = Instant::now();
    let mut bytes = Vec::new();
    let mut ends_at: Option<Instant> = None;
    let mut heard = Instant::now();
    loop {
        match receiver.recv_timeout(Duration::from_millis(500)) {
            Ok(piece) => {
                bytes.extend(piece);
                heard = Instant::now();
                if ends_at.is_none() && consoles::is_over(&String::from_utf8_lossy(&bytes)) {
                    ends_at = Some(Instant::now() + AFTERWARDS);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = Instant::now();
        let is_silent = now.duration_since(heard) > SILENCE;
        let is_late = now.duration_since(started) > LONGEST;
        if is_silent || is_late || ends_at.is_some_and(|end| now > end) {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
