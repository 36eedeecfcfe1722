//! A console log as an artefact: its lines, what they show of a boot, and the facts in them.
//!
//! Sources: stand with each part.

mod clues;
mod decode;
mod end;
mod line;
mod lines;
mod mark;
mod pattern;

pub use clues::{Block, Clues, InitFailure, Reached, RootFailure};
pub use decode::{Ended, block_device, errno, musl_words, root_driver};
pub use end::EndKind;
pub use line::{Line, Message};
pub use lines::Lines;
pub use mark::{MARKS, Mark, Shows};
pub use pattern::Pattern;
