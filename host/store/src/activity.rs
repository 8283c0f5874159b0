//! The activity: appended, numbered in the order of transactions, read from its end.

use crate::error::StoreError;
use crate::keys;
use crate::pages::{Page, PageRequest, matches};
use crate::records::{Entry, Record, encode, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use domain::activity::{Activity, ActivityKind, Actor, NewActivity};
use domain::ids::ActivityId;
use domain::names::name_key;

const ROWS: Table = table("activity");
const BY_ID: &str = "activity_by_id";
const BY_KIND: &str = "activity_by_kind";
const BY_FACT: &str = "activity_by_fact";

pub(crate) const TABLES: &[&str] = &["activity", BY_ID, BY_KIND, BY_FACT];

/// The facts that can be asked for.
const INDEXED: &[&str] = &["user", "backend", "invite", "profile", "signup", "plugin"];

fn kind_key(kind: ActivityKind) -> Result<Vec<u8>, StoreError> {
    encode(ROWS, &kind)
}

fn numbered(mut prefix: Vec<u8>, id: ActivityId) -> Vec<u8> {
    prefix.extend_from_slice(&id.0.to_be_bytes());
    prefix
}

fn fact_prefix(name: &str, value: &str) -> Vec<u8> {
    keys::under(&[name, &name_key(value)])
}

impl Record for Activity {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.id.0.to_be_bytes().to_vec()
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries = vec![entry(BY_ID, self.key(), self)];
        if let Ok(kind) = kind_key(self.kind) {
            entries.push(entry(BY_KIND, numbered(kind, self.id), self));
        }
        let facts = self.facts.iter().filter(|(name, _)| INDEXED.contains(&name.as_str()));
        entries.extend(facts.map(|(name, value)| {
            entry(BY_FACT, numbered(fact_prefix(name, value), self.id), self)
        }));
        entries
    }
}

/// Which lines a page shows.
#[derive(Debug, Clone, Default)]
pub struct ActivityFilter {
    /// Only these; empty: all.
    pub kinds: Vec<ActivityKind>,
    /// Only about this: `user`, `backend`, `invite`, `profile`, `signup` or `plugin`, and its value.
    pub fact: Option<(String, String)>,
}

/// The activity within a transaction.
pub struct ActivityLog<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// The activity.
    pub const fn activity(&self) -> ActivityLog<'_, M> {
        ActivityLog(self)
    }
}

impl<M: Mode> ActivityLog<'_, M> {
    /// Lines, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn page(
        &self,
        request: &PageRequest,
        filter: &ActivityFilter,
    ) -> Result<Page<Activity>, StoreError> {
        let searched = keys::words(&request.search);
        let keep = |_key: &[u8], line: &Activity| {
            (filter.kinds.is_empty() || filter.kinds.contains(&line.kind))
                && (searched.is_empty() || matches(&words_of(line), &searched))
        };
        let (index, span) = match (&filter.fact, filter.kinds.as_slice()) {
            (Some((name, value)), _) => (BY_FACT, Span::prefix(&fact_prefix(name, value))),
            (None, [kind]) => (BY_KIND, Span::prefix(&kind_key(*kind)?)),
            (None, _) => (BY_ID, Span::all()),
        };
        self.0.page_by(index, span.backwards(), request, keep)
    }
}

fn words_of(line: &Activity) -> Vec<String> {
    let actor = match &line.actor {
        Actor::User(name) | Actor::Guest(name) => name.as_str(),
        Actor::Console => "console",
        Actor::System => "system",
    };
    let facts = line.facts.values().map(String::as_str);
    keys::words(&facts.chain([actor]).collect::<Vec<_>>().join(" "))
}

impl ActivityLog<'_, Writing> {
    /// Adds a line; its number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn append(&self, line: NewActivity) -> Result<ActivityId, StoreError> {
        let last = self.0.some_of(ROWS, &Span::all().backwards(), 1)?;
        let last = last.first().and_then(|(key, _line)| <[u8; 8]>::try_from(key.as_slice()).ok());
        let id = ActivityId(last.map_or(1, |key| u64::from_be_bytes(key).saturating_add(1)));
        self.0.save(&line.numbered(id))?;
        Ok(id)
    }
}
