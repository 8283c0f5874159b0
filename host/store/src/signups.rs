//! Sign-ups: by id, by browser, by invite, those on their way.
//!
//! While one is on its way, or waits for an admin, it holds its name and the accounts it made, against users and other
//! sign-ups; once it is settled, the user holds them.

use crate::error::{Owner, StoreError, Unique};
use crate::keys;
use crate::pages::{Page, PageRequest};
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use crate::users::{account_entry, name_entry};
use domain::ids::{InviteCode, SignupId, UserId};
use domain::signups::{Signup, SignupState, StepState};

const ROWS: Table = table("signups");
const BY_TIME: &str = "signups_by_time";
const BY_BROWSER: &str = "signups_by_browser";
const BY_INVITE: &str = "signups_by_invite";
const BY_USER: &str = "signups_by_user";
const OPEN: &str = "signups_open";

pub(crate) const TABLES: &[&str] = &["signups", BY_TIME, BY_BROWSER, BY_INVITE, BY_USER, OPEN];

impl Record for Signup {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.id.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        let id = self.id.as_str();
        let mut entries = vec![
            entry(BY_TIME, keys::at(self.reserved_at, id.as_bytes()), self),
            entry(BY_BROWSER, keys::joined(&[&self.browser]), self).only(Unique::Hash),
            entry(BY_INVITE, keys::joined(&[self.invite.as_str(), id]), self),
            entry(BY_USER, keys::joined(&[self.user.as_str(), id]), self),
        ];
        let owner = Owner::Signup(self.id.clone());
        if !self.state.is_settled() {
            entries.push(name_entry(&self.username.key(), &owner));
        }
        if self.state == SignupState::Provisioning {
            entries.push(entry(OPEN, self.key(), self));
            entries.extend(self.steps.iter().filter_map(|step| match &step.state {
                StepState::Created { account, .. }
                | StepState::Done { account, .. }
                | StepState::Undoing { account } => {
                    Some(account_entry(&step.backend, account, &owner))
                }
                StepState::Planned
                | StepState::Creating
                | StepState::Refused
                | StepState::Undone => None,
            }));
        }
        entries
    }
}

/// Sign-ups within a transaction.
pub struct Signups<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Sign-ups.
    pub const fn signups(&self) -> Signups<'_, M> {
        Signups(self)
    }
}

impl<M: Mode> Signups<'_, M> {
    /// One sign-up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, id: &SignupId) -> Result<Option<Signup>, StoreError> {
        self.0.load(id.as_str().as_bytes())
    }

    /// The sign-up whose browser holds the token with this hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_browser(&self, hash: &str) -> Result<Option<Signup>, StoreError> {
        self.0.load_by(BY_BROWSER, &keys::joined(&[hash]))
    }

    /// Everybody who used an invite.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_invite(&self, code: &InviteCode) -> Result<Vec<Signup>, StoreError> {
        self.0.load_under(BY_INVITE, &Span::prefix(&keys::under(&[code.as_str()])), usize::MAX)
    }

    /// The sign-ups somebody came by.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_user(&self, id: &UserId) -> Result<Vec<Signup>, StoreError> {
        self.0.load_under(BY_USER, &Span::prefix(&keys::under(&[id.as_str()])), usize::MAX)
    }

    /// All that are on their way: what start-up resumes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(&self) -> Result<Vec<Signup>, StoreError> {
        self.0.load_under(OPEN, &Span::all(), usize::MAX)
    }

    /// Sign-ups, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(&self, request: &PageRequest) -> Result<Page<Signup>, StoreError> {
        self.0.page_by(BY_TIME, Span::all().backwards(), request, |_key, _signup: &Signup| true)
    }
}

impl Signups<'_, Writing> {
    /// Writes a sign-up.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where somebody else holds the name or an account.
    pub fn put(&self, signup: &Signup) -> Result<(), StoreError> {
        self.0.save(signup)
    }

    /// Deletes a sign-up; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, id: &SignupId) -> Result<Option<Signup>, StoreError> {
        self.0.erase(id.as_str().as_bytes())
    }
}
