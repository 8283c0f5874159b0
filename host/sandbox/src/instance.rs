//! The typed calls of one configured instance.
//!
//! Each is a call of its own, in a fresh instance of the component, with its own deadline and limits.
//! Dropping a call's future ends it; what it asked of the backend by then may have been done.

use crate::call::{Guest, Ready, Slot, call};
use crate::contract::accounts::exports::latchkey::accounts::backend;
use crate::contract::base::exports::latchkey::plugin::lifecycle;
use crate::contract::common::fault as wire;
use crate::contract::common::paging::PageRequest;
use crate::convert;
use crate::grants::InstanceConfig;
use crate::house::House;
use crate::lent::Lent;
use crate::sealed::words_of;
use domain::accounts::{Attempt, BackendAccount, Library, NewAccount, Offer};
use domain::fault::{Fault, FaultKind};
use domain::plugins::{ConnectSpec, PluginRole, Probe, Stage, StageOutcome};
use domain::secret::Secret;
use egress::{FailureKind, NetFailure};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use wasmtime::Store;

/// Accounts on one page.
const PAGE: u32 = 200;
/// Entries of a profile in words at most.
const WORDS: usize = 500;
/// Pages of one list at most.
const PAGES: usize = 2_000;
/// Bytes of one list at most, all its pages together; some 200,000 accounts.
const LONGEST_LIST: usize = 64 << 20;
/// Bytes of what a page says about the next one.
const LONGEST_CURSOR: usize = 4 << 10;

/// A configured instance, and the component it runs at the moment.
pub(crate) struct Configured {
    pub(crate) config: InstanceConfig,
    pub(crate) slot: Arc<Slot>,
    /// None while no component of its plugin is there.
    pub(crate) ready: RwLock<Option<Arc<Ready>>>,
}

impl Configured {
    pub(crate) fn set(&self, ready: Option<Arc<Ready>>) {
        *self.ready.write().unwrap_or_else(PoisonError::into_inner) = ready;
    }
}

/// A configured server, to be called. Cheap to clone; follows when its plugin is replaced.
#[derive(Clone)]
pub struct Instance {
    pub(crate) house: Arc<House>,
    pub(crate) configured: Arc<Configured>,
}

/// A role of the component, loaded, with the store it lives in.
pub(crate) struct Open<G> {
    pub(crate) guest: G,
    pub(crate) store: Store<Lent>,
}

impl Instance {
    /// What the plugin says of the settings; no network. One fault a field; also the fault of the call
    /// itself, where it failed.
    pub async fn check_settings(&self) -> Vec<Fault> {
        let ready = match self.ready() {
            Ok(ready) => ready,
            Err(fault) => return vec![fault],
        };
        let redactor = ready.granted.redactor.clone();
        let faults = self
            .lifecycle(&ready, &[], |mut open| async move {
                Ok(Ok(open.guest.call_check_settings(&mut open.store).await?))
            })
            .await;
        match faults {
            Ok(faults) => {
                convert::shown(faults).map(|one| convert::fault(one, &redactor)).collect()
            }
            Err(fault) => vec![fault],
        }
    }

    /// The staged probe: name and connection of each endpoint by the host, and of those for HTTP the
    /// certificate, then the plugin's own stages. Reads only.
    pub async fn probe(&self) -> Probe {
        let ready = match self.ready() {
            Ok(ready) => ready,
            Err(fault) => return Probe { stages: Vec::new(), outcome: Err(fault) },
        };
        let (mut stages, failure) = self.own_stages(&ready).await;
        if let Some(failure) = failure {
            return Probe { stages, outcome: Err(net_fault(&failure)) };
        }
        let result = self
            .lifecycle(&ready, &[], |mut open| async move {
                Ok(Ok(open.guest.call_probe(&mut open.store).await?))
            })
            .await;
        let redactor = &ready.granted.redactor;
        match result {
            Ok(result) => {
                stages.extend(
                    convert::shown(result.stages).map(|one| convert::stage(&one, redactor)),
                );
                let outcome = result
                    .outcome
                    .map(|report| convert::report(report, redactor))
                    .map_err(|fault| convert::fault(fault, redactor));
                Probe { stages, outcome }
            }
            Err(fault) => {
                stages.push(broken_stage(&fault));
                Probe { stages, outcome: Err(fault) }
            }
        }
    }

    /// The host's own part of the probe, alone: also the fault, where a stage failed.
    pub async fn reach(&self) -> (Vec<Stage>, Option<Fault>) {
        match self.ready() {
            Ok(ready) => {
                let (stages, failure) = self.own_stages(&ready).await;
                (stages, failure.map(|failure| net_fault(&failure)))
            }
            Err(fault) => (vec![broken_stage(&fault)], Some(fault)),
        }
    }

