//! Formats of the file, and the numbered steps from each to the next.
//!
//! All steps that a file needs run in one transaction, after a copy of the file was made. A step is
//! never changed once a release had it; it works on tables and bytes, not on the types of today.

use crate::tx::Table;
use redb::{ReadableDatabase as _, TableHandle as _};

/// Where the format stands, as four bytes.
const FORMAT: Table = crate::tx::table("format");
const KEY: &[u8] = b"format";

/// One step.
pub(crate) struct Migration {
    /// The format it leads to; the one it starts from is one less.
    pub(crate) to: u32,
    /// For the log.
    pub(crate) what: &'static str,
    /// Does it.
    pub(crate) run: fn(&redb::WriteTransaction) -> Result<(), redb::Error>,
}

/// All steps, in order.
pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { to: 1, what: "the first format", run: first }];

/// The first format has nothing to convert; its tables are made with all others.
fn first(_tx: &redb::WriteTransaction) -> Result<(), redb::Error> {
    Ok(())
}

/// What a file is brought to.
pub(crate) struct Format {
    /// The steps, in order.
    pub(crate) steps: &'static [Migration],
    /// Every table there is in the end, by feature.
    pub(crate) tables: &'static [&'static [&'static str]],
}

/// The file's format; 0 for a new one. `None` where the entry is no number.
pub(crate) fn format_of(database: &redb::Database) -> Result<Option<u32>, redb::Error> {
    let tx = database.begin_read()?;
    let table = match tx.open_table(FORMAT) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Some(0)),
        Err(other) => return Err(other.into()),
    };
    let Some(entry) = table.get(KEY)? else { return Ok(Some(0)) };
    Ok(<[u8; 4]>::try_from(entry.value()).ok().map(u32::from_be_bytes))
}

impl Format {
    /// The newest format the steps lead to.
    pub(crate) fn newest(&self) -> u32 {
        self.steps.last().map_or(0, |last| last.to)
    }

    /// Runs every step behind `from` and writes the format reached.
    pub(crate) fn run(&self, tx: &redb::WriteTransaction, from: u32) -> Result<(), redb::Error> {
        for step in self.steps.iter().filter(|step| step.to > from) {
            (step.run)(tx)?;
            if from > 0 {
                let words = "the data were brought to a newer format";
                tracing::info!(format = step.to, what = step.what, "{words}");
            }
        }
        tx.open_table(FORMAT)?.insert(KEY, self.newest().to_be_bytes().as_slice())?;
        Ok(())
    }

    /// Makes the tables that are not there yet: a reading transaction cannot open a missing one.
    pub(crate) fn make_tables(&self, tx: &redb::WriteTransaction) -> Result<(), redb::Error> {
        let there: Vec<String> = tx.list_tables()?.map(|table| table.name().to_owned()).collect();
        let all = self.tables.iter().copied().flatten();
        for name in all.filter(|name| !there.iter().any(|other| other == **name)) {
            tx.open_table(crate::tx::table(name))?;
        }
        Ok(())
    }
}
