//! Dates as .NET writes them: `2026-11-21T20:42:23.7581876Z`, 0 to 7 digits of a second, sometimes
//! without the `Z`, UTC unless they say otherwise (`+02:00`).

/// Seconds since 1970; none for what is no date, and for the year 1, which means "never".
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let (date, time) = text.trim().split_once(['T', ' '])?;
    let [year, month, day] = numbers(date, '-')?;
    let (time, ahead) = zone(time)?;
    let clock = time.split('.').next()?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let fits = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !fits || year < 1970 {
        return None;
    }
    let days = days_since_1970(year, month, day)?;
    (days * 86_400 + hour * 3_600 + minute * 60 + second).checked_add_signed(-ahead)
}

/// A time without its zone, and how many seconds that zone is ahead of UTC.
fn zone(time: &str) -> Option<(&str, i64)> {
    if let Some(utc) = time.strip_suffix(['Z', 'z']) {
        return Some((utc, 0));
    }
    let Some((clock, zone)) = time.rsplit_once(['+', '-']) else { return Some((time, 0)) };
    let (hours, minutes) = zone.split_once(':')?;
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
        return None;
    }
    let ahead = hours * 3_600 + minutes * 60;
    Some((clock, if time.contains('-') { -ahead } else { ahead }))
}

/// A date as .NET writes it where the fraction is zero.
#[must_use]
pub fn text(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3_600, rest % 3_600 / 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.0000000Z")
}

/// Howard Hinnant's `civil_from_days`, for days from 1970 on.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let turned = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * turned + 2) / 5 + 1;
    let month = if turned < 10 { turned + 3 } else { turned - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(|part| part.parse::<u64>().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// Howard Hinnant's `days_from_civil`, for years from 1970 on.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let (era, of_era) = (year / 400, year % 400);
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::{seconds, text};

    #[test]
    fn dates_are_read_with_and_without_fractions() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2026-11-21T20:42:23.7581876Z"), Some(1_795_293_743));
        assert_eq!(seconds("2024-02-29T12:00:00.5"), Some(1_709_208_000));
        assert_eq!(seconds("0001-01-01T00:00:00.0000000Z"), None);
        assert_eq!(seconds("yesterday"), None);
        assert_eq!(seconds("2026-13-01T00:00:00Z"), None);
    }

    #[test]
    fn a_zone_counts_where_there_is_one() {
        let utc = seconds("2026-11-21T20:42:23Z");
        assert!(utc.is_some());
        assert_eq!(seconds("2026-11-21T22:42:23.75+02:00"), utc);
        assert_eq!(seconds("2026-11-21T15:12:23-05:30"), utc);
        assert_eq!(seconds("2026-11-21 20:42:23"), utc);
        assert_eq!(seconds("2026-11-21T20:42:23+25:00"), None);
        assert_eq!(seconds("2026-11-21T20:42:23+x"), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for at in [0, 951_782_400, 1_709_208_000, 1_795_293_743, 4_102_444_799] {
            assert_eq!(seconds(&text(at)), Some(at), "{}", text(at));
        }
        assert_eq!(text(1_795_293_743), "2026-11-21T20:42:23.0000000Z");
    }
}
