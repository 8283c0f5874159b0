//! Users: by id, by name, by account, by words; a name or an account has one owner.

use crate::error::{Owner, StoreError, Unique};
use crate::keys;
use crate::pages::{Page, PageRequest, matches};
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use core::ops::ControlFlow;

use domain::ids::{BackendId, UserId};
use domain::role::Role;
use domain::users::{User, UserState};

const ROWS: Table = table("users");
const BY_NAME: &str = "users_by_name";
const BY_WORD: &str = "users_by_word";
const BY_STATE: &str = "users_by_state";
const BY_TIME: &str = "users_by_time";
const BY_EMAIL: &str = "users_by_email";
const ADMINS: &str = "users_admins";
/// Rows of a searched word are counted up to here: beyond, one word leads as badly as another.
const COUNTED: usize = 2_000;
/// Name key to [`Owner`]: also a sign-up on its way holds one.
pub(crate) const NAMES: &str = "names";
/// Backend and account id to [`Owner`].
pub(crate) const ACCOUNTS: &str = "accounts";

pub(crate) const TABLES: &[&str] =
    &["users", BY_NAME, BY_TIME, BY_WORD, BY_STATE, BY_EMAIL, ADMINS, NAMES, ACCOUNTS];

/// How a state is written in an index.
const fn state_key(state: UserState) -> &'static str {
    match state {
        UserState::Pending => "pending",
        UserState::Active => "active",
        UserState::Disabled => "disabled",
        UserState::Expired => "expired",
    }
}

fn words_of(user: &User) -> Vec<String> {
    let email = user.email.as_ref().map_or("", |email| email.address.as_str());
    let accounts = user.accounts.iter().map(|account| account.login_name.as_str());
    let texts = [user.username.as_str(), email, user.label.as_str()];
    keys::words(&texts.into_iter().chain(accounts).collect::<Vec<_>>().join(" "))
}

pub(crate) fn name_entry(key: &str, owner: &Owner) -> Entry {
    let key = key.as_bytes().to_vec();
    Entry { index: NAMES, key, value: owner.to_bytes(), unique: Some(Unique::Name) }
}

pub(crate) fn account_entry(backend: &BackendId, id: &str, owner: &Owner) -> Entry {
    Entry {
        index: ACCOUNTS,
        key: keys::joined(&[backend.as_str(), id]),
        value: owner.to_bytes(),
        unique: Some(Unique::Account { backend: backend.clone(), id: id.to_owned() }),
    }
}

impl Record for User {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.id.as_str().as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        let owner = Owner::User(self.id.clone());
        let (name, id) = (self.username.key(), self.id.as_str());
        let mut entries = vec![
            name_entry(&name, &owner),
            entry(BY_NAME, keys::joined(&[&name, id]), self),
            entry(BY_TIME, keys::at(self.created_at, id.as_bytes()), self),
            entry(BY_STATE, keys::joined(&[state_key(self.state), &name, id]), self),
        ];
        if let Some(email) = &self.email {
            entries.push(entry(BY_EMAIL, keys::joined(&[&email.address.key(), id]), self));
        }
        if self.role == Role::Admin {
            entries.push(entry(ADMINS, self.key(), self));
        }
        let words = words_of(self).into_iter();
        entries.extend(words.map(|word| entry(BY_WORD, keys::joined(&[&word, &name, id]), self)));
        let accounts = self.accounts.iter();
        entries
            .extend(accounts.map(|account| account_entry(&account.backend, &account.id, &owner)));
        entries
    }
}

/// In which order users come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UserOrder {
    /// By name; a search by the words found.
    #[default]
    Name,
    /// Who came last is first; a search looks at everybody.
    Newest,
}

/// Which users a page shows.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// In which order.
    pub order: UserOrder,
    /// Only in this state.
    pub state: Option<UserState>,
    /// Only in this role.
    pub role: Option<Role>,
    /// Only with an account there.
    pub backend: Option<BackendId>,
}

/// Users within a transaction.
pub struct Users<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Users.
    pub const fn users(&self) -> Users<'_, M> {
        Users(self)
    }
}

