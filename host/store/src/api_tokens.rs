//! API tokens: by id, by the hash of the token, by user.

use crate::error::{StoreError, Unique};
use crate::keys;
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::api_tokens::ApiToken;
use domain::ids::UserId;

const ROWS: Table = table("api_tokens");
const BY_HASH: &str = "api_tokens_by_hash";
const BY_USER: &str = "api_tokens_by_user";

pub(crate) const TABLES: &[&str] = &["api_tokens", BY_HASH, BY_USER];

impl Record for ApiToken {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        vec![
            entry(BY_HASH, keys::joined(&[&self.token]), self).only(Unique::Hash),
            entry(BY_USER, keys::joined(&[self.user.as_str(), &self.id]), self),
        ]
    }
}

/// API tokens within a transaction.
pub struct ApiTokens<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// API tokens.
    pub const fn api_tokens(&self) -> ApiTokens<'_, M> {
        ApiTokens(self)
    }
}

impl<M: Mode> ApiTokens<'_, M> {
    /// One.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, id: &str) -> Result<Option<ApiToken>, StoreError> {
        self.0.load(id.as_bytes())
    }

    /// The one whose token has that hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_hash(&self, hash: &str) -> Result<Option<ApiToken>, StoreError> {
        self.0.load_by(BY_HASH, &keys::joined(&[hash]))
    }

    /// A user's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_user(&self, user: &UserId) -> Result<Vec<ApiToken>, StoreError> {
        self.0.load_under(BY_USER, &Span::prefix(&keys::under(&[user.as_str()])), usize::MAX)
    }
}

impl ApiTokens<'_, Writing> {
    /// Writes one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, token: &ApiToken) -> Result<(), StoreError> {
        self.0.save(token)
    }

    /// Revokes one; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, id: &str) -> Result<Option<ApiToken>, StoreError> {
        self.0.erase(id.as_bytes())
    }

    /// Revokes all of a user's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_user(&self, user: &UserId) -> Result<usize, StoreError> {
        let all = self.of_user(user)?;
        for token in &all {
            self.delete(&token.id)?;
        }
        Ok(all.len())
    }
}
