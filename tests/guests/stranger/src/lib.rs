//! Imports an interface that nobody lends.

use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult, Report};

mod bindings {
    wit_bindgen::generate!({
        inline: r"
            package stranger:things@0.1.0;
            interface shell { run: func(command: string) -> string; }
            world stranger { import shell; }
        ",
    });
}

struct Stranger;

latchkey_sdk::export!(Stranger, "manifest.toml");

impl Lifecycle for Stranger {
    fn probe(_lent: &impl Lent) -> ProbeResult {
        let detail = bindings::stranger::things::shell::run("id");
        let report = Report {
            product: "Stranger".to_owned(),
            version: detail,
            server_id: None,
            features: Vec::new(),
            notices: Vec::new(),
        };
        ProbeResult { stages: Vec::new(), outcome: Ok(report) }
    }
}
