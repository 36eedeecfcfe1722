//! The facts of a command line for people.

use super::page::Entries;
use crate::check::CmdlineFacts;

pub(super) fn write_facts(page: &mut dyn Entries, facts: &CmdlineFacts) {
    for parameter in &facts.parameters {
        let mut text = parameter.value.clone().unwrap_or_default();
        if !parameter.known {
            if !text.is_empty() {
                text.push_str("  ");
            }
            match &parameter.suggestion {
                Some(meant) => {
                    text.push_str(&format!("(unknown parameter; did you mean {meant}?)"))
                }
                None => text.push_str(
                    "(unknown parameter; the kernel passes unknown parameters to \
                        init)",
                ),
            }
        }
        if text.is_empty() {
            text.push('✔');
        }
        page.entry(&parameter.name, &text);
    }
    if !facts.init_arguments.is_empty() {
        page.entry("to init", &facts.init_arguments.join(" "));
    }
    if let Some(effective) = &facts.effective {
        page.entry("guest sees", effective);
    }
    if let Some(limit) = facts.limit_bytes {
        let by = facts.limit_by.as_deref().unwrap_or_default();
        page.entry(
            "length",
            &format!(
                "{} bytes of {limit} ({by}), {} left",
                facts.bytes,
                limit.saturating_sub(facts.bytes)
            ),
        );
    }
    for remark in &facts.remarks {
        page.entry("remark", remark);
    }
}
