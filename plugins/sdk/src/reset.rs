//! The role `reset`: reset requests that a backend writes to files or takes by call.
//!
//! A plugin implements [`Reset`]; what it leaves out answers `unsupported`. The contract's own
//! words on each call stand in `wit/`.

use crate::Exported;
use crate::bindings::reset::exports::latchkey::reset::source as wire;
use crate::fault::Fault;
use crate::lent::Lent;

pub use wire::{Reading, Remark, Request, Specimen};

/// Reset requests that a backend writes to files or takes by call.
pub trait Reset {
    /// File names the host may hand over.
    fn patterns(lent: &impl Lent) -> Vec<String>;

    /// What a file says.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn read(lent: &impl Lent, file_name: &str, content: &[u8]) -> Result<Reading, Fault>;

    /// A harmless file as the backend writes them.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn make_specimen(lent: &impl Lent, login_name: &str) -> Result<Specimen, Fault> {
        let _unused = (lent, login_name);
        Err(Fault::unsupported("make a specimen of a reset file"))
    }

    /// Uses a PIN; the login names that were reset.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn redeem(lent: &impl Lent, pin: &str) -> Result<Vec<String>, Fault> {
        let _unused = (lent, pin);
        Err(Fault::unsupported("redeem PINs"))
    }

    /// Asks the backend to start a reset.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn start(lent: &impl Lent, login_name: &str) -> Result<(), Fault> {
        let _unused = (lent, login_name);
        Err(Fault::unsupported("start resets"))
    }
}

impl<P: Reset + 'static> wire::Guest for Exported<P> {
    fn patterns() -> Vec<String> {
        P::patterns(&crate::begin())
    }

    fn read(file_name: String, content: Vec<u8>) -> Result<Reading, Fault> {
        P::read(&crate::begin(), &file_name, &content)
    }

    fn make_specimen(login_name: String) -> Result<Specimen, Fault> {
        P::make_specimen(&crate::begin(), &login_name)
    }

    fn redeem(pin: String) -> Result<Vec<String>, Fault> {
        P::redeem(&crate::begin(), &pin)
    }

    fn start(login_name: String) -> Result<(), Fault> {
        P::start(&crate::begin(), &login_name)
    }
}
