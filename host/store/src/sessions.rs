//! Sessions: by id, by the hash of a cookie or of any refresh token of the family, by user, by end.

use crate::error::{StoreError, Unique};
use crate::keys;
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::ids::{ProviderId, SessionId, UserId};
use domain::sessions::{Session, SessionKind};
use jiff::Timestamp;

const ROWS: Table = table("sessions");
const BY_HASH: &str = "sessions_by_hash";
const BY_USER: &str = "sessions_by_user";
const BY_END: &str = "sessions_by_end";

pub(crate) const TABLES: &[&str] = &["sessions", BY_HASH, BY_USER, BY_END];

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

    /// Deletes all of a user but one; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_user(
        &self,
        user: &UserId,
        except: Option<&SessionId>,
    ) -> Result<usize, StoreError> {
        let ending: Vec<_> = self.of_user(user)?;
        let ending: Vec<_> = ending.iter().filter(|there| Some(&there.id) != except).collect();
        for session in &ending {
            self.delete(&session.id)?;
        }
        Ok(ending.len())
    }
}
