//! People's pictures, as fetched: bytes with their media type.

use crate::error::StoreError;
use crate::tx::{Mode, Table, Tx, Writing, table};
use domain::ids::UserId;

const ROWS: Table = table("pictures");

pub(crate) const TABLES: &[&str] = &["pictures"];

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// `image/png`, ...
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Pictures within a transaction.
pub struct Pictures<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// People's pictures.
    pub const fn pictures(&self) -> Pictures<'_, M> {
        Pictures(self)
    }
}

impl<M: Mode> Pictures<'_, M> {
    /// A user's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, user: &UserId) -> Result<Option<Picture>, StoreError> {
        let Some(row) = self.0.fetch(ROWS, user.as_str().as_bytes())? else { return Ok(None) };
        let mut parts = row.splitn(2, |byte| *byte == 0);
        let (Some(kind), Some(bytes)) = (parts.next(), parts.next()) else {
            return Err(StoreError::damaged("a picture", "it has another layout"));
        };
        let media_type = String::from_utf8_lossy(kind).into_owned();
        Ok(Some(Picture { media_type, bytes: bytes.to_vec() }))
    }
}

impl Pictures<'_, Writing> {
    /// Keeps a user's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, user: &UserId, picture: &Picture) -> Result<(), StoreError> {
        let mut row = picture.media_type.as_bytes().to_vec();
        row.push(0);
        row.extend_from_slice(&picture.bytes);
        self.0.insert(ROWS, user.as_str().as_bytes(), &row)
    }

    /// Drops a user's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, user: &UserId) -> Result<bool, StoreError> {
        self.0.remove(ROWS, user.as_str().as_bytes())
    }
}
