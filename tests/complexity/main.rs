//! How cost grows with input: time, memory and charged work of hostile files at size n and 2n.

#[allow(dead_code, reason = "the trials measure more than these tests")]
#[path = "../support/cost.rs"]
mod cost;
#[path = "../forge/mod.rs"]
mod forge;
mod growth;
#[path = "../fetch/made/mod.rs"]
mod made;
mod memory;
#[allow(dead_code, reason = "the trials print what n counts")]
mod readers;

#[global_allocator]
static ALLOCATOR: cost::Counting = cost::Counting;
