//! How often each cause was found, over all files and boots of a run.

use super::rows::Row;
use crate::finding::{Code, Severity};
use crate::printable::Printable;
use std::collections::BTreeMap;

/// Returns a line for each cause, the most frequent first.
pub(super) fn page(rows: &[Row<'_>]) -> Printable {
    let mut counts: BTreeMap<Code, (usize, Severity, &'static str)> = BTreeMap::new();
    for entry in rows.iter().flat_map(|row| &row.entries) {
        let finding = entry.finding;
        let count = counts
            .entry(finding.code)
            .or_insert((0, finding.severity, finding.name));
        count.0 = count.0.saturating_add(1);
        count.1 = count.1.max(finding.severity);
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by_key(|(code, (count, ..))| (std::cmp::Reverse(*count), *code));
    let wide = sorted
        .first()
        .map_or(1, |(_, (count, ..))| count.to_string().len());
    let mut page = Printable::default();
    for (code, (count, severity, name)) in sorted {
        let line = format!("{count:>wide$}  {code}  {severity:<5}  {name}");
        page.push(&Printable::from(line).into_line());
    }
    page
}
