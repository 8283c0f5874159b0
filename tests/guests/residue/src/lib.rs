//! Looks for what an earlier call left in memory, and leaves something: over the whole of 16 MiB that it
//! grows by, in a static, and below its own stack.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult, Report};

struct Residue;

latchkey_sdk::export!(Residue, "manifest.toml");

const PAGES: usize = 256;
const PAGE: usize = 64 << 10;
const MARK: u8 = 0xA5;

static CALLS: AtomicU32 = AtomicU32::new(0);

impl Lifecycle for Residue {
    fn probe(_lent: &impl Lent) -> ProbeResult {
        let earlier = CALLS.fetch_add(1, Ordering::Relaxed);
        let below = stack();
        let grown = grown();
        let report = Report {
            product: "Residue".to_owned(),
            version: format!("{earlier} {below} {grown}"),
            server_id: None,
            features: Vec::new(),
            notices: Vec::new(),
        };
        ProbeResult { stages: Vec::new(), outcome: Ok(report) }
    }
}

/// How many bytes of new pages are not zero; then none is.
fn grown() -> usize {
    let first = core::arch::wasm32::memory_grow::<0>(PAGES);
    if first == usize::MAX {
        return usize::MAX;
    }
    // SAFETY: the pages were made by this call just now and belong to nobody else.
    let bytes = unsafe { std::slice::from_raw_parts_mut((first * PAGE) as *mut u8, PAGES * PAGE) };
    let found = bytes.iter().filter(|byte| **byte != 0).count();
    bytes.fill(MARK);
    black_box(&bytes);
    found
}

/// How many marks stand in a part of the stack that this call has not used yet; then all of it is marks.
#[inline(never)]
fn stack() -> usize {
    let mut room = std::mem::MaybeUninit::<[u8; 256 << 10]>::uninit();
    let start = black_box(room.as_mut_ptr()).cast::<u8>();
    let mut found = 0;
    for at in 0..256 << 10 {
        // SAFETY: `at` is within the array; whatever bytes are there are bytes, and are only counted.
        found += usize::from(unsafe { start.add(at).read_volatile() } == MARK);
    }
    // SAFETY: as above.
    unsafe { start.write_bytes(MARK, 256 << 10) };
    black_box(start);
    found
}
