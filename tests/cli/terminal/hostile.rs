//! Text that tries to steer what shows it, and the test for text that does.

/// Control sequences, C1 controls, invisible and bidirectional characters, tags, and commands of CI
/// runners at the start of a line. A file name may hold all of it.
pub const HOSTILE: &str = "evil\u{1b}[31m\u{1b}]0;t\u{7}\u{8}\u{7f}\r\n::error::x\u{9b}31m\u{85}\
    \u{202e}\u{2066}\u{200b}\u{200f}\u{2028}\u{2060}\u{feff}\u{61c}\u{180e}\u{fff9}\u{ad}\u{e0041}\
    \u{fe0f}\u{e0100}\n##[error]a\n##vso[b]\n##teamcity[c]";

/// The same in one line without spaces, as a release or the name of a module is.
pub const WORD: &str = "evil\u{1b}[31m\u{1b}]0;t\u{7}\u{8}\u{7f}\u{9b}31m\u{202e}\u{2066}\u{200b}\
    \u{2060}\u{feff}\u{61c}\u{180e}\u{fff9}\u{ad}\u{e0041}\u{e0100}##[error]a##vso[b]##teamcity[c]";

/// In as few bytes as the label of an ext4 file system has.
pub const SHORT: &str = "evil\u{1b}[31m\u{9b}\u{202e}";

/// In as few letters as the name of a GPT partition has.
pub const LABEL: &str = "evil\u{1b}[31m\u{9b}\u{202e}\u{200b}\u{2066}##[error]";

/// The same as bytes that are not all UTF-8.
pub fn bytes() -> Vec<u8> {
    [HOSTILE.as_bytes(), b"\x9b31m\xff"].concat()
}

/// Words that are long enough to begin a line where a report breaks its lines.
pub fn long_words() -> String {
    let word = "a".repeat(40);
    [
        format!("evil={word}"),
        format!("::error::{word}"),
        format!("##[error]{word}"),
        format!("::set-output name=x::{word}{word}"),
        format!("##vso[task]{word}{word}"),
        format!("::error::{word}{word}"),
    ]
    .join(" ")
}

/// The colours of kelpie-check's own reports.
const COLOURS: [&str; 6] = [
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[33m",
    "\u{1b}[32m",
    "\u{1b}[0m",
];

/// The first byte or character that could steer a terminal.
pub fn steering(written: &[u8], keeps_tabs: bool) -> Option<String> {
    let text = match std::str::from_utf8(written) {
        Ok(text) => text,
        Err(error) => return Some(format!("not UTF-8 at {}", error.valid_up_to())),
    };
    let mut plain = text.to_owned();
    for colour in COLOURS {
        plain = plain.replace(colour, "");
    }
    if plain.contains("evil\u{1b}") || text.contains("evil\u{1b}[31m") {
        return Some("a colour that the artefact chose".to_owned());
    }
    plain
        .chars()
        .find(|letter| *letter != '\n' && !(*letter == '\t' && keeps_tabs) && is_steering(*letter))
        .map(|letter| format!("U+{:04X}", u32::from(letter)))
}

/// Characters that no output may hold, as this test lists them.
fn is_steering(letter: char) -> bool {
    letter.is_control()
        || matches!(u32::from(letter),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
            | 0xfe00..=0xfe0f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe0fff)
}

/// The lines that GitHub's, Azure's or TeamCity's runner takes for a command.
pub fn commands_for_runners(written: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(written);
    text.split(['\n', '\r'])
        .filter(|line| {
            line.trim_start().starts_with("::")
                || ["##[", "##vso[", "##teamcity["]
                    .iter()
                    .any(|marker| line.contains(marker))
        })
        .map(str::to_owned)
        .collect()
}
