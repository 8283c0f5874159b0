//! Makes a million resource handles and keeps them. The resource is its own, so no import is needed:
//! every handle costs the host a place in the component's table.

use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult, Report};

mod bindings {
    wit_bindgen::generate!({
        inline: r"
            package handles:things@0.1.0;
            interface things { resource thing { constructor(); } }
            world handles { export things; }
        ",
    });
}
use bindings::exports::handles::things::things::{Guest, GuestThing, Thing};

struct Handles;

latchkey_sdk::export!(Handles, "manifest.toml");
#[cfg(target_family = "wasm")]
bindings::export!(Handles with_types_in bindings);

struct Nothing;

impl Guest for Handles {
    type Thing = Nothing;
}

impl GuestThing for Nothing {
    fn new() -> Self {
        Self
    }
}

impl Lifecycle for Handles {
    fn probe(_lent: &impl Lent) -> ProbeResult {
        for _ in 0..1_000_000 {
            std::mem::forget(Thing::new(Nothing));
        }
        let detail = "made them all".to_owned();
        let report = Report {
            product: "Handles".to_owned(),
            version: detail,
            server_id: None,
            features: Vec::new(),
            notices: Vec::new(),
        };
        ProbeResult { stages: Vec::new(), outcome: Ok(report) }
    }
}
