//! Asks for memory until there is none, and holds it.

use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult};

struct Grower;

latchkey_sdk::export!(Grower, "manifest.toml");

impl Lifecycle for Grower {
    fn probe(_lent: &impl Lent) -> ProbeResult {
        let mut held: Vec<Vec<u8>> = Vec::new();
        loop {
            held.push(std::hint::black_box(vec![1; 1 << 20]));
        }
    }
}
