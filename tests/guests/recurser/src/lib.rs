//! Runs out of stack.

use latchkey_sdk::fault::Fault;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult};

struct Recurser;

latchkey_sdk::export!(Recurser, "manifest.toml");

impl Lifecycle for Recurser {
    fn probe(lent: &impl Lent) -> ProbeResult {
        let depth = u32::try_from(lent.monotonic_ms() % 2).map_or(0, |odd| odd + 10_000_000);
        let detail = deeper(depth).to_string();
        ProbeResult { stages: Vec::new(), outcome: Err(Fault::unsupported(&detail)) }
    }
}

#[inline(never)]
fn deeper(depth: u32) -> u32 {
    let frame = std::hint::black_box([depth; 256]);
    if depth == 0 { 0 } else { deeper(depth - 1).wrapping_add(frame[(depth % 256) as usize]) }
}
