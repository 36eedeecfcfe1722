//! The sandbox, tried from inside: a thread confines itself and does what it may not.
//!
//! Both layers hold for a thread and what it starts, so the other tests of this program stay free.

#![cfg(all(target_os = "linux", feature = "cli"))]

mod support;

use kelpie_check::confine::{Needs, Sockets, available, confine};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};

/// Does `act` in a thread that is confined to `needs`.
fn confined<T: Send + 'static>(needs: Needs, act: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(move || {
        confine(&needs);
        act()
    })
    .join()
    .unwrap()
}

fn has_landlock() -> bool {
    let found = available().landlock_abi.is_some_and(|abi| abi >= 3);
    if !found {
        support::skip("landlock", "this kernel has no Landlock, or one before 6.2");
    }
    found
}

fn has_seccomp() -> bool {
    let found = available().seccomp;
    if !found {
        support::skip("seccomp", "this kernel filters no system calls");
    }
    found
}

fn is_refused<T>(outcome: &io::Result<T>) -> bool {
    outcome
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

/// Everything that changes a folder with the files `a` and `b` in it, and which of it is refused.
fn changes(folder: &Path) -> Vec<(&'static str, bool)> {
    let a = folder.join("a");
    vec![
        ("create", is_refused(&File::create(folder.join("new")))),
        (
            "append",
            is_refused(&OpenOptions::new().append(true).open(&a)),
        ),
        (
            "truncate",
            is_refused(&OpenOptions::new().write(true).truncate(true).open(&a)),
        ),
        ("rename", is_refused(&fs::rename(&a, folder.join("c")))),
        ("remove", is_refused(&fs::remove_file(folder.join("b")))),
        ("directory", is_refused(&fs::create_dir(folder.join("d")))),
        (
            "link",
            is_refused(&std::os::unix::fs::symlink("a", folder.join("l"))),
        ),
    ]
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "content").unwrap();
    fs::write(folder.path().join("b"), "content").unwrap();
    folder
}

#[test]
fn a_reader_reads_everything_and_changes_nothing() {
    if !has_landlock() {
        return;
    }
    let folder = folder();
    let path = folder.path().to_owned();
    let (refused, content, names) = confined(Needs::default(), move || {
        let content = fs::read_to_string(path.join("a"));
        (
            changes(&path),
            content,
            fs::read_dir(&path).unwrap().count(),
        )
    });
    assert!(refused.iter().all(|(_, refused)| *refused), "{refused:?}");
    assert_eq!((content.unwrap().as_str(), names), ("content", 2));
}

#[test]
fn a_writer_changes_files_in_its_folder_only() {
    if !has_landlock() {
        return;
    }
    let (own, other) = (folder(), folder());
    let needs = Needs {
        writes: vec![own.path().to_owned()],
        ..Needs::default()
    };
    let paths = (own.path().to_owned(), other.path().to_owned());
    let (inside, outside) = confined(needs, move || (changes(&paths.0), changes(&paths.1)));
    let refused: Vec<&str> = inside
        .iter()
        .filter(|(_, refused)| *refused)
        .map(|(name, _)| *name)
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(outside.iter().all(|(_, refused)| *refused), "{outside:?}");
}

#[test]
fn a_device_is_written_where_it_is_named() {
    if !has_landlock() {
        return;
    }
    let null = || OpenOptions::new().write(true).open("/dev/null");
    assert!(is_refused(&confined(Needs::default(), null)));
    let needs = Needs {
        writes: vec!["/dev/null".into()],
        ..Needs::default()
    };
    confined(needs, null).unwrap().write_all(b"x").unwrap();
}

