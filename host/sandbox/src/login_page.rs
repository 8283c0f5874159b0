//! The typed calls of the optional interface `branding/login-page`.

use crate::call::{Guest, call};
use crate::contract::common::fault as wire;
use crate::contract::login_page::exports::latchkey::branding::login_page;
use crate::instance::{Instance, Open};
use domain::fault::{Fault, FaultKind};
use url::Url;

impl Instance {
    /// Puts a button on the backend's own sign-in page that leads to `url`, or changes the one that is
    /// there. Whatever else stands there stays.
    ///
    /// # Errors
    /// `unsupported` where the plugin has no such page; `invalid-input` with the field `url` or `label`;
    /// else the plugin's fault, or the call's.
    pub async fn offer_login_page(&self, url: &Url, label: &str) -> Result<(), Fault> {
        let (url, label) = (url.as_str().to_owned(), label.to_owned());
        self.login_page(|mut open| async move {
            open.guest.call_offer(&mut open.store, &url, &label).await
        })
        .await
    }

    /// Takes the button away; fine where there was none.
    ///
    /// # Errors
    /// `unsupported` where the plugin has no such page; else the plugin's fault, or the call's.
    pub async fn withdraw_login_page(&self) -> Result<(), Fault> {
        self.login_page(|mut open| async move { open.guest.call_withdraw(&mut open.store).await })
            .await
    }

    /// Whether the button is there.
    ///
    /// # Errors
    /// `unsupported` where the plugin has no such page; else the plugin's fault, or the call's.
    pub async fn login_page_present(&self) -> Result<bool, Fault> {
        self.login_page(|mut open| async move { open.guest.call_present(&mut open.store).await })
            .await
    }

    async fn login_page<T, W, F>(&self, work: W) -> Result<T, Fault>
    where
        W: FnOnce(Open<login_page::Guest>) -> F,
        F: Future<Output = wasmtime::Result<Result<T, wire::Fault>>>,
    {
        let ready = self.ready()?;
        if !ready.loaded.inspection.login_page {
            let plugin = &self.configured.slot.id;
            let detail = format!("the plugin {plugin} knows no sign-in page to put a button on");
            return Err(Fault::new(FaultKind::Unsupported, "sandbox.no-login-page", detail));
        }
        let run = |mut guest: Guest| async move {
            let optional = guest.loaded.login_page(&mut guest.store, &guest.instance)?;
            work(Open { guest: optional, store: guest.store }).await
        };
        call(&self.house, &self.configured.slot, &ready, &[], run).await
    }
}
