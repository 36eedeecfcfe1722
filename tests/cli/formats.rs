//! The formats for other programs, each read as its reader does.

use super::forge::good;
use super::support::{program, skip};
use super::{Folder, cut};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

fn folder() -> Folder {
    Folder::new()
        .with("good", good::bzimage(&[]))
        .with("cut, off", cut())
}

const FILES: [&str; 2] = ["good", "cut, off"];

fn printed(format: &str) -> String {
    let run = folder().run(
        &[
            &["kernel", "--target", "qemu", "--format", format][..],
            &FILES,
        ]
        .concat(),
    );
    assert_eq!(run.status, 1, "{}", run.stderr);
    run.stdout
}

#[test]
fn brief_has_one_line_for_a_healthy_file() {
    let text = printed("brief");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "good: no problem found");
    assert!(
        lines[1].starts_with("cut, off: fails at read (KC002 truncated-kernel)"),
        "{text}"
    );
    assert!(lines[2].starts_with("  fatal KC002: "), "{text}");
    assert!(lines[3].starts_with("    fix: "), "{text}");
    assert_eq!(lines.len(), 4, "{text}");
}

/// The hooks for pre-commit name one already.
#[test]
fn the_last_format_counts() {
    let run = folder().run(&["kernel", "--format", "brief", "--format", "ndjson", "good"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let row: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(row["subject"], "good");
}

#[test]
fn ndjson_has_one_object_for_each_verdict() {
    let text = printed("ndjson");
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["outcome"], "passed");
    assert_eq!(rows[0]["subject"], "good");
    assert_eq!(rows[1]["outcome"], "failed");
    assert_eq!(rows[1]["findings"][0]["code"], "KC002");
    assert_eq!(rows[1]["findings"][0]["path"], "cut, off");
}

#[test]
fn sarif_has_a_rule_and_a_place_for_each_result() {
    let log: Value = serde_json::from_str(&printed("sarif")).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    for result in results {
        assert!(
            rules.iter().any(|rule| rule["id"] == result["ruleId"]),
            "{result}"
        );
        assert!(
            result["message"]["text"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }
    let result = results
        .iter()
        .find(|result| result["ruleId"] == "KC002")
        .unwrap();
    assert_eq!(result["level"], "error");
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "cut%2C%20off");
    assert_eq!(
        result["partialFingerprints"]["kelpieCheck/v1"]
            .as_str()
            .unwrap()
            .len(),
        64
    );
}

/// The models of PyPI's pydantic-sarif are generated from the schema of OASIS.
#[test]
fn sarif_is_as_its_schema_says() {
    let Some(python) = program("python3", "sarif") else {
        return;
    };
    let models = "from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif";
    let has_models = Command::new(&python).args(["-c", models]).output().unwrap();
    if !has_models.status.success() {
        skip("sarif", "python3 has no pydantic_sarif");
        return;
    }
    let log = "[    0.000000] Linux version 6.1.0 (a@b)\n[    1.000000] Kernel panic - not syncing: {x} [y](z)\n";
    let folder = folder().with("log", log);
    for (number, words) in [
        &["kernel", "--target", "qemu", "good", "cut, off"][..],
        &[
            "check",
            "--target",
            "qemu",
            "--kernel",
            "good",
            "--cmdline",
            "console=tty9",
        ],
        &["diagnose", "log"],
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{number}.sarif");
        folder.run(&[words, &["--output", &name]].concat());
        let validate =
            format!("import sys\n{models}\nSarif.model_validate_json(open(sys.argv[1]).read())");
        let output = Command::new(&python)
            .args(["-c", &validate])
            .arg(folder.path(&name))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn every_rule_of_sarif_has_help_and_a_place_has_bytes() {
    let log: Value = serde_json::from_str(&printed("sarif")).unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    assert!(!rules.is_empty());
    for rule in rules {
        let help = rule["help"]["text"].as_str().unwrap_or_default();
        assert!(!help.is_empty(), "{rule}");
    }
    let results = log["runs"][0]["results"].as_array().unwrap();
    let regions = results
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["region"])
        .filter(|region| region["byteOffset"].is_u64());
    assert!(regions.count() > 0, "{log:#}");
}

#[test]
fn an_unknown_verdict_is_an_open_result_of_sarif() {
    let run = folder().run(&[
        "check", "--target", "qemu", "--format", "sarif", "--kernel", "good",
    ]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(
        results.iter().any(|result| result["kind"] == "open"),
        "{log:#}"
    );
}

#[test]
fn github_gets_annotations() {
    let text = printed("github");
    let line = text.lines().find(|line| line.contains("KC002")).unwrap();
    assert!(
        line.starts_with("::error file=cut%2C off,title=KC002 truncated-kernel::"),
        "{line}"
    );
    assert!(line.contains("%0AFix: "), "{line}");
    assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
}

#[test]
fn gitlab_gets_its_report_of_code_quality() {
    let issues: Value = serde_json::from_str(&printed("gitlab")).unwrap();
    let issues = issues.as_array().unwrap();
    let issue = issues
        .iter()
        .find(|issue| issue["check_name"] == "KC002")
        .unwrap();
    assert_eq!(issue["severity"], "critical");
    assert_eq!(issue["location"]["path"], "cut, off");
    assert_eq!(issue["location"]["lines"]["begin"], 1);
    let mut fingerprints: Vec<&str> = issues
        .iter()
        .map(|issue| issue["fingerprint"].as_str().unwrap())
        .collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), issues.len());
}

/// Python's parser of XML as the second opinion.
#[test]
fn junit_is_well_formed_and_counts() {
    let Some(python) = program("python3", "tools") else {
        return;
    };
    let folder = Folder::new()
        .with("a<b>&\"c\u{1b}", cut())
        .with("good", good::bzimage(&[]));
    let words = [
        "kernel",
        "--target",
        "qemu",
        "--format",
        "junit",
        "a<b>&\"c\u{1b}",
        "good",
    ];
    let text = folder.run(&words).stdout;
    let read = "import sys, xml.etree.ElementTree as E\n\
                s = E.parse(sys.stdin.buffer).getroot()[0]\n\
                print(s.get('tests'), s.get('failures'), s.get('errors'))\n\
                print([c.get('name') for c in s])";
    let mut child = Command::new(python)
        .args(["-c", read])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let counted = String::from_utf8(output.stdout).unwrap();
    assert_eq!(counted, "2 1 0\n['a<b>&\"c\\\\u{1b}', 'good']\n", "{text}");
}

#[test]
fn a_log_is_written_in_each_format() {
    let log = "[    0.000000] Linux version 6.1.0 (a@b)\n\
               [    1.000000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";
    let folder = Folder::new().with("log", log);
    let run = |format| folder.run(&["diagnose", "log", "--format", format]).stdout;
    assert!(
        run("brief").starts_with("log: failed at root device ("),
        "{}",
        run("brief")
    );
    assert!(
        run("github").starts_with("::error file=log,line=2,"),
        "{}",
        run("github")
    );
    let log: Value = serde_json::from_str(&run("sarif")).unwrap();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["region"]["startLine"], 2);
}

#[test]
fn a_real_boot_is_told_in_three_formats_only() {
    let run = folder().run(&["boot", "good", "--format", "sarif"]);
    if cfg!(not(unix)) {
        return skip("unix", "this system has no boot");
    }
    assert_eq!(run.status, 2);
    assert!(
        run.stderr.contains("human, json and html"),
        "{}",
        run.stderr
    );
}
