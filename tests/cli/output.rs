//! Where words go and how they look: colours, pipes, full disks.

use super::{Folder, Run, command, cut, good};
use std::process::Stdio;

#[test]
fn a_pipe_gets_no_colours_unless_they_are_forced() {
    let folder = Folder::new().with("vmlinuz", cut());
    let escapes = |variables: &[(&str, &str)]| {
        let mut command = command();
        command
            .current_dir(folder.0.path())
            .args(["kernel", "vmlinuz"]);
        command.envs(variables.iter().copied());
        let run = Run::of(&command.output().unwrap());
        assert_eq!(run.status, 1);
        run.stdout.contains('\u{1b}')
    };
    assert!(!escapes(&[]));
    assert!(escapes(&[("CLICOLOR_FORCE", "1")]));
    assert!(!escapes(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let folder = Folder::new().with("Image", good());
    for arguments in [
        &["kernel", "Image"][..],
        &["kernel", "--format", "json", "Image"],
        &["extract", "Image", "--to", "image"],
        &["causes"],
        &["schema"],
        &["--help"],
    ] {
        let mut child = command()
            .current_dir(folder.0.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let run = Run::of(&child.wait_with_output().unwrap());
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = Folder::new().with("Image", good());
    let mut command = command();
    command
        .current_dir(folder.0.path())
        .args(["kernel", "Image"]);
    command.stdout(
        std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap(),
    );
    let run = Run::of(&command.output().unwrap());
    assert_eq!(run.status, 3);
    assert!(run.stderr.contains("cannot write"), "{}", run.stderr);
}
