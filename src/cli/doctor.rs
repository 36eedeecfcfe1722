//! `kelpie-check doctor`: what this host can boot.

use super::Exit;
use super::output::{complain, print, takes_colour};
use kelpie_check::boot::{doctor, host};
use kelpie_check::report::{self, Style};

#[derive(clap::Args)]
pub struct Arguments {
    /// The output format
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

pub fn run(arguments: &Arguments) -> Exit {
    match std::env::current_exe() {
        Ok(own) => host::set_own_program(&own),
        Err(error) => complain(&format!("cannot run a trial guest: {error}")),
    }
    let diagnosis = doctor::examine();
    // What boots nothing is not well.
    let exit = if diagnosis.bootable.iter().any(|guest| guest.by.is_some()) {
        Exit::Clean
    } else {
        Exit::Findings
    };
    let style = Style {
        colour: takes_colour(),
        quick: false,
        verbose: false,
    };
    let text = if arguments.format == "human" {
        Ok(report::doctor::human(&diagnosis, style))
    } else {
        report::doctor::json(&diagnosis)
    };
    match text {
        Ok(text) => print(&text, exit),
        Err(error) => {
            complain(&error.to_string());
            Exit::Unreadable
        }
    }
}
