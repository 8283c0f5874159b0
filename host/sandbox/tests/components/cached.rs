//! Compiled components are kept, and only what this installation wrote is believed.

use crate::rig::{Hand, bare, guest, options};
use domain::secret::Secret;
use sandbox::{Options, Sandbox};
use std::path::{Path, PathBuf};

fn open(folder: &Path, key: u8) -> Sandbox {
    let hand = Hand::default();
    Sandbox::open(Options {
        cache_dir: Some(folder.to_owned()),
        cache_key: Secret::new([key; 32]),
        bundled: vec![("trapper".to_owned(), guest("trapper").into())],
        ..options(&hand)
    })
    .unwrap()
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn what_was_compiled_is_used_again_unless_it_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    open(&cache, 1);
    let files = kept(&cache);
    assert_eq!(files.len(), 1);
    let file = &files[0];
    let good = std::fs::read(file).unwrap();

    // The same bytes are not written again when they are read from the cache.
    let before = std::fs::metadata(file).unwrap().modified().unwrap();
    open(&cache, 1);
    assert_eq!(std::fs::metadata(file).unwrap().modified().unwrap(), before);

    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let cut = good[..good.len() - 1].to_vec();
    let mut swapped = good.clone();
    swapped[..32].fill(0);
    for bad in [flipped, cut, swapped, Vec::new(), b"short".to_vec()] {
        std::fs::write(file, &bad).unwrap();
        let sandbox = open(&cache, 1);
        assert_eq!(bare(&sandbox, "trapper").check_settings().await, []);
        let now = std::fs::read(file).unwrap();
        assert!(now.len() > 32 && now != bad, "it was made again");
    }

    // Another key: what somebody else wrote is not believed either.
    let sandbox = open(&cache, 2);
    assert_eq!(bare(&sandbox, "trapper").check_settings().await, []);
    assert_ne!(std::fs::read(file).unwrap()[..32], good[..32]);

    // A good file under another name is another file, and what nobody asks for goes.
    let stray = cache.join("0".repeat(64)).with_extension("cwasm");
    std::fs::copy(file, &stray).unwrap();
    open(&cache, 2);
    assert!(!stray.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn the_folder_is_ours_alone_and_not_needed() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    open(&cache, 1);
    assert_eq!(std::fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let sandbox = open(&file.join("cache"), 1);
    assert_eq!(bare(&sandbox, "trapper").check_settings().await, []);
}
