//! The options, with what shows each of them.
//!
//! Each function is compiled under the option alone, by the `Makefile` or the `#ifdef` around it.
//! Where a row has several, the function was renamed or the architectures differ. An option comes
//! after those that it refers to.

use super::spec::{OptionSpec, Rule};
use crate::architecture::Architecture::{
    self, Aarch64, Arm, I386, Loongarch64, Mips, Mips64, Ppc, Ppc64, Riscv32, Riscv64, S390x,
    X86_64,
};

const X86: &[Architecture] = &[Architecture::X86_64, I386];
const ARM: &[Architecture] = &[Aarch64, Arm];
const KVM_GUESTS: &[Architecture] = &[X86_64, I386, Ppc64, Ppc];
/// Where `EFI` selects `EFI_STUB`; elsewhere it is a choice.
const STUB_SELECTED: &[Architecture] = &[Aarch64, Arm, Riscv64, Riscv32];
const PARAVIRT: &[Architecture] = &[X86_64, I386, Aarch64, Arm, Riscv64, Loongarch64, S390x];
/// Where the option exists; only on some of these does the kernel proper have a part in it.
const RANDOMIZED: &[Architecture] = &[
    X86_64,
    I386,
    Aarch64,
    S390x,
    Riscv64,
    Loongarch64,
    Ppc,
    Mips,
    Mips64,
];
const RANDOMIZED_COMPLETE: &[Architecture] = &[X86_64, I386, Aarch64];
const EARLY_PRINTK: &[Architecture] = &[X86_64, I386, Arm, S390x, Ppc64, Ppc, Mips, Mips64];
const EARLY_PRINTK_COMPLETE: &[Architecture] = &[X86_64, I386, Arm, S390x];
const OVERRIDING: &[Architecture] = &[X86_64, I386, Mips, Mips64];
const FORCING: &[Architecture] = &[Aarch64, Arm, Riscv64, Riscv32, Loongarch64, Ppc64, Ppc];

const FORCED: Rule = Rule::Hidden("it only changes the use of the built-in command line");
const COMPRESSED: Rule =
    Rule::Hidden("it changes how modules are built, and leaves no trace in the kernel");

