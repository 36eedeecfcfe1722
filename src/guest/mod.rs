//! Programs of ours that run inside the guest: a few hundred bytes each, for a Linux kernel with
//! nothing else in it.
//!
//! Each is written once, over the registers and operations of a small assembler ([`assembler`]), and
//! becomes machine code for the architectures that it knows. No toolchain is needed, neither when
//! kelpie-check is built nor when it runs, and the same program is the same bytes every time.

pub mod assembler;
pub mod build;
mod elf;
mod linux;
pub mod marker;
pub mod mounter;

pub use elf::executable;
