//! Pipes, devices, links and inputs in the place of an input or an output: nothing hangs, and no input
//! is written.

use super::{Folder, Run, assert_says, command, good};
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No run here takes longer; one that hangs is ended and fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for the end of a run, and fails where it hangs.
#[track_caller]
fn ended(mut child: Child) -> Run {
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Run::of(&child.wait_with_output().unwrap())
}

#[track_caller]
fn run(folder: &Folder, arguments: &[&str]) -> Run {
    ended(start(folder, arguments))
}

fn start(folder: &Folder, arguments: &[&str]) -> Child {
    command()
        .current_dir(folder.path(""))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Returns false, and skips, where no pipe can be made.
fn make_pipe(path: &Path) -> bool {
    let is_made = Command::new("mkfifo")
        .arg(path)
        .status()
        .is_ok_and(|status| status.success());
    if !is_made {
        super::support::skip("tools", "mkfifo makes no pipe here");
    }
    is_made
}

/// A folder with a kernel under three names: itself, a hard link and a symbolic link.
fn kernel() -> Folder {
    let folder = Folder::new().with("kernel", good());
    std::fs::hard_link(folder.path("kernel"), folder.path("hard")).unwrap();
    symlink("kernel", folder.path("soft")).unwrap();
    folder
}

#[test]
fn a_named_pipe_without_a_writer_is_refused_at_once() {
    let folder = Folder::new().with("kernel", good());
    if !make_pipe(&folder.path("pipe")) {
        return;
    }
    let mut runs = vec![
        vec!["diagnose", "pipe"],
        vec!["kernel", "pipe"],
        vec!["rootfs", "pipe"],
        vec!["initramfs", "pipe"],
    ];
    if cfg!(feature = "fetch") {
        runs.push(vec![
            "fetch", "--from", "kernel", "--keys", "pipe", "-o", "out",
        ]);
    }
    for arguments in runs {
        let run = run(&folder, &arguments);
        assert_eq!(run.status, 3, "{arguments:?}: {}{}", run.stdout, run.stderr);
        assert_says(&(run.stdout + &run.stderr), &["named pipe"]);
    }
}

#[test]
fn a_device_without_an_end_is_no_log() {
    let folder = Folder::new();
    for device in ["/dev/zero", "/dev/urandom"] {
        let run = run(&folder, &["diagnose", device]);
        assert_eq!(run.status, 3, "{}", run.stderr);
        assert_says(&run.stderr, &["cannot read", "not a regular file"]);
    }
}

#[test]
fn the_pipe_of_a_shell_is_read_to_its_end() {
    let folder = Folder::new();
    for path in ["/dev/stdin", "/proc/self/fd/0"] {
        let mut child = command()
            .current_dir(folder.path(""))
            .args(["kernel", path])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        // The reader waits for a writer that is slow.
        std::thread::sleep(Duration::from_millis(100));
        input.write_all(&good()).unwrap();
        drop(input);
        let run = ended(child);
        assert_eq!(run.status, 0, "{path}: {}", run.stdout);
        assert_says(&run.stdout, &["arm64 Image"]);
    }
}

#[test]
fn an_output_is_never_an_input() {
    let folder = kernel();
    let extract = |input, output| vec!["extract", input, "--to", "image", "-o", output];
    let build = |output| {
        vec![
            "initramfs",
            "build",
            "--modules",
            ".",
            "--kernel",
            "kernel",
            "-o",
            output,
        ]
    };
    let boot = |output| vec!["boot", "kernel", "--backend", "qemu", "--log", output];
    for output in ["kernel", "hard", "soft", "./kernel"] {
        for arguments in [
            extract("kernel", output),
            extract("soft", output),
            build(output),
            boot(output),
        ] {
            let run = run(&folder, &arguments);
            assert_eq!(run.status, 2, "{arguments:?}: {}{}", run.stdout, run.stderr);
            assert_says(&run.stderr, &[output]);
            assert!(folder.read("kernel") == good(), "{arguments:?}");
            assert_eq!(folder.names(), ["hard", "kernel", "soft"], "{arguments:?}");
        }
    }
}

#[test]
fn standard_input_is_an_input_too() {
    let folder = kernel();
    let child = command()
        .current_dir(folder.path(""))
        .args(["extract", "-", "--to", "image", "-o", "hard"])
        .stdin(std::fs::File::open(folder.path("kernel")).unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let run = ended(child);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert_says(&run.stderr, &["hard", "input"]);
}

#[test]
fn fetch_replaces_none_of_its_inputs() {
    if !cfg!(feature = "fetch") {
        return;
    }
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path("root/boot")).unwrap();
    std::fs::create_dir(folder.path("out")).unwrap();
    std::fs::write(folder.path("root/boot/vmlinuz"), good()).unwrap();
    let input = folder.path("out/vmlinuz-aarch64");
    std::fs::write(&input, "precious").unwrap();
    let run = run(
        &folder,
        &[
            "fetch",
            "--from",
            "root",
            "--rootfs",
            "out/vmlinuz-aarch64",
            "-o",
            "out",
        ],
    );
    assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
    assert_says(&run.stderr, &["vmlinuz-aarch64", "input"]);
    assert_eq!(std::fs::read(input).unwrap(), b"precious");
}

#[test]
fn an_output_is_never_written_through_a_link() {
    let folder = Folder::new()
        .with("kernel", good())
        .with("precious", "precious");
    symlink("precious", folder.path("link")).unwrap();
    symlink("absent", folder.path("dangling")).unwrap();
    symlink("/dev/null", folder.path("device")).unwrap();
    std::fs::create_dir(folder.path("folder")).unwrap();
    symlink("folder", folder.path("shortcut")).unwrap();
    let mut runs = Vec::new();
    for link in ["link", "dangling", "device"] {
        runs.push(vec!["extract", "kernel", "--to", "image", "-o", link]);
        runs.push(vec!["boot", "kernel", "--backend", "qemu", "--log", link]);
    }
    if cfg!(feature = "fetch") {
        runs.push(vec!["fetch", "--from", "kernel", "-o", "shortcut"]);
    }
    for arguments in runs {
        let run = run(&folder, &arguments);
        assert_eq!(run.status, 2, "{arguments:?}: {}", run.stderr);
        assert_says(&run.stderr, &["symbolic link"]);
    }
    assert_eq!(folder.read("precious"), b"precious");
    assert!(!folder.path("absent").exists());
    assert_eq!(std::fs::read_dir(folder.path("folder")).unwrap().count(), 0);
}

#[test]
fn a_pipe_without_a_reader_and_a_socket_are_no_outputs() {
    let folder = Folder::new().with("kernel", good());
    let _socket = UnixListener::bind(folder.path("socket")).unwrap();
    if !make_pipe(&folder.path("pipe")) {
        return;
    }
    for (output, says) in [("pipe", "no process reads"), ("socket", "socket")] {
        for arguments in [
            ["extract", "kernel", "--to", "image", "-o", output].as_slice(),
            &["boot", "kernel", "--backend", "qemu", "--log", output],
        ] {
            let run = run(&folder, arguments);
            assert_eq!(run.status, 2, "{arguments:?}: {}", run.stderr);
            assert_says(&run.stderr, &[output, says]);
        }
    }
    let kind = std::fs::symlink_metadata(folder.path("socket")).unwrap();
    assert!(kind.file_type().is_socket());
}

#[test]
fn a_pipe_with_a_reader_and_standard_output_are_written() {
    let folder = Folder::new().with("kernel", good());
    if !make_pipe(&folder.path("pipe")) {
        return;
    }
    let reader = Command::new("cat")
        .arg(folder.path("pipe"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Opened for reading and writing, the pipe has a reader from now on.
    let both = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(folder.path("pipe"))
        .unwrap();
    let written = start(
        &folder,
        &["extract", "kernel", "--to", "image", "-o", "pipe"],
    );
    let run = ended(written);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    drop(both);
    assert!(reader.wait_with_output().unwrap().stdout == good());
    for output in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let mut child = start(
            &folder,
            &["extract", "kernel", "--to", "image", "-o", output],
        );
        let mut out = child.stdout.take().unwrap();
        let copied = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut out, &mut bytes).unwrap();
            bytes
        });
        let run = ended(child);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{output}");
        assert!(copied.join().unwrap() == good(), "{output}");
    }
}
