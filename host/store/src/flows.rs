//! Redirect sign-ins under way: by the hash of what their browser holds, by end.

use crate::error::StoreError;
use crate::keys;
use crate::records::{Entry, Record, entry};
use crate::secrets::SecretOf;
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::flows::Flow;
use domain::ids::{ProviderId, SessionId, UserId};
use jiff::Timestamp;

const ROWS: Table = table("flows");
const BY_END: &str = "flows_by_end";

pub(crate) const TABLES: &[&str] = &["flows", BY_END];

impl Record for Flow {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.browser.as_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        vec![entry(BY_END, keys::at(self.expires_at, self.browser.as_bytes()), self)]
    }
}

/// Flows within a transaction.
pub struct Flows<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// Redirect sign-ins under way.
    pub const fn flows(&self) -> Flows<'_, M> {
        Flows(self)
    }
}

impl<M: Mode> Flows<'_, M> {
    /// The flow of that browser.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, browser: &str) -> Result<Option<Flow>, StoreError> {
        self.0.load(browser.as_bytes())
    }

    /// How many there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count(&self) -> Result<u64, StoreError> {
        self.0.len(ROWS)
    }
}

impl Flows<'_, Writing> {
    /// Begins one, or goes on with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, flow: &Flow) -> Result<(), StoreError> {
        self.0.save(flow)
    }

    /// Ends one, with what was sealed beside it; what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take(&self, browser: &str) -> Result<Option<Flow>, StoreError> {
        self.0.secrets().delete_all(SecretOf::Flow(browser))?;
        self.0.erase(browser.as_bytes())
    }

    /// Ends those of a user who is signed in, but those of one session; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_user(
        &self,
        user: &UserId,
        except: Option<&SessionId>,
    ) -> Result<usize, StoreError> {
        let mut all: Vec<Flow> = self.0.load_all()?;
        all.retain(|flow| {
            let whose = flow.purpose.session();
            whose.is_some_and(|(whom, session)| whom == user && Some(session) != except)
        });
        for flow in &all {
            self.take(&flow.browser)?;
        }
        Ok(all.len())
    }

    /// Ends those through a provider; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_of_provider(&self, provider: &ProviderId) -> Result<usize, StoreError> {
        let mut all: Vec<Flow> = self.0.load_all()?;
        all.retain(|flow| flow.provider == *provider);
        for flow in &all {
            self.take(&flow.browser)?;
        }
        Ok(all.len())
    }

    /// Drops those that are over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let over: Vec<Flow> =
            self.0.load_under(BY_END, &Span::before(keys::at(now, &[])), limit)?;
        for flow in &over {
            self.take(&flow.browser)?;
        }
        Ok(over.len())
    }
}
