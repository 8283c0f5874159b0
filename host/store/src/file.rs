//! The file: made for its owner only, opened by one process, copied before its format changes.

use crate::error::{DATABASE, StoreError};
use crate::migrations::{self, Format};
use crate::sealed::{Place, Sealer};
use core::panic::AssertUnwindSafe;
use redb::{Database, DatabaseError};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What redb may keep in memory: a household's rows several times over, and within the bar for idle
/// memory.
const CACHE: usize = 8 << 20;

const KEY_CHECK: &[u8] = b"key-check";
const KEY_CHECK_PLACE: Place<'static> = Place { table: "format", row: "key-check", column: "" };
const KEY_CHECK_TABLE: crate::tx::Table = crate::tx::table("format");

/// Options of a file that only its owner may read.
pub(crate) fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder that only its owner may enter; one that is there stays as it is.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens the database of a data folder; made if it is not there.
pub(crate) fn open(
    folder: &Path,
    sealer: &Sealer,
    format: &Format,
) -> Result<Database, StoreError> {
    let path = folder.join(DATABASE);
    let denied = |cause| StoreError::of_io(cause, path.clone());
    make_folder(folder).map_err(denied)?;
    if !path.exists() {
        match private().create_new(true).open(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                return Err(denied(cause));
            }
            _made => {}
        }
    }
    let database = open_at(&path)?;
    let found = check(&database, &path, sealer, format)?;
    if found == 0 || found == format.newest() {
        prepare(&database, found, sealer, format)?;
        return Ok(database);
    }
    database.close().map_err(|error| opening(error, &path))?;
    let copy = copy_aside(&path, found).map_err(denied)?;
    tracing::info!(copy = %copy.display(), "the data were copied before their format changes");
    let database = open_at(&path)?;
    prepare(&database, found, sealer, format)?;
    Ok(database)
}

/// The builder every database is opened by.
pub(crate) fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    builder
}

/// redb says of itself that it may panic over a file that was changed from outside: that is damage
/// to be told, not a reason to end.
fn open_at(path: &Path) -> Result<Database, StoreError> {
    match std::panic::catch_unwind(AssertUnwindSafe(|| builder().create(path))) {
        Ok(opened) => opened.map_err(|error| opening(error, path)),
        Err(_panic) => {
            Err(StoreError::damaged(path.display().to_string(), "it has no valid content"))
        }
    }
}

fn opening(error: DatabaseError, path: &Path) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            StoreError::InUse { path: path.to_owned() }
        }
        DatabaseError::Storage(redb::StorageError::Io(cause)) => {
            StoreError::of_io(cause, path.to_owned())
        }
        DatabaseError::Storage(redb::StorageError::Corrupted(words)) => {
            StoreError::damaged(path.display().to_string(), words)
        }
        other => StoreError::of(other.into()),
    }
}

/// Looks without changing: the format, and whether the key is the right one.
fn check(
    database: &Database,
    path: &Path,
    sealer: &Sealer,
    format: &Format,
) -> Result<u32, StoreError> {
    let found = migrations::format_of(database).map_err(StoreError::of)?.ok_or_else(|| {
        StoreError::damaged(path.display().to_string(), "its format is no number")
    })?;
    let known = format.newest();
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    if let Some(sealed) = key_check(database).map_err(StoreError::of)? {
        sealer.open(KEY_CHECK_PLACE, &sealed)?;
    }
    Ok(found)
}

fn key_check(database: &Database) -> Result<Option<Vec<u8>>, redb::Error> {
    use redb::ReadableDatabase as _;
    match database.begin_read()?.open_table(KEY_CHECK_TABLE) {
        Ok(table) => Ok(table.get(KEY_CHECK)?.map(|found| found.value().to_vec())),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Migrates, makes missing tables and leaves the key check: all in one transaction, and none where
/// nothing is to be done.
pub(crate) fn prepare(
    database: &Database,
    found: u32,
    sealer: &Sealer,
    format: &Format,
) -> Result<(), StoreError> {
    let sealed = match key_check(database).map_err(StoreError::of)? {
        Some(there) => there,
        None => sealer.seal(KEY_CHECK_PLACE, b"latchkey")?,
    };
    let change = || -> Result<(), redb::Error> {
        let tx = database.begin_write()?;
        format.run(&tx, found)?;
        format.make_tables(&tx)?;
        tx.open_table(KEY_CHECK_TABLE)?.insert(KEY_CHECK, sealed.as_slice())?;
        tx.commit()?;
        Ok(())
    };
    change().map_err(StoreError::of)
}

/// `latchkey.redb.format-1`: whole on the disk before anything else happens.
fn copy_aside(path: &Path, format: u32) -> io::Result<PathBuf> {
    let copy = path.with_extension(format!("redb.format-{format}"));
    let temporary = path.with_extension(format!("redb.format-{format}.new"));
    let mut from = fs::File::open(path)?;
    let mut to = private().create(true).truncate(true).open(&temporary)?;
    io::copy(&mut from, &mut to)?;
    to.sync_all()?;
    fs::rename(&temporary, &copy)?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(copy)
}
