//! Imports a WASI interface.

use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult, Report};

mod bindings {
    wit_bindgen::generate!({
        inline: r"
            package wasi:config@0.2.0;
            interface runtime { get: func(key: string) -> option<string>; }
            world configured { import runtime; }
        ",
    });
}

struct Wasi;

latchkey_sdk::export!(Wasi, "manifest.toml");

impl Lifecycle for Wasi {
    fn probe(_lent: &impl Lent) -> ProbeResult {
        let detail = format!("{:?}", bindings::wasi::config::runtime::get("PATH"));
        let report = Report {
            product: "Wasi".to_owned(),
            version: detail,
            server_id: None,
            features: Vec::new(),
            notices: Vec::new(),
        };
        ProbeResult { stages: Vec::new(), outcome: Ok(report) }
    }
}
