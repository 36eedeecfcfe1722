//! docs/TRUTH.md: what a full run came to.

use super::choose::{self, Case};
use super::judge::{self, Booted, By, Judgement};
use super::known;
use super::space::Space;
use super::support::repository;
use super::systems::Outcome;
use kelpie_check::cause;
use kelpie_check::finding::Code;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Writes the page if `KELPIE_CHECK_WRITE_DOCS` asks for it. `choice` is the number of all cases, and the seed.
pub fn compare(spaces: &[Space], booted: &[Booted], systems: &[Outcome], choice: (usize, u64)) {
    if std::env::var_os("KELPIE_CHECK_WRITE_DOCS").is_some_and(|value| value == "1") {
        let mut page = page(spaces, booted, choice);
        real_systems(&mut page, systems);
        std::fs::write(repository("docs/TRUTH.md"), page).unwrap();
    }
}

fn page(spaces: &[Space], booted: &[Booted], (all, seed): (usize, u64)) -> String {
    let qemu = booted.iter().find_map(|booted| booted.qemu.clone());
    let mut page = format!(
        "# Prediction and reality\n\n\
         Each case is a boot on QEMU {} (TCG). `kelpie-check boot` predicts the end from the files, then boots \
         them. A case agrees if the outcome and the stage are the same, and for a failure also the cause. \
         `tests/truth/` makes the cases (seed {seed}) and writes this page \
         (`KELPIE_CHECK_TRUTH=full KELPIE_CHECK_WRITE_DOCS=1 cargo test --test truth`).\n\n",
        qemu.as_deref().unwrap_or("QEMU")
    );
    if booted.len() < all {
        writeln!(
            page,
            "This run ended before all {all} cases were booted: the table of systems shows which are \
             missing. It has no real systems.\n"
        )
        .unwrap();
    }
    counts(&mut page, booted);
    coverage(&mut page, spaces, booted);
    causes(&mut page, booted);
    lines(&mut page, booted);
    warnings(&mut page, booted);
    rest(
        &mut page,
        "Not known",
        "kelpie-check does not predict these boots. Each line names the missing fact.",
        booted,
        |judgement| matches!(judgement, Judgement::Unknown(_)),
    );
    rest(
        &mut page,
        "Not run",
        "The host or QEMU did not run these cases.",
        booted,
        |judgement| matches!(judgement, Judgement::NotRun(_)),
    );
    rest(
        &mut page,
        "Init ended",
        "The requested init was started, as predicted, and then ended.",
        booted,
        |judgement| matches!(judgement, Judgement::InitsOwn),
    );
    differences(&mut page, booted);
    page
}

fn counts(page: &mut String, booted: &[Booted]) {
    let count = |wanted: &dyn Fn(&Booted) -> bool| booted.iter().filter(|one| wanted(one)).count();
    let is = |name: &'static str| move |one: &Booted| one.judgement.name() == name;
    let failures = count(&|one| one.code.is_some());
    let by = |by| count(&|one: &Booted| one.by == Some(by));
    let codes: BTreeSet<Code> = seen_codes(booted);
    writeln!(
        page,
        "| | cases |\n|---|---|\n\
         | in all | {} |\n\
         | agree | {} |\n\
         | … of these boot | {} |\n\
         | … of these fail | {failures} |\n\
         | …… the console names the cause | {} |\n\
         | …… the console leaves several causes, and the files decide | {} |\n\
         | …… the console is silent, and the files name the cause | {} |\n\
         | agree, and init ended | {} |\n\
         | not known | {} |\n\
         | not run | {} |\n\
         | false “boots” | {} |\n\
         | false “fails” | {} |\n\
         | another stage | {} |\n\
         | another cause | {} |\n\n\
         {} causes were seen.\n",
        booted.len(),
        count(&is("agrees")),
        count(&is("agrees")) - failures,
        by(By::Console),
        by(By::Files),
        by(By::Silence),
        count(&is("init's own")),
        count(&is("unknown")),
        count(&is("not run")),
        count(&is("false boots")),
        count(&is("false fails")),
        count(&is("another stage")),
        count(&is("another cause")),
        codes.len(),
    )
    .unwrap();
}

/// The causes that boots showed, fatal or not.
fn seen_codes(booted: &[Booted]) -> BTreeSet<Code> {
    let fatal = booted.iter().filter_map(|one| one.code);
    let warned = booted.iter().flat_map(|one| one.warned.iter().copied());
    fatal.chain(warned).collect()
}

fn coverage(page: &mut String, spaces: &[Space], booted: &[Booted]) {
    page.push_str(
        "## Choice of cases\n\n\
         Each case is a system that boots, with one value changed, or two or three values at once.\n\n\
         | system | cases | values | pairs of values that occur together | of all possible pairs |\n\
         |---|---|---|---|---|\n",
    );
    for space in spaces {
        let cases: Vec<&Case> = booted
            .iter()
            .map(|one| &one.case)
            .filter(|case| case.space.name == space.name)
            .collect();
        let values: usize = space
            .dimensions
            .iter()
            .map(|(_, values)| values.len())
            .sum();
        writeln!(
            page,
            "| {} | {} | {values} in {} dimensions | {} | {} |",
            space.name,
            cases.len(),
            space.dimensions.len(),
            choose::pairs_of(&cases).len(),
            choose::possible_pairs(space).len()
        )
        .unwrap();
    }
}

