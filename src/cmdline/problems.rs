//! What is wrong with a line by itself, whatever it boots.
//!
//! Sources: those of the parameters ([`super::Spec::source`]), `init/main.c`, `init/do_mounts.c`.

use super::{CommandLine, Parameter, Read, Root, RootWait, Takes, number};

/// Something that is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What sort.
    pub kind: ProblemKind,
    /// The parameter as it is written.
    pub parameter: String,
    /// Where it is.
    pub offset: usize,
    /// What is true, as a sentence.
    pub message: String,
    /// What happens, as a sentence.
    pub consequence: String,
    /// What to change, as a sentence.
    pub fix: String,
}

/// The sort of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// The value is not what the parameter takes.
    Malformed,
    /// The value is missing.
    Empty,
    /// A value is given to what takes none, or the other way about, so it is another parameter.
    NotRead,
    /// A later parameter undoes it.
    Overridden,
    /// `init=` or `rdinit=` is no path of a program.
    NotAProgram,
    /// The kernel cannot find the root by this, and waits for it or gives up.
    RootUnknown,
}

/// The most problems that are told of one line.
const MOST: usize = 64;

/// Everything that is wrong with it, in order; no more than 64.
pub fn problems(line: &CommandLine) -> Vec<Problem> {
    let single = line.parameters.iter().filter_map(|parameter| {
        not_read(parameter)
            .or_else(|| value(parameter))
            .or_else(|| program(parameter))
    });
    let mut problems: Vec<Problem> = single.take(MOST).collect();
    problems.extend(overridden(line));
    problems.extend(root(line));
    problems.sort_by_key(|problem| problem.offset);
    problems
}

fn problem(
    parameter: &Parameter,
    kind: ProblemKind,
    message: impl Into<String>,
    consequence: impl Into<String>,
    fix: impl Into<String>,
) -> Problem {
    Problem {
        kind,
        parameter: parameter.text(),
        offset: parameter.offset,
        message: message.into(),
        consequence: consequence.into(),
        fix: fix.into(),
    }
}

fn not_read(parameter: &Parameter) -> Option<Problem> {
    let spec = parameter.spec?;
    if parameter.is_read() {
        return None;
    }
    let name = spec.name;
    let (message, fix) = match parameter.value {
        Some(_) => (format!("{name} takes no value."), format!("Write {name}.")),
        None => (
            format!("{name} has no value."),
            format!("Write {name}=VALUE, or remove it."),
        ),
    };
    let consequence = "The kernel does not recognise it in this form and passes it to init.";
    Some(problem(
        parameter,
        ProblemKind::NotRead,
        message,
        consequence,
        fix,
    ))
}

fn value(parameter: &Parameter) -> Option<Problem> {
    let spec = parameter.spec?;
    let name = spec.name;
    let value = parameter.value.as_deref().unwrap_or_default();
    if value.is_empty() {
        let empty = parameter.value.is_some() && spec.takes.is_spoiled_by_nothing();
        let missing = parameter.value.is_none() && !spec.takes.may_lack();
        if !empty && !missing {
            return None;
        }
        return Some(problem(
            parameter,
            ProblemKind::Empty,
            format!("{name} has no value."),
            "It has no effect.",
            format!("Write {name}={}, or remove it.", spec.takes.example()),
        ));
    }
    let (message, consequence) = match spec.takes {
        Takes::Number if spec.read == Read::Early => match number::option(value) {
            Some((_, true)) => return None,
            Some((number, false)) => (
                format!("{name}={value} is not a number."),
                format!("The kernel reads {number} and ignores the rest."),
            ),
            None => (
                format!("{name}={value} is not a number."),
                "The kernel says \"Malformed early option\" and continues.".to_owned(),
            ),
        },
        Takes::Number if number::whole(value).is_none() => (
            format!("{name}={value} is not a number."),
            match spec.read {
                Read::Param => format!(
                    "The kernel says \"`{value}' invalid for parameter `{name}'\", keeps its \
                        default, and drops the arguments after `--`."
                ),
                _ => "The kernel reads 0 or ignores it.".to_owned(),
            },
        ),
        Takes::Size
            if !value
                .split(['@', ',', '-', ':', '$', '#', '!'])
                .any(number::is_size) =>
        {
            (
                format!("{name}={value} is not a size."),
                "The kernel ignores it.".to_owned(),
            )
        }
        Takes::OneOf(words) if !words.contains(&value) => (
            format!("{name}={value} is not one of {}.", words.join(", ")),
            "The kernel ignores it.".to_owned(),
        ),
        Takes::Console if !is_console(value) => (
            format!("{name}={value} is not a device."),
            "No console of that name ever registers.".to_owned(),
        ),
        _ => return None,
    };
    Some(problem(
        parameter,
        ProblemKind::Malformed,
        message,
        consequence,
        format!("Write {name}={}.", spec.takes.example()),
    ))
}

