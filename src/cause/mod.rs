//! The causes: each root cause of a failed boot in one file, in the folder of its stage.
//!
//! A cause holds all that is known of it, so that predicting, booting, reading a log and reading
//! the manual are views of one table.

pub(crate) mod consistency;
mod console;
pub(crate) mod init;
pub(crate) mod initramfs;
mod load;
pub(crate) mod needed;
mod read;
pub(crate) mod root_device;
pub(crate) mod root_mount;
mod running;
mod start;

use crate::bundle::Bundle;
use crate::console::Clues;
use crate::error::{Error, Kind, Result};
use crate::finding::{Code, Finding, Place, Severity};
use crate::kernel::config;
use crate::metadata;
use crate::role::Role;
use crate::stage::Stage;
use std::borrow::Borrow;

/// How a cause is found before a boot.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// By the facts of the artefacts. An error is a fact that is missing.
    Facts(fn(&Bundle) -> Result<Vec<Finding>>),
    /// By following the boot.
    Boot,
    /// Not at all: only a running machine shows it.
    Running,
}

/// One root cause.
#[derive(Debug)]
pub struct Cause {
    /// Its number.
    pub code: Code,
    /// Its name; it finishes the sentence "allow …".
    pub name: &'static str,
    /// The stage at which it stops or hurts a boot.
    pub stage: Stage,
    /// Which artefact it is about, unless a finding says another.
    pub role: Role,
    /// How much it hurts, unless a finding says less.
    pub severity: Severity,
    /// When it holds: one sentence.
    pub summary: &'static str,
    /// What is behind it: a paragraph or two.
    pub explanation: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    /// The lines by which the kernel or the VMM tells it.
    pub tells: &'static [Tell],
    /// Where all this was read.
    pub sources: &'static [&'static str],
    /// How it is found before a boot.
    pub check: Check,
}

/// A line on the console or in the VMM's log. `‹…›` stands for what varies.
#[derive(Debug)]
pub struct Tell {
    /// The line, or its stable part.
    pub text: &'static str,
    /// Who prints it, in which versions.
    pub by: &'static str,
    /// What the line says of this cause.
    pub says: Says,
}

/// What a line says of a cause, where the boot has failed.
#[derive(Debug, Clone, Copy)]
pub enum Says {
    /// It is this cause.
    It,
    /// It is mostly this cause: others end in the same line, more seldom.
    Mostly,
    /// It may be this cause: others end in the same line, and what else the log shows does not tell
    /// them apart.
    Perhaps,
    /// Others end in the same line; what else the log shows tells them apart.
    When(fn(&Clues) -> Belief),
    /// It goes with this cause, and with much else.
    Aside,
}

/// How much a log says for a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Belief {
    /// It is another.
    No,
    /// Nothing speaks against it.
    Possible,
    /// Something speaks for it.
    Likely,
    /// Nothing else is left.
    Certain,
}

impl Belief {
    /// This much where it holds, and nothing where it does not.
    fn only_if(self, holds: bool) -> Self {
        if holds { self } else { Self::No }
    }
}

impl Says {
    /// How much the line says for its cause, beside all that the log shows.
    pub fn belief(self, clues: &Clues) -> Belief {
        match self {
            Self::It => Belief::Certain,
            Self::Mostly => Belief::Likely,
            Self::Perhaps => Belief::Possible,
            Self::When(weigh) => weigh(clues),
            Self::Aside => Belief::No,
        }
    }
}

/// The outcome of one cause for one bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was decided. Without findings the boot passes.
    Ran(Vec<Finding>),
    /// A fact that it needs could not be had.
    Blocked {
        /// The cause that tells why; none where the system refused to read.
        by: Option<Code>,
        /// The fact and the reason.
        why: Error,
    },
    /// It was not asked for.
    Skipped {
        /// By what.
        why: String,
    },
    /// It is about an artefact that was not given.
    NotGiven {
        /// The part that is missing.
        role: Role,
    },
}

