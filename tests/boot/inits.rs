//! Inits that do one thing, for kernels that boot them from an archive.

use kelpie_check::architecture::Architecture;
use kelpie_check::guest::assembler::{Program, Register, Syscall, assemble};
use kelpie_check::guest::executable;
use kelpie_check::initramfs::Writer;

pub const HELLO: &str = "an init of the test's own is here";

/// What an init does once it has said that it is there.
#[derive(Clone, Copy)]
pub enum Then {
    Sleeps,
    Floods,
    Restarts,
    Exits,
}

pub fn archive(architecture: &str, then: Then) -> Vec<u8> {
    let architecture = Architecture::by_name(architecture).unwrap();
    let init = executable(&assemble(&program(then), architecture).unwrap());
    let mut archive = Writer::new();
    archive.directory("dev", 0o755).unwrap();
    archive
        .character_device("dev/console", 0o600, 5, 1)
        .unwrap();
    archive.file("init", 0o755, &init).unwrap();
    archive.finish().unwrap()
}

fn program(then: Then) -> Program {
    let mut program = Program::new();
    let p = &mut program;
    say(p, &format!("{HELLO}\n"));
    match then {
        Then::Sleeps => {
            let forever = p.here();
            sleep(p, 3600, 0);
            p.jump(forever);
        }
        Then::Floods => {
            let forever = p.here();
            say(p, &"a line that nobody asked for\n".repeat(100));
            p.jump(forever);
        }
        Then::Restarts => {
            sleep(p, 0, 50_000_000);
            p.syscall(
                Syscall::Reboot,
                &[
                    (-0x011e_2153).into(),
                    672_274_793.into(),
                    0x0123_4567.into(),
                    0.into(),
                ],
            );
        }
        Then::Exits => {
            sleep(p, 0, 50_000_000);
            p.syscall(Syscall::Exit, &[3.into()]);
        }
    }
    program
}

fn say(p: &mut Program, text: &str) {
    let datum = p.text(text);
    p.set(Register::R0, 1);
    let length = i32::try_from(text.len()).unwrap();
    p.syscall(
        Syscall::Write,
        &[Register::R0.into(), datum.into(), length.into()],
    );
}

fn sleep(p: &mut Program, seconds: u64, nanoseconds: u64) {
    let mut timespec = seconds.to_le_bytes().to_vec();
    timespec.extend(nanoseconds.to_le_bytes());
    let timespec = p.bytes(timespec);
    p.syscall(Syscall::Nanosleep, &[timespec.into(), 0.into()]);
}
