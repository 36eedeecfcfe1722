use super::{Root, static_program, unreadable};
use crate::run::says;
use kelpie_check::check::{Selection, Verdict};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::finding::{Code, Finding};
use kelpie_check::stage::Stage::Init;

const UNITS: &str = "/usr/lib/systemd/system";
const BINFMT: &str = "CONFIG_BINFMT_ELF=y\nCONFIG_BINFMT_SCRIPT=y\n";

fn systemd() -> Root {
    Root::new()
        .program("/usr/lib/systemd/systemd", static_program())
        .link("/sbin/init", "/usr/lib/systemd/systemd")
}

/// systemd with the units that a usual system requires.
fn whole() -> Root {
    unit(
        unit(
            unit(systemd(), "multi-user.target", "Requires=basic.target"),
            "basic.target",
            "Requires=sysinit.target\nWants=sockets.target",
        ),
        "sysinit.target",
        "Wants=local-fs.target",
    )
    .link(
        "/etc/systemd/system/default.target",
        &at("multi-user.target"),
    )
}

fn at(name: &str) -> String {
    format!("{UNITS}/{name}")
}

fn unit(root: Root, name: &str, lines: &str) -> Root {
    let text = format!("[Unit]\nDescription=x\n{lines}\n[Install]\nRequires=never.target\n");
    root.file(&at(name), text, 0o644)
}

#[track_caller]
fn fires(root: &Root, words: &str) -> Finding {
    let case = root.booted_with(words).config(BINFMT);
    case.fires(614, Fatal, Init)
}

#[track_caller]
fn is_quiet(root: &Root, words: &str) {
    root.booted_with(words).config(BINFMT).is_quiet(614);
}

/// What is not known of it, of all that only this cause would decide.
fn unknown(root: &Root) -> Option<String> {
    let selection = Selection {
        select: vec![Code(614)],
        ..Selection::default()
    };
    let case = root.booted_with("").config(BINFMT);
    match case.together(&selection).verdict() {
        Verdict::Unknown { missing } => missing.into_iter().find(|what| !what.contains("--select")),
        _ => None,
    }
}

#[test]
fn systemd_with_its_units_is_quiet() {
    is_quiet(&whole(), "");
    is_quiet(&whole(), "systemd.unit=basic.target");
    // A unit of the system comes before that of the distribution.
    let own = whole().file("/etc/systemd/system/sysinit.target", "[Unit]\n", 0o644);
    is_quiet(&own, "");
}

#[test]
fn systemd_without_a_unit_to_start_freezes() {
    let finding = fires(&systemd(), "");
    assert_eq!(finding.message, "The root has no unit default.target.");
    says(
        &finding.consequence,
        &["Systemd says", "rescue.target", "freezes"],
    );
}

#[test]
fn systemd_with_a_rescue_target_alone_starts_a_shell() {
    let root = unit(systemd(), "rescue.target", "");
    let finding = fires(&root, "");
    says(
        &finding.consequence,
        &["Falling back to rescue.target.", "shell"],
    );
    // Asked for, it is the target.
    is_quiet(&root, "single");
    is_quiet(&root, "systemd.unit=rescue.target");
    fires(&root, "emergency");
}

#[test]
fn a_dangling_default_target_is_none() {
    let root = systemd().link(
        "/etc/systemd/system/default.target",
        &at("graphical.target"),
    );
    says(&fires(&root, "").message, &["no unit default.target"]);
}

#[test]
fn a_required_unit_that_is_missing_or_masked_stops_all() {
    let root = unit(whole(), "sysinit.target", "BindsTo=gone.service");
    let finding = fires(&root, "");
    says(
        &finding.message,
        &["sysinit.target requires gone.service", "no such unit"],
    );
    says(&finding.consequence, &["Failed to isolate default target"]);
    let root = unit(whole(), "sysinit.target", "Requires=off.service");
    let root = root.link("/etc/systemd/system/off.service", "/dev/null");
    says(&fires(&root, "").message, &["off.service, which is masked"]);
    let linked = whole().link(
        &format!("{UNITS}/basic.target.requires/gone.socket"),
        "../gone.socket",
    );
    says(
        &fires(&linked, "").message,
        &["basic.target requires gone.socket"],
    );
}

#[test]
fn units_that_systemd_or_a_generator_makes_are_not_missed() {
    let lines = "Requires=-.mount dev-vda.device system.slice getty@tty1.service";
    let root = unit(unit(whole(), "sysinit.target", lines), "getty@.service", "");
    is_quiet(&root, "");
}

#[test]
fn systemd_of_another_place_may_have_other_folders() {
    let root = Root::new()
        .program("/nix/store/x/lib/systemd/systemd", static_program())
        .link("/sbin/init", "/nix/store/x/lib/systemd/systemd");
    is_quiet(&root, "");
    let told = unknown(&root).unwrap_or_default();
    assert!(told.contains("looks for units"), "{told}");
}

