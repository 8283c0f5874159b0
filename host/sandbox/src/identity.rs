//! The typed calls of the role `identity`.
//!
//! What a plugin notes of an attempt and what it needs later are bytes of its own: in base64 here, for the
//! caller to seal. Tokens in them are taken out of whatever words come back.

use crate::call::{Guest, call};
use crate::contract::common::fault as wire;
use crate::contract::identity::exports::latchkey::identity::provider;
use crate::instance::{Instance, Open};
use crate::persons;
use crate::sealed::{unsealed, words_of};
use domain::fault::Fault;
use domain::identity::{Audience, Membership, Progress, Prompt, Verdict, Ways};
use domain::plugins::PluginRole;
use domain::secret::Secret;

impl Instance {
    /// The ways to sign in that this configuration allows.
    ///
    /// # Errors
    /// The call's fault.
    pub async fn ways(&self) -> Result<Ways, Fault> {
        let ways = self
            .identity(&[], |mut open| async move {
                Ok(Ok(open.guest.call_ways(&mut open.store).await?))
            })
            .await?;
        Ok(persons::ways(ways))
    }

    /// Begins a sign-in that goes on elsewhere; the backend sends the browser to `return_url` in the end.
    /// `state` comes back from those that hand something back.
    ///
    /// # Errors
    /// The plugin's fault, or the call's; `bad-reply` for an address no browser would go to.
    pub async fn begin(
        &self,
        return_url: &str,
        state: &str,
        locale: Option<&str>,
        audience: Audience,
    ) -> Result<Prompt, Fault> {
        let beginning = provider::Beginning {
            return_url: return_url.to_owned(),
            state: state.to_owned(),
            locale: locale.map(ToOwned::to_owned),
            audience: persons::audience(audience),
        };
        let spoken = Secret::from(state);
        let prompt = self
            .identity(&[&spoken], |mut open| async move {
                open.guest.call_begin(&mut open.store, &beginning).await
            })
            .await?;
        persons::prompt(prompt)
    }

    /// How far a sign-in is. `callback` is what the browser brought back, names and values.
    ///
    /// # Errors
    /// The plugin's fault, or the call's: the attempt stays as it was. `forbidden` for somebody who was
    /// asked to join and has not accepted, `unavailable` where it cannot be told who belongs.
    pub async fn advance(
        &self,
        attempt: &Secret,
        callback: &[(String, String)],
    ) -> Result<Progress, Fault> {
        let (note, callback) = (unsealed(attempt)?, callback.to_vec());
        let values: Vec<Secret> =
            callback.iter().map(|(_, value)| Secret::from(value.as_str())).collect();
        let inside = words_of(Some(attempt));
        let spoken: Vec<&Secret> = inside.iter().chain(&values).chain([attempt]).collect();
        let progress = self
            .identity(&spoken, |mut open| async move {
                open.guest.call_advance(&mut open.store, &note, &callback).await
            })
            .await?;
        persons::progress(progress)
    }

    /// Goes on as one of the persons of a home.
    ///
    /// # Errors
    /// `wrong-credential` for a wrong PIN, `invalid-input` with the field `pin` where one is needed: the
    /// attempt stays good. Else as [`Instance::advance`].
    pub async fn pick(
        &self,
        attempt: &Secret,
        home_user: &str,
        pin: Option<&Secret>,
    ) -> Result<Progress, Fault> {
        let (note, who, said) = (unsealed(attempt)?, home_user.to_owned(), pin.cloned());
        let inside = words_of(Some(attempt));
        let spoken: Vec<&Secret> = inside.iter().chain(pin).chain([attempt]).collect();
        let progress = self
            .identity(&spoken, |mut open| async move {
                let pin = said.as_ref().map(|pin| pin.expose().as_str());
                open.guest.call_pick(&mut open.store, &note, &who, pin).await
            })
            .await?;
        persons::progress(progress)
    }

    /// Whether somebody belongs to the backend, as it says now.
    ///
    /// # Errors
    /// The plugin's fault, or the call's: nothing is known then, as with [`Membership::Unknown`].
    pub async fn membership(
        &self,
        subject: &str,
        grant: Option<&Secret>,
    ) -> Result<Membership, Fault> {
        let (subject, held) = (subject.to_owned(), grant.map(unsealed).transpose()?);
        let inside = words_of(grant);
        let spoken: Vec<&Secret> = inside.iter().chain(grant).collect();
        let mut redactor = self.ready_for(PluginRole::Identity)?.granted.redactor.clone();
        spoken.iter().for_each(|secret| redactor.add(secret));
        let standing = self
            .identity(&spoken, |mut open| async move {
                open.guest.call_membership(&mut open.store, &subject, held.as_ref()).await
            })
            .await?;
        Ok(persons::membership(standing, &redactor))
    }

    /// Signs out at the provider what a sign-in left; fine where it was out already.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn release(&self, grant: &Secret) -> Result<(), Fault> {
        let (held, inside) = (unsealed(grant)?, words_of(Some(grant)));
        let spoken: Vec<&Secret> = inside.iter().chain([grant]).collect();
        self.identity(&spoken, |mut open| async move {
            open.guest.call_release(&mut open.store, &held).await
        })
        .await
    }

    /// What the backend says to a name and a password. `subject` is the account's id where it is known.
    ///
    /// # Errors
    /// The plugin's fault, or the call's: nothing is known then.
    pub async fn check_password(
        &self,
        login_name: &str,
        subject: Option<&str>,
        password: &Secret,
    ) -> Result<Verdict, Fault> {
        let (name, subject) = (login_name.to_owned(), subject.map(ToOwned::to_owned));
        let said = password.clone();
        let verdict = self
            .identity(&[password], |mut open| async move {
                let (subject, said) = (subject.as_deref(), said.expose());
                open.guest.call_check_password(&mut open.store, &name, subject, said).await
            })
            .await?;
        persons::verdict(verdict)
    }

    async fn identity<T, W, F>(&self, spoken: &[&Secret], work: W) -> Result<T, Fault>
    where
        W: FnOnce(Open<provider::Guest>) -> F,
        F: Future<Output = wasmtime::Result<Result<T, wire::Fault>>>,
    {
        let ready = self.ready_for(PluginRole::Identity)?;
        let run = |mut guest: Guest| async move {
            let role = guest.loaded.identity(&mut guest.store, &guest.instance)?;
            work(Open { guest: role, store: guest.store }).await
        };
        call(&self.house, &self.configured.slot, &ready, spoken, run).await
    }
}
