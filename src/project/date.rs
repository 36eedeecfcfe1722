//! The days on which ignores expire.
//!
//! Source: TOML 1.0, "Local Date"; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (civil_from_days).

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, from one.
    pub month: u8,
    /// The day, from one.
    pub day: u8,
}

impl Date {
    /// Today, in UTC.
    pub fn today() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self::of_days(since.map_or(0, |since| since.as_secs() / 86_400))
    }

    /// The day that many days after the first of January 1970.
    fn of_days(days: u64) -> Self {
        // Years that begin in March end with the leap day.
        let days = days.saturating_add(719_468);
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era = day_of_era
            .saturating_sub(day_of_era / 1460)
            .saturating_add(day_of_era / 36_524)
            .saturating_sub(day_of_era / 146_096)
            / 365;
        let before = year_of_era
            .saturating_mul(365)
            .saturating_add(year_of_era / 4)
            .saturating_sub(year_of_era / 100);
        let day_of_year = day_of_era.saturating_sub(before);
        let shifted = day_of_year.saturating_mul(5).saturating_add(2) / 153;
        let first = shifted.saturating_mul(153).saturating_add(2) / 5;
        let day = day_of_year.saturating_sub(first).saturating_add(1);
        let (month, later) = if shifted < 10 {
            (shifted.saturating_add(3), 0)
        } else {
            (shifted.saturating_sub(9), 1)
        };
        let year = era
            .saturating_mul(400)
            .saturating_add(year_of_era)
            .saturating_add(later);
        Self {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            month: u8::try_from(month).unwrap_or(12),
            day: u8::try_from(day).unwrap_or(31),
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, date) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (19_782, "2024-02-29"),
            (20_788, "2026-12-01"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Date::of_days(days).to_string(), date);
        }
        assert!(Date::of_days(20_788) < Date::of_days(20_789));
        Date::of_days(u64::MAX);
    }
}
