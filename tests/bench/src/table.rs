//! The result as a Markdown table.

use core::fmt;
use core::time::Duration;

/// Rows in the order measured.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<[String; 5]>);

impl Table {
    /// One row: what, the bar, the figure, the baseline and what that is; and whether the bar holds.
    pub(crate) fn row(&mut self, [what, bar, figure, baseline]: [&str; 4], holds: bool) {
        let verdict = if holds { "yes" } else { "**no**" };
        self.0.push([what, bar, figure, baseline, verdict].map(str::to_owned));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | bar | measured | baseline in the same run | holds |")?;
        writeln!(f, "|---|---|---|---|---|")?;
        self.0.iter().try_for_each(|cells| writeln!(f, "| {} |", cells.join(" | ")))
    }
}

/// The middle one.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// In microseconds or milliseconds, whichever reads better.
pub(crate) fn words(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1_000.0 { format!("{micros:.0} us") } else { format!("{:.1} ms", micros / 1e3) }
}
