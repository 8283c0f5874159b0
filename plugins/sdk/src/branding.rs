//! The optional interface `branding/login-page`: a button on the backend's own sign-in page.
//!
//! A plugin implements [`LoginPage`] where its backend has room for one. The contract's own words on
//! each call stand in `wit/`.

use crate::Exported;
use crate::bindings::branding::exports::latchkey::branding::login_page as wire;
use crate::fault::Fault;
use crate::lent::Lent;

/// A button on the backend's own sign-in page that leads to the host.
pub trait LoginPage {
    /// Puts the button there, or changes the one that is.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn offer(lent: &impl Lent, url: &str, label: &str) -> Result<(), Fault>;

    /// Takes the button away and leaves the rest as it was.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn withdraw(lent: &impl Lent) -> Result<(), Fault>;

    /// Whether the button is there.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn present(lent: &impl Lent) -> Result<bool, Fault>;
}

impl<P: LoginPage + 'static> wire::Guest for Exported<P> {
    fn offer(url: String, label: String) -> Result<(), Fault> {
        P::offer(&crate::begin(), &url, &label)
    }

    fn withdraw() -> Result<(), Fault> {
        P::withdraw(&crate::begin())
    }

    fn present() -> Result<bool, Fault> {
        P::present(&crate::begin())
    }
}
