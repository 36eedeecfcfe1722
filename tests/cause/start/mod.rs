//! KC2xx, the machine.

mod no_interrupt_controller;
mod no_interrupt_table;
mod no_kvm_clock;
