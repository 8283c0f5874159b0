//! The role `notify`: a way for a message to reach somebody.
//!
//! A plugin implements [`Notify`]; what it leaves out answers `unsupported`. The contract's own
//! words on each call stand in `wit/`.

use crate::Exported;
use crate::bindings::notify::exports::latchkey::notify::method as wire;
use crate::fault::Fault;
use crate::lent::Lent;

pub use wire::{Address, Fate, Message, Outcome, Receipt, Step, Trial};

/// A way for a message to reach somebody.
pub trait Notify {
    /// Hands a message over.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn send(lent: &impl Lent, message: &Message) -> Result<Vec<Receipt>, Fault>;

    /// Connects, secures, signs in, and with a trial asks whether a message between these two would
    /// be taken; sends nothing.
    ///
    /// # Errors
    /// A fault only where not even the first step can be tried.
    fn rehearse(lent: &impl Lent, trial: Option<&Trial>) -> Result<Vec<Step>, Fault>;
}

impl<P: Notify + 'static> wire::Guest for Exported<P> {
    fn send(message: Message) -> Result<Vec<Receipt>, Fault> {
        P::send(&crate::begin(), &message)
    }

    fn rehearse(trial: Option<Trial>) -> Result<Vec<Step>, Fault> {
        P::rehearse(&crate::begin(), trial.as_ref())
    }
}