/// Every cause, by code.
pub static CAUSES: [&Cause; 120] = [
    &read::not_a_kernel::NOT_A_KERNEL,
    &read::truncated_kernel::TRUNCATED_KERNEL,
    &read::corrupt_payload::CORRUPT_PAYLOAD,
    &read::checksum_mismatch::CHECKSUM_MISMATCH,
    &read::over_limit::OVER_LIMIT,
    &read::unknown_codec::UNKNOWN_CODEC,
    &root_mount::not_a_root_filesystem::NOT_A_ROOT_FILESYSTEM,
    &root_mount::truncated_root_filesystem::TRUNCATED_ROOT_FILESYSTEM,
    &root_mount::corrupt_superblock::CORRUPT_SUPERBLOCK,
    &root_mount::partitioned_image::PARTITIONED_IMAGE,
    &initramfs::corrupt_initramfs::CORRUPT_INITRAMFS,
    &load::wrong_architecture::WRONG_ARCHITECTURE,
    &load::container_not_accepted::CONTAINER_NOT_ACCEPTED,
    &load::magic_decoy::MAGIC_DECOY,
    &load::does_not_fit_ram::DOES_NOT_FIT_RAM,
    &load::bad_load_address::BAD_LOAD_ADDRESS,
    &load::no_pvh_note::NO_PVH_NOTE,
    &load::page_size_unsupported::PAGE_SIZE_UNSUPPORTED,
    &load::not_64_bit::NOT_64_BIT,
    &load::old_boot_protocol::OLD_BOOT_PROTOCOL,
    &load::big_endian::BIG_ENDIAN,
    &load::command_line_too_long::COMMAND_LINE_TOO_LONG,
    &load::command_line_bytes::COMMAND_LINE_BYTES,
    &load::command_line_forced::COMMAND_LINE_FORCED,
    &load::initramfs_out_of_reach::INITRAMFS_OUT_OF_REACH,
    &load::uki_not_accepted::UKI_NOT_ACCEPTED,
    &console::no_such_console::NO_SUCH_CONSOLE,
    &console::console_driver_missing::CONSOLE_DRIVER_MISSING,
    &console::no_console_parameter::NO_CONSOLE_PARAMETER,
    &console::quiet_hides_panic::QUIET_HIDES_PANIC,
    &start::no_kvm_clock::NO_KVM_CLOCK,
    &start::no_interrupt_table::NO_INTERRUPT_TABLE,
    &start::no_interrupt_controller::NO_INTERRUPT_CONTROLLER,
    &start::timer_interrupt_missing::TIMER_INTERRUPT_MISSING,
    &start::device_tree_refused::DEVICE_TREE_REFUSED,
    &start::misspelt_parameter::MISSPELT_PARAMETER,
    &initramfs::initramfs_codec_not_built_in::INITRAMFS_CODEC_NOT_BUILT_IN,
    &initramfs::initramfs_unsupported::INITRAMFS_UNSUPPORTED,
    &initramfs::no_init_in_initramfs::NO_INIT_IN_INITRAMFS,
    &initramfs::initramfs_init_not_runnable::INITRAMFS_INIT_NOT_RUNNABLE,
    &initramfs::modules_for_another_kernel::MODULES_FOR_ANOTHER_KERNEL,
    &initramfs::needed_module_missing::NEEDED_MODULE_MISSING,
    &initramfs::module_compression_unreadable::MODULE_COMPRESSION_UNREADABLE,
    &initramfs::root_type_unstated::ROOT_TYPE_UNSTATED,
    &initramfs::early_microcode_order::EARLY_MICROCODE_ORDER,
    &initramfs::initramfs_exceeds_ram::INITRAMFS_EXCEEDS_RAM,
    &initramfs::xz_settings_unsupported::XZ_SETTINGS_UNSUPPORTED,
    &initramfs::shell_requested::SHELL_REQUESTED,
    &initramfs::module_forbidden::MODULE_FORBIDDEN,
    &initramfs::initramfs_program_missing::INITRAMFS_PROGRAM_MISSING,
    &initramfs::root_never_appears::ROOT_NEVER_APPEARS,
    &initramfs::raid_not_assembled::RAID_NOT_ASSEMBLED,
    &initramfs::encrypted_volume_not_opened::ENCRYPTED_VOLUME_NOT_OPENED,
    &initramfs::volume_group_not_activated::VOLUME_GROUP_NOT_ACTIVATED,
    &initramfs::initramfs_mount_failed::INITRAMFS_MOUNT_FAILED,
    &initramfs::root_handover_failed::ROOT_HANDOVER_FAILED,
    &initramfs::module_signature_rejected::MODULE_SIGNATURE_REJECTED,
    &root_device::block_driver_not_built_in::BLOCK_DRIVER_NOT_BUILT_IN,
    &root_device::transport_not_built_in::TRANSPORT_NOT_BUILT_IN,
    &root_device::no_root_parameter::NO_ROOT_PARAMETER,
    &root_device::root_by_uuid_without_initramfs::ROOT_BY_UUID_WITHOUT_INITRAMFS,
    &root_device::no_such_root_device::NO_SUCH_ROOT_DEVICE,
    &root_device::no_such_partuuid::NO_SUCH_PARTUUID,
    &root_device::virtiofs_root_unsupported::VIRTIOFS_ROOT_UNSUPPORTED,
    &root_device::usr_device_missing::USR_DEVICE_MISSING,
    &root_mount::root_filesystem_not_built_in::ROOT_FILESYSTEM_NOT_BUILT_IN,
    &root_mount::root_type_mismatch::ROOT_TYPE_MISMATCH,
    &root_mount::ext4_feature_too_new::EXT4_FEATURE_TOO_NEW,
    &root_mount::ext4_feature_read_only::EXT4_FEATURE_READ_ONLY,
    &root_mount::ext4_feature_config::EXT4_FEATURE_CONFIG,
    &root_mount::journal_needs_write::JOURNAL_NEEDS_WRITE,
    &root_mount::block_exceeds_page::BLOCK_EXCEEDS_PAGE,
    &root_mount::filesystem_not_clean::FILESYSTEM_NOT_CLEAN,
    &root_mount::disk_format_mismatch::DISK_FORMAT_MISMATCH,
    &root_mount::bad_root_flags::BAD_ROOT_FLAGS,
    &root_mount::journal_feature_too_new::JOURNAL_FEATURE_TOO_NEW,
    &root_mount::journal_device_missing::JOURNAL_DEVICE_MISSING,
    &root_mount::root_codec_not_built_in::ROOT_CODEC_NOT_BUILT_IN,
    &root_mount::network_root_not_mounted::NETWORK_ROOT_NOT_MOUNTED,
    &root_mount::flash_root_not_mounted::FLASH_ROOT_NOT_MOUNTED,
    &root_mount::filesystem_damaged::FILESYSTEM_DAMAGED,
    &root_mount::filesystem_too_new::FILESYSTEM_TOO_NEW,
    &init::no_init::NO_INIT,
    &init::init_not_executable::INIT_NOT_EXECUTABLE,
    &init::init_link_broken::INIT_LINK_BROKEN,
    &init::init_wrong_architecture::INIT_WRONG_ARCHITECTURE,
    &init::init_loader_missing::INIT_LOADER_MISSING,
    &init::init_script_broken::INIT_SCRIPT_BROKEN,
    &init::init_library_missing::INIT_LIBRARY_MISSING,
    &init::no_elf_support::NO_ELF_SUPPORT,
    &init::no_device_nodes::NO_DEVICE_NODES,
    &init::cpu_level_too_new::CPU_LEVEL_TOO_NEW,
    &init::init_exits::INIT_EXITS,
    &init::missing_kernel_feature_for_init::MISSING_KERNEL_FEATURE_FOR_INIT,
    &init::systemd_requirement_missing::SYSTEMD_REQUIREMENT_MISSING,
    &init::first_target_unreachable::FIRST_TARGET_UNREACHABLE,
    &init::systemd_frozen::SYSTEMD_FROZEN,
    &init::kernel_too_old::KERNEL_TOO_OLD,
    &consistency::alpine_release_mismatch::ALPINE_RELEASE_MISMATCH,
    &consistency::metadata_mismatch::METADATA_MISMATCH,
    &consistency::root_modules_missing::ROOT_MODULES_MISSING,
    &consistency::no_alpine_release::NO_ALPINE_RELEASE,
    &consistency::module_vermagic_mismatch::MODULE_VERMAGIC_MISMATCH,
    &consistency::required_parameter_missing::REQUIRED_PARAMETER_MISSING,
    &consistency::fstab_mount_fails::FSTAB_MOUNT_FAILS,
    &running::kernel_panic::KERNEL_PANIC,
    &running::oops::OOPS,
    &running::out_of_memory::OUT_OF_MEMORY,
    &running::lockup::LOCKUP,
    &running::hypervisor_fault::HYPERVISOR_FAULT,
    &running::triple_fault::TRIPLE_FAULT,
    &running::silence::SILENCE,
    &running::deadline_after_output::DEADLINE_AFTER_OUTPUT,
    &running::vmm_setup_failed::VMM_SETUP_FAILED,
    &running::unclean_exit::UNCLEAN_EXIT,
    &running::userspace_marker_missing::USERSPACE_MARKER_MISSING,
    &running::prediction_differs::PREDICTION_DIFFERS,
    &running::local_mount_failed::LOCAL_MOUNT_FAILED,
    &running::storage_error::STORAGE_ERROR,
    &running::boot_loader_failed::BOOT_LOADER_FAILED,
];

