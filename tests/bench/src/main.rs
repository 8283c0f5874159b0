//! The bars of `host/README.md`, each measured against a baseline in the same run.
//!
//! Medians of many runs on the machine at hand; the ratio is what can be compared between machines.
//! `cargo xtask bench` builds the program for release and runs this; the table goes into the README.
//! Parts can be named: `calls`, `process`, `house`, `mail`, `signin`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot be taken stops"
)]

mod calls;
mod house;
mod mail;
mod process;
mod signin;
mod table;

use table::Table;

fn main() {
    // The clients of the baselines want to be told which cryptography is meant.
    rustls::crypto::aws_lc_rs::default_provider().install_default().expect("nobody did before");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut table = Table::default();
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let asked = |part: &str| wanted.is_empty() || wanted.iter().any(|one| one == part);
    runtime.block_on(async {
        if asked("calls") {
            calls::measure(&mut table).await;
        }
        if asked("process") {
            process::measure(&mut table).await;
        }
        if asked("house") {
            house::measure(&mut table).await;
        }
        if asked("signin") {
            signin::measure(&mut table).await;
        }
        if asked("mail") {
            mail::measure(&mut table).await;
        }
    });
    println!("{table}");
}
