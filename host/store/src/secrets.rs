//! Secrets: sealed, each bound to its owner and its name.

use crate::error::StoreError;
use crate::keys;
use crate::sealed::Place;
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::identity::IdentityKey;
use domain::ids::{BackendId, MailId, MessageId, ProviderId, SignupId, UserId};
use domain::secret::Secret;
use std::collections::BTreeMap;

const NAME: &str = "secrets";
const ROWS: Table = table(NAME);

pub(crate) const TABLES: &[&str] = &[NAME];

/// Whose secret it is.
#[derive(Debug, Clone, Copy)]
pub enum SecretOf<'a> {
    /// A backend's: API keys, by the manifest's names.
    Backend(&'a BackendId),
    /// A mail method's: passwords and keys, by the manifest's names.
    Mail(&'a MailId),
    /// A message's: the link and the PIN it brings.
    Message(&'a MessageId),
    /// A sign-up's: the password that waits for its backends.
    Signup(&'a SignupId),
    /// A user's: the hash of a local password.
    User(&'a UserId),
    /// A way to sign in: its client secret.
    Provider(&'a ProviderId),
    /// A redirect sign-in under way, by the hash of what its browser holds.
    Flow(&'a str),
    /// An identity: what later calls to a plugin need.
    Identity(&'a IdentityKey),
    /// The program's own.
    Server,
}

impl SecretOf<'_> {
    fn row(self) -> String {
        match self {
            Self::Backend(id) => format!("backend/{id}"),
            Self::Mail(id) => format!("mail/{id}"),
            Self::Message(id) => format!("message/{id}"),
            Self::Signup(id) => format!("signup/{id}"),
            Self::User(id) => format!("user/{id}"),
            Self::Provider(id) => format!("provider/{id}"),
            Self::Flow(browser) => format!("flow/{browser}"),
            Self::Identity(key) => {
                // The length keeps issuer and subject apart, whatever they hold.
                let IdentityKey { provider, issuer, subject } = key;
                format!("identity/{provider}/{}:{issuer}/{subject}", issuer.len())
            }
            Self::Server => "server".to_owned(),
        }
    }
}

/// Secrets within a transaction.
pub struct Secrets<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Secrets.
    pub const fn secrets(&self) -> Secrets<'_, M> {
        Secrets(self)
    }
}

impl<M: Mode> Secrets<'_, M> {
    /// One secret.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where it was moved or changed, [`StoreError::WrongKey`].
    pub fn get(&self, of: SecretOf<'_>, name: &str) -> Result<Option<Secret>, StoreError> {
        let row = of.row();
        let Some(sealed) = self.0.fetch(ROWS, &keys::joined(&[&row, name]))? else {
            return Ok(None);
        };
        self.open(&row, name, &sealed).map(Some)
    }

    /// All secrets of an owner, by name.
    ///
    /// # Errors
    /// As [`Secrets::get`].
    pub fn all(&self, of: SecretOf<'_>) -> Result<BTreeMap<String, Secret>, StoreError> {
        let row = of.row();
        let mut secrets = BTreeMap::new();
        for name in self.names(of)? {
            if let Some(sealed) = self.0.fetch(ROWS, &keys::joined(&[&row, &name]))? {
                let secret = self.open(&row, &name, &sealed)?;
                secrets.insert(name, secret);
            }
        }
        Ok(secrets)
    }

    /// The names of an owner's secrets; nothing is opened.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn names(&self, of: SecretOf<'_>) -> Result<Vec<String>, StoreError> {
        let prefix = keys::under(&[&of.row()]);
        let found = self.0.some_of(ROWS, &Span::prefix(&prefix), usize::MAX)?;
        let names = found.into_iter().map(|(key, _sealed)| {
            let name = key.get(prefix.len()..).unwrap_or_default().to_vec();
            String::from_utf8(name).map_err(|cause| StoreError::damaged("a name of secrets", cause))
        });
        names.collect()
    }

    fn open(&self, row: &str, name: &str, sealed: &[u8]) -> Result<Secret, StoreError> {
        let place = Place { table: NAME, row, column: name };
        let plain = self.0.sealer.open(place, sealed)?;
        String::from_utf8(plain)
            .map(Secret::new)
            .map_err(|_cause_holds_it| StoreError::damaged("a secret", "it is no text"))
    }
}

impl Secrets<'_, Writing> {
    /// Seals and writes a secret.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, of: SecretOf<'_>, name: &str, secret: &Secret) -> Result<(), StoreError> {
        let row = of.row();
        let place = Place { table: NAME, row: &row, column: name };
        let sealed = self.0.sealer.seal(place, secret.expose().as_bytes())?;
        self.0.insert(ROWS, &keys::joined(&[&row, name]), &sealed)
    }

    /// Deletes a secret; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, of: SecretOf<'_>, name: &str) -> Result<bool, StoreError> {
        self.0.remove(ROWS, &keys::joined(&[&of.row(), name]))
    }

    /// Deletes all secrets of an owner.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_all(&self, of: SecretOf<'_>) -> Result<(), StoreError> {
        for name in self.names(of)? {
            self.delete(of, &name)?;
        }
        Ok(())
    }
}
