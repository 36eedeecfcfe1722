//! `lib/cmdline.c`, `next_arg`; `kernel/params.c`, `parse_args`; `init/main.c`.

use super::line;
use kelpie_check::cmdline::CommandLine;

fn pairs(raw: &[u8]) -> Vec<(String, Option<String>)> {
    CommandLine::parse(raw)
        .parameters
        .into_iter()
        .map(|parameter| (parameter.name, parameter.value))
        .collect()
}

fn check(raw: &str, expected: &[(&str, Option<&str>)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
        .collect();
    assert_eq!(pairs(raw.as_bytes()), expected, "{raw:?}");
}

#[test]
fn words_are_parted_by_any_space_and_values_by_the_first_equals_sign() {
    check(
        "  a=b,c\tfoo=bar=baz \n quiet ",
        &[
            ("a", Some("b,c")),
            ("foo", Some("bar=baz")),
            ("quiet", None),
        ],
    );
    check("", &[]);
    check(" \t ", &[]);
}

// next_arg takes index 0 for "no equals sign yet".
#[test]
fn an_equals_sign_in_front_belongs_to_the_name() {
    check("=a", &[("=a", None)]);
    check("=a=b", &[("=a", Some("b"))]);
    check("a=", &[("a", Some(""))]);
}

#[test]
fn quotes_around_a_value_or_a_whole_parameter_vanish_and_others_stay() {
    check(r#"a="b c" d"#, &[("a", Some("b c")), ("d", None)]);
    check(r#""a=b c" d"#, &[("a", Some("b c")), ("d", None)]);
    check(r#""a b""#, &[("a b", None)]);
    check(r#"a=b" "c"#, &[("a", Some(r#"b" "c"#))]);
    check(r#"a"b c"=d"#, &[(r#"a"b c""#, Some("d"))]);
    check(r#""a="b"""#, &[("a", Some(r#"b""#))]);
}

#[test]
fn a_quote_that_is_not_closed_takes_the_rest() {
    check(r#"a="b c d"#, &[("a", Some("b c d"))]);
    check(r#"a=""#, &[("a", Some(""))]);
    check(r#"""#, &[("", None)]);
    check(r#""" b"#, &[("", None), ("b", None)]);
}

// parse_args: "Stop at --".
#[test]
fn what_follows_two_dashes_is_for_init() {
    let parsed = line(r#"quiet -- single a="b c" --x"#);
    assert_eq!(parsed.parameters.len(), 1);
    assert_eq!(parsed.dashes, Some(6));
    assert_eq!(parsed.init_arguments, [&b"single"[..], b"a=b c", b"--x"]);
    assert_eq!(line("--=a").parameters.len(), 1, "that is no end");
    assert_eq!(
        line(r#""--" a"#).init_arguments.len(),
        1,
        "quotes vanish first"
    );
}

// start_kernel calls parse_args again for what follows, which stops again.
#[test]
fn what_follows_a_second_pair_of_dashes_is_lost() {
    assert_eq!(line("a -- b -- c").init_arguments, [b"b"]);
}

#[test]
fn offsets_are_where_a_parameter_begins_quotes_included() {
    let parsed = line(r#"  a=1 "b=2" c"#);
    let offsets: Vec<_> = parsed.parameters.iter().map(|one| one.offset).collect();
    assert_eq!(offsets, [2, 6, 12]);
}

// lib/ctype.c: 0xa0 is _S|_SP.
#[test]
fn the_byte_a0_is_a_space_even_inside_a_character() {
    assert_eq!(pairs(b"a\xa0b").len(), 2);
    let parsed = pairs("x=à".as_bytes());
    assert_eq!(parsed, [("x".to_owned(), Some("\\xc3".to_owned()))]);
}

#[test]
fn bytes_that_are_no_text_survive_as_escapes() {
    let parsed = CommandLine::parse(&b"a=\xff\x1bb \xc3\xa9"[..]);
    assert_eq!(parsed.value("a"), Some("\\xff\\x1bb"));
    assert_eq!(parsed.parameters[1].name, "é");
    assert_eq!(parsed.raw, b"a=\xff\x1bb \xc3\xa9");
}

#[test]
fn a_nul_ends_the_line() {
    assert_eq!(pairs(b"a b\0c").len(), 2);
}

// parameq.
#[test]
fn dashes_and_underscores_in_names_are_equal() {
    let parsed = line("nr-cpus=2 virtio-mmio.device=4K@0x1000:5");
    assert_eq!(parsed.value("nr_cpus"), Some("2"));
    assert_eq!(parsed.value("virtio_mmio.device"), Some("4K@0x1000:5"));
    assert!(parsed.parameters.iter().all(|one| one.spec.is_some()));
    assert!(!line("a-b=1").has("a.b"));
}
