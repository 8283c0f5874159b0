//! Invites: by code, newest first, by what they use.

use crate::error::{StoreError, Unique};
use crate::keys;
use crate::pages::{Page, PageRequest, matches};
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use aws_lc_rs::digest;
use domain::ids::{BackendId, ForeignCode, InviteCode, UserId};
use domain::invites::Invite;
use domain::names::name_key;

const ROWS: Table = table("invites");
const BY_TIME: &str = "invites_by_time";
const BY_USE: &str = "invites_by_use";

/// Hash of a foreign code to the invite's own.
const BY_ALIAS: &str = "invites_by_alias";

pub(crate) const TABLES: &[&str] = &["invites", BY_TIME, BY_USE, BY_ALIAS];

fn alias_key(alias: &ForeignCode) -> Vec<u8> {
    digest::digest(&digest::SHA256, alias.as_str().as_bytes()).as_ref().to_vec()
}

impl Record for Invite {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.code.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        let code = self.code.as_str();
        // A cursor is made of this key and stands in addresses: the code itself must not.
        let hash = digest::digest(&digest::SHA256, code.as_bytes());
        let apart = hash.as_ref().get(..8).unwrap_or_default();
        let mut entries = vec![entry(BY_TIME, keys::at(self.created_at, apart), self)];
        if let Some(profile) = &self.profile {
            entries.push(entry(BY_USE, keys::joined(&["profile", &name_key(profile), code]), self));
        }
        if let Some(alias) = &self.alias {
            entries.push(entry(BY_ALIAS, alias_key(alias), self).only(Unique::Hash));
        }
        if let Some(inviter) = &self.inviter {
            entries.push(entry(BY_USE, keys::joined(&["inviter", inviter.as_str(), code]), self));
        }
        let backends = self.backends.iter();
        entries.extend(
            backends.map(|id| entry(BY_USE, keys::joined(&["backend", id.as_str(), code]), self)),
        );
        entries
    }
}

/// Invites within a transaction.
pub struct Invites<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Invites.
    pub const fn invites(&self) -> Invites<'_, M> {
        Invites(self)
    }
}

impl<M: Mode> Invites<'_, M> {
    /// One invite.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, code: &InviteCode) -> Result<Option<Invite>, StoreError> {
        self.0.load(code.as_str().as_bytes())
    }

    /// The invite that had this code in another program.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_alias(&self, alias: &ForeignCode) -> Result<Option<Invite>, StoreError> {
        self.0.load_by(BY_ALIAS, &alias_key(alias))
    }

    /// Invites, the newest first. A search looks at note, maker, address and the code's hint.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(
        &self,
        request: &PageRequest,
        keep: impl Fn(&Invite) -> bool,
    ) -> Result<Page<Invite>, StoreError> {
        let searched = keys::words(&request.search);
        self.0.page_by(BY_TIME, Span::all().backwards(), request, |_key, invite: &Invite| {
            let email = invite.email.as_ref().map_or("", |address| address.as_str());
            let hint = invite.code.hint();
            let text = [&invite.label, &invite.created_by, email, &hint].join(" ");
            matches(&keys::words(&text), &searched) && keep(invite)
        })
    }

    /// Invites whose accounts are made from this profile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn with_profile(&self, name: &str) -> Result<Vec<Invite>, StoreError> {
        self.using("profile", &name_key(name))
    }

    /// Invites that give an account there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn with_backend(&self, id: &BackendId) -> Result<Vec<Invite>, StoreError> {
        self.using("backend", id.as_str())
    }

    /// Invites that a user made by a right to invite.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_inviter(&self, user: &UserId) -> Result<Vec<Invite>, StoreError> {
        self.using("inviter", user.as_str())
    }

    fn using(&self, kind: &str, what: &str) -> Result<Vec<Invite>, StoreError> {
        self.0.load_under(BY_USE, &Span::prefix(&keys::under(&[kind, what])), usize::MAX)
    }

    /// How many there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count(&self) -> Result<u64, StoreError> {
        self.0.len(ROWS)
    }
}

impl Invites<'_, Writing> {
    /// Writes an invite.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, invite: &Invite) -> Result<(), StoreError> {
        self.0.save(invite)
    }

    /// Deletes an invite; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, code: &InviteCode) -> Result<Option<Invite>, StoreError> {
        self.0.erase(code.as_str().as_bytes())
    }
}
