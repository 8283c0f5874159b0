//! Panics in a probe; the message must reach the log before the trap.

use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult};

struct Trapper;

latchkey_sdk::export!(Trapper, "manifest.toml");

impl Lifecycle for Trapper {
    fn probe(_lent: &impl Lent) -> ProbeResult {
        panic!("trapped on purpose");
    }
}
