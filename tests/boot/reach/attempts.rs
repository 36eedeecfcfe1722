//! What the guest printed: one line for each attempt, and lines about what it got.

/// The console of a boot of the test kernel or the test init.
pub struct Console {
    lines: Vec<String>,
}

/// An attempt and its outcome.
pub struct Attempt<'a> {
    /// What the guest tried, for example `LOOKUP ../file`.
    pub what: &'a str,
    /// What it got, for example `-2` or `node 3, mode 100644, size 7`.
    pub outcome: &'a str,
}

impl Attempt<'_> {
    /// Returns true if the outcome is an error number.
    pub fn failed(&self) -> bool {
        self.outcome.starts_with('-')
    }
}

impl Console {
    pub fn new(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let lines = text
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        Self { lines }
    }

    /// The guest's lines, without their prefix.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines
            .iter()
            .filter_map(|line| line.strip_prefix("reach: "))
    }

    /// The lines that begin with this text, without it.
    pub fn after<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines()
            .filter_map(move |line| line.strip_prefix(start))
    }

    /// The attempts of this kind.
    pub fn attempts<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = Attempt<'a>> {
        self.lines()
            .filter(move |line| line.starts_with(kind))
            .filter_map(|line| line.split_once(" = "))
            .map(|(what, outcome)| Attempt { what, outcome })
    }

    /// The outcome of the first attempt that is called exactly this.
    pub fn outcome(&self, what: &str) -> &str {
        self.lines()
            .filter_map(|line| line.split_once(" = "))
            .find(|(name, _)| *name == what)
            .map_or_else(
                || panic!("the guest never tried {what:?}:\n{self}"),
                |(_, outcome)| outcome,
            )
    }

    /// Everything that the guest got: all text except the names that it asked for.
    pub fn received(&self) -> String {
        let lines: Vec<&str> = self
            .lines()
            .map(|line| match line.split_once(" = ") {
                Some((_, outcome)) => outcome,
                None => line,
            })
            .collect();
        lines.join("\n")
    }
}

impl std::fmt::Display for Console {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.lines
            .iter()
            .try_for_each(|line| writeln!(out, "{line}"))
    }
}
