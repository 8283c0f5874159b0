//! The role `app-session`: sessions that a backend gives its own apps and devices.
//!
//! A plugin implements [`AppSessions`]; what it leaves out answers `unsupported`. The contract's own
//! words on each call stand in `wit/`.

use crate::Exported;
use crate::bindings::app_session::exports::latchkey::app_session::issuer as wire;
use crate::fault::Fault;
use crate::lent::Lent;

pub use wire::{AppSession, Credential, Device};

/// Sessions that a backend gives its own apps and devices.
pub trait AppSessions {
    /// Lets an app in that shows a code.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn approve_code(lent: &impl Lent, account_id: &str, code: &str) -> Result<(), Fault> {
        let _unused = (lent, account_id, code);
        Err(Fault::unsupported("approve codes"))
    }

    /// A token for one device.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn mint(lent: &impl Lent, account_id: &str, device: &Device) -> Result<Credential, Fault> {
        let _unused = (lent, account_id, device);
        Err(Fault::unsupported("make sessions"))
    }

    /// What is signed in.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn list_sessions(lent: &impl Lent, account_id: &str) -> Result<Vec<AppSession>, Fault> {
        let _unused = (lent, account_id);
        Err(Fault::unsupported("list sessions"))
    }

    /// Ends one session, or all; how many ended.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn revoke(lent: &impl Lent, account_id: &str, app_session: Option<&str>) -> Result<u32, Fault> {
        let _unused = (lent, account_id, app_session);
        Err(Fault::unsupported("end sessions"))
    }
}

impl<P: AppSessions + 'static> wire::Guest for Exported<P> {
    fn approve_code(account_id: String, code: String) -> Result<(), Fault> {
        P::approve_code(&crate::begin(), &account_id, &code)
    }

    fn mint(account_id: String, device: Device) -> Result<Credential, Fault> {
        P::mint(&crate::begin(), &account_id, &device)
    }

    fn list_sessions(account_id: String) -> Result<Vec<AppSession>, Fault> {
        P::list_sessions(&crate::begin(), &account_id)
    }

    fn revoke(account_id: String, app_session: Option<String>) -> Result<u32, Fault> {
        P::revoke(&crate::begin(), &account_id, app_session.as_deref())
    }
}
