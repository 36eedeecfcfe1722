//! Runs the mutants of cargo-mutants without building once for each: all are in one binary, and a
//! variable chooses.
//!
//! `mutants LIST TREE COPY [NAME…]`: LIST is what `cargo mutants --list --json` prints for TREE, COPY
//! a copy of TREE that is written over, and remembers from one run to the next what does not compile
//! and which test meets what. With names, only mutants whose name has one of them run.
//!
//! What the compiler evaluates, `impl …` that is returned, and operands of `if let … && …` have no
//! place for a choice: such mutants are told as unwoven, and cargo-mutants has to run them itself.

mod list;
mod run;
mod sites;
mod tree;
mod weave;

use list::Mutant;
use run::End;
use std::path::Path;
use std::{env, fs};
use tree::LeftOut;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [list, original, copy, wanted @ ..] = &arguments[..] else {
        panic!("usage: mutants LIST TREE COPY [NAME…]");
    };
    // Tests run in the copy, so its path has to hold there too.
    let (original, copy) = (Path::new(original), &fs::canonicalize(copy).unwrap());
    let mutants: Vec<Mutant> = serde_json::from_slice(&fs::read(list).unwrap()).unwrap();
    let left_out = tree::write(original, copy, &mutants);
    let binaries = tree::build(copy);
    let jobs = env::var("JOBS")
        .ok()
        .and_then(|jobs| jobs.parse().ok())
        .unwrap_or(1);
    let tests = run::trace(copy, &binaries, jobs);
    eprintln!("{} tests", tests.len());
    let is_wanted =
        |mutant: &Mutant| wanted.is_empty() || wanted.iter().any(|name| mutant.name.contains(name));
    let mut numbers = Vec::new();
    for (number, mutant) in mutants
        .iter()
        .enumerate()
        .filter(|(_, mutant)| is_wanted(mutant))
    {
        match left_out.get(&number) {
            None => numbers.push(number),
            Some(LeftOut::Unwoven) => println!("unwoven\t{}", mutant.name),
            Some(LeftOut::Unviable(why)) => println!("unviable\t{}\t{why}", mutant.name),
        }
    }
    let tell = |number: usize, end: &End| {
        let name = &mutants[number].name;
        match end {
            End::Caught(by) => println!("caught\t{name}\t{by}"),
            End::TimedOut(by) => println!("timeout\t{name}\t{by}"),
            End::Missed => println!("missed\t{name}"),
            End::NeverMet => println!("unmet\t{name}"),
        }
    };
    run::run(copy, &tests, &mutants, &numbers, jobs, tell);
}
