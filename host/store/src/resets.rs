//! Watched folders, and the reset requests that were found in them.

use crate::error::StoreError;
use crate::keys;
use crate::pages::PageRequest;
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use crate::users::UserFilter;
use domain::ids::BackendId;
use domain::names::name_key;
use domain::resets::{Sighting, Watch};
use domain::users::User;
use jiff::Timestamp;

/// Users looked at in one go.
const A_PAGE: usize = 500;

const WATCHES: Table = table("reset_watches");
const SIGHTINGS: Table = table("reset_sightings");
const BY_TIME: &str = "reset_sightings_by_time";

pub(crate) const TABLES: &[&str] = &["reset_watches", "reset_sightings", BY_TIME];

impl Record for Watch {
    const ROWS: Table = WATCHES;

    fn key(&self) -> Vec<u8> {
        self.backend.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
}

impl Record for Sighting {
    const ROWS: Table = SIGHTINGS;

    fn key(&self) -> Vec<u8> {
        keys::joined(&[self.backend.as_str(), &self.digest])
    }

    fn entries(&self) -> Vec<Entry> {
        vec![entry(BY_TIME, keys::at(self.seen_at, &self.key()), self)]
    }
}

/// Watches and sightings within a transaction.
pub struct Resets<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Watches and sightings.
    pub const fn resets(&self) -> Resets<'_, M> {
        Resets(self)
    }
}

impl<M: Mode> Resets<'_, M> {
    /// A backend's watch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn watch(&self, backend: &BackendId) -> Result<Option<Watch>, StoreError> {
        self.0.load(backend.as_str().as_bytes())
    }

    /// All watches, by backend.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn watches(&self) -> Result<Vec<Watch>, StoreError> {
        self.0.load_all()
    }

    /// The request with that digest, where it was found before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sighting(
        &self,
        backend: &BackendId,
        digest: &str,
    ) -> Result<Option<Sighting>, StoreError> {
        self.0.load(&keys::joined(&[backend.as_str(), digest]))
    }

    /// Who signs in to a backend by that name, upper and lower case alike. `None` also where several would:
    /// a name that was given away since must not lead to whoever had it before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn user_by_login(
        &self,
        backend: &BackendId,
        login_name: &str,
    ) -> Result<Option<User>, StoreError> {
        let key = name_key(login_name);
        let is_theirs = |user: &User| {
            let mut accounts = user.accounts.iter();
            accounts.any(|one| one.backend == *backend && name_key(&one.login_name) == key)
        };
        // A name without a letter or digit is in no index of words: then everybody is looked at.
        let search = keys::words(login_name).join(" ");
        let filter = UserFilter { backend: Some(backend.clone()), ..UserFilter::default() };
        let mut request = PageRequest { search, ..PageRequest::first(A_PAGE) };
        let mut found: Option<User> = None;
        loop {
            let page = self.0.users().page(&request, &filter)?;
            for user in page.items.into_iter().filter(|user| is_theirs(user)) {
                if found.is_some() {
                    return Ok(None);
                }
                found = Some(user);
            }
            match page.next {
                Some(next) => request.after = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// What was found for one backend last, the newest first, among the last `among` of all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn latest_of(
        &self,
        backend: &BackendId,
        limit: usize,
        among: usize,
    ) -> Result<Vec<Sighting>, StoreError> {
        let mut latest = self.latest(among)?;
        latest.retain(|sighting| sighting.backend == *backend);
        latest.truncate(limit);
        Ok(latest)
    }

    /// What was found last, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn latest(&self, limit: usize) -> Result<Vec<Sighting>, StoreError> {
        self.0.load_under(BY_TIME, &Span::all().backwards(), limit)
    }
}

impl Resets<'_, Writing> {
    /// Writes a watch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_watch(&self, watch: &Watch) -> Result<(), StoreError> {
        self.0.save(watch)
    }

    /// Deletes a watch; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_watch(&self, backend: &BackendId) -> Result<Option<Watch>, StoreError> {
        self.0.erase(backend.as_str().as_bytes())
    }

    /// Writes a sighting.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_sighting(&self, sighting: &Sighting) -> Result<(), StoreError> {
        self.0.save(sighting)
    }

    /// Deletes some that were found before that; how many. A file may lie there for months: its request
    /// is over by itself then, so that nothing is mailed twice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let old: Vec<Sighting> =
            self.0.load_under(BY_TIME, &Span::before(keys::at(before, &[])), limit)?;
        for sighting in &old {
            self.0.erase::<Sighting>(&sighting.key())?;
        }
        Ok(old.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, StoreError, WriteTx};
    use domain::ids::UserId;
    use domain::names::Username;
    use domain::role::Role;
    use domain::users::{Account, AccountState, UserState};

    fn media() -> BackendId {
        BackendId::parse("media").unwrap()
    }

    fn person(number: u8, name: &str, login_name: &str) -> User {
        let account = Account {
            backend: media(),
            id: format!("account-{number}"),
            login_name: login_name.to_owned(),
            state: AccountState::Active,
            checked_at: Timestamp::UNIX_EPOCH,
        };
        User {
            id: UserId::from_random([number; 16]),
            username: Username::parse(name).unwrap(),
            email: None,
            role: Role::User,
            state: UserState::Active,
            expires_at: None,
            label: String::new(),
            accounts: vec![account],
            setup_admin: false,
            invite_hint: None,
            profile: None,
            created_at: Timestamp::UNIX_EPOCH,
            last_seen: None,
            invite_right: None,
        }
    }

    #[test]
    fn a_login_name_leads_to_the_one_who_has_it_there() {
        let store = Store::in_memory().unwrap();
        let put = |tx: &WriteTx| -> Result<(), StoreError> {
            for user in [
                person(1, "ann", "Ann O'Brien"),
                person(2, "bob", "ann"),
                person(3, "cleo", "-.-"),
                person(4, "dan", "twice"),
                person(5, "eve", "Twice"),
            ] {
                tx.users().put(&user)?;
            }
            Ok(())
        };
        store.write_blocking(put).unwrap();
        let who = |backend: &BackendId, login: &str| {
            let found =
                store.read_blocking(|tx| tx.resets().user_by_login(backend, login)).unwrap();
            found.map(|user: User| user.username.to_string())
        };
        assert_eq!(who(&media(), "ann o'brien").as_deref(), Some("ann"));
        assert_eq!(who(&media(), "ANN").as_deref(), Some("bob"), "not by our own name");
        assert_eq!(who(&media(), "-.-").as_deref(), Some("cleo"));
        assert_eq!(who(&media(), "bob"), None);
        assert_eq!(who(&media(), "twice"), None, "two have it");
        assert_eq!(who(&BackendId::parse("other").unwrap(), "ann"), None);
    }
}
