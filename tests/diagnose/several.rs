//! Several boots in one log.

use super::diagnose;
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::Watch;
use kelpie_check::limits::Limits;
use kelpie_check::stage::Stage;

fn banner(release: &str) -> String {
    format!("[    0.000000] Linux version {release} (a@b) (gcc 12) #1 SMP\n")
}

#[test]
fn each_banner_begins_a_boot() {
    let log = [
        banner("6.1.0"),
        "[    1.0] Kernel panic - not syncing: No working init found.  Try\n".to_owned(),
        banner("6.1.1"),
        "[    1.0] Run /sbin/init as init process\nkelpie-check: userspace reached\n".to_owned(),
        "[    2.0] reboot: Restarting system\n".to_owned(),
        banner("6.1.2"),
    ]
    .concat();
    let boots = diagnose(&log).boots;
    let told: Vec<_> = boots
        .iter()
        .map(|boot| {
            let kernel = boot.clues.kernel.clone().unwrap();
            let code = boot.code().map(|code| code.to_string());
            (kernel, code, boot.first_line)
        })
        .collect();
    let told: Vec<_> = told
        .iter()
        .map(|(kernel, code, line)| (kernel.as_str(), code.as_deref(), *line))
        .collect();
    assert_eq!(
        told,
        [
            ("6.1.0", Some("KC601"), 1),
            ("6.1.1", None, 3),
            ("6.1.2", Some("KC908"), 7)
        ]
    );
    assert_eq!(boots[1].stage(), Some(Stage::Userspace));
}

#[test]
fn a_machine_that_starts_anew_without_a_word_was_reset() {
    let log = [banner("6.1.0"), banner("6.1.0"), banner("6.1.0")].concat();
    let boots = diagnose(&log).boots;
    assert_eq!(boots.len(), 3);
    assert_eq!(boots[0].end.as_ref().unwrap().kind, EndKind::Reset);
    assert_eq!(boots[0].code().unwrap().to_string(), "KC910");
}

#[test]
fn firmware_and_vmm_belong_to_the_boot_that_follows() {
    let log = format!(
        "SeaBIOS (version 1.16)\nBooting from ROM..\n{}login: ",
        banner("6.1.0")
    );
    let boots = diagnose(&log).boots;
    assert_eq!(boots.len(), 1);
    assert_eq!(boots[0].first_line, 1);
    assert_eq!(boots[0].stage(), Some(Stage::Userspace));
}

#[test]
fn a_quoted_banner_is_no_boot() {
    let log = [
        banner("6.1.0"),
        "login: root\nLinux version 6.1.0 (a@b) (gcc 12) #1 SMP\n".to_owned(),
        "you run Linux version 6.1.0 (a@b)\n".to_owned(),
    ]
    .concat();
    assert_eq!(diagnose(&log).boots.len(), 1);
}

#[test]
fn no_more_boots_are_kept_than_the_limit_and_the_rest_is_counted() {
    let limits = Limits {
        boots: 4,
        ..Limits::default()
    };
    let mut watch = Watch::new(&limits).unwrap();
    for number in 0..1000 {
        watch.push(banner(&format!("6.1.{number}")).as_bytes());
    }
    watch.finish(EndKind::LogEnds);
    let diagnosis = watch.into_diagnosis();
    assert_eq!(diagnosis.boots.len(), 4);
    assert_eq!(diagnosis.dropped, 996);
    assert_eq!(diagnosis.lines, 1000);
    let last = diagnosis.boots.last().unwrap();
    assert_eq!(last.clues.kernel.as_deref(), Some("6.1.999"));
}
