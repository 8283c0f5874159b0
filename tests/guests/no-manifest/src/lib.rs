//! A well-behaved plugin without a manifest.

use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult, Report};

struct NoManifest;

#[cfg(target_family = "wasm")]
mod exported {
    type Exported = latchkey_sdk::Exported<super::NoManifest>;
    latchkey_sdk::export_role!(Exported, lifecycle);
}

impl Lifecycle for NoManifest {
    fn probe(lent: &impl Lent) -> ProbeResult {
        let detail = lent.monotonic_ms().to_string();
        let report = Report {
            product: "No manifest".to_owned(),
            version: detail,
            server_id: None,
            features: Vec::new(),
            notices: Vec::new(),
        };
        ProbeResult { stages: Vec::new(), outcome: Ok(report) }
    }
}
