//! Profiles: by name, ignoring case.

use crate::error::StoreError;
use crate::records::{Entry, Record};
use crate::tx::{Mode, Table, Tx, Writing, table};
use domain::names::name_key;
use domain::profiles::Profile;

const ROWS: Table = table("profiles");

pub(crate) const TABLES: &[&str] = &["profiles"];

impl Record for Profile {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        name_key(&self.name).into_bytes()
    }

    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
}

/// Profiles within a transaction.
pub struct Profiles<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Profiles.
    pub const fn profiles(&self) -> Profiles<'_, M> {
        Profiles(self)
    }
}

impl<M: Mode> Profiles<'_, M> {
    /// One profile, however its name is written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, name: &str) -> Result<Option<Profile>, StoreError> {
        self.0.load(name_key(name).as_bytes())
    }

    /// All, by name: a household has a handful.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(&self) -> Result<Vec<Profile>, StoreError> {
        self.0.load_all()
    }
}

impl Profiles<'_, Writing> {
    /// Writes a profile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, profile: &Profile) -> Result<(), StoreError> {
        self.0.save(profile)
    }

    /// Deletes a profile; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, name: &str) -> Result<Option<Profile>, StoreError> {
        self.0.erase(name_key(name).as_bytes())
    }
}
