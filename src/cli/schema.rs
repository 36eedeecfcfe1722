//! `kelpie-check schema`: the JSON Schema of the machine format.

use super::Exit;
use super::output::{complain, print};
use kelpie_check::report;

pub fn run() -> Exit {
    match report::schema() {
        Ok(schema) => print(&schema, Exit::Clean),
        Err(error) => {
            complain(&error.to_string());
            Exit::Unreadable
        }
    }
}
