//! Profiles: the templates accounts are made from, captured from a model account or given as text.
//!
//! Guarantees: a document is kept byte for byte as the backend gave it; only its plugin judges it; a
//! profile that an invite or a sign-up still needs is not deleted. Does not: read a document.

use crate::accounts::{AccountOutcome, AccountResult};
use crate::activity::{actor, note};
use crate::error::{FieldProblem, Result, ServiceError};
use crate::house::Service;
use domain::activity::{ActivityKind, NewActivity};
use domain::fault::{Fault, FaultKind};
use domain::ids::{BackendId, UserId};
use domain::invites::Standing;
use domain::names::name_key;
use domain::profiles::{Document, Profile};
use domain::role::Admin;
use domain::users::{Account, AccountState};
use std::collections::BTreeMap;
use store::WriteTx;

/// The longest name.
const NAME_CHARS: usize = 64;
/// The largest document: a policy is a few kilobytes.
const DOCUMENT_BYTES: usize = 1 << 20;

/// A profile with what its plugins say about it.
#[derive(Debug, Clone)]
pub struct ProfileView {
    /// As kept.
    pub profile: Profile,
    /// What each document means, name and words, as its plugin describes it; a fault where that cannot
    /// be said now.
    pub described: BTreeMap<BackendId, Result<Vec<(String, String)>, Fault>>,
    /// Labels of the invites that use it, or the first characters of their codes.
    pub used_by: Vec<String>,
}

/// Which account is the model.
#[derive(Debug, Clone)]
pub struct Capture {
    /// Where.
    pub backend: BackendId,
    /// Its login name there, or the backend's id of it.
    pub account: String,
    /// The profile's name: a new one, or one whose document for this backend is replaced.
    pub name: String,
}

/// All profiles, by name.
///
/// # Errors
/// Only our own.
pub async fn list(service: &Service, _by: &Admin) -> Result<Vec<Profile>> {
    service.read(|tx| Ok(tx.profiles().all()?)).await
}

/// One profile, however its name is written.
///
/// # Errors
/// `NotFound`.
pub async fn get(service: &Service, _by: &Admin, name: &str) -> Result<Profile> {
    let name = name.to_owned();
    let found = service.read(move |tx| Ok(tx.profiles().get(&name)?)).await?;
    found.ok_or(ServiceError::NotFound { what: "profile" })
}

/// One profile in words. Asks the plugins, not their backends.
///
/// # Errors
/// `NotFound`.
pub async fn view(service: &Service, by: &Admin, name: &str) -> Result<ProfileView> {
    let profile = get(service, by, name).await?;
    let wanted = profile.name.clone();
    let used_by = service.read(move |tx| users_of(tx, &wanted, |_standing| true)).await?;
    let mut described = BTreeMap::new();
    for (backend, document) in &profile.documents {
        let words = match service.instance(backend) {
            Ok(instance) => instance.describe_profile(&document.text).await,
            Err(error) => Err(fault_of(error)),
        };
        described.insert(backend.clone(), words);
    }
    Ok(ProfileView { profile, described, used_by })
}

fn users_of<M: store::Mode>(
    tx: &store::Tx<M>,
    name: &str,
    counts: impl Fn(&domain::invites::Invite) -> bool,
) -> Result<Vec<String>> {
    let invites = tx.invites().with_profile(name)?.into_iter().filter(|invite| counts(invite));
    let names = invites.map(|invite| match invite.label.is_empty() {
        true => invite.code.hint(),
        false => invite.label,
    });
    Ok(names.collect())
}

fn fault_of(error: ServiceError) -> Fault {
    match error {
        ServiceError::Backend(fault) => fault,
        other => Fault::new(FaultKind::Misconfigured, "host.no-backend", other.to_string()),
    }
}

/// A name as it is kept.
///
/// # Errors
/// `Invalid` at `name`.
fn named(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(ServiceError::field("name", "empty"));
    }
    if name.chars().count() > NAME_CHARS {
        let problem = FieldProblem::new("name", "too-long").with("max", NAME_CHARS);
        return Err(ServiceError::Invalid { fields: vec![problem] });
    }
    // A name stands in addresses.
    if let Some(bad) = name.chars().find(|c| c.is_control() || "/\\?#%".contains(*c)) {
        let problem = FieldProblem::new("name", "character").with("character", bad);
        return Err(ServiceError::Invalid { fields: vec![problem] });
    }
    Ok(name.to_owned())
}

