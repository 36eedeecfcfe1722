//! What `console=` names.
//!
//! Source: `kernel/printk/printk.c`, `console_setup` and `__add_preferred_console`.

use super::CommandLine;

/// A console that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Console {
    /// Its device with its number: `ttyS0` for `ttyS`, `hvc0` for `hvc`.
    pub device: String,
    /// What stands behind the comma.
    pub options: Option<String>,
    /// Where the parameter is.
    pub offset: usize,
}

impl CommandLine {
    /// The consoles that are asked for, in the order in which each is named last: the last one
    /// becomes `/dev/console`. The kernel takes eight devices and no more. No `console=` leaves the choice to the kernel: the first device
    /// that registers as one.
    pub fn consoles(&self) -> Vec<Console> {
        let mut consoles: Vec<Console> = Vec::new();
        for parameter in self
            .parameters
            .iter()
            .filter(|parameter| parameter.is("console"))
        {
            let Some(value) = &parameter.value else {
                continue;
            };
            let console = read(value, parameter.offset);
            let known = consoles
                .iter()
                .position(|known| known.device == console.device);
            if let Some(at) = known {
                consoles.remove(at);
            } else if consoles.len() >= KEPT {
                continue;
            }
            consoles.push(console);
        }
        consoles
    }

    /// What becomes `/dev/console`, where it is named.
    pub fn dev_console(&self) -> Option<Console> {
        self.consoles().pop()
    }
}

/// `MAX_CMDLINECONSOLES`.
const KEPT: usize = 8;

fn read(value: &str, offset: usize) -> Console {
    // A braille console has a prefix of its own, with options up to the comma.
    let value = match value.strip_prefix("brl") {
        Some(rest) => rest.split_once(',').map_or(value, |(_, rest)| rest),
        None => value,
    };
    let (name, options) = match value.split_once(',') {
        Some((name, options)) => (name, Some(options.to_owned())),
        None => (value, None),
    };
    Console {
        device: device(name),
        options,
        offset,
    }
}

fn device(name: &str) -> String {
    // `console=` and `console=null` are the device that swallows everything.
    if name.is_empty() || name == "null" || name == "ttynull" {
        return "ttynull".to_owned();
    }
    // `uart…` and `DEVNAME:0.0` (since 6.10) are matched by drivers, not by a number.
    if name.starts_with("uart") || name.contains(':') {
        return name.to_owned();
    }
    let name = if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("ttyS{name}")
    } else {
        name.to_owned()
    };
    let (stem, number) = match name.find(|digit: char| digit.is_ascii_digit()) {
        Some(at) => name.split_at(at),
        None => (name.as_str(), ""),
    };
    let digits: String = number
        .chars()
        .take_while(char::is_ascii_digit)
        .skip_while(|digit| *digit == '0')
        .collect();
    format!("{stem}{}", if digits.is_empty() { "0" } else { &digits })
}
