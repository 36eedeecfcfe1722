use super::open;
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::{Folder, RootFs};
use kelpie_check::tree::{Errno, FileType, NodeId, Tree, read_whole, resolve, resolve_no_follow};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn folder(path: &Path) -> Folder {
    Folder::open(path, &Limits::default()).unwrap()
}

#[test]
fn a_folder_is_read_as_a_root() {
    let host = tempfile::tempdir().unwrap();
    fs::create_dir_all(host.path().join("usr/bin")).unwrap();
    fs::create_dir(host.path().join("sbin")).unwrap();
    fs::write(host.path().join("usr/bin/busybox"), "0123456789").unwrap();
    fs::set_permissions(
        host.path().join("usr/bin/busybox"),
        fs::Permissions::from_mode(0o4751),
    )
    .unwrap();
    symlink("/usr/bin", host.path().join("bin")).unwrap();
    symlink("../bin/busybox", host.path().join("sbin/init")).unwrap();
    let rootfs = open(host.path());
    assert_eq!(rootfs.file_bytes(), None);
    assert_eq!(rootfs.image().unwrap().format, "directory");
    assert_eq!(rootfs.contents().unwrap().name(), "directory");
    assert_eq!(rootfs.partition().unwrap(), None);
    let tree = rootfs.tree().unwrap();
    let found = resolve(tree, b"/sbin/init").unwrap().unwrap();
    assert_eq!(found.path, b"/usr/bin/busybox");
    assert_eq!(found.links.len(), 2);
    assert_eq!((found.stat.mode, found.stat.size_bytes), (0o4751, 10));
    assert_eq!(
        read_whole(tree, &found, "limit", 100).unwrap(),
        b"0123456789"
    );
    assert_eq!(tree.read(found.node, 8, 100).unwrap(), b"89");
    assert_eq!(tree.read(found.node, 100, 100).unwrap(), b"");
}

#[test]
fn links_that_lead_out_stay_inside() {
    let host = tempfile::tempdir().unwrap();
    let root = host.path().join("root");
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(host.path().join("secret"), "outside").unwrap();
    symlink(host.path(), root.join("absolute")).unwrap();
    symlink("..", root.join("above")).unwrap();
    symlink(host.path().join("secret"), root.join("etc/secret")).unwrap();
    let tree = folder(&root);
    for path in [
        "/absolute/secret",
        "/above/secret",
        "/../secret",
        "/etc/secret",
    ] {
        let lost = resolve(&tree, path.as_bytes()).unwrap().unwrap_err();
        assert_eq!(lost.errno, Errno::NotFound, "{path}");
    }
    // Nor is a link taken for the directory or the file that it leads to.
    let link = resolve_no_follow(&tree, b"/absolute")
        .unwrap()
        .unwrap()
        .node;
    assert!(tree.list(link).is_err());
    assert!(tree.lookup(link, b"secret").is_err());
    let link = resolve_no_follow(&tree, b"/etc/secret")
        .unwrap()
        .unwrap()
        .node;
    assert!(tree.read(link, 0, 10).is_err());
    for name in [
        &b"../secret"[..],
        b"..",
        b".",
        b"",
        b"etc/secret",
        b"a\0b",
        b"/etc",
    ] {
        assert_eq!(tree.lookup(tree.root(), name).unwrap(), None);
    }
}

#[test]
fn a_link_that_is_the_folder_itself_is_followed() {
    let host = tempfile::tempdir().unwrap();
    fs::create_dir(host.path().join("real")).unwrap();
    fs::write(host.path().join("real/file"), "x").unwrap();
    symlink("real", host.path().join("link")).unwrap();
    let tree = folder(&host.path().join("link"));
    assert_eq!(tree.list(tree.root()).unwrap().len(), 1);
}

