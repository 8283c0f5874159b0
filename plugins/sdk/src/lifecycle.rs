//! The role `lifecycle`: what every plugin answers about itself.
//!
//! A plugin implements [`Lifecycle`]; what it leaves out answers `unsupported`. The contract's own
//! words on each call stand in `wit/`.

use crate::Exported;
use crate::bindings::lifecycle::exports::latchkey::plugin::lifecycle as wire;
use crate::fault::Fault;
use crate::lent::Lent;

pub use wire::{Minted, Notice, Outcome, ProbeResult, Report, Severity, Stage};

/// What every plugin answers about itself.
pub trait Lifecycle {
    /// No network: one fault a field.
    fn check_settings(lent: &impl Lent) -> Vec<Fault> {
        let _unused = lent;
        Vec::new()
    }

    /// Reads only, with the stored credential.
    fn probe(lent: &impl Lent) -> ProbeResult;

    /// Turns what the admin typed once into secrets that stay; leaves nothing behind when it fails.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn connect(lent: &impl Lent, answers: &[(String, String)]) -> Result<Vec<Minted>, Fault> {
        let _unused = (lent, answers);
        Err(Fault::unsupported("sign in for a key"))
    }
}

impl<P: Lifecycle + 'static> wire::Guest for Exported<P> {
    fn check_settings() -> Vec<Fault> {
        P::check_settings(&crate::begin())
    }

    fn probe() -> ProbeResult {
        P::probe(&crate::begin())
    }

    fn connect(answers: Vec<(String, String)>) -> Result<Vec<Minted>, Fault> {
        P::connect(&crate::begin(), &answers)
    }
}
