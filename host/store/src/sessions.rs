//! Sessions: by id, by the hash of a cookie or of any refresh token of the family, by user, by end; and
//! what was ended when, so that nobody comes in by what they proved before it.

use crate::error::{StoreError, Unique};
use crate::keys;
use crate::records::{Entry, Record, decode, encode, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::ids::{ProviderId, SessionId, UserId};
use domain::sessions::{Session, SessionKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const ROWS: Table = table("sessions");
const BY_HASH: &str = "sessions_by_hash";
const BY_USER: &str = "sessions_by_user";
const BY_END: &str = "sessions_by_end";

/// When all of a user's were ended last, and when all of anybody's.
const ENDINGS: Table = table("sessions_endings");
/// No user's id.
const ANYBODY: &str = "*";

pub(crate) const TABLES: &[&str] = &["sessions", BY_HASH, BY_USER, BY_END, "sessions_endings"];

/// A moment, counted in endings: what was proved in it lets somebody in until all their sessions are ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Epoch(u64);

impl Record for Session {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.id.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        let hash = |kind: &str, hash: &str| {
            entry(BY_HASH, keys::joined(&[kind, hash]), self).only(Unique::Hash)
        };
        let id = self.id.as_str();
        let end = self.expires_at.min(self.ends_at);
        let mut entries = vec![
            entry(BY_USER, keys::joined(&[self.user.as_str(), id]), self),
            entry(BY_END, keys::at(end, id.as_bytes()), self),
        ];
        match &self.kind {
            SessionKind::Browser { cookie } => entries.push(hash("cookie", cookie)),
            SessionKind::Program { refresh } => {
                entries.push(hash("refresh", &refresh.current));
                entries.extend(refresh.previous.iter().map(|(old, _at)| hash("refresh", old)));
                entries.extend(refresh.spent.iter().map(|old| hash("refresh", old)));
            }
            SessionKind::ApiToken { .. } => {}
        }
        entries
    }
}

/// Sessions within a transaction.
pub struct Sessions<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Sessions.
    pub const fn sessions(&self) -> Sessions<'_, M> {
        Sessions(self)
    }
}

impl<M: Mode> Sessions<'_, M> {
    /// One session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.0.load(id.as_str().as_bytes())
    }

    /// The session whose cookie has this hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_cookie(&self, hash: &str) -> Result<Option<Session>, StoreError> {
        self.0.load_by(BY_HASH, &keys::joined(&["cookie", hash]))
    }

    /// The session to whose family a refresh token with this hash belongs, be it good or spent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_refresh(&self, hash: &str) -> Result<Option<Session>, StoreError> {
        self.0.load_by(BY_HASH, &keys::joined(&["refresh", hash]))
    }

    /// All of a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_user(&self, id: &UserId) -> Result<Vec<Session>, StoreError> {
        self.0.load_under(BY_USER, &Span::prefix(&keys::under(&[id.as_str()])), usize::MAX)
    }

    /// Those begun by a way to sign in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_provider(&self, provider: &ProviderId) -> Result<Vec<Session>, StoreError> {
        let mut all: Vec<Session> = self.0.load_all()?;
        all.retain(|session| session.provider == *provider);
        Ok(all)
    }

    /// Some of those that ended before `now`, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ended(&self, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        self.0.load_under(BY_END, &Span::before(keys::at(now, &[])), limit)
    }

    /// Now: to be read where a proof is judged, before whoever judges it is asked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn epoch(&self) -> Result<Epoch, StoreError> {
        Ok(self.ending(ANYBODY)?.unwrap_or(Epoch(0)))
    }

    /// Whether what a user proved then no longer lets them in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn are_ended_since(&self, user: &UserId, then: Epoch) -> Result<bool, StoreError> {
        Ok(self.ending(user.as_str())?.is_some_and(|last| last > then))
    }

    fn ending(&self, whose: &str) -> Result<Option<Epoch>, StoreError> {
        let found = self.0.fetch(ENDINGS, whose.as_bytes())?;
        found.map(|bytes| decode(ENDINGS, &bytes)).transpose()
    }
}

impl Sessions<'_, Writing> {
    /// Writes a session.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where another session has one of its hashes.
    pub fn put(&self, session: &Session) -> Result<(), StoreError> {
        self.0.save(session)
    }

    /// Deletes a session; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.0.erase(id.as_str().as_bytes())
    }

    /// Deletes those begun by a way to sign in; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_provider(&self, provider: &ProviderId) -> Result<usize, StoreError> {
        let ending = self.of_provider(provider)?;
        for session in &ending {
            self.delete(&session.id)?;
        }
        Ok(ending.len())
    }

    /// From now on nothing that a user has proved before lets them in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_epoch(&self, user: &UserId) -> Result<(), StoreError> {
        let next = encode(ENDINGS, &Epoch(self.epoch()?.0.saturating_add(1)))?;
        self.0.insert(ENDINGS, ANYBODY.as_bytes(), &next)?;
        self.0.insert(ENDINGS, user.as_str().as_bytes(), &next)
    }

    /// Deletes all of a user who is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget(&self, user: &UserId) -> Result<(), StoreError> {
        self.delete_of_user(user, None)?;
        self.0.remove(ENDINGS, user.as_str().as_bytes()).map(drop)
    }

    /// Deletes all of a user but one, and [begins an epoch](Self::begin_epoch): those that are about to
    /// begin do not; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_user(
        &self,
        user: &UserId,
        except: Option<&SessionId>,
    ) -> Result<usize, StoreError> {
        self.begin_epoch(user)?;
        let ending: Vec<_> = self.of_user(user)?;
        let ending: Vec<_> = ending.iter().filter(|there| Some(&there.id) != except).collect();
        for session in &ending {
            self.delete(&session.id)?;
        }
        Ok(ending.len())
    }
}
