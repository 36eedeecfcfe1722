//! Which of two versions of an Alpine package is the newer one.
//!
//! Source: apk-tools, `apk-package(5)` and the comparison that it documents: numbers between dots, a
//! letter, suffixes such as `_rc1` and `_p20250503`, a hash, and the revision `-r0`.

use std::cmp::Ordering;

/// Suffixes in their order; what has none stands between `rc` and `cvs`.
const SUFFIXES: [&str; 9] = ["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];
/// How many of those come before a version without one.
const BEFORE_RELEASE: usize = 4;

/// A version of a package, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    numbers: Vec<String>,
    letter: Option<char>,
    suffixes: Vec<(usize, u64)>,
    revision: u64,
}

impl Version {
    /// The version that is written so; `None` where it is written otherwise.
    pub fn parse(text: &str) -> Option<Self> {
        let (text, revision) = match text.rsplit_once("-r") {
            Some((text, revision)) => (text, number(revision)?),
            None => (text, 0),
        };
        // A hash names a commit and has no order.
        let text = match text.split_once('~') {
            Some((text, hash)) if hash.chars().all(|digit| digit.is_ascii_hexdigit()) => text,
            Some(_) => return None,
            None => text,
        };
        let mut words = text.split('_');
        let body = words.next()?;
        let letter = body.chars().last().filter(char::is_ascii_lowercase);
        let body = letter.map_or(body, |letter| body.trim_end_matches(letter));
        let numbers: Vec<String> = body.split('.').map(str::to_owned).collect();
        let is_number =
            |text: &String| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        if !numbers.iter().all(is_number) {
            return None;
        }
        let suffixes = words.map(suffix).collect::<Option<Vec<_>>>()?;
        Some(Self {
            numbers,
            letter,
            suffixes,
            revision,
        })
    }
}

fn suffix(word: &str) -> Option<(usize, u64)> {
    let digits = word.find(|letter: char| letter.is_ascii_digit());
    let (name, digits) = word.split_at(digits.unwrap_or(word.len()));
    let order = SUFFIXES.iter().position(|known| *known == name)?;
    let number = if digits.is_empty() {
        0
    } else {
        number(digits)?
    };
    Some((order, number))
}

fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|digit| digit.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// Numbers behind the first that begin with a zero are fractions: 1.05 is less than 1.1.
fn compare_numbers(left: &str, right: &str, is_first: bool) -> Ordering {
    let is_fraction = !is_first && (left.starts_with('0') || right.starts_with('0'));
    if is_fraction {
        return left.cmp(right);
    }
    let strip = |text: &str| text.trim_start_matches('0').to_owned();
    let (left, right) = (strip(left), strip(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(&right))
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.numbers.iter().zip(&other.numbers).enumerate();
        for (at, (left, right)) in pairs {
            let order = compare_numbers(left, right, at == 0);
            if order != Ordering::Equal {
                return order;
            }
        }
        self.numbers
            .len()
            .cmp(&other.numbers.len())
            .then_with(|| self.letter.cmp(&other.letter))
            .then_with(|| compare_suffixes(&self.suffixes, &other.suffixes))
            .then_with(|| self.revision.cmp(&other.revision))
    }
}

fn compare_suffixes(left: &[(usize, u64)], right: &[(usize, u64)]) -> Ordering {
    let longest = left.len().max(right.len());
    for at in 0..longest {
        let order = match (left.get(at), right.get(at)) {
            (Some(left), Some(right)) => left.cmp(right),
            (Some((order, _)), None) => against_none(*order),
            (None, Some((order, _))) => against_none(*order).reverse(),
            (None, None) => Ordering::Equal,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn against_none(order: usize) -> Ordering {
    if order < BEFORE_RELEASE {
        Ordering::Less
    } else {
        Ordering::Greater
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_in_the_order_that_apk_gives_them() {
        let ascending = [
            "0.9-r0",
            "1.05-r0",
            "1.1_alpha-r0",
            "1.1_alpha2-r0",
            "1.1_beta-r0",
            "1.1_pre1-r0",
            "1.1_rc1-r0",
            "1.1_rc1_p1-r0",
            "1.1-r0",
            "1.1-r1",
            "1.1-r10",
            "1.1_cvs1-r0",
            "1.1_git20250101-r0",
            "1.1_p1-r0",
            "1.1a-r0",
            "1.1.1-r0",
            "1.2-r0",
            "6.12.9-r0",
            "6.12.31-r0",
            "6.12.100-r3",
            "10.0-r0",
        ];
        for (at, left) in ascending.iter().enumerate() {
            for (other, right) in ascending.iter().enumerate() {
                let found = Version::parse(left)
                    .unwrap()
                    .cmp(&Version::parse(right).unwrap());
                assert_eq!(found, at.cmp(&other), "{left} and {right}");
            }
        }
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in ["", "-r1", "1..2", "1.2_foo", "1.2-rx", "v1.2", "1.2~zz"] {
            assert_eq!(Version::parse(text), None, "{text:?}");
        }
        assert!(Version::parse("1.2~0af3-r1").is_some());
    }
}