/// A driver's name, a number, `null`, or a name with options behind a comma.
fn is_console(value: &str) -> bool {
    let name = value.split(',').next().unwrap_or_default();
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte);
    !name.is_empty() && name.bytes().all(is_known)
}

fn program(parameter: &Parameter) -> Option<Problem> {
    if !parameter.is("init") && !parameter.is("rdinit") {
        return None;
    }
    let name = &parameter.name;
    let value = parameter.value.as_deref()?;
    let (message, fix) = if value.contains(char::is_whitespace) {
        let path = value.split_whitespace().next().unwrap_or_default();
        (
            format!("{name}= contains a program with arguments: {value:?}."),
            format!("Write {name}={path}, and the arguments after ` -- `."),
        )
    } else if value.starts_with('-') {
        (
            format!("{name}={value} is an argument, not a program."),
            format!("Write {name}=/sbin/init, and the argument after ` -- `."),
        )
    } else {
        return None;
    };
    Some(problem(
        parameter,
        ProblemKind::NotAProgram,
        message,
        "The kernel uses the whole value as the path of a file.",
        fix,
    ))
}

/// `ro` and `rw` side by side, and a value of which only the last counts.
fn overridden(line: &CommandLine) -> Vec<Problem> {
    const SINGLE: [&str; 6] = [
        "root",
        "rootfstype",
        "rootflags",
        "init",
        "rdinit",
        "rootdelay",
    ];
    let mode = |parameter: &&Parameter| {
        parameter.value.is_none() && (parameter.is("ro") || parameter.is("rw"))
    };
    let mut problems = Vec::new();
    let modes: Vec<&Parameter> = line.parameters.iter().filter(mode).collect();
    let groups = SINGLE.iter().map(|name| {
        line.named(name)
            .filter(|parameter| parameter.value.is_some())
            .collect()
    });
    for group in groups.chain([modes]) {
        let Some((last, earlier)) = group.split_last() else {
            continue;
        };
        let undone = earlier.iter().filter(|other| other.text() != last.text());
        problems.extend(undone.take(MOST).map(|other| {
            problem(
                other,
                ProblemKind::Overridden,
                format!("{} is followed by {}.", other.text(), last.text()),
                "The last one counts.",
                format!("Remove {}.", other.text()),
            )
        }));
    }
    problems
}

fn root(line: &CommandLine) -> Option<Problem> {
    let parameter = line
        .named("root")
        .filter(|parameter| parameter.value.is_some())
        .last()?;
    let waits = match line.rootwait() {
        RootWait::No => "",
        _ => " rootwait does not help.",
    };
    let (message, fix) = match line.root()? {
        Root::Uuid(_) | Root::Label(_) => (
            format!(
                "{} names a file system by its UUID or label.",
                parameter.text()
            ),
            "Give an initramfs that finds it, or name the disk: root=/dev/vda.".to_owned(),
        ),
        Root::Other { text, why } => (
            format!("{text} {why}."),
            "Name the disk: root=/dev/vda.".to_owned(),
        ),
        _ => return None,
    };
    Some(problem(
        parameter,
        ProblemKind::RootUnknown,
        message,
        format!("The kernel itself cannot find it.{waits}"),
        fix,
    ))
}
