//! KC2xx, the machine.

mod misspelt_parameter;
mod no_interrupt_controller;
mod no_interrupt_table;
mod no_kvm_clock;