    async fn own_stages(&self, ready: &Ready) -> (Vec<Stage>, Option<NetFailure>) {
        let mut stages = Vec::new();
        for endpoint in ready.granted.endpoints.values() {
            let report = endpoint.client.stages(&endpoint.base, (self.house.now)()).await;
            stages.extend(report.stages);
            if report.failure.is_some() {
                return (stages, report.failure);
            }
        }
        for line in ready.granted.lines.values() {
            let report = line.dialer.stages(&line.to).await;
            stages.extend(report.stages);
            if report.failure.is_some() {
                return (stages, report.failure);
            }
        }
        (stages, None)
    }

    /// Turns what the admin typed once into secrets that stay, by the manifest's names. Where the manifest
    /// says `sign_in`, the one answer may be [`ConnectSpec::GRANT`]: the grant of a finished sign-in.
    ///
    /// # Errors
    /// `forbidden` for a component that nobody accepted; `unsupported` where the manifest has no
    /// `connect`; `invalid-input` for a field it does not ask for; else the plugin's fault.
    pub async fn connect(
        &self,
        answers: Vec<(String, Secret)>,
    ) -> Result<BTreeMap<String, Secret>, Fault> {
        let ready = self.ready()?;
        let spec = ready.granted.manifest.connect.clone().ok_or_else(|| {
            Fault::new(FaultKind::Unsupported, "sandbox.no-connect", "the plugin needs no sign-in")
        })?;
        if !ready.trusted {
            return Err(untrusted(self.configured.slot.id.as_str()));
        }
        let asked = |key: &str| {
            let by_sign_in = spec.sign_in && key == ConnectSpec::GRANT;
            by_sign_in || spec.fields.iter().any(|field| field.key == key)
        };
        if let Some((key, _)) = answers.iter().find(|(key, _)| !asked(key)) {
            let detail = "the plugin does not ask for this";
            let mut fault = Fault::new(FaultKind::InvalidInput, "setting.unknown-setting", detail);
            fault.field = Some(key.clone());
            return Err(fault);
        }
        let grant = answers.iter().find(|(key, _)| spec.sign_in && key == ConnectSpec::GRANT);
        let inside = words_of(grant.map(|(_, sealed)| sealed));
        let spoken: Vec<&Secret> =
            answers.iter().map(|(_, secret)| secret).chain(&inside).collect();
        let typed: Vec<(String, String)> =
            answers.iter().map(|(key, secret)| (key.clone(), secret.expose().clone())).collect();
        let minted = self
            .lifecycle(&ready, &spoken, |mut open| async move {
                open.guest.call_connect(&mut open.store, &typed).await
            })
            .await?;
        let mut secrets = BTreeMap::new();
        for one in minted {
            if !spec.mints.contains(&one.key) || one.value.is_empty() {
                return Err(convert::bad_reply("a secret that its manifest does not name"));
            }
            secrets.insert(one.key, Secret::new(one.value));
        }
        Ok(secrets)
    }

