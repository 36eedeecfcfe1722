use super::Forest;
use kelpie_check::tree::{Errno, Resolution, resolve, resolve_no_follow};

fn at(tree: &Forest, path: &str) -> Resolution {
    resolve(tree, path.as_bytes()).unwrap()
}

fn path(tree: &Forest, path: &str) -> String {
    String::from_utf8(at(tree, path).unwrap().path).unwrap()
}

fn lost(tree: &Forest, path: &str) -> (Errno, String) {
    let lost = at(tree, path).unwrap_err();
    (lost.errno, String::from_utf8(lost.at).unwrap())
}

fn forest() -> Forest {
    Forest::default()
        .file("/usr/bin/busybox", b"x")
        .link("/bin", "usr/bin")
        .link("/sbin/init", "/bin/busybox")
        .link("/up", "../../../usr")
        .link("/loop", "loop")
        .link("/away", "/nowhere/at/all")
        .link("/slashed", "usr/bin/busybox/")
        .link("/dotted", "usr/bin/busybox/.")
        .link("/nul", "usr/bin\0/nothing")
}

#[test]
fn links_are_followed_inside_the_root_and_told() {
    let found = at(&forest(), "/sbin/init").unwrap();
    assert_eq!(found.path, b"/usr/bin/busybox");
    let links: Vec<_> = found.links.iter().map(|link| link.path.clone()).collect();
    assert_eq!(links, [b"/sbin/init".to_vec(), b"/bin".to_vec()]);
    assert_eq!(path(&forest(), "/up/bin"), "/usr/bin");
    assert_eq!(path(&forest(), "/nul/busybox"), "/usr/bin/busybox");
}

#[test]
fn dots_and_slashes_stay_where_they_are() {
    for same in ["/", "", ".", "//", "/..", "/usr/..", "/bin/../.."] {
        assert_eq!(path(&forest(), same), "/", "{same}");
    }
    assert_eq!(path(&forest(), "usr//./bin/busybox"), "/usr/bin/busybox");
    // What is left by .. is the directory that a link leads to, not the link's.
    assert_eq!(path(&forest(), "/bin/.."), "/usr");
}

#[test]
fn what_is_no_directory_has_nothing_behind_it() {
    use Errno::{NotADirectory, NotFound};
    for (asked, errno) in [
        ("/usr/bin/busybox/x", NotADirectory),
        ("/usr/bin/busybox/", NotADirectory),
        ("/usr/bin/busybox/.", NotADirectory),
        ("/usr/bin/busybox/..", NotADirectory),
        ("/usr/bin/nothing/", NotFound),
        ("/slashed", NotADirectory),
        ("/dotted", NotADirectory),
        ("/away", NotFound),
    ] {
        assert_eq!(lost(&forest(), asked).0, errno, "{asked}");
    }
    assert_eq!(lost(&forest(), "/away").1, "/nowhere");
}

#[test]
fn a_file_before_a_long_name_is_told_first() {
    let long = "n".repeat(256);
    assert_eq!(lost(&forest(), &format!("/{long}")).0, Errno::NameTooLong);
    let behind_file = lost(&forest(), &format!("/usr/bin/busybox/{long}"));
    assert_eq!(behind_file.0, Errno::NotADirectory);
    assert_eq!(
        lost(&forest(), &format!("/{}", "n".repeat(255))).0,
        Errno::NotFound
    );
    assert_eq!(lost(&forest(), &"/x".repeat(2048)).0, Errno::NameTooLong);
}

#[test]
fn forty_links_are_followed_and_no_more() {
    let mut tree = Forest::default().file("/l0", b"");
    for link in 1..=41 {
        tree = tree.link(&format!("/l{link}"), &format!("l{}", link - 1));
    }
    assert_eq!(at(&tree, "/l40").unwrap().links.len(), 40);
    assert_eq!(lost(&tree, "/l41").0, Errno::Loop);
    assert_eq!(lost(&forest(), "/loop").0, Errno::Loop);
}

#[test]
fn the_last_link_is_itself_where_it_is_not_followed() {
    let asked = |path: &[u8]| resolve_no_follow(&forest(), path).unwrap().unwrap().path;
    assert_eq!(asked(b"/sbin/init"), b"/sbin/init");
    assert_eq!(asked(b"/bin/busybox"), b"/usr/bin/busybox");
    // A slash behind a link asks for the directory that it leads to.
    assert_eq!(asked(b"/bin/"), b"/usr/bin");
}

#[test]
fn a_directory_inside_itself_costs_no_more_than_its_links() {
    let target = "d/".repeat(2000);
    let mut tree = Forest::default().circle("/d", "d");
    for link in 0..40 {
        let next = format!("{target}../l{}", link + 1);
        tree = tree.link(&format!("/d/l{link}"), &next);
    }
    let begun = std::time::Instant::now();
    assert_eq!(lost(&tree, "/d/l0").0, Errno::NotFound);
    assert!(begun.elapsed().as_secs() < 5);
}