const fn functions(name: &'static str, names: &'static [&'static str]) -> OptionSpec {
    OptionSpec::new(name, Rule::Functions(names))
}

/// Every option.
pub static OPTIONS: [OptionSpec; 191] = [
    // The machine.
    OptionSpec::new("64BIT", Rule::Bits64),
    functions("SMP", &["smp_call_function_many"]),
    functions("MODULES", &["find_module"]),
    functions("PREEMPTION", &["preempt_schedule"]),
    functions("PREEMPT_DYNAMIC", &["sched_dynamic_update"]),
    functions("PREEMPT_RT", &["rt_spin_lock"]),
    functions("HYPERVISOR_GUEST", &["init_hypervisor_platform"]).only_on(X86),
    functions("KVM_GUEST", &["kvmclock_init", "kvm_guest_init"]).only_on(KVM_GUESTS),
    functions(
        "PARAVIRT",
        &[
            "paravirt_set_sched_clock",
            "paravirt_disable_iospace",
            "native_steal_clock",
            "pv_time_init",
            "pseries_paravirt_steal_clock",
        ],
    )
    .complete_on(PARAVIRT),
    functions("PVH", &["xen_prepare_pvh"]).only_on(X86),
    functions(
        "X86_MPPARSE",
        &["default_get_smp_config", "mpparse_parse_smp_config"],
    )
    .only_on(X86),
    functions(
        "X86_X2APIC",
        &["x2apic_acpi_madt_oem_check", "set_x2apic_phys_mode"],
    )
    .only_on(X86),
    functions("ACPI", &["acpi_evaluate_object"]),
    functions("EFI", &["efisubsys_init"]),
    OptionSpec::new("EFI_STUB", Rule::EfiStub)
        .needs("EFI")
        .implied_by("EFI", STUB_SELECTED),
    functions(
        "RANDOMIZE_BASE",
        &["kaslr_get_random_long", "kaslr_init", "kaslr_early_init"],
    )
    .only_on(RANDOMIZED)
    .complete_on(RANDOMIZED_COMPLETE),
    OptionSpec::new(
        "ARM64_16K_PAGES",
        Rule::PageSizeBytes {
            bytes: 16_384,
            too_deep: "__p4d_alloc",
        },
    )
    .only_on(&[Aarch64]),
    OptionSpec::new(
        "ARM64_64K_PAGES",
        Rule::PageSizeBytes {
            bytes: 65_536,
            too_deep: "__pud_alloc",
        },
    )
    .only_on(&[Aarch64]),
    functions("ARM_GIC", &["gic_cascade_irq"]).only_on(ARM),
    functions("ARM_GIC_V3", &["gic_irq_nmi_setup"]).only_on(ARM),
    functions("ARM_PSCI_FW", &["psci_dt_init"]).only_on(ARM),
    functions("ARM_ARCH_TIMER", &["arch_timer_of_init"]).only_on(ARM),
    functions("OF", &["of_find_node_opts_by_path"]),
    functions("OF_FLATTREE", &["unflatten_device_tree"]),
    functions("OF_EARLY_FLATTREE", &["early_init_dt_scan"]),
    OptionSpec::new("CMDLINE_OVERRIDE", Rule::OffWithout(&["builtin_cmdline"]))
        .only_on(OVERRIDING)
        .complete_on(X86),
    OptionSpec::new("CMDLINE_FORCE", FORCED).only_on(FORCING),
    functions("PRINTK", &["do_syslog"]),
    functions("KALLSYMS", &["kallsyms_lookup_name"]),
    functions("MAGIC_SYSRQ", &["handle_sysrq"]),
    functions("HW_RANDOM", &["hwrng_register"]).modules(&["rng_core"]),
    // Buses and virtio.
    functions("PCI", &["__pci_register_driver"]),
    functions("PCI_MSI", &["pci_enable_msi"]),
    functions(
        "PCI_HOST_GENERIC",
        &[
            "pci_dw_ecam_map_bus",
            "gen_pci_driver_init",
            "gen_pci_probe",
        ],
    )
    .modules(&["pci_host_generic"]),
    functions("VIRTIO", &["register_virtio_device"]).modules(&["virtio"]),
    functions("VIRTIO_MMIO", &["virtio_mmio_probe"]).modules(&["virtio_mmio"]),
    functions("VIRTIO_MMIO_CMDLINE_DEVICES", &["vm_cmdline_set"]).within("VIRTIO_MMIO"),
    functions("VIRTIO_PCI", &["virtio_pci_probe"]).modules(&["virtio_pci"]),
    functions("VIRTIO_BLK", &["virtblk_probe"]).modules(&["virtio_blk"]),
    functions("VIRTIO_NET", &["virtnet_probe"]).modules(&["virtio_net"]),
    functions("VIRTIO_BALLOON", &["virtballoon_probe"]).modules(&["virtio_balloon"]),
    functions("VIRTIO_INPUT", &["virtinput_probe"]).modules(&["virtio_input"]),
    functions("VIRTIO_PMEM", &["virtio_pmem_probe"]).modules(&["virtio_pmem"]),
    functions("SCSI_VIRTIO", &["virtscsi_probe"]).modules(&["virtio_scsi"]),
    functions("VIRTIO_MEM", &["virtio_mem_probe"]).modules(&["virtio_mem"]),
    functions("VIRTIO_IOMMU", &["viommu_probe"]).modules(&["virtio_iommu"]),
    functions("DRM_VIRTIO_GPU", &["virtio_gpu_probe"]).modules(&["virtio_gpu"]),
    functions("SND_VIRTIO", &["virtsnd_probe"]).modules(&["virtio_snd"]),
    functions("CRYPTO_DEV_VIRTIO", &["virtcrypto_probe"]).modules(&["virtio_crypto"]),
    functions("HW_RANDOM_VIRTIO", &["virtrng_probe"]).modules(&["virtio_rng"]),
    functions(
        "VSOCKETS",
        &["vsock_core_register", "vsock_for_each_connected_socket"],
    )
    .modules(&["vsock"]),
    functions("VIRTIO_VSOCKETS", &["virtio_vsock_probe"]).modules(&["vmw_vsock_virtio_transport"]),
    // Consoles.
    functions("TTY", &["tty_register_driver"]),
    functions("VT", &["vt_ioctl"]),
    functions("VT_CONSOLE", &["vt_console_print"]),
    functions("UNIX98_PTYS", &["ptmx_open"]),
    functions("SERIAL_8250", &["serial8250_register_8250_port"]).modules(&["8250"]),
    functions(
        "SERIAL_8250_CONSOLE",
        &["univ8250_console_setup", "serial8250_console_setup"],
    )
    .needs("SERIAL_8250"),
    functions("SERIAL_8250_PCI", &["pciserial_init_ports"]).modules(&["8250_pci"]),
    functions("PNP", &["pnp_register_driver"]),
    functions("SERIAL_8250_PNP", &["serial_pnp_probe"]).within("SERIAL_8250"),
    functions("SERIAL_8250_DW", &["dw8250_probe"]).modules(&["8250_dw"]),
    functions("SERIAL_OF_PLATFORM", &["of_platform_serial_probe"])
        .modules(&["8250_of", "of_serial"]),
    functions("SERIAL_AMBA_PL011", &["pl011_probe"]).modules(&["amba_pl011"]),
    functions("SERIAL_AMBA_PL011_CONSOLE", &["pl011_console_setup"]).needs("SERIAL_AMBA_PL011"),
    functions("SERIAL_EARLYCON", &["setup_earlycon"]),
    functions("EARLY_PRINTK", &["setup_early_printk"])
        .only_on(EARLY_PRINTK)
        .complete_on(EARLY_PRINTK_COMPLETE),
    functions("HVC_DRIVER", &["hvc_alloc"]),
    functions("VIRTIO_CONSOLE", &["virtcons_probe"]).modules(&["virtio_console"]),
    // The initramfs and modules.
    functions("BLK_DEV_INITRD", &["populate_rootfs"]),
    functions("RD_GZIP", &["gunzip"]),
    functions("RD_BZIP2", &["bunzip2"]),
    functions("RD_LZMA", &["unlzma"]),
    functions("RD_XZ", &["unxz"]),
    functions("RD_LZO", &["unlzo"]),
    functions("RD_LZ4", &["unlz4"]),
    functions("RD_ZSTD", &["unzstd"]),
    functions("MODULE_UNLOAD", &["module_refcount"]),
    functions("MODULE_DECOMPRESS", &["module_decompress"]).needs("MODULES"),
    OptionSpec::new("MODULE_COMPRESS_GZIP", COMPRESSED).needs("MODULES"),
    OptionSpec::new("MODULE_COMPRESS_XZ", COMPRESSED).needs("MODULES"),
    OptionSpec::new("MODULE_COMPRESS_ZSTD", COMPRESSED).needs("MODULES"),
    functions("MODULE_SIG", &["mod_verify_sig"]),
    functions("MODVERSIONS", &["check_modstruct_version"]).since(5, 19),
    // Disks and partitions.
    functions("BLOCK", &["submit_bio"]),
    functions("BLK_DEV_LOOP", &["loop_control_ioctl"]).modules(&["loop"]),
    functions(
        "BLK_DEV_RAM",
        &["brd_submit_bio", "brd_make_request", "brd_alloc"],
    )
    .modules(&["brd"]),
    functions("BLK_DEV_NVME", &["nvme_probe"]).modules(&["nvme"]),
    functions("BLK_DEV_MD", &["md_run"]).modules(&["md_mod"]),
    functions("CDROM_PKTCDVD", &["pkt_open"]).modules(&["pktcdvd"]),
    functions("BLK_DEV_DM", &["dm_table_create"]).modules(&["dm_mod"]),
    functions("DM_CRYPT", &["crypt_ctr"]).modules(&["dm_crypt"]),
    functions("DM_VERITY", &["verity_ctr"]).modules(&["dm_verity"]),
    functions("SCSI", &["scsi_host_alloc"]).modules(&["scsi_mod"]),
    functions("BLK_DEV_SD", &["sd_probe"]).modules(&["sd_mod"]),
    functions("BLK_DEV_SR", &["sr_probe"]).modules(&["sr_mod"]),
    functions("ATA", &["ata_host_alloc"]).modules(&["libata"]),
    functions("ATA_PIIX", &["piix_init_one"]).modules(&["ata_piix"]),
    functions("SATA_AHCI", &["ahci_init_one"]).modules(&["ahci"]),
    functions("MMC_BLOCK", &["mmc_blk_probe"]).modules(&["mmc_block"]),
    functions("XEN_BLKDEV_FRONTEND", &["blkfront_probe"]).modules(&["xen_blkfront"]),
    functions("HYPERV_STORAGE", &["storvsc_probe"]).modules(&["hv_storvsc"]),
    functions("MSDOS_PARTITION", &["msdos_partition"]),
    functions("EFI_PARTITION", &["efi_partition"]),
    // File systems.
    functions("EXT2_FS", &["ext2_fill_super"]).modules(&["ext2"]),
    functions("EXT4_FS", &["ext4_fill_super"]).modules(&["ext4"]),
    OptionSpec::new("EXT4_USE_FOR_EXT2", Rule::Variables(&["ext2_fs_type"]))
        .within("EXT4_FS")
        .unless("EXT2_FS"),
    functions("JBD2", &["jbd2_journal_load"]).modules(&["jbd2"]),
    functions("SQUASHFS", &["squashfs_fill_super"]).modules(&["squashfs"]),
    functions("SQUASHFS_ZLIB", &["zlib_uncompress"]).within("SQUASHFS"),
    functions("SQUASHFS_LZO", &["lzo_uncompress"]).within("SQUASHFS"),
    functions("SQUASHFS_XZ", &["squashfs_xz_uncompress"]).within("SQUASHFS"),
    functions("SQUASHFS_LZ4", &["lz4_uncompress"]).within("SQUASHFS"),
    functions("SQUASHFS_ZSTD", &["zstd_uncompress"]).within("SQUASHFS"),
    functions("EROFS_FS", &["erofs_init_fs_context", "erofs_mount"]).modules(&["erofs"]),
    functions("EROFS_FS_ZIP", &["z_erofs_read_folio", "z_erofs_readpage"]).within("EROFS_FS"),
    functions("EROFS_FS_ZIP_LZMA", &["z_erofs_lzma_decompress"]).within("EROFS_FS"),
    functions("EROFS_FS_ZIP_DEFLATE", &["z_erofs_deflate_decompress"]).within("EROFS_FS"),
    functions("EROFS_FS_ZIP_ZSTD", &["z_erofs_zstd_decompress"]).within("EROFS_FS"),
    functions("BTRFS_FS", &["btrfs_commit_transaction"]).modules(&["btrfs"]),
    functions("XFS_FS", &["xfs_mountfs"]).modules(&["xfs"]),
    functions("F2FS_FS", &["f2fs_fill_super"]).modules(&["f2fs"]),
    functions("OVERLAY_FS", &["ovl_fill_super"]).modules(&["overlay"]),
    functions("FUSE_FS", &["fuse_conn_put"]).modules(&["fuse"]),
    functions("VIRTIO_FS", &["virtio_fs_probe"]).modules(&["virtiofs"]),
    functions("NET_9P", &["p9_client_create"]).modules(&["9pnet"]),
    functions("NET_9P_VIRTIO", &["p9_virtio_probe"]).modules(&["9pnet_virtio"]),
    functions("9P_FS", &["v9fs_session_init"]).modules(&["9p"]),
    functions("ISO9660_FS", &["isofs_fill_super"]).modules(&["isofs"]),
    functions("FAT_FS", &["fat_fill_super"]).modules(&["fat"]),
    functions("VFAT_FS", &["vfat_fill_super"]).modules(&["vfat"]),
    functions("EXFAT_FS", &["exfat_fill_super"]).modules(&["exfat"]),
    functions("NFS_FS", &["nfs_create_server"]).modules(&["nfs"]),
    functions("ROOT_NFS", &["nfs_root_data"]),
    functions("CIFS_ROOT", &["cifs_root_data"]),
    functions("IP_PNP", &["ip_auto_config"]),
    functions("AUTOFS_FS", &["autofs_fill_super"]).modules(&["autofs4", "autofs"]),
    functions("CONFIGFS_FS", &["configfs_register_subsystem"]).modules(&["configfs"]),
    functions("EFIVAR_FS", &["efivarfs_fill_super"]).modules(&["efivarfs"]),
    functions("HUGETLBFS", &["hugetlbfs_fill_super"]),
    functions("PROC_FS", &["proc_root_init"]),
    functions("PROC_SYSCTL", &["proc_sys_init"]),
    functions("SYSFS", &["sysfs_init"]),
    functions("SHMEM", &["shmem_evict_inode"]),
    functions("TMPFS", &["shmem_show_options"]),
    functions("DEVTMPFS", &["devtmpfs_init"]),
    OptionSpec::new(
        "DEVTMPFS_MOUNT",
        Rule::Hidden("it is compiled into the first value of a variable without a name"),
    )
    .needs("DEVTMPFS"),
    functions("FS_DAX", &["dax_iomap_rw"]),
    functions("FS_ENCRYPTION", &["fscrypt_ioctl_set_policy"]),
    functions("FS_VERITY", &["fsverity_ioctl_enable"]),
    functions("FILE_LOCKING", &["posix_lock_file"]),
    functions("QUOTA", &["dquot_initialize"]),
    functions("QFMT_V2", &["v2_check_quota_file"]).modules(&["quota_v2"]),
    functions("UNICODE", &["utf8_load"]),
    functions("CRYPTO", &["crypto_register_alg"]).modules(&["crypto"]),
    functions("CRYPTO_CRC32C", &["crc32c_mod_init"]).modules(&[
        "crc32c_generic",
        "crc32c",
        "crc32c_cryptoapi",
    ]),
    functions("CRC32", &["crc32_le", "crc32_le_base"]).modules(&["crc32"]),
    // What init and userspace need.
    functions("BINFMT_ELF", &["init_elf_binfmt"]),
    functions("COMPAT_BINFMT_ELF", &["init_compat_elf_binfmt"]),
    functions("BINFMT_SCRIPT", &["init_script_binfmt"]).modules(&["binfmt_script"]),
    functions("BINFMT_MISC", &["init_misc_binfmt"]).modules(&["binfmt_misc"]),
    functions("COMPAT", &["get_compat_sigset"]),
    functions("IA32_EMULATION", &["ia32_setup_frame"]).only_on(&[X86_64]),
    functions("MULTIUSER", &["in_group_p"]),
    functions("POSIX_TIMERS", &["exit_itimers"]),
    functions("EPOLL", &["eventpoll_release_file"]),
    functions("FUTEX", &["do_futex"]),
    functions("SIGNALFD", &["signalfd_poll"]),
    functions("TIMERFD", &["timerfd_poll"]),
    functions("EVENTFD", &["eventfd_poll"]),
    functions("AIO", &["exit_aio"]),
    functions("INOTIFY_USER", &["inotify_poll"]),
    functions("FANOTIFY", &["fanotify_poll"]),
    functions("FHANDLE", &["vfs_dentry_acceptable"]),
    functions("SYSVIPC", &["exit_sem"]),
    functions("POSIX_MQUEUE", &["mqueue_get_inode"]),
    functions("KEYS", &["key_type_lookup"]),
    functions("AUDIT", &["audit_log_start"]),
    functions("SECCOMP", &["prctl_get_seccomp"]),
    functions("BPF_SYSCALL", &["bpf_prog_inc"]),
    functions("CGROUPS", &["cgroup_init"]),
    functions("MEMCG", &["mem_cgroup_css_alloc"]),
    functions("UTS_NS", &["copy_utsname"]),
    functions("IPC_NS", &["copy_ipcs"]),
    functions("PID_NS", &["copy_pid_ns"]),
    functions("NET_NS", &["copy_net_ns"]),
    functions("USER_NS", &["create_user_ns"]),
    functions("NET", &["sock_alloc_file"]),
    functions("INET", &["inet_create"]),
    functions("UNIX", &["unix_stream_connect"]),
    functions("PACKET", &["packet_create"]).modules(&["af_packet"]),
];
