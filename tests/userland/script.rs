use super::{alpine, errno, run, trouble};
use kelpie_check::userland::script::{LineFault, shebang};
use kelpie_check::userland::{How, ScriptTrouble, Trouble};

fn line(first: &str) -> Result<(String, Option<String>), LineFault> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let line = shebang(first.as_bytes()).unwrap()?;
    Ok((text(line.interpreter), line.argument.map(text)))
}

fn plain(interpreter: &str) -> Result<(String, Option<String>), LineFault> {
    Ok((interpreter.to_owned(), None))
}

fn with(interpreter: &str, argument: &str) -> Result<(String, Option<String>), LineFault> {
    Ok((interpreter.to_owned(), Some(argument.to_owned())))
}

#[test]
fn a_line_is_read_as_the_kernel_reads_it() {
    for (first, expected) in [
        ("#!/bin/sh\necho", plain("/bin/sh")),
        ("#!/bin/sh", plain("/bin/sh")),
        ("#! \t /bin/sh \t \n", plain("/bin/sh")),
        ("#!/bin/sh -e  -x \n", with("/bin/sh", "-e  -x")),
        ("#!/usr/bin/env\tsh\n", with("/usr/bin/env", "sh")),
        ("#!/bin/sh\r\n", plain("/bin/sh\r")),
        ("#!/bin/sh -e\r\n", with("/bin/sh", "-e\r")),
        ("#!/bin/true\0foo\n", plain("/bin/true")),
        ("#!\n", Err(LineFault::NoInterpreter)),
        ("#! \t\n/bin/sh\n", Err(LineFault::NoInterpreter)),
        // Padded with NULs, an empty name is one: the kernel goes on with it.
        ("#!", plain("")),
        ("#!   ", plain("")),
    ] {
        assert_eq!(line(first), expected, "{first:?}");
    }
    assert!(shebang(b"#").is_none());
    assert!(shebang(b"\n#!/bin/sh\n").is_none());
}

#[test]
fn a_line_that_is_cut_off_is_obeyed_where_only_its_argument_is_cut() {
    let name = "x".repeat(300);
    assert_eq!(line(&format!("#!/{name}\n")), Err(LineFault::TooLong));
    // The last of the 256 bytes is lost.
    let (interpreter, argument) = line(&format!("#!/bin/sh {name}\n")).unwrap();
    assert_eq!(
        (interpreter.as_str(), argument.unwrap().len()),
        ("/bin/sh", 255 - 10)
    );
    assert_eq!(
        line(&format!("#!{}", " ".repeat(400))),
        Err(LineFault::NoInterpreter)
    );
    assert_eq!(
        line(&format!("#!{}/", " ".repeat(253))),
        Err(LineFault::TooLong)
    );
    assert_eq!(line(&format!("#!{}/ ", " ".repeat(252))), plain("/"));
    let whole = format!("#!/{}\n", "x".repeat(252));
    assert_eq!(line(&whole).unwrap().0.len(), 253);
}

#[test]
fn a_script_runs_by_its_interpreter_and_what_that_needs() {
    let tree = alpine().program("/init", "#!/bin/sh -e\nexec /sbin/init\n");
    let program = run(&tree, "/init");
    assert_eq!(program.trouble, None);
    assert!(program.needs.script && program.needs.elf);
    assert_eq!(program.interpreter.as_deref(), Some(super::MUSL.as_bytes()));
    let steps: Vec<_> = program
        .steps
        .iter()
        .map(|step| &step.found.path[..])
        .collect();
    assert_eq!(
        steps,
        [&b"/init"[..], b"/bin/busybox", super::MUSL.as_bytes()]
    );
    let argument = Some(b"-e".to_vec());
    assert_eq!(program.steps[1].how, How::Shebang { argument });
    assert_eq!(program.final_step().unwrap().found.path, b"/bin/busybox");
}

#[test]
fn lines_that_end_with_cr_lf_ask_for_an_interpreter_with_a_cr() {
    let program = run(&alpine().program("/init", "#!/bin/sh\r\necho\r\n"), "/init");
    let (errno, text) = trouble(&program);
    assert_eq!(errno, Some(2));
    assert_eq!(
        text,
        r"/init needs /bin/sh\r: /bin/sh\r does not exist (its lines end with CR LF)"
    );
    let nowhere = run(&alpine().program("/init", "#!/bin/dash\r\n"), "/init");
    assert!(!trouble(&nowhere).1.contains("CR LF"));
}

#[test]
fn what_stands_before_the_line_makes_it_no_script() {
    for before in ["\u{feff}", " ", "\n", "\u{feff}\n", "\t \n"] {
        let tree = alpine().program("/init", format!("{before}#!/bin/sh\n"));
        let program = run(&tree, "/init");
        assert_eq!(errno(&program), Some(8), "{before:?}");
        let Some(Trouble::Script(ScriptTrouble::NotAtStart { before: told, .. })) = program.trouble
        else {
            panic!("{before:?}: {:?}", program.trouble);
        };
        assert_eq!(told, before.as_bytes());
    }
}

#[test]
fn each_fault_of_a_script_has_the_number_of_the_kernel() {
    let long = format!("#!/{}\n", "x".repeat(300));
    let tree = alpine()
        .program("/dash", "#!/bin/dash\n")
        .program("/empty", "#!\n")
        .program("/none", "#!")
        .program("/directory", "#!/bin\n")
        .program("/long", long)
        .program("/plain", "#!/etc/passwd\n")
        .file("/etc/passwd", "root")
        .program("/through", "#!/etc/passwd/sh\n");
    for (path, errno, text) in [
        (
            "/dash",
            2,
            "/dash needs /bin/dash: /bin/dash does not exist",
        ),
        ("/empty", 8, "the first line of /empty names no interpreter"),
        ("/none", 13, "/none needs , which is a directory"),
        (
            "/directory",
            13,
            "/directory needs /bin, which is a directory",
        ),
        (
            "/long",
            8,
            "the interpreter in the first line of /long continues after byte 256",
        ),
        (
            "/plain",
            13,
            "/plain needs /etc/passwd, which has no execute bit (mode 0644)",
        ),
        (
            "/through",
            20,
            "/through needs /etc/passwd/sh: a parent of /etc/passwd/sh is not a directory",
        ),
    ] {
        assert_eq!(trouble(&run(&tree, path)), (Some(errno), text.to_owned()));
    }
}

#[test]
fn five_scripts_may_follow_one_another() {
    let mut tree = alpine().program("/s0", "#!/bin/sh\n");
    for script in 1..=6 {
        let first = format!("#!/s{}\n", script - 1);
        tree = tree.program(&format!("/s{script}"), first);
    }
    assert_eq!(run(&tree, "/s4").trouble, None);
    assert_eq!(
        trouble(&run(&tree, "/s5")),
        (
            Some(40),
            "/s0 is the sixth script in a row, but the kernel follows only five".to_owned()
        )
    );
    let itself = alpine().program("/init", "#!/init\n");
    assert_eq!(errno(&run(&itself, "/init")), Some(40));
}

#[test]
fn an_interpreter_of_another_machine_is_told_by_its_own_name() {
    let arm = crate::forge::program::Program {
        machine: 183,
        ..Default::default()
    };
    let tree = alpine()
        .program("/bin/other", arm.build())
        .program("/init", "#!/bin/other\n");
    assert_eq!(
        trouble(&run(&tree, "/init")),
        (
            Some(8),
            "/bin/other is for aarch64, but the kernel is for x86_64".to_owned()
        )
    );
}
