//! Hosts that lack a layer, simulated for tests: `KELPIE_CHECK_SIMULATE=no-landlock,no-seccomp`.

/// The variable that lists what the host is to lack.
const VARIABLE: &str = "KELPIE_CHECK_SIMULATE";

/// Returns true if `KELPIE_CHECK_SIMULATE` lists `no-` and this name: `landlock`, `seccomp`,
/// `namespaces`; `end` is the end of a run, which then computes until it is ended.
pub fn is_simulated_absent(name: &str) -> bool {
    std::env::var(VARIABLE).is_ok_and(|list| lists(&list, name))
}

fn lists(list: &str, name: &str) -> bool {
    list.split(',')
        .filter_map(|word| word.trim().strip_prefix("no-"))
        .any(|absent| absent == name)
}

#[cfg(test)]
mod tests {
    use super::lists;

    #[test]
    fn a_list_names_each_absent_layer() {
        assert!(lists("no-landlock", "landlock"));
        assert!(lists("no-namespaces, no-seccomp", "seccomp"));
        assert!(!lists("no-namespaces", "landlock"));
        assert!(!lists("landlock", "landlock"));
        assert!(!lists("", "landlock"));
    }
}
