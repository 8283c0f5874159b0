//! The role `identity`: who somebody is, by a backend's word.
//!
//! A plugin implements [`Identity`]; what it leaves out answers `unsupported`. The contract's own
//! words on each call stand in `wit/`.

use crate::Exported;
use crate::bindings::identity::exports::latchkey::identity::provider as wire;
use crate::fault::Fault;
use crate::lent::Lent;

pub use crate::bindings::identity::exports::latchkey::identity::provider::Identity as Person;
pub use crate::bindings::shared::latchkey::common::attribute::{Attribute, Value};
pub use wire::{
    Audience, Beginning, Chooser, HomeUser, Progress, Prompt, Sealed, Standing, Verdict, Way,
};

/// Who somebody is, by a backend's word.
pub trait Identity {
    /// The ways to sign in that this configuration allows.
    fn ways(lent: &impl Lent) -> Way;

    /// Starts a redirect or code sign-in.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn begin(lent: &impl Lent, beginning: &Beginning) -> Result<Prompt, Fault> {
        let _unused = (lent, beginning);
        Err(Fault::unsupported("sign in by redirect or code"))
    }

    /// Goes on with one.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn advance(
        lent: &impl Lent,
        attempt: &Sealed,
        callback: &[(String, String)],
    ) -> Result<Progress, Fault> {
        let _unused = (lent, attempt, callback);
        Err(Fault::unsupported("sign in by redirect or code"))
    }

    /// Chooses a home user.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn pick(
        lent: &impl Lent,
        attempt: &Sealed,
        home_user: &str,
        pin: Option<&str>,
    ) -> Result<Progress, Fault> {
        let _unused = (lent, attempt, home_user, pin);
        Err(Fault::unsupported("choose home users"))
    }

    /// Checks a password and leaves no session behind.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn check_password(
        lent: &impl Lent,
        login_name: &str,
        subject: Option<&str>,
        password: &str,
    ) -> Result<Verdict, Fault> {
        let _unused = (lent, login_name, subject, password);
        Err(Fault::unsupported("check passwords"))
    }

    /// Whether somebody belongs to this backend.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn membership(
        lent: &impl Lent,
        subject: &str,
        grant: Option<&Sealed>,
    ) -> Result<Standing, Fault> {
        let _unused = (lent, subject, grant);
        Err(Fault::unsupported("tell members"))
    }

    /// Signs a token out at the provider.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn release(lent: &impl Lent, grant: &Sealed) -> Result<(), Fault> {
        let _unused = (lent, grant);
        Err(Fault::unsupported("release tokens"))
    }
}

impl<P: Identity + 'static> wire::Guest for Exported<P> {
    fn ways() -> Way {
        P::ways(&crate::begin())
    }

    fn begin(beginning: Beginning) -> Result<Prompt, Fault> {
        P::begin(&crate::begin(), &beginning)
    }

    fn advance(attempt: Sealed, callback: Vec<(String, String)>) -> Result<Progress, Fault> {
        P::advance(&crate::begin(), &attempt, &callback)
    }

    fn pick(attempt: Sealed, home_user: String, pin: Option<String>) -> Result<Progress, Fault> {
        P::pick(&crate::begin(), &attempt, &home_user, pin.as_deref())
    }

    fn check_password(
        login_name: String,
        subject: Option<String>,
        password: String,
    ) -> Result<Verdict, Fault> {
        P::check_password(&crate::begin(), &login_name, subject.as_deref(), &password)
    }

    fn membership(subject: String, grant: Option<Sealed>) -> Result<Standing, Fault> {
        P::membership(&crate::begin(), &subject, grant.as_ref())
    }

    fn release(grant: Sealed) -> Result<(), Fault> {
        P::release(&crate::begin(), &grant)
    }
}
