//! Options of the kernel that something needs, for causes that name what is off.

use crate::bundle::Bundle;
use crate::error::Error;

/// Options that the kernel needs for something.
pub(crate) struct Needed {
    /// Those that are known not to be built in.
    pub(crate) off: Vec<&'static str>,
    /// Why another is not known.
    pub(crate) unknown: Option<Error>,
}

impl Needed {
    pub(crate) fn of(bundle: &Bundle, options: &[&'static str]) -> Self {
        let mut needed = Self {
            off: Vec::new(),
            unknown: None,
        };
        for option in options {
            match bundle.builds_in(option) {
                Ok(true) => {}
                Ok(false) => needed.off.push(option),
                Err(error) => {
                    needed.unknown.get_or_insert(error);
                }
            }
        }
        needed
    }
}

/// `CONFIG_A=y, CONFIG_B=y`.
pub(crate) fn settings(options: &[&str]) -> String {
    let settings: Vec<String> = options
        .iter()
        .map(|name| format!("CONFIG_{name}=y"))
        .collect();
    settings.join(", ")
}