/// Landlock does not mediate these, so a reader that runs as root could change any file with them.
#[test]
fn a_reader_changes_no_modes_owners_and_times() {
    if !has_seccomp() {
        return;
    }
    let folder = folder();
    let path = folder.path().join("a");
    let refused = confined(Needs::default(), move || {
        let file = File::open(&path).unwrap();
        let mode = file.metadata().unwrap().permissions();
        [
            is_refused(&fs::set_permissions(&path, mode.clone())),
            is_refused(&file.set_permissions(mode)),
            is_refused(&std::os::unix::fs::chown(&path, None, None)),
            is_refused(&file.set_modified(std::time::SystemTime::UNIX_EPOCH)),
        ]
    });
    assert_eq!(refused, [true; 4]);
}

/// What a process types into its terminal is run by the shell that reads it next.
#[test]
fn no_process_types_into_its_terminal() {
    if !has_seccomp() {
        return;
    }
    let typed = || {
        let null = File::open("/dev/null").unwrap();
        let letter = b'x';
        // SAFETY: the request reads one byte, which outlives the call.
        let outcome = unsafe { libc::ioctl(null.as_raw_fd(), libc::TIOCSTI, &raw const letter) };
        assert_eq!(outcome, -1);
        io::Error::last_os_error().raw_os_error()
    };
    assert_eq!(typed(), Some(libc::ENOTTY));
    let needs = Needs {
        programs: true,
        sockets: Sockets::Unix,
        ..Needs::default()
    };
    for needs in [Needs::default(), needs] {
        assert_eq!(confined(needs, typed), Some(libc::EPERM));
    }
}

#[test]
fn a_reader_opens_no_socket() {
    if !has_seccomp() {
        return;
    }
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let refused = confined(Needs::default(), move || {
        [
            is_refused(&TcpStream::connect(address)),
            is_refused(&TcpListener::bind("127.0.0.1:0")),
            is_refused(&UdpSocket::bind("127.0.0.1:0")),
            is_refused(&UnixDatagram::unbound()),
            is_refused(&UnixStream::pair()),
        ]
    });
    assert_eq!(refused, [true; 5]);
}

/// Returns the error of a call that makes a process with these flags; 0 if it made one.
fn clone_error(call: libc::c_long, flags: libc::c_int) -> i32 {
    // SAFETY: without a stack of its own the child is a fork, and it ends at once. clone3 gets a size
    // that it refuses.
    unsafe {
        match libc::syscall(call, libc::c_long::from(flags | libc::SIGCHLD), 0, 0, 0, 0) {
            0 => libc::_exit(0),
            -1 => io::Error::last_os_error().raw_os_error().unwrap(),
            child => {
                let child = libc::pid_t::try_from(child).unwrap();
                libc::waitpid(child, std::ptr::null_mut(), 0);
                0
            }
        }
    }
}

#[test]
fn a_reader_makes_no_namespaces_but_threads() {
    if !has_seccomp() {
        return;
    }
    let (errors, thread) = confined(Needs::default(), || {
        let errors = [
            clone_error(libc::SYS_clone, libc::CLONE_NEWUSER),
            clone_error(libc::SYS_clone, libc::CLONE_NEWNET),
            clone_error(libc::SYS_clone3, 0),
            clone_error(libc::SYS_clone, 0),
        ];
        (errors, std::thread::spawn(|| 7).join().unwrap())
    });
    assert_eq!(errors, [libc::EPERM, libc::EPERM, libc::ENOSYS, 0]);
    assert_eq!(thread, 7);
}

#[test]
fn a_fetcher_opens_sockets_of_the_internet_only() {
    if !has_seccomp() {
        return;
    }
    let needs = Needs {
        sockets: Sockets::Network,
        ..Needs::default()
    };
    let open = |family, kind, protocol| {
        // SAFETY: the call takes three integers.
        match unsafe { libc::socket(family, kind, protocol) } {
            -1 => io::Error::last_os_error().raw_os_error().unwrap(),
            socket => {
                // SAFETY: the descriptor is open, and no other value owns it.
                drop(unsafe { std::os::fd::OwnedFd::from_raw_fd(socket) });
                0
            }
        }
    };
    let (allowed, denied) = confined(needs, move || {
        let allowed = [
            open(libc::AF_UNIX, libc::SOCK_STREAM, 0),
            open(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0),
            open(libc::AF_NETLINK, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0),
        ];
        let denied = [
            open(libc::AF_VSOCK, libc::SOCK_STREAM, 0),
            open(libc::AF_PACKET, libc::SOCK_DGRAM, 0),
            open(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP),
            open(libc::AF_INET, 10, 0),
            // NETLINK_AUDIT.
            open(libc::AF_NETLINK, libc::SOCK_RAW, 9),
        ];
        (allowed, denied)
    });
    assert_eq!(allowed, [0; 3]);
    assert_eq!(denied, [libc::EPERM; 5]);
}

