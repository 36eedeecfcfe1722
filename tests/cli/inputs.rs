//! What a path may be: many, folders, standard input, odd names, no file at all.

use super::{Folder, Run, assert_says, command, cut, good, run_fed};

fn several() -> Folder {
    Folder::new()
        .with("Image-1", good())
        .with("Image-2", good())
        .with("vmlinuz-1", super::forge::good::bzimage(&[]))
        .with("vmlinuz-2", cut())
        .with("vmlinuz-3", "no kernel")
        .with("vmlinuz-4", super::forge::good::bzimage(&["KVM_GUEST"]))
}

const SEVERAL: [&str; 7] = [
    "vmlinuz-3",
    "Image-2",
    "vmlinuz-1",
    "absent",
    "vmlinuz-2",
    "Image-1",
    "vmlinuz-4",
];

#[test]
fn several_kernels_are_reported_in_the_order_given() {
    let folder = several();
    let report = folder
        .run(&[&["kernel", "--format", "json"], &SEVERAL[..]].concat())
        .json();
    let artifacts = report["artifacts"].as_array().unwrap();
    let paths: Vec<_> = artifacts
        .iter()
        .map(|one| one["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, SEVERAL);
    for finding in report["findings"].as_array().unwrap() {
        if finding["code"] == "KC002" {
            assert_eq!(finding["artifact"], 4);
        }
    }
}

#[test]
fn side_by_side_says_what_one_after_the_other_says() {
    let folder = several();
    let together = folder.run(&[&["kernel"], &SEVERAL[..]].concat());
    let alone: Vec<String> = SEVERAL
        .iter()
        .map(|name| folder.run(&["kernel", name]).stdout)
        .collect();
    assert_eq!(together.stdout, alone.join("\n"));
    for format in ["human", "json"] {
        let arguments = [&["kernel", "--format", format], &SEVERAL[..]].concat();
        let first = folder.run(&arguments).stdout;
        assert_eq!(folder.run(&arguments).stdout, first, "{format}");
    }
}

#[test]
fn a_folder_gives_what_is_named_like_a_kernel() {
    let folder = several()
        .with("kernel-metadata.json", "{}")
        .with("vmlinuz-1.sha256", "0")
        .with("config-1", "CONFIG_X=y")
        .with("initrd.img", "x")
        .with("Imagery.png", "x");
    let report = folder.run(&["kernel", "--format", "json", "."]).json();
    let artifacts = report["artifacts"].as_array().unwrap();
    let paths: Vec<_> = artifacts
        .iter()
        .map(|one| one["path"].as_str().unwrap())
        .collect();
    let expected = [
        "Image-1",
        "Image-2",
        "vmlinuz-1",
        "vmlinuz-2",
        "vmlinuz-3",
        "vmlinuz-4",
    ];
    assert_eq!(paths, expected.map(|name| format!("./{name}")));
}

#[test]
fn a_folder_without_kernels_does_not_keep_others_from_being_read() {
    let folder = Folder::new().with("Image", good());
    std::fs::create_dir(folder.path("empty")).unwrap();
    let run = folder.run(&["kernel", "empty", "Image"]);
    assert_eq!(run.status, 3);
    assert_says(
        &run.stdout,
        &[
            "cannot read empty: no file in this folder has the name of a kernel",
            "Image\n",
            "verdict",
        ],
    );
    let report = folder.run(&["kernel", "--format", "json", "empty"]).json();
    assert_eq!(report["verdict"]["outcome"], "unknown");
}

#[test]
fn standard_input_is_read_to_its_end() {
    let run = run_fed(&["kernel", "-"], &good());
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_says(&run.stdout, &["-\n", "arm64 Image"]);
    let run = run_fed(&["kernel", "-"], b"");
    assert_eq!(run.status, 1);
    assert_says(&run.stdout, &["KC001", "empty"]);
    let run = run_fed(&["kernel", "--limit", "file_bytes=1K", "-"], &good());
    assert_eq!(run.status, 3);
    assert_says(&run.stdout, &["limit file_bytes"]);
}

#[test]
fn what_is_no_kernel_gets_one_clear_answer_and_no_ladder() {
    for (bytes, says) in [
        (&b""[..], "an empty file"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "HTML"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "Git LFS",
        ),
        (b"\x7fELF", ""),
        (&[0; 5000], "nothing but zeros"),
        (
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            "",
        ),
    ] {
        let folder = Folder::new().with("vmlinuz", bytes);
        let run = folder.run(&["kernel", "vmlinuz"]);
        assert_eq!(run.status, 1, "{says}: {}", run.stdout);
        assert_says(
            &run.stdout,
            &[
                "vmlinuz\n",
                "fatal: KC00",
                says,
                "fix:",
                "verdict: fails at read",
            ],
        );
        assert_eq!(run.stdout.matches("fatal:").count(), 1, "{}", run.stdout);
        assert!(!run.stdout.contains("unknown,"), "{}", run.stdout);
        assert!(run.stdout.lines().count() < 14, "{}", run.stdout);
    }
}

#[test]
fn names_may_hold_spaces_and_may_not_steer_the_terminal() {
    let names = [
        "vmlinuz with spaces",
        "vmlinuz-\u{1b}[31mred",
        "vmlinuz\nverdict: boots",
        "-q",
    ];
    for name in names {
        let folder = Folder::new().with(name, good());
        let run = folder.run(&["kernel", "--", name]);
        assert_eq!(run.status, 0, "{name:?}: {}", run.stdout);
        assert!(!run.stdout.contains('\u{1b}'));
        assert!(
            run.stdout
                .lines()
                .all(|line| !line.starts_with("verdict: boots"))
        );
        let report = folder
            .run(&["kernel", "--format", "json", "--", name])
            .json();
        assert_eq!(report["artifacts"][0]["path"], name);
        let run = folder.run(&["kernel", &format!("missing-{name}")]);
        assert_eq!(run.status, 3);
        assert!(!run.stdout.contains('\u{1b}'));
        let run = folder.run(&["extract", &format!("missing-{name}"), "--to", "image"]);
        assert_eq!(run.status, 3);
        assert!(!run.stderr.contains('\u{1b}'));
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"vmlinuz-\xff\xfe");
    let folder = Folder::new().with(name, good());
    for format in ["human", "json"] {
        let mut command = command();
        command
            .args(["kernel", "--format", format])
            .arg(folder.path(name));
        let run = Run::of(&command.output().unwrap());
        assert_eq!(run.status, 0, "{}", run.stdout);
        assert!(run.stdout.contains("vmlinuz-\u{fffd}\u{fffd}"));
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_is_refused_without_waiting() {
    let folder = Folder::new();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path("fifo"))
        .status();
    if !made.is_ok_and(|status| status.success()) {
        super::support::skip("tools", "mkfifo makes no pipe here");
        return;
    }
    let fifo = folder.path("fifo").display().to_string();
    for (path, says) in [
        (fifo.as_str(), "a named pipe"),
        ("/dev/null", "not a regular file"),
        ("/dev/zero", "not a regular file"),
    ] {
        for arguments in [&["kernel", path][..], &["extract", path, "--to", "vmlinux"]] {
            let run = folder.run(arguments);
            assert_eq!(run.status, 3, "{path}");
            assert_says(&(run.stdout + &run.stderr), &["cannot read", says]);
        }
    }
}

#[test]
fn a_kernel_is_never_written_to() {
    let folder = several();
    let state = || -> Vec<_> {
        let names = folder.names();
        let files = names.iter().map(|name| {
            let modified = folder.path(name).metadata().unwrap().modified().unwrap();
            (folder.read(name), modified)
        });
        files.zip(names.clone()).collect()
    };
    let before = state();
    folder.run(&["kernel", "."]);
    folder.run(&["kernel", "--quick", "--format", "json", "."]);
    for name in ["Image-1", "vmlinuz-1", "vmlinuz-2"] {
        for form in ["vmlinux", "image", "config", "payload"] {
            folder.run(&["extract", name, "--to", form]);
        }
    }
    assert!(state() == before);
}
