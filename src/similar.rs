//! How near one word is to another: what a slip of the pen was meant to be.

/// The optimal string alignment distance: letters put in, left out, changed, or swapped with their
/// neighbour.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<u8> = other.bytes().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    let mut last = None;
    for (row, letter) in one.bytes().enumerate() {
        let mut current = vec![row.saturating_add(1)];
        for (column, wanted) in other.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX);
            let put = at(&current, column).saturating_add(1);
            let left_out = at(&above, column.saturating_add(1)).saturating_add(1);
            let changed = at(&above, column).saturating_add(usize::from(letter != *wanted));
            let swapped = match column.checked_sub(1) {
                Some(previous) if other.get(previous) == Some(&letter) && last == Some(*wanted) => {
                    at(&before, previous).saturating_add(1)
                }
                _ => usize::MAX,
            };
            current.push(put.min(left_out).min(changed).min(swapped));
        }
        last = Some(letter);
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or(usize::MAX)
}

/// The word of `known` that `written` is a slip of: at most a third of its letters differ.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = written.len().div_ceil(3).min(3);
    known
        .into_iter()
        .filter(|known| known.len().abs_diff(written.len()) <= allowed)
        .map(|known| (distance(written, known), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_to_what_was_meant() {
        let known = ["image", "ignore", "severity", "limits"];
        for (written, meant) in [
            ("images", Some("image")),
            ("imgae", Some("image")),
            ("limit", Some("limits")),
            ("severities", Some("severity")),
            ("kernel", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }

    #[test]
    fn neighbours_that_are_swapped_count_as_one_slip() {
        assert_eq!(distance("rotofstype", "rootfstype"), 1);
        assert_eq!(distance("imgae", "image"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
