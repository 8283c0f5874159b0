//! Answers a probe of 100 MiB from 1 MiB of memory: a hundred strings are one and the same.
//!
//! A cap on the guest's memory does not help; the host must cap what it copies out of an answer.

use std::alloc::{GlobalAlloc, Layout, System};

use latchkey_sdk::fault::Fault;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, Outcome, ProbeResult, Stage};

/// Never frees: the shared string would be freed a hundred times.
struct Keeps;

unsafe impl GlobalAlloc for Keeps {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, _kept: *mut u8, _layout: Layout) {}
}

#[global_allocator]
static KEEPS: Keeps = Keeps;

struct Giant;

latchkey_sdk::export!(Giant, "manifest.toml");

impl Lifecycle for Giant {
    fn probe(_lent: &impl Lent) -> ProbeResult {
        let shared = "x".repeat(1 << 20).leak();
        let (start, length) = (shared.as_mut_ptr(), shared.len());
        let stage = |number: u32| Stage {
            name: number.to_string(),
            outcome: Outcome::Passed,
            detail: unsafe { String::from_raw_parts(start, length, length) },
            took_ms: 0,
        };
        ProbeResult {
            stages: (0..100).map(stage).collect(),
            outcome: Err(Fault::unsupported("be small")),
        }
    }
}