    /// What this version of the server allows with this credential.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn offer(&self) -> Result<Offer, Fault> {
        let offering = self
            .accounts(&[], |mut open| async move { open.guest.call_offer(&mut open.store).await })
            .await?;
        convert::offer(offering)
    }

    /// All accounts, page by page: whole, or a fault.
    ///
    /// # Errors
    /// The plugin's fault, or the call's; `bad-reply` for a list that has no end or names one twice.
    pub async fn list_accounts(&self) -> Result<Vec<BackendAccount>, Fault> {
        let mut accounts: Vec<BackendAccount> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut bytes = 0;
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES {
            let before = cursor.clone();
            let page = PageRequest { cursor, limit: PAGE };
            let answer = self
                .accounts(&[], |mut open| async move {
                    open.guest.call_list_accounts(&mut open.store, &page).await
                })
                .await?;
            for account in answer.accounts {
                let account = convert::account(account)?;
                bytes += convert::weight(&account);
                if bytes > LONGEST_LIST {
                    return Err(convert::bad_reply("a list of more than 64 MiB"));
                }
                if !seen.insert(account.id.clone()) {
                    return Err(convert::bad_reply("a list with one account twice"));
                }
                accounts.push(account);
            }
            match answer.next {
                None => return Ok(accounts),
                Some(long) if long.len() > LONGEST_CURSOR => {
                    return Err(convert::bad_reply("a cursor of more than 4 KiB"));
                }
                next if next == before => return Err(convert::bad_reply("a list without an end")),
                next => cursor = next,
            }
        }
        Err(convert::bad_reply("a list without an end"))
    }

    /// One account by the backend's id.
    ///
    /// # Errors
    /// `not-found` where there is none; else the plugin's fault, or the call's.
    pub async fn account(&self, id: &str) -> Result<BackendAccount, Fault> {
        let id = id.to_owned();
        let account =
            self.accounts(&[], |mut open| async move {
                open.guest.call_get(&mut open.store, &id).await
            })
            .await?;
        convert::account(account)
    }

    /// One account by its name, compared as the backend compares.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn find(&self, login_name: &str) -> Result<Option<BackendAccount>, Fault> {
        let name = login_name.to_owned();
        let found =
            self.accounts(&[], |mut open| async move {
                open.guest.call_find(&mut open.store, &name).await
            })
            .await?;
        found.map(convert::account).transpose()
    }

    /// Makes an account and nothing more.
    ///
    /// # Errors
    /// `conflict` where the name is taken; `outcome-unknown` where it may have been made: ask again with
    /// [`Attempt::AfterDoubt`]; else the plugin's fault, or the call's.
    pub async fn create(
        &self,
        account: &NewAccount,
        attempt: Attempt,
    ) -> Result<BackendAccount, Fault> {
        let inside = words_of(account.grant.as_ref());
        let spoken: Vec<&Secret> =
            account.password.iter().chain(&account.grant).chain(&inside).collect();
        let (account, attempt) = (convert::new_account(account)?, convert::attempt(attempt));
        let made = self
            .accounts(&spoken, |mut open| async move {
                open.guest.call_create(&mut open.store, &account, attempt).await
            })
            .await?;
        convert::account(made)
    }

    /// Switches an account on.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn enable(&self, id: &str) -> Result<BackendAccount, Fault> {
        let id = id.to_owned();
        let account =
            self.accounts(&[], |mut open| async move {
                open.guest.call_enable(&mut open.store, &id).await
            })
            .await?;
        convert::account(account)
    }

    /// Switches an account off, and ends its sessions where the backend can.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn disable(&self, id: &str) -> Result<BackendAccount, Fault> {
        let id = id.to_owned();
        let account =
            self.accounts(&[], |mut open| async move {
                open.guest.call_disable(&mut open.store, &id).await
            })
            .await?;
        convert::account(account)
    }

    /// Deletes an account; fine where it was gone already.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn delete(&self, id: &str) -> Result<(), Fault> {
        let id = id.to_owned();
        self.accounts(
            &[],
            |mut open| async move { open.guest.call_delete(&mut open.store, &id).await },
        )
        .await
    }

    /// Gives an account another name to sign in with.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn rename(&self, id: &str, login_name: &str) -> Result<BackendAccount, Fault> {
        let (id, name) = (id.to_owned(), login_name.to_owned());
        let account = self
            .accounts(&[], |mut open| async move {
                open.guest.call_rename(&mut open.store, &id, &name).await
            })
            .await?;
        convert::account(account)
    }

    /// Sets a password with the stored credential.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn set_password(&self, id: &str, password: &Secret) -> Result<(), Fault> {
        let (id, new) = (id.to_owned(), password.clone());
        self.accounts(&[password], |mut open| async move {
            open.guest.call_set_password(&mut open.store, &id, new.expose()).await
        })
        .await
    }

    /// Changes a password as the person, who proves the old one.
    ///
    /// # Errors
    /// `wrong-credential` where the old one is wrong; else the plugin's fault, or the call's.
    pub async fn change_password(&self, id: &str, old: &Secret, new: &Secret) -> Result<(), Fault> {
        let (id, said, wished) = (id.to_owned(), old.clone(), new.clone());
        self.accounts(&[old, new], |mut open| async move {
            let (said, wished) = (said.expose(), wished.expose());
            open.guest.call_change_password(&mut open.store, &id, said, wished).await
        })
        .await
    }

    /// What there is to see.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn libraries(&self) -> Result<Vec<Library>, Fault> {
        let found = self
            .accounts(&[], |mut open| async move {
                open.guest.call_list_libraries(&mut open.store).await
            })
            .await?;
        Ok(found.into_iter().map(convert::library).collect())
    }

    /// The profile document of a model account, in the backend's own JSON.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn capture_profile(&self, id: &str) -> Result<String, Fault> {
        let id = id.to_owned();
        let document = self
            .accounts(&[], |mut open| async move {
                open.guest.call_capture_profile(&mut open.store, &id).await
            })
            .await?;
        convert::document(document)
    }

    /// Makes an account like a profile document. Idempotent.
    ///
    /// # Errors
    /// The plugin's fault, or the call's.
    pub async fn apply_profile(&self, id: &str, document: &str) -> Result<BackendAccount, Fault> {
        let (id, document) = (id.to_owned(), document.to_owned());
        let account = self
            .accounts(&[], |mut open| async move {
                open.guest.call_apply_profile(&mut open.store, &id, &document).await
            })
            .await?;
        convert::account(account)
    }

    /// A profile document in words: name and value.
    ///
    /// # Errors
    /// `invalid-input` for text that is no such document; else the plugin's fault, or the call's.
    pub async fn describe_profile(&self, document: &str) -> Result<Vec<(String, String)>, Fault> {
        let document = document.to_owned();
        let words = self
            .accounts(&[], |mut open| async move {
                open.guest.call_describe_profile(&mut open.store, &document).await
            })
            .await?;
        Ok(words.into_iter().take(WORDS).map(convert::attribute).collect())
    }

    async fn lifecycle<T, W, F>(
        &self,
        ready: &Ready,
        spoken: &[&Secret],
        work: W,
    ) -> Result<T, Fault>
    where
        W: FnOnce(Open<lifecycle::Guest>) -> F,
        F: Future<Output = wasmtime::Result<Result<T, wire::Fault>>>,
    {
        let run = |mut guest: Guest| async move {
            let role = guest.loaded.lifecycle(&mut guest.store, &guest.instance)?;
            work(Open { guest: role, store: guest.store }).await
        };
        call(&self.house, &self.configured.slot, ready, spoken, run).await
    }

    async fn accounts<T, W, F>(&self, spoken: &[&Secret], work: W) -> Result<T, Fault>
    where
        W: FnOnce(Open<backend::Guest>) -> F,
        F: Future<Output = wasmtime::Result<Result<T, wire::Fault>>>,
    {
        let ready = self.ready_for(PluginRole::Accounts)?;
        let run = |mut guest: Guest| async move {
            let role = guest.loaded.accounts(&mut guest.store, &guest.instance)?;
            work(Open { guest: role, store: guest.store }).await
        };
        call(&self.house, &self.configured.slot, &ready, spoken, run).await
    }

    pub(crate) fn ready(&self) -> Result<Arc<Ready>, Fault> {
        let ready = self.configured.ready.read().unwrap_or_else(PoisonError::into_inner);
        ready.clone().ok_or_else(|| missing(self.configured.slot.id.as_str()))
    }

    pub(crate) fn ready_for(&self, role: PluginRole) -> Result<Arc<Ready>, Fault> {
        let ready = self.ready()?;
        if ready.loaded.inspection.roles.contains(&role) {
            return Ok(ready);
        }
        let detail = format!("the plugin {} has no role for this", self.configured.slot.id);
        Err(Fault::new(FaultKind::Unsupported, "sandbox.no-role", detail))
    }
}

