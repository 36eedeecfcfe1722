//! A run whose standard streams are a pseudoterminal.

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::Read;
use std::process::Command;

/// Everything that the program writes to its terminal. The terminal changes none of it.
pub fn run(command: &mut Command) -> Vec<u8> {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let user = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    let mut attributes = tcgetattr(&user).unwrap();
    attributes.make_raw();
    tcsetattr(&user, OptionalActions::Now, &attributes).unwrap();
    let mut child = command
        .stdin(std::process::Stdio::null())
        .stdout(user.try_clone().unwrap())
        .stderr(user.try_clone().unwrap())
        .spawn()
        .unwrap();
    // The command keeps its copies of the streams until the next run replaces them.
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    drop(user);
    let mut written = Vec::new();
    // Linux ends a terminal that nothing holds open with EIO.
    File::from(controller).read_to_end(&mut written).ok();
    child.wait().unwrap();
    written
}
