//! `kelpie-check cmdline`: a command line as the kernel takes it apart.

use super::Exit;
use super::judging::Judging;
use kelpie_check::bundle::Bundle;
use kelpie_check::check;
use kelpie_check::cmdline::CommandLine;
use kelpie_check::role::Role;
use std::ffi::OsString;

#[derive(clap::Args)]
pub struct Arguments {
    /// The command line, quoted as one word
    #[arg(value_name = "LINE", allow_hyphen_values = true)]
    line: OsString,
    #[command(flatten)]
    judging: Judging,
}

impl Arguments {
    /// How they are judged.
    pub fn judging(&self) -> &Judging {
        &self.judging
    }
}

pub fn run(arguments: &Arguments) -> Exit {
    let judging = &arguments.judging;
    if let Err(exit) = judging.open_outputs(&[]) {
        return exit;
    }
    let bundle = Bundle::empty(judging.limits(), judging.target(), judging.arch)
        .with_command_line(CommandLine::parse(super::bytes_of(&arguments.line)));
    let report = check::alone(Role::Cmdline, "command line", &bundle, &judging.selection());
    judging.print(&report, false)
}
