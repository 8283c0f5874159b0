//! What a start says to whoever started it.

use crate::output::{self, Form};
use crate::startup::Running;

/// Where to go on: addresses, and on a first start the setup code and the certificate's fingerprint.
pub(crate) async fn started(running: &Running, form: Form) {
    let urls = running.edge().urls().await;
    tracing::info!(
        folder = %running.data_folder().display(),
        addresses = urls.join(" "),
        "latchkey {} is running",
        env!("CARGO_PKG_VERSION")
    );
    let code = running.setup_code().map(|code| code.expose().as_str());
    let fingerprint = running.edge().fingerprint();
    match (form, code) {
        (Form::Json, _) => output::json(&serde_json::json!({
            "addresses": urls, "setupCode": code, "fingerprint": fingerprint,
        })),
        (Form::Text, Some(code)) => output::line(first_words(&urls, code, fingerprint.as_deref())),
        (Form::Text, None) => {}
    }
}

fn first_words(urls: &[String], code: &str, fingerprint: Option<&str>) -> String {
    let mut words = String::from("\nLatchkey is running. Set it up in a browser:\n\n");
    for url in urls {
        words.push_str(&format!("  {}/setup\n", url.trim_end_matches('/')));
    }
    words.push_str(&format!(
        "\nIt asks for this setup code, good once and until the next start:\n\n  {code}\n"
    ));
    if let Some(fingerprint) = fingerprint {
        words.push_str(&format!(
            "\nA browser warns about a certificate that nobody vouches for. Go on if it shows this \
             SHA-256 fingerprint:\n\n  {fingerprint}\n"
        ));
    }
    words
}