#[test]
fn a_reader_runs_no_program_by_either_layer() {
    let run = || Command::new("/bin/true").stdin(Stdio::inherit()).status();
    if has_seccomp() {
        assert!(is_refused(&confined(Needs::default(), run)));
    }
    if has_landlock() {
        // Sockets are all that differs: the rule of Landlock forbids the program.
        let needs = Needs {
            sockets: Sockets::Network,
            ..Needs::default()
        };
        assert!(is_refused(&confined(needs, run)));
    }
    assert!(run().unwrap().success());
}

#[test]
fn a_fetcher_connects_and_listens_to_nothing() {
    if !has_landlock() || available().landlock_abi < Some(4) {
        return;
    }
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let needs = Needs {
        sockets: Sockets::Network,
        ..Needs::default()
    };
    let (connected, bound) = confined(needs, move || {
        (
            TcpStream::connect(address).map(drop),
            TcpListener::bind("127.0.0.1:0").map(drop),
        )
    });
    connected.unwrap();
    assert!(is_refused(&bound));
}

#[test]
fn a_starter_of_programs_opens_unix_sockets_only_and_so_do_its_programs() {
    if !has_seccomp() {
        return;
    }
    let needs = Needs {
        programs: true,
        sockets: Sockets::Unix,
        ..Needs::default()
    };
    let (network, unix, calls) = confined(needs, || {
        let status = Command::new("cat")
            .arg("/proc/self/status")
            .output()
            .unwrap();
        (
            is_refused(&UdpSocket::bind("127.0.0.1:0")),
            UnixStream::pair().map(drop),
            String::from_utf8(status.stdout).unwrap(),
        )
    });
    assert!(network);
    unix.unwrap();
    assert!(calls.contains("Seccomp:\t2\n"), "{calls}");
    assert!(calls.contains("NoNewPrivs:\t1\n"), "{calls}");
}

/// `Seccomp:` and `NoNewPrivs:` of the command while it waits for standard input.
fn state(arguments: &[&str], simulate: &str) -> [String; 2] {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .args(arguments)
        .env("KELPIE_CHECK_SIMULATE", simulate)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds: when it is written, the command is reading.
    input.write_all(&[0; 128 * 1024]).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(input);
    child.wait().unwrap();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    };
    [field("Seccomp:"), field("NoNewPrivs:")]
}

#[test]
fn the_command_is_confined_before_it_reads() {
    if !has_landlock() || !has_seccomp() {
        return;
    }
    for arguments in [&["kernel", "-"][..], &["extract", "-", "--to", "vmlinux"]] {
        assert_eq!(state(arguments, ""), ["2", "1"]);
        assert_eq!(state(arguments, "no-seccomp"), ["0", "1"]);
        assert_eq!(state(arguments, "no-landlock"), ["2", "1"]);
        assert_eq!(state(arguments, "no-landlock,no-seccomp"), ["0", "0"]);
        let without = [&["--no-sandbox"], arguments].concat();
        assert_eq!(state(&without, ""), ["0", "0"]);
    }
}

#[test]
fn a_missing_layer_is_not_worth_a_word() {
    let program = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .args(["kernel", "-"])
        .env("KELPIE_CHECK_SIMULATE", "no-landlock,no-seccomp")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(program.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&program.stderr), "");
}
