//! The single changes an import makes. Each is one transaction, or comes to the same when it is repeated.

use crate::activity::{about, actor, note};
use crate::addresses;
use crate::adopt::{self, Adoption, Outcome};
use crate::backends::{self, BackendDraft};
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::mail::{self, MethodDraft, MethodPatch};
use crate::reset_watch::{self, WatchDraft};
use crate::templates;
use crate::{profiles, settings};
use aws_lc_rs::digest;
use domain::accounts::BackendAccount;
use domain::activity::{ActivityKind, NewActivity};
use domain::ids::{BackendId, ForeignCode, MailId, UserId};
use domain::invites::Invite;
use domain::names::EmailAddress;
use domain::role::Admin;
use domain::users::Email;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::{Mode, Tx};
use views::mail::Source;

/// One change.
pub(crate) enum Act {
    AddBackend(Box<BackendDraft>),
    Set(&'static str, Value),
    AddMail(Box<MethodDraft>),
    ChangeMail(MailId, Box<MethodPatch>),
    Write(&'static str, Box<Source>),
    Watch(BackendId, WatchDraft),
    CreateProfile(&'static str, BTreeMap<BackendId, String>),
    ReplaceProfile(&'static str, BTreeMap<BackendId, String>),
    Invite(Box<Invite>),
    Adopt(BackendId, Box<(BackendAccount, Adoption)>),
    Address(UserId, EmailAddress),
}

/// Makes a change.
pub(crate) async fn perform(service: &Service, by: &Admin, act: Act) -> Result<()> {
    match act {
        Act::AddBackend(draft) => backends::add(service, by, *draft).await.map(drop),
        Act::Set(key, value) => {
            settings::patch(service, by, BTreeMap::from([(key.to_owned(), value)])).await.map(drop)
        }
        Act::AddMail(draft) => mail::add(service, by, *draft).await.map(drop),
        Act::ChangeMail(id, patch) => mail::patch(service, by, &id, *patch).await.map(drop),
        Act::Write(name, source) => templates::put(service, by, name, *source).await.map(drop),
        Act::Watch(backend, draft) => {
            reset_watch::put(service, by, &backend, draft).await.map(drop)
        }
        Act::CreateProfile(name, documents) => {
            profiles::create(service, by, name, documents).await.map(drop)
        }
        Act::ReplaceProfile(name, documents) => {
            profiles::replace(service, by, name, documents).await.map(drop)
        }
        Act::Invite(invite) => kept(service, by, *invite).await,
        Act::Adopt(backend, account) => adopted(service, by, &backend, *account).await,
        Act::Address(user, address) => addressed(service, by, user, address).await,
    }
}

/// Which invites were taken over once: one that was deleted here since does not come back.
const TAKEN: &str = "import.jellyfin-accounts.invites";

/// How an invite is remembered: its code is a bearer credential, which a hash is not.
fn digest_of(code: &ForeignCode) -> String {
    hex::encode(digest::digest(&digest::SHA256, code.as_str().as_bytes()))
}

/// Whether an invite was taken over before.
pub(crate) fn was_taken<M: Mode>(tx: &Tx<M>, code: &ForeignCode) -> Result<bool> {
    let taken: BTreeSet<String> = tx.meta().get(TAKEN)?.unwrap_or_default();
    Ok(taken.contains(&digest_of(code)))
}

async fn kept(service: &Service, by: &Admin, invite: Invite) -> Result<()> {
    let line = NewActivity::new(service.now(), actor(by), ActivityKind::InviteCreated)
        .with("invite", invite.code.hint())
        .with("label", invite.label.as_str());
    service
        .write_aside(move |tx| {
            let Some(alias) = &invite.alias else { return Ok(()) };
            if tx.invites().by_alias(alias)?.is_some() || was_taken(tx, alias)? {
                return Ok(());
            }
            let mut taken: BTreeSet<String> = tx.meta().get(TAKEN)?.unwrap_or_default();
            taken.insert(digest_of(alias));
            tx.meta().put(TAKEN, &taken)?;
            tx.invites().put(&invite)?;
            note(tx, line)
        })
        .await
}

async fn adopted(
    service: &Service,
    by: &Admin,
    backend: &BackendId,
    (account, adoption): (BackendAccount, Adoption),
) -> Result<()> {
    let done = adopt::adopt_of(service, by, backend, (vec![account], vec![adoption])).await?;
    match done.into_iter().next().map(|one| one.outcome) {
        Some(Outcome::Created(_) | Outcome::Attached(_) | Outcome::AlreadyLinked(_)) => Ok(()),
        // Somebody was faster than this run.
        Some(Outcome::NameTaken | Outcome::UnderWay) => {
            Err(ServiceError::Taken { field: "username" })
        }
        Some(Outcome::NameUnusable(bad)) => Err(ServiceError::field("username", bad.code())),
        Some(
            Outcome::NotThere | Outcome::NoSuchUser | Outcome::OtherAdmin | Outcome::HasAnother,
        )
        | None => Err(ServiceError::NotFound { what: "account" }),
    }
}

/// An address from an importer counts as confirmed, also where its owner has typed the same one.
async fn addressed(service: &Service, by: &Admin, id: UserId, address: EmailAddress) -> Result<()> {
    let (here, by) = (service.clone(), actor(by));
    service
        .write(move |tx| {
            let Some(mut user) = tx.users().get(&id)? else {
                return Err(ServiceError::NotFound { what: "user" });
            };
            if user.email.as_ref().is_some_and(|email| email.address.key() != address.key()) {
                // Its owner was faster than this run.
                return Err(ServiceError::Taken { field: "email" });
            }
            let before = user.clone();
            user.email = Some(Email { address, confirmed: true });
            tx.users().put(&user)?;
            addresses::replaced(tx, &here, &before, &user)?;
            note(tx, about(&here, by, ActivityKind::UserChanged, &user).with("fields", "email"))
        })
        .await
}
