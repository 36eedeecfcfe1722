//! `kelpie-check completions` and `kelpie-check man`: what a shell and a manual show, from the same
//! definitions as the arguments.

use super::Exit;
use super::destination::Destination;
use super::extract::fail;
use super::output::Raw;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_complete::aot::generate;
use clap_mangen::Man as Page;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(clap::Args)]
pub struct Man {
    /// The folder, which must exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    /// A file in the folder, as a sandbox wants to know it.
    pub fn output(&self) -> &Path {
        &self.folder
    }
}

/// Prints the completions.
pub fn completions(arguments: &Completions) -> Exit {
    let mut script = Vec::new();
    generate(
        arguments.shell,
        &mut super::Arguments::command(),
        env!("CARGO_PKG_NAME"),
        &mut script,
    );
    let script = String::from_utf8_lossy(&script);
    // clap_complete 4.6 takes the dash in the name for the step to a subcommand, in the labels only.
    let name = env!("CARGO_PKG_NAME");
    let script = script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"));
    let mut out = Raw::new();
    let written = out.write(script.as_bytes());
    out.finish(written)
}

/// Writes a page for the command and one for each subcommand.
pub fn man(arguments: &Man) -> Exit {
    let mut command = super::Arguments::command();
    command.build();
    match pages(&command, &arguments.folder) {
        Ok(()) => Exit::Clean,
        Err(error) => fail(&arguments.folder.display().to_string(), &error),
    }
}

fn pages(command: &clap::Command, folder: &Path) -> Result<(), String> {
    let page = Page::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text).map_err(|error| error.to_string())?;
    let path = folder.join(page.get_filename());
    Destination::new(&path, &[])?
        .write(&text)
        .map_err(|error| error.to_string())?;
    for inner in command.get_subcommands() {
        if inner.get_name() != "help" {
            pages(inner, folder)?;
        }
    }
    Ok(())
}