/// Captures a document from a model account.
///
/// # Errors
/// `Invalid` at `name`, or at `account` where there is none; `NotFound` for a backend there is not;
/// `Backend`.
pub async fn capture(service: &Service, by: &Admin, capture: Capture) -> Result<Profile> {
    let name = named(&capture.name)?;
    let instance = service.instance(&capture.backend)?;
    let account = match instance.find(capture.account.trim()).await? {
        Some(account) => account,
        None => {
            instance.account(capture.account.trim()).await.map_err(|fault| match fault.kind {
                FaultKind::NotFound | FaultKind::InvalidInput => {
                    ServiceError::field("account", "unknown")
                }
                _ => ServiceError::Backend(fault),
            })?
        }
    };
    let text = instance.capture_profile(&account.id).await?;
    let document =
        Document { text, captured_from: Some(account.login_name), captured_at: service.now() };
    let (here, by, backend) = (service.clone(), by.clone(), capture.backend);
    service
        .write_aside(move |tx| {
            let now = here.now();
            let mut profile = tx.profiles().get(&name)?.unwrap_or_else(|| Profile {
                name,
                documents: BTreeMap::new(),
                created_at: now,
                changed_at: now,
            });
            profile.changed_at = now;
            profile.documents.insert(backend.clone(), document);
            tx.profiles().put(&profile)?;
            let line = line(&here, &by, ActivityKind::ProfileCaptured, &profile.name);
            note(tx, line.with("backend", backend.as_str()))?;
            Ok(profile)
        })
        .await
}

fn line(service: &Service, by: &Admin, kind: ActivityKind, name: &str) -> NewActivity {
    NewActivity::new(service.now(), actor(by), kind).with("profile", name)
}

/// Makes a profile from raw documents.
///
/// # Errors
/// `Taken` for a name in use; `Invalid` at `name` or `documents.<backend>`; `Backend` where a plugin
/// cannot judge.
pub async fn create(
    service: &Service,
    by: &Admin,
    name: &str,
    documents: BTreeMap<BackendId, String>,
) -> Result<Profile> {
    let name = named(name)?;
    let documents = judged(service, documents).await?;
    let (here, by) = (service.clone(), by.clone());
    service
        .write_aside(move |tx| {
            if tx.profiles().get(&name)?.is_some() {
                return Err(ServiceError::Taken { field: "name" });
            }
            let now = here.now();
            let profile = Profile { name, documents, created_at: now, changed_at: now };
            kept(&here, &by, tx, profile)
        })
        .await
}

/// Replaces a profile's documents by these.
///
/// # Errors
/// `NotFound`; `Invalid` at `documents.<backend>`; `Backend` where a plugin cannot judge.
pub async fn replace(
    service: &Service,
    by: &Admin,
    name: &str,
    documents: BTreeMap<BackendId, String>,
) -> Result<Profile> {
    let documents = judged(service, documents).await?;
    let (here, by, name) = (service.clone(), by.clone(), name.to_owned());
    service
        .write_aside(move |tx| {
            let old = tx.profiles().get(&name)?;
            let old = old.ok_or(ServiceError::NotFound { what: "profile" })?;
            let mut profile = Profile { documents, changed_at: here.now(), ..old.clone() };
            // What is the same as before keeps where it came from.
            for (backend, document) in &mut profile.documents {
                if let Some(same) =
                    old.documents.get(backend).filter(|old| old.text == document.text)
                {
                    document.clone_from(same);
                }
            }
            kept(&here, &by, tx, profile)
        })
        .await
}

fn kept(service: &Service, by: &Admin, tx: &WriteTx, profile: Profile) -> Result<Profile> {
    tx.profiles().put(&profile)?;
    note(tx, line(service, by, ActivityKind::ProfileChanged, &profile.name))?;
    Ok(profile)
}