#[test]
fn systemd_255_and_later_needs_its_executor() {
    let of = |version: u32| {
        let library = format!("/usr/lib/systemd/libsystemd-core-{version}.so");
        whole().file(&library, "", 0o644)
    };
    is_quiet(&of(254), "");
    says(&fires(&of(255), "").message, &["systemd-executor"]);
    let root = of(257).program("/usr/lib/systemd/systemd-executor", static_program());
    is_quiet(&root, "");
}

#[test]
fn what_fstab_mounts_over_the_root_may_hold_the_units() {
    let root = systemd().file("/etc/fstab", "/dev/vdb /usr ext4 defaults 0 0\n", 0o644);
    is_quiet(&root, "");
    let told = unknown(&root).unwrap_or_default();
    assert!(told.contains("/etc/fstab"), "{told}");
}

fn busybox(inittab: &str) -> Root {
    Root::new()
        .program("/bin/busybox", static_program())
        .link("/sbin/init", "/bin/busybox")
        .link("/sbin/getty", "/bin/busybox")
        .file("/etc/inittab", inittab, 0o644)
}

#[test]
fn busybox_init_needs_one_entry_that_runs() {
    is_quiet(&busybox("ttyS0::respawn:/sbin/getty 115200 ttyS0\n"), "");
    is_quiet(&busybox("::sysinit:/etc/rc\n::askfirst:-/sbin/getty\n"), "");
    is_quiet(&busybox("::askfirst:-sh\n"), "");
    is_quiet(&busybox("::respawn:/opt/app >/dev/null\n"), "");
    let finding = fires(&busybox("::sysinit:/etc/rc\n::respawn:/opt/app --x\n"), "");
    says(&finding.message, &["/etc/rc, /opt/app"]);
    says(&finding.consequence, &["starts no service and no login"]);
    let finding = fires(&busybox("::ctrlaltdel:/sbin/reboot\n"), "");
    says(&finding.message, &["no entry"]);
    // Without a table it has entries of its own.
    let bare = Root::new()
        .program("/bin/busybox", static_program())
        .link("/sbin/init", "/bin/busybox");
    is_quiet(&bare, "");
}

#[test]
fn a_login_without_openrc_is_not_known() {
    let inittab = "::sysinit:/sbin/openrc sysinit\nttyS0::respawn:/sbin/getty 115200 ttyS0\n";
    let root = busybox(inittab);
    is_quiet(&root, "");
    let told = unknown(&root).unwrap_or_default();
    assert!(told.contains("/sbin/openrc"), "{told}");
    assert_eq!(
        unknown(&root.program("/sbin/openrc", static_program())),
        None
    );
}

#[test]
fn runit_needs_its_stages() {
    let root = || Root::new().program("/sbin/runit-init", static_program());
    let root = || root().link("/sbin/init", "runit-init");
    says(&fires(&root(), "").message, &["/etc/runit/1"]);
    let first = root().program("/etc/runit/1", static_program());
    says(&fires(&first, "").message, &["/etc/runit/2"]);
    is_quiet(&first.program("/etc/runit/2", static_program()), "");
}

#[test]
fn s6_needs_its_image_and_dinit_its_service() {
    let s6 = || {
        Root::new()
            .program("/bin/s6-linux-init", static_program())
            .link("/sbin/init", "/bin/s6-linux-init")
    };
    assert!(unknown(&s6()).unwrap_or_default().contains("s6-linux-init"));
    let based = s6().directory("/etc/s6-linux-init/current");
    says(&fires(&based, "").message, &["run-image"]);
    is_quiet(&based.directory("/etc/s6-linux-init/current/run-image"), "");
    let dinit = || {
        Root::new()
            .program("/sbin/dinit", static_program())
            .link("/sbin/init", "dinit")
    };
    assert!(unknown(&dinit()).unwrap_or_default().contains("dinit"));
    assert_eq!(unknown(&dinit().file("/etc/dinit.d/boot", "", 0o644)), None);
}

#[test]
fn an_init_that_does_not_start_is_for_other_causes() {
    let root = Root::new().link("/sbin/init", "/usr/lib/systemd/systemd");
    is_quiet(&root, "");
    is_quiet(&Root::new().program("/sbin/init", static_program()), "");
}

#[test]
fn a_root_by_itself_is_judged_too() {
    let finding = systemd().alone().fires(614, Fatal, Init);
    says(&finding.message, &["default.target"]);
}

#[test]
fn a_root_that_is_not_read_blocks_it() {
    unreadable().is_blocked(614, 10);
}
