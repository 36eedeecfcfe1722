//! The facts of a command line for machines.

use crate::check::{CmdlineFacts, ParameterFacts};
use schemars::JsonSchema;
use serde::Serialize;

/// The facts of a kernel command line.
#[derive(Serialize, JsonSchema)]
pub struct CmdlineJson {
    /// The line as it was given.
    text: String,
    /// True if it was not given, so kelpie-check assumes a line for the target.
    assumed: bool,
    parameters: Vec<ParameterJson>,
    /// The arguments after `--`.
    init_arguments: Vec<String>,
    /// The line that the guest sees.
    effective: Option<String>,
    /// Its length.
    bytes: u64,
    /// The maximum that fits.
    limit_bytes: Option<u64>,
    /// The source of that limit.
    limit_by: Option<String>,
    /// Malformed values and other problems.
    remarks: Vec<String>,
}

/// A parameter.
#[derive(Serialize, JsonSchema)]
struct ParameterJson {
    name: String,
    value: Option<String>,
    /// True if it is one of the parameters that concern booting.
    known: bool,
    /// The suggested name.
    suggestion: Option<String>,
}

impl CmdlineJson {
    pub fn of(facts: &CmdlineFacts) -> Self {
        Self {
            text: facts.text.clone(),
            assumed: facts.assumed,
            parameters: facts.parameters.iter().map(ParameterJson::of).collect(),
            init_arguments: facts.init_arguments.clone(),
            effective: facts.effective.clone(),
            bytes: facts.bytes,
            limit_bytes: facts.limit_bytes,
            limit_by: facts.limit_by.clone(),
            remarks: facts.remarks.clone(),
        }
    }
}

impl ParameterJson {
    fn of(facts: &ParameterFacts) -> Self {
        Self {
            name: facts.name.clone(),
            value: facts.value.clone(),
            known: facts.known,
            suggestion: facts.suggestion.clone(),
        }
    }
}
