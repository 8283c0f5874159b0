//! The schedule: one row a task, by the time it is due.

use crate::error::StoreError;
use crate::keys;
use crate::records::{Entry, Record, entry};
use crate::tx::{Mode, Span, Table, Tx, Writing, table};
use core::ops::ControlFlow;
use domain::schedule::Task;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const ROWS: Table = table("schedule");
const BY_TIME: &str = "schedule_by_time";

pub(crate) const TABLES: &[&str] = &["schedule", BY_TIME];

/// How the key of [`Task::Deliver`] begins.
const DELIVER: &[u8] = b"deliver/";

/// Which tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Messages to be handed over.
    Messages,
    /// All others.
    Others,
}

/// A task with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Not before.
    pub at: Timestamp,
    /// What.
    pub task: Task,
}

impl Record for Due {
    const ROWS: Table = ROWS;

    fn key(&self) -> Vec<u8> {
        self.task.key().into_bytes()
    }

    fn entries(&self) -> Vec<Entry> {
        vec![entry(BY_TIME, keys::at(self.at, &self.key()), self)]
    }
}

/// The schedule within a transaction.
pub struct Schedule<'tx, M>(&'tx Tx<M>);

impl<M> Tx<M> {
    /// The schedule.
    pub const fn schedule(&self) -> Schedule<'_, M> {
        Schedule(self)
    }
}

impl<M: Mode> Schedule<'_, M> {
    /// When a task is due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, task: &Task) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.0.load::<Due>(task.key().as_bytes())?.map(|due| due.at))
    }

    /// Tasks that are due, in the order of their times.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Due>, StoreError> {
        // Times are kept to the microsecond: what is due within this one is due.
        let mut end = keys::moment(now).to_vec();
        end.push(u8::MAX);
        self.0.load_under(BY_TIME, &Span::before(end), limit)
    }

    /// Those of [`Schedule::due`] that are messages to be handed over, or those that are not: neither waits
    /// behind a heap of the other.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn due_of(&self, now: Timestamp, of: Of, limit: usize) -> Result<Vec<Due>, StoreError> {
        let mut end = keys::moment(now).to_vec();
        let begin = end.len();
        end.push(u8::MAX);
        let mut found = Vec::new();
        self.0.walk(table(BY_TIME), &Span::before(end), |key, row| {
            let is_message = key.get(begin..).is_some_and(|task| task.starts_with(DELIVER));
            if is_message == (of == Of::Messages) {
                found.extend(self.0.load::<Due>(row)?);
            }
            let done = found.len() >= limit;
            Ok(if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }

    /// The first task that is due later than `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_after(&self, now: Timestamp) -> Result<Option<Due>, StoreError> {
        let mut end = keys::moment(now).to_vec();
        end.push(u8::MAX);
        Ok(self.0.load_under(BY_TIME, &Span::all().after(Some(&end)), 1)?.pop())
    }

    /// The task that is due next.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next(&self) -> Result<Option<Due>, StoreError> {
        Ok(self.0.load_under(BY_TIME, &Span::all(), 1)?.pop())
    }
}

impl Schedule<'_, Writing> {
    /// Puts a task; one that is there already moves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, task: &Task, at: Timestamp) -> Result<(), StoreError> {
        self.0.rescheduled.set(true);
        self.0.save(&Due { at, task: task.clone() })
    }

    /// Takes a task off; whether it was there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete(&self, task: &Task) -> Result<bool, StoreError> {
        self.0.rescheduled.set(true);
        Ok(self.0.erase::<Due>(task.key().as_bytes())?.is_some())
    }

    /// Takes a task off unless it was moved meanwhile; whether it was as given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn finish(&self, done: &Due) -> Result<bool, StoreError> {
        let unmoved = self.get(&done.task)? == Some(done.at);
        if unmoved {
            self.delete(&done.task)?;
        }
        Ok(unmoved)
    }
}
