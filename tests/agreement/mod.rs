//! Compares what symbols alone tell of a real kernel with its own configuration.

use kelpie_check::architecture::Architecture;
use kelpie_check::kernel::config::Config;
use kelpie_check::kernel::options::{Evidence, HeaderFacts, Sources, State, SymbolTable, judge};
use std::collections::HashSet;

/// The symbols of a `System.map` or of what `nm` prints.
pub struct SystemMap {
    names: HashSet<String>,
    variables: bool,
}

impl SystemMap {
    /// Reads lines of `address type name`. Without `variables`, only functions are taken: what a
    /// kernel without `KALLSYMS_ALL` would list.
    pub fn parse(text: &str, variables: bool) -> Self {
        let mut names = HashSet::new();
        for line in text.lines() {
            let mut parts = line.split_whitespace().skip(1);
            let (Some(kind), Some(name)) = (parts.next(), parts.next()) else {
                continue;
            };
            if variables || matches!(kind, "t" | "T" | "w" | "W") {
                let plain = name.split_once('.').map_or(name, |(plain, _)| plain);
                names.insert(plain.to_owned());
            }
        }
        let variables = variables && names.contains("init_task");
        Self { names, variables }
    }
}

impl SymbolTable for SystemMap {
    fn present(&self, names: &[&str]) -> Vec<bool> {
        names
            .iter()
            .map(|name| self.names.contains(*name))
            .collect()
    }

    fn has_variables(&self) -> bool {
        self.variables
    }
}

/// The outcome for one kernel.
pub struct Agreement {
    /// Options that were judged.
    pub options: usize,
    /// Options of which the symbols say something wrong, as sentences.
    pub wrong: Vec<String>,
    /// Options of which they say nothing, and why.
    pub unknown: Vec<String>,
}

impl Agreement {
    /// Judges by symbols (and what the header gives) and compares with the configuration.
    pub fn of(
        symbols: &dyn SymbolTable,
        config: &[u8],
        header: HeaderFacts,
        architecture: Architecture,
        release: (u16, u16),
    ) -> Self {
        let config = Config::parse(config).expect("a real configuration");
        assert!(config.is_whole());
        let sources = Sources {
            symbols: Some(symbols),
            header,
            architecture: Some(architecture),
            release: Some(release),
            ..Sources::default()
        };
        let truth = Sources {
            file: Some(&config),
            ..Sources::default()
        };
        let mut agreement = Self {
            options: 0,
            wrong: Vec::new(),
            unknown: Vec::new(),
        };
        for (judged, truth) in judge(&sources).iter().zip(judge(&truth).iter()) {
            // The parts of a driver that is a module leave nothing in the kernel image.
            let is_in_module = matches!(
                &judged.evidence,
                Evidence::None { why } if why.starts_with("it is a part of")
            );
            if is_in_module {
                continue;
            }
            agreement.options += 1;
            let name = judged.spec.name;
            let agrees = match judged.state {
                State::Unknown => {
                    let Evidence::None { why } = &judged.evidence else {
                        panic!("{name} is unknown by evidence");
                    };
                    agreement.unknown.push(format!("{name}: {why}"));
                    continue;
                }
                State::NotYes => truth.state != State::Yes,
                state => state == truth.state,
            };
            if !agrees {
                agreement.wrong.push(format!(
                    "{name} is {}, and {} says {}",
                    truth.state.name(),
                    judged.evidence.name(),
                    judged.state.name()
                ));
            }
        }
        agreement
    }

    /// How many of the options are known, of a hundred.
    pub fn known_percent(&self) -> f64 {
        100.0 * (self.options - self.unknown.len()) as f64 / self.options as f64
    }
}