/// The cause of that code, or of that name.
pub fn find(code_or_name: &str) -> Option<&'static Cause> {
    let code = Code::parse(code_or_name);
    CAUSES
        .into_iter()
        .find(|cause| Some(cause.code) == code || cause.name == code_or_name)
}

/// The cause of that code.
pub fn by_code(code: Code) -> Option<&'static Cause> {
    CAUSES.into_iter().find(|cause| cause.code == code)
}

impl Cause {
    /// Returns true if a prediction can name the cause.
    pub fn is_predicted(&self) -> bool {
        !matches!(self.check, Check::Running)
    }

    /// A finding of this cause: what is true, what will happen, what to change.
    pub(crate) fn finding(
        &self,
        message: impl Into<String>,
        consequence: impl Into<String>,
        fix: impl Into<String>,
    ) -> Finding {
        Finding {
            code: self.code,
            name: self.name,
            severity: self.severity,
            stage: self.stage,
            role: self.role,
            artifact: 0,
            message: message.into(),
            consequence: consequence.into(),
            fix: fix.into(),
            place: Place::default(),
        }
    }
}

/// The cause that reports limits.
pub(crate) const OVER_LIMIT: Code = Code(5);

pub(crate) use read::over_limit::over_limit;

impl Outcome {
    /// The outcome of a question about the cause.
    pub(crate) fn of(cause: &Cause, answer: Result<Vec<Finding>>) -> Self {
        match answer {
            Ok(findings) => Self::Ran(findings),
            Err(error) if error.kind() == Kind::NotAsked => Self::Skipped {
                why: error.found().to_owned(),
            },
            Err(error) if error.kind() == Kind::NotGiven => Self::NotGiven {
                role: error.role().unwrap_or(cause.role),
            },
            Err(error) => Self::Blocked {
                by: owner(&error),
                why: error,
            },
        }
    }
}