/// Documents that their plugins can make sense of.
async fn judged(
    service: &Service,
    documents: BTreeMap<BackendId, String>,
) -> Result<BTreeMap<BackendId, Document>> {
    let mut judged = BTreeMap::new();
    let mut problems = Vec::new();
    for (backend, text) in documents {
        let field = format!("documents.{backend}");
        let parsed: Result<Box<serde_json::value::RawValue>, _> = serde_json::from_str(&text);
        if text.len() > DOCUMENT_BYTES || parsed.is_err() {
            problems.push(FieldProblem::new(field, "json"));
            continue;
        }
        let Ok(instance) = service.instance(&backend) else {
            problems.push(FieldProblem::new(field, "unknown"));
            continue;
        };
        match instance.describe_profile(&text).await {
            Ok(_words) => {
                let captured_at = service.now();
                judged.insert(backend, Document { text, captured_from: None, captured_at });
            }
            Err(fault) if fault.kind == FaultKind::InvalidInput => {
                problems.push(FieldProblem::new(field, "backend").with("detail", fault.detail));
            }
            Err(fault) => return Err(ServiceError::Backend(fault)),
        }
    }
    if problems.is_empty() { Ok(judged) } else { Err(ServiceError::Invalid { fields: problems }) }
}

/// Deletes a profile; accounts made from it stay as they are.
///
/// # Errors
/// `NotFound`; `Invalid` at `name` with code `in-use` and the names of those who need it: invites that
/// may still admit somebody, and people on their way.
pub async fn delete(service: &Service, by: &Admin, name: &str) -> Result<()> {
    let (here, by, name) = (service.clone(), by.clone(), name.to_owned());
    service
        .write_aside(move |tx| {
            let now = here.now();
            let gone = tx.profiles().delete(&name)?;
            let gone = gone.ok_or(ServiceError::NotFound { what: "profile" })?;
            let mut needed = users_of(tx, &gone.name, |invite| {
                // A use may still be given back.
                matches!(invite.standing(now), Standing::Open | Standing::UsedUp)
            })?;
            let same = |other: &Option<String>| {
                other.as_ref().is_some_and(|other| name_key(other) == name_key(&gone.name))
            };
            let under_way = tx.signups().open()?.into_iter().filter(|signup| same(&signup.profile));
            needed.extend(under_way.map(|signup| signup.username.as_str().to_owned()));
            if !needed.is_empty() {
                let names = needed.join(", ");
                let problem = FieldProblem::new("name", "in-use")
                    .with("names", &names)
                    .with("detail", format!("It is still needed by {names}."));
                return Err(ServiceError::Invalid { fields: vec![problem] });
            }
            note(tx, line(&here, &by, ActivityKind::ProfileDeleted, &gone.name))
        })
        .await
}

/// Applies a profile to a user's accounts: one result an account; those it has no document for are
/// `Kept`.
///
/// # Errors
/// `NotFound` for the profile or the user.
pub async fn apply(
    service: &Service,
    by: &Admin,
    name: &str,
    user: &UserId,
) -> Result<Vec<AccountResult>> {
    let profile = get(service, by, name).await?;
    let id = user.clone();
    let user = service.read(move |tx| Ok(tx.users().get(&id)?)).await?;
    let user = user.ok_or(ServiceError::NotFound { what: "user" })?;
    let mut results = Vec::new();
    for account in &user.accounts {
        let document = profile.documents.get(&account.backend);
        results.push(applied(service, account, document).await);
    }
    let (here, by, id) = (service.clone(), by.clone(), user.id.clone());
    let done = results.iter().any(|result| result.outcome == AccountOutcome::Done);
    service
        .write(move |tx| {
            let Some(mut user) = tx.users().get(&id)? else { return Ok(()) };
            if done {
                user.profile = Some(profile.name.clone());
                tx.users().put(&user)?;
            }
            let line = line(&here, &by, ActivityKind::ProfileApplied, &profile.name);
            note(tx, line.with("user", user.username.as_str()))
        })
        .await?;
    Ok(results)
}

async fn applied(
    service: &Service,
    account: &Account,
    document: Option<&Document>,
) -> AccountResult {
    let result =
        |outcome, fault| AccountResult { backend: account.backend.clone(), outcome, fault };
    let Some(document) = document else { return result(AccountOutcome::Kept, None) };
    if account.state == AccountState::Gone {
        return result(AccountOutcome::Gone, None);
    }
    let instance = match service.instance(&account.backend) {
        Ok(instance) => instance,
        Err(error) => return result(AccountOutcome::Failed, Some(fault_of(error))),
    };
    match instance.apply_profile(&account.id, &document.text).await {
        Ok(_account) => result(AccountOutcome::Done, None),
        Err(fault) => {
            let outcome = match fault.kind {
                FaultKind::NotFound => AccountOutcome::Gone,
                FaultKind::Unsupported => AccountOutcome::Unsupported,
                _ => AccountOutcome::Failed,
            };
            result(outcome, Some(fault))
        }
    }
}

#[cfg(test)]
mod tests;
