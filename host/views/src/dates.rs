//! Times as the household writes them.
//!
//! Guarantees: a [`DateStyle`] can format every time there is, because its format was tried when it
//! was made. Does not: know what time it is.

use crate::catalogue::{Arg, Catalogue};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Why a style cannot be.
#[derive(Debug, thiserror::Error)]
pub enum DateStyleError {
    /// The zone is unknown.
    #[error("could not find the time zone {zone}")]
    Zone {
        /// As written.
        zone: String,
        /// What was wrong.
        #[source]
        cause: jiff::Error,
    },
    /// The format is no `strftime` format.
    #[error("could not format a date as {format}")]
    Format {
        /// As written.
        format: String,
        /// What was wrong.
        #[source]
        cause: jiff::Error,
    },
}

/// The `[dates]` settings, made usable.
#[derive(Debug, Clone)]
pub struct DateStyle {
    format: String,
    clock: &'static str,
    zone: TimeZone,
}

/// Twelve or twenty-four hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// 3:04 pm
    Hours12,
    /// 15:04
    Hours24,
}

impl DateStyle {
    /// Dates by `format` (`strftime`), times by `clock`, both in `zone` (an IANA name).
    ///
    /// # Errors
    /// An unknown zone; a format that cannot be used.
    pub fn new(format: &str, clock: Clock, zone: &str) -> Result<Self, DateStyleError> {
        let zone = TimeZone::get(zone)
            .map_err(|cause| DateStyleError::Zone { zone: zone.to_owned(), cause })?;
        let trial = Timestamp::UNIX_EPOCH.to_zoned(zone.clone());
        jiff::fmt::strtime::format(format, &trial)
            .map_err(|cause| DateStyleError::Format { format: format.to_owned(), cause })?;
        let clock = match clock {
            Clock::Hours12 => "%-I:%M %P",
            Clock::Hours24 => "%H:%M",
        };
        Ok(Self { format: format.to_owned(), clock, zone })
    }

    /// The day.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> String {
        self.by(&self.format, at)
    }

    /// The time of day.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        self.by(self.clock, at)
    }

    /// Day and time.
    #[must_use]
    pub fn datetime(&self, at: Timestamp) -> String {
        format!("{} {}", self.date(at), self.time(at))
    }

    fn by(&self, format: &str, at: Timestamp) -> String {
        let local = at.to_zoned(self.zone.clone());
        jiff::fmt::strtime::format(format, &local).unwrap_or_else(|_| at.to_string())
    }
}

impl Default for DateStyle {
    fn default() -> Self {
        Self { format: "%Y-%m-%d".to_owned(), clock: "%H:%M", zone: TimeZone::UTC }
    }
}

/// How long before or after `now` something is, in words: `3 hours ago`, `in 6 days`.
#[must_use]
pub fn relative(texts: &Catalogue, lang: &str, at: Timestamp, now: Timestamp) -> String {
    let seconds = at.as_second() - now.as_second();
    let side = if seconds > 0 { "in" } else { "ago" };
    let (unit, n) = match seconds.abs() {
        0..45 => return texts.text(lang, "just-now", &[]),
        s @ 45..3_570 => ("minutes", (s + 30) / 60),
        s @ 3_570..84_600 => ("hours", (s + 1_800) / 3_600),
        s @ 84_600..3_888_000 => ("days", (s + 43_200) / 86_400),
        s @ 3_888_000..31_104_000 => ("months", (s + 1_296_000) / 2_592_000),
        s => ("years", (s + 15_768_000) / 31_536_000),
    };
    texts.text(lang, &format!("{side}-{unit}"), &[("n", Arg::Number(n.max(1)))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_written_as_the_settings_say() {
        let style = DateStyle::new("%-d/%-m/%-y", Clock::Hours12, "Europe/Berlin").unwrap();
        assert_eq!(style.datetime(at("2026-11-05T22:30:00Z")), "5/11/26 11:30 pm");
        assert_eq!(style.date(at("2026-11-05T23:30:00Z")), "6/11/26");
    }

    #[test]
    fn a_wrong_zone_or_format_is_refused_at_once() {
        assert!(DateStyle::new("%F", Clock::Hours24, "Mars/Base").is_err());
        assert!(DateStyle::new("%!", Clock::Hours24, "UTC").is_err());
    }

    #[test]
    fn distances_are_words() {
        let texts = Catalogue::embedded().unwrap();
        let now = at("2026-11-21T12:00:00Z");
        for (then, words) in [
            ("2026-11-21T11:59:40Z", "just now"),
            ("2026-11-21T11:57:00Z", "3 minutes ago"),
            ("2026-11-21T11:00:00Z", "1 hour ago"),
            ("2026-11-20T12:00:00Z", "yesterday"),
            ("2026-11-28T12:00:00Z", "in 7 days"),
            ("2027-11-21T12:00:00Z", "in 1 year"),
        ] {
            assert_eq!(relative(&texts, "en", at(then), now), words, "{then}");
        }
    }
}
