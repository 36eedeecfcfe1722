//! What runs in a tree of files: programs with all that they need, the system that they belong to,
//! kernel modules. The same for a root file system, a folder and an initramfs.

pub mod elf;
pub mod libraries;
pub mod machine;
pub mod modules;
pub mod program;
pub mod script;
pub mod system;
pub mod trouble;

pub use elf::ElfFacts;
pub use libraries::{IsaNeed, Library, Loader};
pub use machine::{Machine, Runs};
pub use modules::{Modinfo, Modules, modinfo};
pub use program::{How, InitChain, Needs, Program, ProgramKind, Step, init, program};
pub use script::ScriptTrouble;
pub use system::{System, system};
pub use trouble::{InitEnd, InitFault, InitTrouble, NotExecutable, Trouble};