/// The cause that reports such a failure: what it blocks is blocked by it.
fn owner(error: &Error) -> Option<Code> {
    // What lies beside the kernel may be damaged as well.
    match error.field() {
        metadata::FILE_NAME => return Some(Code(702)),
        config::FIELD => return None,
        _ => {}
    }
    let unreadable = matches!(
        error.kind(),
        Kind::Unrecognised | Kind::Truncated | Kind::Corrupt | Kind::Invalid | Kind::UnknownCodec
    );
    match (error.role(), error.kind()) {
        (Some(Role::Rootfs), Kind::Unrecognised | Kind::Unsupported) => return Some(Code(10)),
        (Some(Role::Rootfs), Kind::Truncated) => return Some(Code(11)),
        (Some(Role::Rootfs), _) if unreadable => return Some(Code(12)),
        (Some(Role::Initramfs), _) if unreadable => return Some(Code(20)),
        (Some(Role::Cmdline), _) => return None,
        _ => {}
    }
    match error.kind() {
        Kind::Unrecognised => Some(Code(1)),
        Kind::Truncated => Some(Code(2)),
        Kind::Corrupt | Kind::Invalid => Some(Code(3)),
        Kind::Limit => Some(OVER_LIMIT),
        Kind::UnknownCodec => Some(Code(6)),
        Kind::WrongMachine => Some(Code(101)),
        Kind::Io | Kind::Unsupported | Kind::Absent | Kind::NotAsked | Kind::NotGiven => None,
    }
}

/// For lines that only what comes before a kernel prints: later they are somebody else's.
fn before_banner(clues: &Clues) -> Belief {
    let is_of_kernel = clues.has_kernel_lines || clues.has_initramfs;
    if clues.kernel.is_none() && !is_of_kernel {
        Belief::Certain
    } else {
        Belief::No
    }
}

/// The text as a sentence begins.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed<S: Borrow<str>>(names: &[S]) -> String {
    let Some((last, before)) = names.split_last() else {
        return String::new();
    };
    let last = last.borrow();
    match before {
        [] => last.to_owned(),
        before => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_and_names_are_unique_and_in_order() {
        let mut names = HashSet::new();
        let mut last = None;
        for cause in CAUSES {
            assert!(Some(cause.code) > last, "{} is out of order", cause.code);
            last = Some(cause.code);
            assert!(names.insert(cause.name), "{} stands twice", cause.name);
        }
    }

    #[test]
    fn every_cause_is_explained_whole() {
        for cause in CAUSES {
            for (what, text) in [
                ("summary", cause.summary),
                ("explanation", cause.explanation),
                ("fix", cause.fix),
            ] {
                assert!(text.ends_with('.'), "{} {what}: {text}", cause.code);
            }
            assert!(!cause.sources.is_empty(), "{} names no source", cause.code);
        }
    }
}
