//! KC9xx: what is known only by booting, from what the console and the VMM say.

pub(super) mod boot_loader_failed;
pub(super) mod deadline_after_output;
pub(super) mod hypervisor_fault;
pub(super) mod kernel_panic;
pub(super) mod local_mount_failed;
pub(super) mod lockup;
pub(super) mod oops;
pub(super) mod out_of_memory;
pub(super) mod prediction_differs;
pub(super) mod silence;
pub(super) mod storage_error;
pub(super) mod triple_fault;
pub(super) mod unclean_exit;
pub(super) mod userspace_marker_missing;
pub(super) mod vmm_setup_failed;
