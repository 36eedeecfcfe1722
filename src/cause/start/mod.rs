//! KC2xx, the machine: whether the kernel begins to run.

pub(super) mod device_tree_refused;
pub(super) mod misspelt_parameter;
pub(super) mod no_interrupt_controller;
pub(super) mod no_interrupt_table;
pub(super) mod no_kvm_clock;
pub(super) mod timer_interrupt_missing;