fn causes(page: &mut String, booted: &[Booted]) {
    page.push_str(
        "\n## Causes\n\n\
         | cause | kernel | machine | cases | agree |\n|---|---|---|---|---|\n",
    );
    let mut rows: BTreeMap<(Option<Code>, String, String), (usize, usize)> = BTreeMap::new();
    for one in booted {
        if matches!(one.judgement, Judgement::Unknown(_) | Judgement::NotRun(_)) {
            continue;
        }
        let kernel = one.kernel.clone().unwrap_or_else(|| "(unknown)".to_owned());
        let machine = one.case.space.architecture.name().to_owned();
        let row = rows.entry((one.code, kernel, machine)).or_default();
        row.0 += 1;
        row.1 += usize::from(!one.judgement.is_wrong());
    }
    for ((code, kernel, machine), (cases, agree)) in rows {
        writeln!(
            page,
            "| {} | {kernel} | {machine} | {cases} | {agree} |",
            named(code)
        )
        .unwrap();
    }
}

fn named(code: Option<Code>) -> String {
    match code {
        None => "it boots".to_owned(),
        Some(code) => {
            let name = cause::by_code(code).map_or("", |cause| cause.name);
            format!("{code} {name}")
        }
    }
}

fn lines(page: &mut String, booted: &[Booted]) {
    page.push_str("\n## Lines of the kernel\n\n| cause | kernel | line |\n|---|---|---|\n");
    let mut seen = BTreeMap::new();
    for one in booted {
        if let (Some(code), Some(line), Some(kernel)) = (one.code, &one.line, &one.kernel) {
            seen.entry((code, kernel.clone()))
                .or_insert_with(|| line.clone());
        }
    }
    for ((code, kernel), line) in seen {
        let line = line.replace('|', "\\|");
        writeln!(page, "| {} | {kernel} | `{line}` |", named(Some(code))).unwrap();
    }
}

fn warnings(page: &mut String, booted: &[Booted]) {
    let mut cases: BTreeMap<Code, usize> = BTreeMap::new();
    for code in booted.iter().flat_map(|one| &one.warned) {
        *cases.entry(*code).or_default() += 1;
    }
    page.push_str(
        "\n## Warnings\n\nkelpie-check predicts these warnings from the files, and the console shows them.\n\n\
         | cause | cases |\n|---|---|\n",
    );
    for (code, cases) in cases {
        writeln!(page, "| {} | {cases} |", named(Some(code))).unwrap();
    }
}

fn rest(
    page: &mut String,
    title: &str,
    words: &str,
    booted: &[Booted],
    wanted: impl Fn(&Judgement) -> bool,
) {
    let found: Vec<&Booted> = booted.iter().filter(|one| wanted(&one.judgement)).collect();
    writeln!(page, "\n## {title}\n\n{words}\n").unwrap();
    if found.is_empty() {
        page.push_str("None.\n");
    }
    for one in found {
        let detail = one.judgement.detail();
        let colon = if detail.is_empty() { "" } else { ": " };
        writeln!(page, "- {}{colon}{detail}", one.case.title()).unwrap();
    }
}

fn differences(page: &mut String, booted: &[Booted]) {
    page.push_str("\n## Differences\n\n");
    let found: Vec<&Booted> = booted
        .iter()
        .filter(|one| one.judgement.is_wrong())
        .collect();
    if found.is_empty() {
        page.push_str("None.\n");
    }
    for one in found {
        let title = one.case.title();
        let reason = judge::reason(&one.case, &known::DIFFERENCES).unwrap_or("not explained");
        writeln!(page, "- {title}: {}. {reason}", one.judgement.detail()).unwrap();
    }
}

/// Each real system with its prediction and the line that decides.
fn real_systems(page: &mut String, systems: &[Outcome]) {
    if systems.is_empty() {
        return;
    }
    page.push_str(
        "\n## Real systems\n\n\
         Debian on QEMU's q35: roots by debootstrap with systemd, archives by initramfs-tools and dracut \
         (`tests/truth/systems/`). `kelpie-check check` predicts each; QEMU boots it without \
         `kelpie-check boot`; *boots* means a login prompt.\n\n",
    );
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in systems {
        *counts.entry(one.judgement.name()).or_default() += 1;
    }
    page.push_str("| | systems |\n|---|---|\n");
    for (name, count) in counts {
        writeln!(page, "| {name} | {count} |").unwrap();
    }
    page.push_str("\n| system | predicted | console | |\n|---|---|---|---|\n");
    for one in systems {
        let word = |key: &str| one.predicted[key].as_str().unwrap_or_default();
        let predicted = [word("outcome"), word("stage"), word("code")].join(" ");
        let line = one.line.replace('|', "\\|").replace('`', "'");
        writeln!(
            page,
            "| {} | {} | `{line}` | {} |",
            one.title.replace('|', "\\|"),
            predicted.trim(),
            one.judgement.name()
        )
        .unwrap();
    }
}
