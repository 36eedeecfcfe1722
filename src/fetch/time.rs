//! Times as kernel-metadata.json has them: `2026-11-25T20:15:00Z`.
//!
//! Source: RFC 3339, in UTC and without fractions of a second.

use crate::error::{Error, Result};
use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;
/// The last day of the year 9999.
const LAST_DAY: u64 = 2_932_896;

/// The time in seconds since 1970, or the one that `SOURCE_DATE_EPOCH` sets.
pub fn now() -> Result<u64> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text.parse::<u64>().map_err(|_| {
            Error::invalid_setting(
                "SOURCE_DATE_EPOCH",
                "seconds since 1970",
                format!("{text:?}"),
            )
        }),
        Err(_) => Ok(SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs())),
    }
}

/// Seconds since 1970 in the calendar. The years are taken off one by one, which is plain and fast
/// enough.
pub fn timestamp(seconds: u64) -> String {
    let mut days = seconds.checked_div(DAY).unwrap_or(0).min(LAST_DAY);
    let of_day = seconds.checked_rem(DAY).unwrap_or(0);
    let mut year = 1970_u64;
    while let Some(rest) = days.checked_sub(days_of(year)) {
        days = rest;
        year = year.saturating_add(1);
    }
    let mut month = 1_u64;
    for length in month_lengths(year) {
        match days.checked_sub(length) {
            Some(rest) => days = rest,
            None => break,
        }
        month = month.saturating_add(1);
    }
    let part = |unit: u64, modulus: u64| {
        of_day
            .checked_div(unit)
            .and_then(|count| count.checked_rem(modulus))
            .unwrap_or(0)
    };
    format!(
        "{year:04}-{month:02}-{:02}T{:02}:{:02}:{:02}Z",
        days.saturating_add(1),
        part(3600, 24),
        part(60, 60),
        part(1, 60)
    )
}

/// The seconds since 1970 that [`timestamp`] writes so; `None` for all other texts.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if year > 9999 {
        return None;
    }
    let whole_years = (1970..year).map(days_of).sum::<u64>();
    let whole_months = month_lengths(year)
        .into_iter()
        .take(usize::try_from(month.checked_sub(1)?).ok()?)
        .sum::<u64>();
    let days = whole_years
        .checked_add(whole_months)?
        .checked_add(day.checked_sub(1)?)?;
    let of_day = number(11, 13)?
        .checked_mul(3600)?
        .checked_add(number(14, 16)?.checked_mul(60)?)?
        .checked_add(number(17, 19)?)?;
    let found = days.checked_mul(DAY)?.checked_add(of_day)?;
    // Whatever else is wrong with the text shows in the way back.
    (timestamp(found) == text).then_some(found)
}

fn days_of(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn month_lengths(year: u64) -> [u64; 12] {
    let february = if is_leap(year) { 29 } else { 28 };
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_704_067_200, "2024-01-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_795_637_700, "2026-11-25T20:15:00Z"),
        ] {
            assert_eq!(timestamp(at), text);
            assert_eq!(seconds(text), Some(at));
        }
    }

    #[test]
    fn no_other_text_is_a_time() {
        for text in [
            "",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00Zz",
            "2024-01-01 00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "+024-01-01T00:00:00Z",
            "1969-12-31T00:00:00Z",
            "2024-01-01T00:00:0éZ",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