impl<M: Mode> Users<'_, M> {
    /// One user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.0.load(id.as_str().as_bytes())
    }

    /// Whoever has this name, by its key ([`domain::names::name_key`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_name(&self, key: &str) -> Result<Option<User>, StoreError> {
        self.owned(self.name_owner(key)?)
    }

    /// Whoever has this account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_account(&self, backend: &BackendId, id: &str) -> Result<Option<User>, StoreError> {
        self.owned(self.account_owner(backend, id)?)
    }

    /// Everybody with this address, by its key: a household may share one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_email(&self, key: &str) -> Result<Vec<User>, StoreError> {
        self.0.load_under(BY_EMAIL, &Span::prefix(&keys::under(&[key])), usize::MAX)
    }

    /// Everybody who signs in on some backend by this name, compared as ours are; of very many whose names
    /// share a word, some may be left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_login_name(&self, name: &str) -> Result<Vec<User>, StoreError> {
        let Some(word) = keys::words(name).into_iter().max_by_key(String::len) else {
            return Ok(Vec::new());
        };
        let key = domain::names::name_key(name);
        let span = Span::prefix(&keys::under(&[&word]));
        let mut found: Vec<User> = self.0.load_under(BY_WORD, &span, COUNTED)?;
        found.retain(|user| {
            let mut names = user.accounts.iter().map(|account| &account.login_name);
            names.any(|there| domain::names::name_key(there) == key)
        });
        Ok(found)
    }

    /// Who holds a name: a user, or a sign-up on its way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn name_owner(&self, key: &str) -> Result<Option<Owner>, StoreError> {
        let found = self.0.fetch(table(NAMES), key.as_bytes())?;
        Ok(found.and_then(|bytes| Owner::from_bytes(&bytes)))
    }

    /// Who holds an account: a user, or a sign-up on its way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn account_owner(
        &self,
        backend: &BackendId,
        id: &str,
    ) -> Result<Option<Owner>, StoreError> {
        let found = self.0.fetch(table(ACCOUNTS), &keys::joined(&[backend.as_str(), id]))?;
        Ok(found.and_then(|bytes| Owner::from_bytes(&bytes)))
    }

    fn owned(&self, owner: Option<Owner>) -> Result<Option<User>, StoreError> {
        match owner {
            Some(Owner::User(id)) => self.get(&id),
            Some(Owner::Signup(_)) | None => Ok(None),
        }
    }

    /// Every admin, in whatever state.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn admins(&self) -> Result<Vec<User>, StoreError> {
        self.0.load_under(ADMINS, &Span::all(), usize::MAX)
    }

    /// How many there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count(&self) -> Result<u64, StoreError> {
        self.0.len(ROWS)
    }

    /// Users by name. A search looks at the beginnings of words in name, address, note and the names
    /// on backends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(
        &self,
        request: &PageRequest,
        filter: &UserFilter,
    ) -> Result<Page<User>, StoreError> {
        let fits = |user: &User| {
            filter.state.is_none_or(|state| user.state == state)
                && filter.role.is_none_or(|role| user.role == role)
                && filter.backend.as_ref().is_none_or(|backend| {
                    user.accounts.iter().any(|account| account.backend == *backend)
                })
        };
        let searched = keys::words(&request.search);
        if filter.order == UserOrder::Newest {
            let span = Span::all().backwards();
            return self.0.page_by(BY_TIME, span, request, |_key, user| {
                fits(user) && matches(&words_of(user), &searched)
            });
        }
        let Some(lead) = self.lead(&searched, request)? else {
            return if !request.search.trim().is_empty() {
                Ok(Page { items: Vec::new(), next: None })
            } else if let Some(state) = filter.state {
                let span = Span::prefix(&keys::under(&[state_key(state)]));
                self.0.page_by(BY_STATE, span, request, |_key, user| fits(user))
            } else {
                self.0.page_by(BY_NAME, Span::all(), request, |_key, user| fits(user))
            };
        };
        let span = Span::prefix(&keys::joined(&[&lead]));
        self.0.page_by(BY_WORD, span, request, |key, user| {
            let words = words_of(user);
            // Of several words that begin so, only the first one's row counts.
            let first = words.iter().find(|word| word.starts_with(lead.as_str()));
            first.is_some_and(|word| key.starts_with(&keys::under(&[word])))
                && matches(&words, &searched)
                && fits(user)
        })
    }
}

impl<M: Mode> Users<'_, M> {
    /// The searched word that leads to the fewest rows. A cursor keeps the word of the page before, since
    /// it is a place in that word's rows.
    fn lead(
        &self,
        searched: &[String],
        request: &PageRequest,
    ) -> Result<Option<String>, StoreError> {
        // A word that begins another one says nothing of its own, and would share its rows.
        let idle = |word: &String| {
            searched.iter().any(|other| other != word && other.starts_with(word.as_str()))
        };
        let telling: Vec<&String> = searched.iter().filter(|word| !idle(word)).collect();
        if let Some(cursor) = &request.after {
            let begins = |word: &&&String| cursor.begins_with(&keys::joined(&[word.as_str()]));
            if let Some(word) = telling.iter().find(begins) {
                return Ok(Some((*word).clone()));
            }
        }
        let mut fewest = None;
        for word in telling {
            let most = fewest.as_ref().map_or(COUNTED, |(rows, _)| *rows);
            let rows = self.rows_of(word, most)?;
            if fewest.is_none() || rows < most {
                fewest = Some((rows, word.clone()));
            }
        }
        Ok(fewest.map(|(_, word)| word))
    }

    /// How many rows a word leads to, counted up to `most`.
    fn rows_of(&self, word: &str, most: usize) -> Result<usize, StoreError> {
        let mut rows = 0;
        self.0.walk(table(BY_WORD), &Span::prefix(&keys::joined(&[word])), |_key, _id| {
            rows += 1;
            Ok(if rows < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(rows)
    }
}

impl Users<'_, Writing> {
    /// Writes a user.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where somebody else has the name or one of the accounts.
    pub fn put(&self, user: &User) -> Result<(), StoreError> {
        self.0.save(user)
    }

    /// Deletes a user; who it was. Sessions, secrets and links are deleted by their own accessors.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.0.erase(id.as_str().as_bytes())
    }
}
