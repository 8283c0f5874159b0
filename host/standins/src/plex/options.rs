//! How a double is set up.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// Whom the double is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Tests: dropping it with violations panics.
    Strict,
    /// People: violations are only counted, and the app's page names the persons and their PINs.
    Demo,
}

/// Where time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How to set a double up.
#[derive(Clone)]
pub struct Options {
    /// Whom it is for.
    pub mode: Mode,
    /// Where time comes from.
    pub clock: Clock,
}

impl Options {
    /// For tests, with the test's clock.
    #[must_use]
    pub fn strict(clock: Clock) -> Options {
        Options { mode: Mode::Strict, clock }
    }

    /// For people who try things out, with the machine's clock.
    #[must_use]
    pub fn demo() -> Options {
        Options { mode: Mode::Demo, clock: machine() }
    }
}

/// For tests, with the machine's clock.
impl Default for Options {
    fn default() -> Options {
        Options::strict(machine())
    }
}

#[expect(clippy::disallowed_methods, reason = "a demo has no other clock than the machine's")]
fn machine() -> Clock {
    Arc::new(Timestamp::now)
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("mode", &self.mode).finish_non_exhaustive()
    }
}
