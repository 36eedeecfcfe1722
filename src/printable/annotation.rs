//! Annotations of a GitHub workflow: the only commands to a runner that this program writes.
//!
//! Source: actions/toolkit `packages/core/src/command.ts` (`escapeData`, `escapeProperty`).

use super::{Notation, Printable, escape};

/// A command that shows a message beside a file.
#[derive(Debug, Clone)]
pub struct Annotation {
    /// `error`, `warning` or `notice`.
    pub command: &'static str,
    /// The file; empty if it is about none.
    pub file: String,
    /// The line of the file, from one.
    pub line: Option<u64>,
    /// The title.
    pub title: String,
    /// The message, which may have several lines.
    pub message: String,
}

impl Printable {
    /// A line for each annotation. Text from artefacts cannot end a command or begin another.
    pub fn annotations(all: &[Annotation]) -> Self {
        let mut text = String::new();
        for annotation in all {
            let mut properties = Vec::new();
            if !annotation.file.is_empty() {
                properties.push(format!("file={}", property(&annotation.file)));
            }
            if let Some(line) = annotation.line {
                properties.push(format!("line={line}"));
            }
            properties.push(format!("title={}", property(&annotation.title)));
            let lines: Vec<_> = annotation.message.split('\n').map(data).collect();
            text.push_str(&format!(
                "::{} {}::{}\n",
                annotation.command,
                properties.join(","),
                lines.join("%0A")
            ));
        }
        Self {
            text,
            notation: Notation::Annotations,
        }
    }
}

/// A line of a message. Commands of other runners, which may stand anywhere in a line, are broken.
fn data(text: &str) -> String {
    escape(text)
        .replace('%', "%25")
        .replace("##", "#\\#")
        .replace("##", "#\\#")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_inside_its_command() {
        let hostile = "a,b::c%0A\r\n::error::x ##vso[y]\u{1b}[1m";
        let all = [Annotation {
            command: "error",
            file: hostile.to_owned(),
            line: Some(3),
            title: "KC001".to_owned(),
            message: "one\n::error::two".to_owned(),
        }];
        let text = Printable::annotations(&all);
        assert_eq!(
            text.as_str(),
            "::error file=a%2Cb%3A%3Ac%250A\\r\\n%3A%3Aerror%3A%3Ax #\\#vso[y]\\u{1b}[1m,line=3,\
             title=KC001::one%0A::error::two\n"
        );
    }
}
