//! What lets somebody in: so that nobody shuts the last door behind themselves.
//!
//! Guarantees: only what would let them in now counts: a local password while those are accepted, a passkey,
//! an identity whose provider is there, an account on a backend that is there and signs people in. Does
//! not: ask a provider whether it answers, or count links that an admin or the console could make.

use crate::error::Result;
use crate::house::Service;
use crate::passwords;
use domain::identity::IdentityKey;
use domain::ids::{BackendId, ProviderId};
use domain::plugins::PluginRole;
use domain::users::{Account, AccountState, User};
use store::{Mode, Tx};

/// What is about to go.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Going<'a> {
    /// Local passwords, for everybody.
    LocalPasswords,
    /// One identity.
    Identity(&'a IdentityKey),
    /// One passkey.
    Passkey(&'a str),
    /// An issuer.
    Issuer(&'a ProviderId),
}

/// Whether somebody could still come in without it.
///
/// # Errors
/// The store's.
pub(crate) fn are_left<M: Mode>(
    service: &Service,
    tx: &Tx<M>,
    user: &User,
    going: Going<'_>,
) -> Result<bool> {
    let local = service.settings().settings.signin.local;
    if local && !matches!(going, Going::LocalPasswords) && passwords::local(tx, &user.id)?.is_some()
    {
        return Ok(true);
    }
    let stays = |id: &str| !matches!(going, Going::Passkey(gone) if gone == id);
    if tx.factors().of(&user.id)?.passkeys.iter().any(|one| stays(&one.id)) {
        return Ok(true);
    }
    for identity in tx.identities().of_user(&user.id)? {
        if !takes(going, &identity.key) && is_offered(service, tx, &identity.key)? {
            return Ok(true);
        }
    }
    let lives = |account: &Account| {
        let is_it = matches!(going, Going::Identity(key)
            if account.backend.as_str() == key.issuer && account.id == key.subject);
        !is_it && account.state != AccountState::Gone && signs_in(service, &account.backend)
    };
    Ok(user.accounts.iter().any(lives))
}

fn takes(going: Going<'_>, key: &IdentityKey) -> bool {
    match going {
        Going::Identity(gone) => gone == key,
        Going::Issuer(gone) => *gone == key.provider,
        Going::LocalPasswords | Going::Passkey(_) => false,
    }
}

/// Whether the provider that an identity is of is there, and is the one it was.
fn is_offered<M: Mode>(service: &Service, tx: &Tx<M>, key: &IdentityKey) -> Result<bool> {
    let settled = service.settings();
    let in_file = settled.settings.providers.iter().map(|from| &from.provider);
    if let Some(provider) = in_file.into_iter().find(|provider| provider.id == key.provider) {
        return Ok(provider.issuer() == key.issuer);
    }
    if let Some(provider) = tx.providers().get(&key.provider)? {
        return Ok(provider.issuer() == key.issuer);
    }
    Ok(BackendId::parse(&key.issuer).is_ok_and(|backend| signs_in(service, &backend)))
}

/// Whether a backend is there and signs people in, or could once its plugin is loaded.
fn signs_in(service: &Service, backend: &BackendId) -> bool {
    let board = &service.inside().board;
    let plugin = board.look(backend, |entry| service.sandbox().manifest(&entry.backend.plugin));
    plugin.is_some_and(|manifest| {
        manifest.is_none_or(|manifest| manifest.roles.contains(&PluginRole::Identity))
    })
}
