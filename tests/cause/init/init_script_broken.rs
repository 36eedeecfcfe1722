use super::{Root, static_program};
use crate::run::says;
use kelpie_check::finding::Finding;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Init;

fn fires(script: impl AsRef<[u8]>) -> Finding {
    let root = Root::new().program("/sbin/init", script).shell();
    root.booted_with("init=/sbin/init").fires(606, Fatal, Init)
}

#[test]
fn windows_line_ends_name_another_interpreter() {
    let finding = fires("#!/bin/sh\r\necho\r\n");
    says(&finding.message, &["CR LF"]);
    says(&finding.consequence, &["(error -2)"]);
    says(&finding.fix, &["line ends"]);
}

#[test]
fn an_interpreter_that_is_not_there_is_named() {
    let finding = fires("#!/bin/bash\n");
    says(&finding.message, &["/bin/bash does not exist"]);
    says(&finding.fix, &["Install /bin/bash"]);
}

#[test]
fn what_stands_before_the_first_line_is_told() {
    says(
        &fires("\u{feff}#!/bin/sh\n").message,
        &["a byte order mark"],
    );
    let finding = fires(" #!/bin/sh\n");
    says(&finding.message, &["before #!"]);
    says(&finding.consequence, &["(error -8)"]);
}

#[test]
fn a_line_that_is_too_long_or_empty_is_told() {
    let long = format!("#!/{}\n", "x".repeat(300));
    says(&fires(long).fix, &["256 bytes"]);
    says(&fires("#!\n").message, &["names no interpreter"]);
}

#[test]
fn a_script_of_scripts_ends_at_the_sixth() {
    let mut root = Root::new().program("/sbin/init", "#!/s0\n").shell();
    for number in 0..6 {
        root = root.program(&format!("/s{number}"), format!("#!/s{}\n", number + 1));
    }
    let finding = root.booted().fires(606, Fatal, Init);
    says(&finding.consequence, &["(error -40)", "/bin/sh"]);
}

#[test]
fn text_without_a_first_line_and_nothing_at_all_are_told() {
    says(&fires("echo\n").fix, &["#!/bin/sh"]);
    says(&fires("").message, &["/sbin/init is empty"]);
}

#[test]
fn a_kernel_without_scripts_runs_none() {
    let root = Root::new().program("/sbin/init", "#!/bin/sh\n").shell();
    let finding = root
        .booted()
        .config("CONFIG_BINFMT_ELF=y")
        .fires(606, Fatal, Init);
    says(&finding.message, &["CONFIG_BINFMT_SCRIPT"]);
    says(&finding.consequence, &["(error -8)", "starts /bin/sh"]);
    root.booted()
        .config("CONFIG_BINFMT_ELF=y\nCONFIG_BINFMT_SCRIPT=y")
        .is_quiet(606);
    root.alone().is_quiet(606);
}

#[test]
fn an_option_that_is_not_known_blocks() {
    let root = Root::new().program("/sbin/init", "#!/bin/sh\n").shell();
    root.undecoded().is_blocked(606, 3);
}

#[test]
fn an_interpreter_without_its_mode_is_told() {
    let root =
        Root::new()
            .program("/sbin/init", "#!/bin/ash\n")
            .file("/bin/ash", static_program(), 0o644);
    let finding = root.booted().fires(606, Fatal, Init);
    assert_eq!(finding.fix, "Run chmod 755 on /bin/ash of the root.");
}
