//! Numbers as the kernel's parsers read them.
//!
//! Source: `lib/vsprintf.c` (`simple_strtoull`), `lib/kstrtox.c` (`kstrtoint`), `lib/cmdline.c`
//! (`get_option`, `memparse`).

/// What a number is and how many bytes it takes: decimal, 0x, or octal behind a leading 0. As
/// `simple_strtoull`: no digits are no number, too many wrap.
pub(super) fn leading(text: &str, base: Option<u32>) -> Option<(u64, usize)> {
    let hexadecimal = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .filter(|rest| rest.starts_with(|digit: char| digit.is_ascii_hexdigit()));
    let (digits, base, skipped) = match (hexadecimal, base) {
        (Some(rest), None | Some(16)) => (rest, 16, 2_usize),
        (_, Some(base)) => (text, base, 0),
        (None, None) if text.starts_with('0') => (text, 8, 0),
        (None, None) => (text, 10, 0),
    };
    let mut number = 0_u64;
    let mut used = 0_usize;
    for digit in digits.chars().map_while(|digit| digit.to_digit(base)) {
        number = number
            .wrapping_mul(u64::from(base))
            .wrapping_add(u64::from(digit));
        used = used.saturating_add(1);
    }
    (used > 0).then(|| (number, used.saturating_add(skipped)))
}

/// As `kstrtoint`: the whole text is one number, or it is refused.
pub(super) fn whole(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..)?),
        Some(b'+') => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (number, used) = leading(digits, None)?;
    // Twenty digits and more have wrapped, or are no int in any case.
    if used != digits.len() || used > 19 {
        return None;
    }
    let number = i64::try_from(number).ok()?;
    let number = if negative {
        number.checked_neg()?
    } else {
        number
    };
    i32::try_from(number).is_ok().then_some(number)
}

/// As `get_option`: the number that the text begins with, and whether it is all of it.
pub(super) fn option(text: &str) -> Option<(i64, bool)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (number, used) = leading(digits, None)?;
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let number = if negative {
        number.saturating_neg()
    } else {
        number
    };
    Some((number, used == digits.len()))
}

/// Whether it is a size as `memparse` reads it, a percentage or a range apart.
pub(super) fn is_size(text: &str) -> bool {
    leading(text, None).is_some_and(|(_, used)| {
        let rest = text.get(used..).unwrap_or_default();
        let rest = rest
            .strip_prefix(|unit: char| "kKmMgGtTpPeE".contains(unit))
            .unwrap_or(rest);
        rest.is_empty()
    })
}
