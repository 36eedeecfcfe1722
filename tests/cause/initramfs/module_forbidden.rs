use super::*;
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Initramfs;

fn with(words: &str, more: &[Entry]) -> Case {
    let config = format!("{MODULAR}\nCONFIG_PROC_SYSCTL=y\nCONFIG_MODULE_SIG=y");
    boot(&config, debian_with(more)).command_line(format!("root=/dev/vda rootfstype=ext4 {words}"))
}

fn settings(text: &str) -> Vec<Entry> {
    vec![
        Entry::directory("etc"),
        Entry::directory("etc/modprobe.d"),
        Entry::file("etc/modprobe.d/own.conf", text.as_bytes()),
    ]
}

#[test]
fn the_kernel_loads_no_module_where_a_word_forbids_all_or_this_one() {
    for word in [
        "nomodule",
        "sysctl.kernel.modules_disabled=1",
        "sysctl.kernel/modules_disabled=1",
        "module_blacklist=loop,virtio_blk",
        "module.sig_enforce=1",
        "module.sig_enforce",
    ] {
        let finding = with(word, &[]).fires(313, Fatal, Initramfs);
        says(&finding.message, &[word, "virtio_blk"]);
    }
    for word in [
        "nomodule=0",
        "sysctl.kernel.modules_disabled=0",
        "module_blacklist=virtio-blk",
        "module.sig_enforce=0",
        "",
    ] {
        with(word, &[]).is_quiet(313);
    }
}

#[test]
fn a_dependency_that_is_forbidden_is_named() {
    let finding = with("module_blacklist=jbd2", &[]).fires(313, Fatal, Initramfs);
    says(&finding.message, &["jbd2", "which ext4 needs"]);
}

#[test]
fn drivers_of_devices_are_not_loaded_from_the_blacklist() {
    for word in ["modprobe.blacklist=virtio-blk", "blacklist=virtio_blk"] {
        with(word, &[]).fires(313, Fatal, Initramfs);
    }
    with("", &settings("blacklist virtio_blk\n")).fires(313, Fatal, Initramfs);
    with("rd.driver.blacklist=virtio_blk", &[]).is_quiet(313);
    with(
        "modprobe.blacklist=loop",
        &settings("# blacklist virtio_blk\n"),
    )
    .is_quiet(313);
}

#[test]
fn what_a_list_of_the_archive_names_is_not_predicted() {
    let list = Entry::file("conf/modules", b"virtio_blk\n");
    with("modprobe.blacklist=virtio_blk", &[list]).is_blocked(313, None);
    with("modprobe.blacklist=ext4", &[]).is_blocked(313, None);
}

#[test]
fn a_command_in_place_of_loading_is_known_where_it_does_nothing() {
    for command in ["/bin/false", "/bin/true", "true"] {
        let finding = with("", &settings(&format!("install virtio-blk {command}\n")))
            .fires(313, Fatal, Initramfs);
        says(&finding.message, &["install virtio_blk", "own.conf"]);
    }
    with("", &settings("install virtio_blk /sbin/own-loader\n")).is_blocked(313, None);
}

#[test]
fn drivers_that_are_built_in_are_not_forbidden() {
    boot(MONOLITHIC, debian_with(&[]))
        .command_line("root=/dev/vda nomodule")
        .is_quiet(313);
}

#[test]
fn a_kernel_that_cannot_be_read_blocks_it() {
    boot_damaged(debian_with(&[])).is_blocked(313, 3);
}
