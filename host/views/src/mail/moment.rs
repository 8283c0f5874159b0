//! Times in a mail: written by the household's format, clock, zone and language.
//!
//! Guarantees: a time named without a filter is day and time; a filter on what is no time is an error.
//! Does not: know what time it is.

use crate::catalogue::Catalogue;
use crate::dates::{self, DateStyle};
use core::fmt;
use jiff::Timestamp;
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Environment, Error, ErrorKind};
use std::sync::Arc;

/// How a mail is written.
#[derive(Debug, Clone)]
pub struct MailStyle {
    /// One of the catalogue's languages.
    pub lang: String,
    /// `[dates]`.
    pub dates: DateStyle,
}

/// Makes times of one mail into values.
#[derive(Debug)]
pub(super) struct Moments(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    texts: Catalogue,
    style: MailStyle,
    now: Timestamp,
}

/// A time as a template has it.
#[derive(Debug)]
struct Moment {
    at: Timestamp,
    shared: Arc<Shared>,
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shared.style.dates.datetime(self.at))
    }
}

impl Moments {
    pub(super) fn new(texts: &Catalogue, style: &MailStyle, now: Timestamp) -> Self {
        Self(Arc::new(Shared { texts: texts.clone(), style: style.clone(), now }))
    }

    pub(super) fn lang(&self) -> &str {
        &self.0.style.lang
    }

    pub(super) fn at(&self, at: Timestamp) -> Value {
        Value::from_object(Moment { at, shared: Arc::clone(&self.0) })
    }

    /// `none` where there is no such time.
    pub(super) fn maybe(&self, at: Option<Timestamp>) -> Value {
        at.map_or(Value::from(()), |at| self.at(at))
    }

    pub(super) fn date(&self, at: Timestamp) -> String {
        self.0.style.dates.date(at)
    }

    pub(super) fn time(&self, at: Timestamp) -> String {
        self.0.style.dates.time(at)
    }

    pub(super) fn datetime(&self, at: Timestamp) -> String {
        self.0.style.dates.datetime(at)
    }

    /// `1h 5m`, with days in front.
    pub(super) fn left(&self, at: Timestamp) -> String {
        let minutes = (at.as_second() - self.0.now.as_second()).max(0) / 60;
        let parts = [(minutes / 1_440, 'd'), (minutes / 60 % 24, 'h'), (minutes % 60, 'm')];
        let shown: Vec<String> = parts
            .iter()
            .filter(|(number, unit)| *number > 0 || (*unit == 'm' && minutes == 0))
            .map(|(number, unit)| format!("{number}{unit}"))
            .collect();
        shown.join(" ")
    }
}

/// `date`, `time`, `datetime` and `relative`.
pub(super) fn add_filters(environment: &mut Environment<'_>) {
    environment.add_filter("date", |value: &Value| {
        write(value, |moment| moment.shared.style.dates.date(moment.at))
    });
    environment.add_filter("time", |value: &Value| {
        write(value, |moment| moment.shared.style.dates.time(moment.at))
    });
    environment.add_filter("datetime", |value: &Value| {
        write(value, |moment| moment.shared.style.dates.datetime(moment.at))
    });
    environment.add_filter("relative", |value: &Value| {
        write(value, |moment| {
            let Shared { texts, style, now } = &*moment.shared;
            dates::relative(texts, &style.lang, moment.at, *now)
        })
    });
}

/// Nothing stays nothing. The value itself is in no error: it may be a PIN.
fn write(value: &Value, by: fn(&Moment) -> String) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if value.is_none() {
        return Ok(String::new());
    }
    let moment = value.downcast_object_ref::<Moment>();
    moment.map(by).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, NO_TIME))
}

/// How the error of a filter on something else is known.
pub(super) const NO_TIME: &str = "not a time";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_not_lost() {
        let texts = Catalogue::embedded().unwrap();
        let style = MailStyle { lang: "en".into(), dates: DateStyle::default() };
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let moments = Moments::new(&texts, &style, now);
        for (at, left) in [
            ("2026-11-21T12:30:10Z", "30m"),
            ("2026-11-21T13:05:00Z", "1h 5m"),
            ("2026-11-24T15:00:00Z", "3d 3h"),
            ("2026-11-21T11:00:00Z", "0m"),
        ] {
            assert_eq!(moments.left(at.parse().unwrap()), left);
        }
    }
}