#[test]
fn names_are_bytes_and_come_in_order() {
    let host = tempfile::tempdir().unwrap();
    let names: [&[u8]; 4] = [b" space", b"a\nb", b"z", b"\xff\xfe"];
    for name in names.iter().rev() {
        fs::write(host.path().join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let tree = folder(host.path());
    let entries = tree.list(tree.root()).unwrap();
    let listed: Vec<&[u8]> = entries.iter().map(|entry| entry.name.as_slice()).collect();
    assert_eq!(listed, names);
    for entry in &entries {
        assert_eq!(entry.file_type, Some(FileType::Regular));
        assert_eq!(
            tree.lookup(tree.root(), &entry.name).unwrap(),
            Some(entry.node)
        );
    }
}

#[test]
fn devices_and_pipes_are_named_and_never_opened() {
    let host = tempfile::tempdir().unwrap();
    let pipe = host.path().join("pipe");
    if !super::run("coreutils", &["mkfifo", pipe.to_str().unwrap()]) {
        return;
    }
    let tree = folder(host.path());
    let pipe = tree.lookup(tree.root(), b"pipe").unwrap().unwrap();
    assert_eq!(tree.stat(pipe).unwrap().file_type, FileType::Fifo);
    let error = tree.read(pipe, 0, 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/pipe: expected a regular file, found a named pipe"
    );
    let devices = folder(Path::new("/dev"));
    let null = devices.lookup(devices.root(), b"null").unwrap().unwrap();
    let stat = devices.stat(null).unwrap();
    assert_eq!(
        (stat.file_type, stat.device),
        (FileType::CharacterDevice, Some((1, 3)))
    );
    assert!(devices.read(null, 0, 1).is_err());
}

#[test]
fn the_limits_hold() {
    let host = tempfile::tempdir().unwrap();
    for name in 0..9 {
        fs::write(host.path().join(name.to_string()), "x").unwrap();
    }
    let open = |name: &str, value| {
        let mut limits = Limits::default();
        assert!(limits.set(name, value));
        Folder::open(host.path(), &limits).unwrap()
    };
    for (name, value) in [("directory_entries", 8), ("reads", 8)] {
        let tree = open(name, value);
        let error = tree.list(tree.root()).unwrap_err();
        assert_eq!((error.kind(), error.field()), (Kind::Limit, name));
    }
    assert!(open("directory_entries", 9).list(NodeId(0)).is_ok());
    assert!(
        open("reads", 100).stat(NodeId(7)).is_err(),
        "a node of nothing"
    );
}

#[test]
fn what_is_not_there_is_said_with_its_role() {
    let error = RootFs::open(Path::new("no such image"), &Limits::default())
        .err()
        .unwrap();
    assert_eq!(error.kind(), Kind::Io);
    assert_eq!(error.role(), Some(kelpie_check::role::Role::Rootfs));
}

#[test]
fn a_directory_that_becomes_a_link_leads_nowhere() {
    let host = tempfile::tempdir().unwrap();
    let root = host.path().join("root");
    for folder in ["root/etc", "outside"] {
        fs::create_dir_all(host.path().join(folder)).unwrap();
        fs::write(host.path().join(folder).join("shadow"), folder).unwrap();
        symlink(folder, host.path().join(folder).join("link")).unwrap();
    }
    let tree = folder(&root);
    let etc = tree.lookup(tree.root(), b"etc").unwrap().unwrap();
    let shadow = tree.lookup(etc, b"shadow").unwrap().unwrap();
    let link = tree.lookup(etc, b"link").unwrap().unwrap();
    assert_eq!(tree.read(shadow, 0, 100).unwrap(), b"root/etc");
    fs::rename(root.join("etc"), root.join("was")).unwrap();
    for target in ["../outside".into(), host.path().join("outside")] {
        symlink(&target, root.join("etc")).unwrap();
        assert!(tree.stat(shadow).is_err(), "{target:?}");
        assert!(tree.read(shadow, 0, 100).is_err(), "{target:?}");
        assert!(tree.read_link(link).is_err(), "{target:?}");
        assert!(tree.list(etc).is_err(), "{target:?}");
        assert!(tree.lookup(etc, b"shadow").is_err(), "{target:?}");
        fs::remove_file(root.join("etc")).unwrap();
    }
}

#[test]
fn a_folder_that_is_replaced_stays_the_one_that_was_opened() {
    let host = tempfile::tempdir().unwrap();
    let (root, outside) = (host.path().join("root"), host.path().join("outside"));
    for folder in [&root, &outside] {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("name"), folder.file_name().unwrap().as_bytes()).unwrap();
    }
    let tree = folder(&root);
    let name = tree.lookup(tree.root(), b"name").unwrap().unwrap();
    fs::rename(&root, host.path().join("was")).unwrap();
    symlink(&outside, &root).unwrap();
    assert_eq!(tree.read(name, 0, 100).unwrap(), b"root");
}
