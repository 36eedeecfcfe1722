//! The closed sets of values in the machine format: its schema names them one by one. What later
//! releases may add to (containers, codecs, architectures, targets, roles) stays an open string.

use crate::bytes::Endianness;
use crate::check::Standing;
use crate::console::EndKind;
use crate::finding::Severity;
use crate::kernel::options::{Evidence, State};
use crate::stage::Stage;
use serde_json::Value;

/// A cause's number.
pub(super) const CODE_PATTERN: &str = "^KC[0-9]{3}$";

pub(super) fn stages() -> Value {
    one_of(Stage::ALL.map(Stage::name))
}

pub(super) fn severities() -> Value {
    one_of([Severity::Fatal, Severity::Warn, Severity::Info].map(Severity::name))
}

pub(super) fn standings() -> Value {
    one_of(Standing::ALL.map(Standing::name))
}

pub(super) fn ends() -> Value {
    one_of(EndKind::ALL.map(EndKind::name))
}

pub(super) fn byte_orders() -> Value {
    one_of([Endianness::Little, Endianness::Big].map(Endianness::name))
}

pub(super) fn states() -> Value {
    one_of(
        [
            State::Yes,
            State::Module,
            State::No,
            State::NotYes,
            State::Unknown,
        ]
        .map(State::name),
    )
}

pub(super) fn config_sources() -> Value {
    one_of([
        Evidence::Embedded.name(),
        Evidence::ConfigFile.name(),
        "none",
    ])
}

/// The same set, of a value that may be missing.
pub(super) fn or_null(values: Value) -> Value {
    match values {
        Value::Array(mut values) => {
            values.push(Value::Null);
            Value::Array(values)
        }
        other => other,
    }
}

fn one_of<const N: usize>(names: [&'static str; N]) -> Value {
    Value::Array(names.map(Value::from).to_vec())
}
