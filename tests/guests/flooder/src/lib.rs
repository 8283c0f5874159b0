//! Logs 100,000 lines, one of them 4 MiB long and one with line breaks and escape codes, then answers well.

use latchkey_sdk::lent::{Lent, Level};
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult, Report};

struct Flooder;

latchkey_sdk::export!(Flooder, "manifest.toml");

impl Lifecycle for Flooder {
    fn probe(lent: &impl Lent) -> ProbeResult {
        lent.log(
            Level::Warn,
            "one\r\nERROR forged line\u{1b}[31m",
            &[("field\n", "a\nb".to_owned())],
        );
        lent.log(Level::Info, &"x".repeat(4 << 20), &[]);
        for line in 0..100_000 {
            lent.log(Level::Error, &format!("line {line}"), &[]);
        }
        let report = Report {
            product: "Flooder".to_owned(),
            version: "1".to_owned(),
            server_id: None,
            features: Vec::new(),
            notices: Vec::new(),
        };
        ProbeResult { stages: Vec::new(), outcome: Ok(report) }
    }
}
