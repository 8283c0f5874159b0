//! What a data folder does when it is opened.

use super::{key, read, user, write};
use crate::migrations::Migration;
use crate::secrets::SecretOf;
use crate::{DATABASE, SealingKey, Store, StoreError};
use domain::secret::Secret;
use std::fs;
use std::path::Path;

const PLANTED: &str = "planted-secret-8d1f";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn filled(folder: &Path) {
    let store = Store::open(folder, key()).expect("opens");
    write(&store, |tx| {
        tx.users().put(&user(1, "Anna"))?;
        tx.secrets().put(SecretOf::Server, "token", &Secret::from(PLANTED))?;
        tx.plugin_state().put(("jellyfin", "device"), PLANTED.as_bytes(), None)
    })
    .expect("writes");
}

fn bytes(folder: &Path) -> Vec<u8> {
    fs::read(folder.join(DATABASE)).expect("the file")
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let data = folder();
    filled(data.path());
    let store = Store::open(data.path(), key()).expect("opens again");
    let (anna, token) = read(&store, |tx| {
        Ok((tx.users().by_name("anna")?, tx.secrets().get(SecretOf::Server, "token")?))
    });
    assert_eq!(anna.expect("there").username.as_str(), "Anna");
    assert_eq!(token.expect("there").expose(), PLANTED);
}

#[test]
fn a_secret_is_nowhere_in_the_file() {
    let data = folder();
    filled(data.path());
    let content = bytes(data.path());
    let holds = |text: &str| content.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("Anna"), "what is not sealed is found by this");
    assert!(!holds(PLANTED));
}

#[cfg(unix)]
#[test]
fn folder_and_file_are_for_their_owner_only() {
    use std::os::unix::fs::MetadataExt as _;
    let data = folder();
    let inner = data.path().join("made/here");
    filled(&inner);
    assert_eq!(fs::metadata(inner.join(DATABASE)).expect("there").mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&inner).expect("there").mode() & 0o777, 0o700);
}

#[test]
fn a_second_owner_is_refused() {
    let data = folder();
    let first = Store::open(data.path(), key()).expect("opens");
    assert!(matches!(Store::open(data.path(), key()), Err(StoreError::InUse { .. })));
    drop(first);
    assert!(Store::open(data.path(), key()).is_ok());
}

#[test]
fn another_key_is_refused_and_changes_nothing() {
    let data = folder();
    filled(data.path());
    let wrong = Store::open(data.path(), SealingKey::from_bytes([2; 32]));
    assert!(matches!(wrong, Err(StoreError::WrongKey { .. })), "{wrong:?}");
    let store = Store::open(data.path(), key()).expect("the right key still opens it");
    let token = read(&store, |tx| tx.secrets().get(SecretOf::Server, "token"));
    assert_eq!(token.expect("there").expose(), PLANTED);
}

#[test]
fn a_file_of_something_else_is_damage_in_words() {
    for content in [&b"not a database at all, but long enough to be looked at"[..], &[0; 8192]] {
        let data = folder();
        fs::write(data.path().join(DATABASE), content).expect("written");
        let refused = Store::open(data.path(), key()).expect_err("refused");
        assert!(matches!(refused, StoreError::Damaged { .. }), "{refused:?}");
        assert_eq!(bytes(data.path()), content);
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_in_words() {
    let data = folder();
    let file = data.path().join("file");
    fs::write(&file, "x").expect("written");
    assert!(Store::open(&file.join("below"), key()).is_err());
}

const FIRST: Migration = Migration { to: 1, what: "the first format", run: |_tx| Ok(()) };
const LATER: &[Migration] = &[FIRST, Migration { to: 2, what: "notes", run: notes }];
const BROKEN: &[Migration] = &[
    FIRST,
    Migration { to: 2, what: "notes", run: notes },
    Migration { to: 3, what: "?", run: fails },
];

fn notes(tx: &redb::WriteTransaction) -> Result<(), redb::Error> {
    let mut notes = tx.open_table(crate::tx::table("notes"))?;
    let users = tx.open_table(crate::tx::table("users"))?;
    for row in redb::ReadableTable::range::<&[u8]>(&users, ..)? {
        let (id, _record) = row?;
        notes.insert(id.value(), b"converted".as_slice())?;
    }
    Ok(())
}

fn fails(_tx: &redb::WriteTransaction) -> Result<(), redb::Error> {
    Err(redb::Error::Corrupted("planted".into()))
}

#[test]
fn a_migration_runs_once_after_a_copy() {
    let data = folder();
    filled(data.path());
    let store = Store::open_with(data.path(), key(), LATER).expect("migrates");
    let notes =
        read(&store, |tx| tx.some_of(crate::tx::table("notes"), &crate::tx::Span::all(), 9));
    assert_eq!(notes.len(), 1);
    drop(store);

    let copy = data.path().join("latchkey.redb.format-1");
    assert!(copy.exists());
    let before = folder();
    fs::copy(&copy, before.path().join(DATABASE)).expect("copied");
    let old = Store::open(before.path(), key()).expect("the copy is whole and of the old format");
    assert!(read(&old, |tx| tx.users().by_name("anna")).is_some());

    fs::remove_file(&copy).expect("removed");
    Store::open_with(data.path(), key(), LATER).expect("opens");
    assert!(!copy.exists(), "nothing was migrated again");
}

#[test]
fn a_newer_file_is_refused_as_it_is() {
    let data = folder();
    filled(data.path());
    drop(Store::open_with(data.path(), key(), LATER).expect("migrates"));
    let refused = Store::open(data.path(), key()).expect_err("refused");
    assert!(matches!(refused, StoreError::Newer { found: 2, known: 1, .. }), "{refused:?}");
    assert!(refused.to_string().contains("newer release"));
    let store = Store::open_with(data.path(), key(), LATER).expect("its own release opens it");
    assert!(read(&store, |tx| tx.users().by_name("anna")).is_some());
}

#[test]
fn of_several_steps_all_or_none_are_kept() {
    let data = folder();
    filled(data.path());
    assert!(Store::open_with(data.path(), key(), BROKEN).is_err());
    let store = Store::open(data.path(), key()).expect("the old release still opens it");
    assert!(read(&store, |tx| tx.users().by_name("anna")).is_some());
}
