use super::{Root, static_program, unreadable};
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Init;

#[test]
fn a_link_that_leads_nowhere_is_passed_over() {
    let root = Root::new()
        .link("/sbin/init", "/lib/systemd/systemd")
        .shell();
    let finding = root.booted().fires(603, Fatal, Init);
    says(
        &finding.message,
        &["the symbolic link /sbin/init leads to /lib/systemd/systemd"],
    );
    says(&finding.consequence, &["silently", "/bin/sh"]);
}

#[test]
fn links_in_a_circle_are_eloop() {
    let root = Root::new()
        .link("/sbin/init", "/bin/init")
        .link("/bin/init", "/sbin/init");
    let finding = root.booted().fires(603, Fatal, Init);
    says(&finding.consequence, &["(error -40)"]);
}

#[test]
fn the_link_that_is_asked_for_ends_the_boot() {
    let root = Root::new()
        .link("/sbin/init", "/outside/the/root/init")
        .shell();
    let finding = root.booted_with("init=/sbin/init").fires(603, Fatal, Init);
    says(
        &finding.consequence,
        &["\"Requested init /sbin/init failed (error -2)\""],
    );
}

#[test]
fn a_link_inside_the_root_is_followed() {
    let root = Root::new()
        .link("/sbin/init", "/bin/busybox")
        .program("/bin/busybox", static_program());
    root.booted().is_quiet(603);
    root.alone().is_quiet(603);
}

#[test]
fn a_root_that_cannot_be_read_is_not_judged() {
    unreadable().is_blocked(603, 10);
}

#[test]
fn the_fix_names_what_the_link_leads_to_and_of_a_circle_the_link() {
    let lost = Root::new().link("/sbin/init", "/lib/systemd/systemd");
    let finding = lost.booted().fires(603, Fatal, Init);
    says(
        &finding.fix,
        &["Install /lib on the root, or point /sbin/init to a program"],
    );
    let circle = Root::new()
        .link("/sbin/init", "/bin/init")
        .link("/bin/init", "/sbin/init");
    let finding = circle.booted().fires(603, Fatal, Init);
    says(
        &finding.fix,
        &["Point ", " to a program that is on the root."],
    );
}
