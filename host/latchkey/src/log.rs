//! The log: text for people, JSON for machines, both on standard error; level and form can change
//! while running.
//!
//! Libraries are heard from `info` up at most, whatever the level: what some of them write below
//! that holds headers and therefore credentials.

use domain::settings::Log;
use std::io::IsTerminal as _;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layered, SubscriberExt as _};
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, fmt};

/// Our own crates.
const OURS: &[&str] = &[
    "domain", "store", "egress", "sandbox", "views", "service", "web", "standins", "latchkey",
    "plugin",
];

type Filtered = Layered<reload::Layer<Targets, Registry>, Registry>;
type Writer = Box<dyn Layer<Filtered> + Send + Sync>;

/// The running log, to be changed.
#[derive(Clone)]
pub struct LogHandle {
    filter: Handle<Targets, Registry>,
    writer: Handle<Writer, Filtered>,
}

/// Begins to log. `None` where something else in this process logs already.
#[must_use]
pub fn begin(log: &Log, colour: bool) -> Option<LogHandle> {
    let (filter, filter_handle) = reload::Layer::new(targets(&log.level));
    let (writer, writer_handle) = reload::Layer::new(writer(log.json, colour));
    tracing_subscriber::registry().with(filter).with(writer).try_init().ok()?;
    Some(LogHandle { filter: filter_handle, writer: writer_handle })
}

/// Whether text on standard error may be coloured.
#[must_use]
pub fn colour(environment: &[(String, String)]) -> bool {
    let unwanted = environment.iter().any(|(name, value)| name == "NO_COLOR" && !value.is_empty());
    !unwanted && std::io::stderr().is_terminal()
}

impl LogHandle {
    /// Goes on with another level or form.
    pub fn change(&self, log: &Log, colour: bool) {
        let filtered = self.filter.reload(targets(&log.level));
        let written = self.writer.reload(writer(log.json, colour));
        if let Err(cause) = filtered.and(written) {
            tracing::warn!(%cause, "the log goes on as before");
        }
    }
}

/// A panic is one line of the log with its place. Its words stay away: those of a slice that does not
/// fit quote the whole string, which may be a secret.
pub fn panics_are_logged() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic, which costs what was being done");
    }));
}

fn targets(level: &str) -> Targets {
    let level = level.parse::<LevelFilter>().unwrap_or(LevelFilter::INFO);
    let ours = OURS.iter().map(|name| (*name, level));
    Targets::new().with_default(level.min(LevelFilter::INFO)).with_targets(ours)
}

fn writer(json: bool, colour: bool) -> Writer {
    let layer = fmt::layer().with_writer(std::io::stderr);
    if json {
        layer.json().flatten_event(true).with_current_span(false).boxed()
    } else {
        layer.with_ansi(colour).with_target(false).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    #[expect(clippy::string_slice, reason = "its panic quotes the string, which is the point")]
    fn a_panic_is_logged_with_its_place_and_without_its_words() {
        let paper = Paper::default();
        let sheet = paper.clone();
        let written = fmt().with_writer(move || sheet.clone()).finish();
        let former = std::panic::take_hook();
        panics_are_logged();
        let secret = String::from("umbréllas");
        let ended = tracing::subscriber::with_default(written, || {
            std::panic::catch_unwind(|| secret.get(..).map_or(0, |all| all[..5].len()))
        });
        std::panic::set_hook(former);
        assert!(ended.is_err());
        let log = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("log.rs:"), "{log}");
        assert!(!log.contains("umbr"), "{log}");
    }
}
