//! Kernel images, a module a container.

mod arm64;
mod arm_zimage;
mod bzimage;
mod chain;
mod compressed;
mod elf;
#[path = "../forge/mod.rs"]
mod forge;
mod hostile;
mod libkrunfw;
mod near_miss;
mod near_miss_data;
mod riscv;
mod s390;
mod uimage;
mod uki;
mod zboot;

use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;

/// The kernel in these bytes, within the default limits.
fn kernel(bytes: Vec<u8>) -> Kernel {
    Kernel::new(Source::from_bytes(bytes), Limits::default())
}

/// The name of the outermost container.
fn container(kernel: &Kernel) -> &'static str {
    kernel.container().unwrap().name
}

/// What the outermost header finds wrong.
fn problems(bytes: Vec<u8>) -> Vec<String> {
    let kernel = kernel(bytes);
    let header = kernel.header().unwrap();
    header.problems.iter().map(ToString::to_string).collect()
}

/// The layers' names, outermost first, and what every layer finds wrong.
fn opened(kernel: &Kernel) -> (Vec<&'static str>, Vec<String>) {
    let chain = kernel.chain().unwrap();
    let problems = chain.layers.iter().flat_map(|layer| &layer.header.problems);
    (chain.names(), problems.map(ToString::to_string).collect())
}
