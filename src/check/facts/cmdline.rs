//! What a report states about a command line.

use crate::bundle::Bundle;
use crate::bytes::escaped;
use crate::cmdline::{self, CommandLine, Limiter};

/// The facts of one command line.
#[derive(Debug, Clone, Default)]
pub struct CmdlineFacts {
    /// The line as it was given.
    pub text: String,
    /// Whether nobody gave it, so that it was made up for the target.
    pub assumed: bool,
    /// Its parameters, in order.
    pub parameters: Vec<ParameterFacts>,
    /// What stands behind `--`.
    pub init_arguments: Vec<String>,
    /// The line that the guest sees.
    pub effective: Option<String>,
    /// Its length in bytes.
    pub bytes: u64,
    /// The most that fits, and who says so.
    pub limit_bytes: Option<u64>,
    /// Who sets that limit.
    pub limit_by: Option<String>,
    /// Remarks: malformed values, names that look mistyped.
    pub remarks: Vec<String>,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterFacts {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Option<String>,
    /// Whether it is in the table of those that concern booting.
    pub known: bool,
    /// The name that was probably meant.
    pub suggestion: Option<String>,
}

impl CmdlineFacts {
    /// Everything that can be had of the bundle's command line.
    pub fn of(bundle: &Bundle) -> Self {
        let Ok(line) = bundle.command_line() else {
            return Self::default();
        };
        let unknown = cmdline::unknown(line);
        let mut facts = Self {
            text: escaped(&line.raw),
            assumed: bundle.is_command_line_assumed(),
            parameters: line
                .parameters
                .iter()
                .map(|parameter| ParameterFacts {
                    name: parameter.name.clone(),
                    value: parameter.value.clone(),
                    known: parameter.spec.is_some(),
                    suggestion: unknown
                        .iter()
                        .find(|unknown| unknown.offset == parameter.offset)
                        .and_then(|unknown| unknown.meant)
                        .map(str::to_owned),
                })
                .collect(),
            init_arguments: arguments(line),
            bytes: u64::try_from(line.raw.len()).unwrap_or(u64::MAX),
            remarks: cmdline::problems(line)
                .into_iter()
                .map(|problem| {
                    format!(
                        "{} {} {}",
                        problem.message, problem.consequence, problem.fix
                    )
                })
                .collect(),
            ..Self::default()
        };
        if let Ok(effective) = bundle.effective_command_line() {
            facts.effective = Some(escaped(&effective.line.raw));
            facts.bytes = effective.bytes;
            facts.limit_bytes = Some(effective.limit_bytes);
            facts.limit_by = Some(match effective.limiter {
                Limiter::Vmm => bundle.target.title.to_owned(),
                Limiter::Kernel => "the kernel".to_owned(),
            });
        }
        facts
    }
}

fn arguments(line: &CommandLine) -> Vec<String> {
    line.init_arguments
        .iter()
        .map(|argument| escaped(argument))
        .collect()
}
