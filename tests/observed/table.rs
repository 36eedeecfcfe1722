//! docs/OBSERVED.md: what was seen, a row a boot.

use super::logs::Alone;
use super::support::repository;
use kelpie_check::finding::Code;
use std::collections::BTreeSet;
use std::fmt;

/// The QEMU that the table is written with.
const QEMU: &str = "7.2";

/// A boot that went as was predicted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub code: Code,
    pub name: &'static str,
    pub architecture: &'static str,
    pub what: &'static str,
    pub stage: &'static str,
    /// What the console said of it.
    pub line: Option<String>,
    /// What the log alone says of the cause.
    pub alone: Alone,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = match &self.line {
            Some(line) => format!("`{}`", steady(line).replace('|', "\\|")),
            None => "(nothing)".to_owned(),
        };
        write!(
            f,
            "| {} {} | {} | {} | {} | {line} | {} |",
            self.code, self.name, self.architecture, self.what, self.stage, self.alone
        )
    }
}

/// The causes in the rows.
pub fn codes(rows: &[Row]) -> BTreeSet<Code> {
    rows.iter().map(|row| row.code).collect()
}

const HEAD: &str = "| cause | machine | boot | stage | line of the console | the log without files |\n|---|---|---|---|---|---|\n";
const REAL: &str = "## Alpine\n";

fn section(rows: &[Row]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
    format!("{HEAD}{}", rows.concat())
}

fn made(rows: &[Row]) -> String {
    format!(
        "# Observed causes\n\n\
         Each row is a boot on QEMU {QEMU} (TCG). `kelpie-check boot` predicted from the files that it would \
         fail, or boot with a problem, by this cause at this stage. From the console, it named the same cause \
         and the same stage. `tests/observed/` makes the images, boots them, and writes this page \
         (`KELPIE_CHECK_WRITE_DOCS=1 cargo test --test observed`). Without that variable, the test fails if \
         the results differ from this page.\n\n\
         The last column is the result of `kelpie-check diagnose` for the log without the files. The cause is \
         *named*, or it is *among the possible*: the log makes it as likely as the named one. A *silent* \
         console shows nothing. With the same kernel, initramfs, root and command line, `diagnose` names the \
         cause of every log, even of a silent one.\n\n\
         KC611 is known only from a boot: according to the files, init starts, and it does. If the console \
         was silent, or showed lines of several causes, the files decided.\n\n\
         ## Minimal kernels\n\n\
         {} causes in {} boots, with the kernels of `kernel/` (Linux 6.1) and images that are made for it.\n\n\
         {}",
        codes(rows).len(),
        rows.len(),
        section(rows)
    )
}

fn real(rows: &[Row]) -> String {
    format!(
        "{REAL}\n\
         {} causes in {} boots with Alpine's linux-virt (Linux 6.18), its initramfs and an installed root, or its loader on a minimal kernel, \
         where `KELPIE_CHECK_CORPUS` names a folder that has them.\n\n\
         {}",
        codes(rows).len(),
        rows.len(),
        section(rows)
    )
}

/// Compares the page with what was seen, or writes it; the part about real systems only where they
/// were there.
pub fn compare(rows: &[Row], real_rows: Option<&Vec<Row>>) {
    let path = repository("docs/OBSERVED.md");
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let kept = match page.find(REAL) {
        Some(at) => page.split_at(at),
        None => (page.as_str(), ""),
    };
    let first = format!("{}\n", made(rows));
    let second = real_rows.map_or_else(|| kept.1.to_owned(), |rows| real(rows));
    if std::env::var_os("KELPIE_CHECK_WRITE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&path, format!("{first}{second}")).unwrap();
        return;
    }
    for (seen, stands) in [(&first, kept.0), (&second, kept.1)] {
        let differing: Vec<&str> = seen
            .lines()
            .filter(|line| !stands.lines().any(|other| other == *line))
            .collect();
        assert_eq!(
            seen,
            stands,
            "docs/OBSERVED.md is not what was seen: KELPIE_CHECK_WRITE_DOCS=1 writes it anew; new are\n{}",
            differing.join("\n")
        );
    }
}

/// A line without what differs from run to run: addresses and checksums.
fn steady(line: &str) -> String {
    let mut words = Vec::new();
    for word in line.split(' ') {
        let digits = word.trim_start_matches("0x");
        let is_address = word.starts_with("0x")
            && digits.len() >= 12
            && digits.chars().all(|digit| digit.is_ascii_hexdigit());
        words.push(if is_address { "0x…" } else { word });
    }
    words.join(" ")
}

#[test]
fn addresses_are_taken_out_and_exit_codes_stay() {
    assert_eq!(
        steady("Attempted to kill init! exitcode=0x0000000b at 0xffffffff81000000"),
        "Attempted to kill init! exitcode=0x0000000b at 0x…"
    );
}
