//! The report as one HTML file: complete, harmless, and readable in a browser.

use super::forge::good;
use super::support::program;
use super::{Folder, cut};
use std::path::Path;
use std::process::Command;

/// The elements of a report. Whatever else opens a tag came out of an artefact.
const ELEMENTS: [&str; 38] = [
    "!DOCTYPE", "a", "article", "b", "body", "code", "dd", "details", "dl", "dt", "div", "h1",
    "h2", "h3", "h4", "head", "header", "html", "i", "li", "link", "main", "meta", "nav", "ol",
    "p", "section", "small", "span", "style", "summary", "table", "tbody", "td", "th", "thead",
    "title", "tr",
];

fn elements(page: &str) -> Vec<&str> {
    page.split('<')
        .skip(1)
        .map(|rest| rest.trim_start_matches('/'))
        .map(|rest| rest.split([' ', '>', '\n']).next().unwrap_or_default())
        .filter(|name| *name != "ul")
        .collect()
}

#[track_caller]
fn assert_harmless(page: &str) {
    for element in elements(page) {
        assert!(ELEMENTS.contains(&element), "<{element} in\n{page}");
    }
    for request in [
        "http:", "https:", "src=", "url(", "@import", "<script", "srcset", " on",
    ] {
        let markup = page
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split_once('>'));
        for (tag, _) in markup {
            assert!(!tag.contains(request), "{request} in <{tag}>");
        }
    }
    let style = page.split("<style>").nth(1).unwrap();
    let style = style.split("</style>").next().unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"));
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_page_has_ladder_findings_facts_and_verdict() {
    let folder = Folder::new().with("vmlinuz", cut());
    let run = folder.run(&["kernel", "vmlinuz", "--target", "qemu", "--format", "html"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    let page = &run.stdout;
    assert!(page.starts_with("<!DOCTYPE html>\n"));
    assert!(page.ends_with("</html>\n"));
    for part in [
        "<title>kelpie-check: fails at read (KC002 truncated-kernel)</title>",
        "<h1 class=\"failed\">",
        "<article class=\"finding fatal\">",
        "<b>Fix</b>",
        "<summary>About KC002</summary>",
        "<dt>image</dt>",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.contains(part), "no {part} in\n{page}");
    }
    assert_harmless(page);
}

#[test]
fn several_files_are_listed_with_links_to_their_sections() {
    let folder = Folder::new()
        .with("good", good::bzimage(&[]))
        .with("cut", cut());
    let run = folder.run(&[
        "kernel", "good", "cut", "--target", "qemu", "--format", "html",
    ]);
    assert!(
        run.stdout.contains("1 failed, 1 passed</h1>"),
        "{}",
        run.stdout
    );
    for number in 0..2 {
        assert!(run.stdout.contains(&format!("<a href=\"#r{number}\">")));
        assert!(run.stdout.contains(&format!("<section id=\"r{number}\"")));
    }
}

#[test]
fn a_boot_shows_what_is_not_reached() {
    let folder = Folder::new().with("vmlinuz", cut());
    let words = [
        "check",
        "--kernel",
        "vmlinuz",
        "--target",
        "qemu",
        "--cmdline",
        "console=ttyS0",
        "--format",
        "html",
    ];
    let run = folder.run(&words);
    assert!(run.stdout.contains("Predicted boot"), "{}", run.stdout);
    assert!(run.stdout.contains("<li class=\"failed\">"));
    assert!(run.stdout.contains("not reached"));
    assert!(run.stdout.contains("decisions, in the kernel's order"));
    assert_harmless(&run.stdout);
}

/// Names, command lines and logs that try to be markup.
#[test]
fn nothing_of_a_file_becomes_markup() {
    let evil = "<script>alert(1)</script><img src=x onerror=\"alert(2)\">&lt;'\u{202e}";
    let name = "a<img src=x>'\"&\u{1b}";
    let folder = Folder::new().with(name, cut()).with(
        "log",
        format!(
            "[    0.000000] Linux version 6.1.0 {evil} (a@b)\n\
             [    0.000000] Command line: {evil}\n\
             [    1.000000] Kernel panic - not syncing: {evil}\n"
        ),
    );
    for words in [
        &["kernel", name, "--format", "html"][..],
        &["cmdline", evil, "--format", "html"],
        &[
            "check",
            "--kernel",
            name,
            "--cmdline",
            evil,
            "--format",
            "html",
        ],
        &["diagnose", "log", "--format", "html"],
    ] {
        let run = folder.run(words);
        assert_harmless(&run.stdout);
        assert!(!run.stdout.contains('\u{202e}') && !run.stdout.contains('\u{1b}'));
    }
}

#[test]
fn a_log_shows_its_lines() {
    let log = "[    0.000000] Linux version 6.1.0 (a@b)\n\
               [    1.000000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";
    let folder = Folder::new().with("log", log);
    let page = folder.run(&["diagnose", "log", "--format", "html"]).stdout;
    assert!(page.contains("<li><span>2</span><code>"), "{page}");
    assert!(page.contains("What the console shows"), "{page}");
    assert!(page.contains("<h3>Log</h3>"), "{page}");
}

/// Measures the page in a frame of that width, since no window of a browser is as narrow as a phone. A copy
/// without the policy that forbids scripts tells its parent how wide it is.
fn measured(chromium: &Path, page: &str, folder: &Folder, width: u32, scheme: u8) -> Vec<String> {
    let (head, rest) = page.split_once("<meta http-equiv=").unwrap();
    let (_, rest) = rest.split_once(">\n").unwrap();
    let script = "<script>const s = getComputedStyle(document.body);\
                  parent.document.documentElement.dataset.measured = [innerWidth, \
                  document.documentElement.scrollWidth, parseFloat(s.fontSize), \
                  s.backgroundColor.replaceAll(' ', ''), \
                  performance.getEntriesByType('resource').length].join(' ');</script></body>";
    let inner = format!("{head}{}", rest.replace("</body>", script));
    let inner = inner.replace('&', "&amp;").replace('"', "&quot;");
    let copy = format!(
        "<!DOCTYPE html><meta name=\"color-scheme\" content=\"light dark\">\
         <iframe style=\"border:0;width:{width}px;height:900px\" srcdoc=\"{inner}\"></iframe>"
    );
    std::fs::write(folder.path("copy.html"), copy).unwrap();
    let output = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--dump-dom",
        ])
        .arg("--window-size=1400,1000")
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg(format!(
            "--user-data-dir={}",
            folder.path("profile").display()
        ))
        .arg(format!("file://{}", folder.path("copy.html").display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let measured = dom.split("data-measured=\"").nth(1);
    let measured = measured.and_then(|rest| rest.split('"').next());
    let measured =
        measured.unwrap_or_else(|| panic!("{dom}\n{}", String::from_utf8_lossy(&output.stderr)));
    measured.split(' ').map(str::to_owned).collect()
}

#[test]
fn a_page_fits_a_phone_and_a_desk_in_both_colour_schemes() {
    let Some(chromium) = program("chromium", "chromium") else {
        return;
    };
    let name =
        "a-kernel-with-a-name-that-is-much-longer-than-the-screen-of-any-phone-would-be-wide";
    let folder = Folder::new()
        .with(name, cut())
        .with("good", good::bzimage(&[]));
    let line = "console=ttyS0 root=/dev/vda ".to_owned() + &"unbreakable".repeat(30);
    let words = [
        "check",
        "--kernel",
        name,
        "--target",
        "qemu",
        "--cmdline",
        &line,
        "--format",
        "html",
    ];
    let boot = folder.run(&words).stdout;
    let files = folder
        .run(&["kernel", name, "good", "--format", "html"])
        .stdout;
    for page in [boot, files] {
        for width in [390, 1280] {
            let seen = [0, 1].map(|scheme| measured(&chromium, &page, &folder, width, scheme));
            for seen in &seen {
                assert_eq!(seen[0], width.to_string(), "{seen:?}");
                assert_eq!(seen[1], width.to_string(), "it scrolls sideways: {seen:?}");
                assert!(seen[2].parse::<f64>().unwrap() >= 15.0, "{seen:?}");
                assert_eq!(seen[4], "0", "it asks for something: {seen:?}");
            }
            assert_ne!(seen[0][3], seen[1][3], "both schemes look the same");
        }
    }
}
