//! Never comes back from a probe.

use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult};

struct Spinner;

latchkey_sdk::export!(Spinner, "manifest.toml");

impl Lifecycle for Spinner {
    fn probe(_lent: &impl Lent) -> ProbeResult {
        let mut turns = 0_u64;
        loop {
            turns = std::hint::black_box(turns.wrapping_add(1));
        }
    }
}
