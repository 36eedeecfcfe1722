//! One source file with all its mutants in it, each behind a question whether it is chosen.

use crate::list::{Genre, Mutant};
use crate::sites::Sites;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// A file that has been written anew.
pub struct Woven {
    pub text: String,
    /// The bytes of it that are there for these mutants alone.
    pub parts: Vec<(Range<usize>, Vec<usize>)>,
    /// Those that can't be chosen when the program runs.
    pub left_out: Vec<usize>,
}

/// What each of these mutants has in one place.
type Forms = Vec<(usize, String)>;

/// Where the text changes: an expression with other forms, or something put between two bytes.
#[derive(Default)]
struct Plan {
    /// By their beginnings, the longer first.
    expressions: BTreeMap<(usize, Reverse<usize>), Forms>,
    insertions: BTreeMap<usize, Forms>,
}

/// Weaves these mutants, each with its number, into the text of their file.
pub fn weave(text: &str, mutants: &[(usize, &Mutant)]) -> syn::Result<Woven> {
    let sites = Sites::of(text)?;
    let mut plan = Plan::default();
    let mut left_out = Vec::new();
    for &(number, mutant) in mutants {
        if plan.add(text, &sites, number, mutant).is_none() {
            left_out.push(number);
        }
    }
    let mut woven = Woven {
        text: String::new(),
        parts: Vec::new(),
        left_out,
    };
    let expressions: Vec<_> = plan
        .expressions
        .iter()
        .map(|((start, Reverse(end)), forms)| (*start..*end, forms))
        .collect();
    let whole = 0..text.len();
    woven.write(text, whole, &expressions, &plan.insertions);
    Ok(woven)
}

impl Plan {
    fn add(&mut self, text: &str, sites: &Sites, number: usize, mutant: &Mutant) -> Option<()> {
        let bytes = mutant.bytes(text);
        if sites.is_constant(&bytes) {
            return None;
        }
        let around = |list: &[(Range<usize>, Range<usize>)]| {
            let found = list.iter().find(|(site, _)| *site == bytes);
            found.map(|(_, around)| around.clone())
        };
        let whole = match mutant.genre {
            Genre::BinaryOperator | Genre::UnaryOperator => around(&sites.operators)?,
            Genre::StructField => around(&sites.fields)?,
            Genre::MatchArmGuard => bytes.clone(),
            Genre::MatchArm => {
                let (_, pattern_end) = sites.arms.iter().find(|(site, _)| *site == bytes)?;
                let guard = format!(" if !crate::mutant::on({number})");
                self.insert(*pattern_end, number, guard);
                return Some(());
            }
            Genre::FnValue => {
                sites.bodies.iter().find(|body| **body == bytes)?;
                let value = &mutant.replacement;
                let early = format!("if crate::mutant::on({number}) {{ return {value}; }} ");
                self.insert(bytes.start, number, early);
                return Some(());
            }
        };
        let before = &text[whole.start..bytes.start];
        let after = &text[bytes.end..whole.end];
        let form = format!("{before}{}{after}", mutant.replacement);
        let key = (whole.start, Reverse(whole.end));
        let forms = self.expressions.entry(key).or_default();
        forms.push((number, form));
        Some(())
    }

    fn insert(&mut self, at: usize, number: usize, text: String) {
        self.insertions.entry(at).or_default().push((number, text));
    }
}

impl Woven {
    /// Writes these bytes, with the expressions in them, the outer before the inner.
    fn write(
        &mut self,
        text: &str,
        bytes: Range<usize>,
        mut expressions: &[(Range<usize>, &Forms)],
        insertions: &BTreeMap<usize, Forms>,
    ) {
        let mut done = bytes.start;
        while let Some((first, rest)) = expressions.split_first() {
            let (whole, forms) = first;
            self.copy(text, done..whole.start, insertions);
            let begin = self.text.len();
            self.text.push('(');
            for (number, form) in *forms {
                let start = self.text.len();
                let question = format!("if crate::mutant::on({number}) {{ {form} }} else ");
                self.text.push_str(&question);
                self.parts.push((start..self.text.len(), vec![*number]));
            }
            self.text.push_str("{ ");
            let inner = rest.partition_point(|(other, _)| other.start < whole.end);
            // What is put at the very beginning of an expression goes into it.
            self.write(text, whole.clone(), &rest[..inner], insertions);
            self.text.push_str(" })");
            let numbers = forms.iter().map(|(number, _)| *number).collect();
            self.parts.push((begin..self.text.len(), numbers));
            done = whole.end;
            expressions = &rest[inner..];
        }
        self.copy(text, done..bytes.end, insertions);
    }

    fn copy(&mut self, text: &str, bytes: Range<usize>, insertions: &BTreeMap<usize, Forms>) {
        let mut done = bytes.start;
        for (at, inserted) in insertions.range(bytes.clone()) {
            self.text.push_str(&text[done..*at]);
            done = *at;
            for (number, part) in inserted {
                let start = self.text.len();
                let _ = write!(self.text, "{part}");
                self.parts.push((start..self.text.len(), vec![*number]));
            }
        }
        self.text.push_str(&text[done..bytes.end]);
    }
}
