//! KC1xx.

mod bad_load_address;
mod big_endian;
mod command_line_bytes;
mod command_line_forced;
mod command_line_too_long;
mod container_not_accepted;
mod does_not_fit_ram;
mod initramfs_out_of_reach;
mod magic_decoy;
mod no_pvh_note;
mod not_64_bit;
mod old_boot_protocol;
mod page_size_unsupported;
mod uki_not_accepted;
mod wrong_architecture;
