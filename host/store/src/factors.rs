//! Second factors by user and by passkey, and tickets between the two proofs by hash and by end.

use crate::error::{StoreError, Unique};
use crate::keys;
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::factors::{Factors, Ticket};
use domain::ids::{ProviderId, UserId};
use jiff::Timestamp;

const ROWS: Table = table("factors");
const BY_PASSKEY: &str = "factors_by_passkey";
const TICKETS: Table = table("tickets");
const TICKETS_BY_END: &str = "tickets_by_end";

pub(crate) const TABLES: &[&str] = &["factors", BY_PASSKEY, "tickets", TICKETS_BY_END];

impl Record for Factors {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.user.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        let passkeys = self.passkeys.iter();
        passkeys
            .map(|one| entry(BY_PASSKEY, keys::joined(&[&one.id]), self).only(Unique::Hash))
            .collect()
    }
}

impl Record for Ticket {
    const ROWS: Table = TICKETS;

    fn key(&self) -> Vec<u8> {
        self.token.as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        vec![entry(TICKETS_BY_END, keys::at(self.expires_at, self.token.as_bytes()), self)]
    }
}

/// Second factors within a transaction.
pub struct FactorRows<'tx, M>(&'tx Tx<M>);

/// Tickets within a transaction.
pub struct Tickets<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Second factors.
    pub const fn factors(&self) -> FactorRows<'_, M> {
        FactorRows(self)
    }

    /// Sign-ins between the two proofs.
    pub const fn tickets(&self) -> Tickets<'_, M> {
        Tickets(self)
    }
}

impl<M: Mode> FactorRows<'_, M> {
    /// A user's; nothing where there is no row.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of(&self, user: &UserId) -> Result<Factors, StoreError> {
        let found = self.0.load(user.as_str().as_bytes())?;
        Ok(found.unwrap_or_else(|| Factors::none(user.clone())))
    }

    /// Whose passkey that is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_passkey(&self, id: &str) -> Result<Option<Factors>, StoreError> {
        self.0.load_by(BY_PASSKEY, &keys::joined(&[id]))
    }
}

impl FactorRows<'_, Writing> {
    /// Writes a user's.
    ///
    /// # Errors
    /// [`StoreError`]; `Taken` for a passkey that somebody has.
    pub fn put(&self, factors: &Factors) -> Result<(), StoreError> {
        self.0.save(factors)
    }

    /// Forgets all of a user's; what they were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, user: &UserId) -> Result<Option<Factors>, StoreError> {
        self.0.erase(user.as_str().as_bytes())
    }
}

impl<M: Mode> Tickets<'_, M> {
    /// One, by the hash of its token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, hash: &str) -> Result<Option<Ticket>, StoreError> {
        self.0.load(hash.as_bytes())
    }
}

impl Tickets<'_, Writing> {
    /// Writes one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, ticket: &Ticket) -> Result<(), StoreError> {
        self.0.save(ticket)
    }

    /// Takes one: it is used, or over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take(&self, hash: &str) -> Result<Option<Ticket>, StoreError> {
        self.0.erase(hash.as_bytes())
    }

    /// Takes all of a user's; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_user(&self, user: &UserId) -> Result<usize, StoreError> {
        self.take_all(|ticket| ticket.user == *user)
    }

    /// Takes all whose first proof was by that way to sign in; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_provider(&self, provider: &ProviderId) -> Result<usize, StoreError> {
        self.take_all(|ticket| ticket.provider == *provider)
    }

    /// Takes all whose first proof was given in one session of a provider; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_upstream(
        &self,
        provider: &ProviderId,
        upstream: &str,
    ) -> Result<usize, StoreError> {
        let is_it = |one: &Ticket| one.upstream.as_deref() == Some(upstream);
        self.take_all(|ticket| ticket.provider == *provider && is_it(ticket))
    }

    fn take_all(&self, which: impl Fn(&Ticket) -> bool) -> Result<usize, StoreError> {
        let mut all: Vec<Ticket> = self.0.load_all()?;
        all.retain(which);
        for ticket in &all {
            self.take(&ticket.token)?;
        }
        Ok(all.len())
    }

    /// Drops those that are over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let span = Span::before(keys::at(now, &[]));
        let over: Vec<Ticket> = self.0.load_under(TICKETS_BY_END, &span, limit)?;
        for ticket in &over {
            self.take(&ticket.token)?;
        }
        Ok(over.len())
    }
}