/// No component of this id is there.
pub(crate) fn missing(plugin: &str) -> Fault {
    let detail = format!("there is no plugin {plugin}");
    Fault::new(FaultKind::Misconfigured, "sandbox.no-plugin", detail)
}

/// A secret would go to a component that nobody accepted.
pub(crate) fn untrusted(plugin: &str) -> Fault {
    let detail = format!("the plugin {plugin} is not given secrets before its file is accepted");
    Fault::new(FaultKind::Forbidden, "sandbox.waits-for-consent", detail)
}

fn net_fault(failure: &NetFailure) -> Fault {
    let (kind, code) = match failure.kind {
        FailureKind::NotAllowed => (FaultKind::Misconfigured, "net.not-allowed"),
        FailureKind::NameLookup => (FaultKind::Unavailable, "net.name-lookup"),
        FailureKind::Unreachable => (FaultKind::Unavailable, "net.unreachable"),
        FailureKind::Certificate => (FaultKind::Misconfigured, "net.certificate"),
        FailureKind::TimedOut => (FaultKind::TimedOut, "net.timed-out"),
        FailureKind::TooLarge => (FaultKind::BadReply, "net.too-large"),
        FailureKind::Protocol => (FaultKind::Misconfigured, "net.protocol"),
        FailureKind::Closed => (FaultKind::Unavailable, "net.closed"),
    };
    Fault::new(kind, code, failure.detail.clone())
}

fn broken_stage(fault: &Fault) -> Stage {
    Stage {
        name: "plugin".to_owned(),
        outcome: StageOutcome::Failed,
        detail: fault.detail.clone(),
        took_ms: 0,
    }
}
