//! Looking into a watched folder.
//!
//! Guarantees: only files whose names fit a plugin's patterns are opened, only to be read, only regular
//! ones and never through a link; nothing is locked; what is read is bounded. Does not: wait for
//! changes or know what is in a file. Everything here blocks.

use core::fmt::Write as _;
use domain::resets::{FilePattern, is_file_name};
use jiff::Timestamp;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, StatxFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Bytes of a file that are read at most; the largest that a backend writes has some hundred.
const LARGEST: u64 = 64 << 10;
/// Files that are looked at, the newest first.
pub(crate) const MOST: usize = 1_000;
/// Names that fit and are no text, of which the first are told.
const MOST_ODD: usize = 20;

/// Tells a folder from another one at the same path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    /// When it was made, where that is known: numbers of what was deleted are given again.
    made: Option<(i64, u32)>,
}

/// A folder that can be looked into.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) identity: Identity,
    pub(crate) kind: FileSystem,
}

/// What is known of a file system's notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileSystem {
    /// Every change is told.
    Local,
    /// Changes from elsewhere may not be told: it is looked more often besides.
    Layered,
    /// Changes by others are not told.
    Remote(&'static str),
}

/// Why a folder cannot be looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoFolder {
    /// There is none.
    Missing,
    /// The system's words.
    Unreadable(String),
}

/// Names in a folder.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) identity: Identity,
    /// Those that fit, the newest first.
    pub(crate) names: Vec<String>,
    /// Those that would fit but are no text, made readable.
    pub(crate) odd: Vec<String>,
    /// How many were left out because there are too many.
    pub(crate) left_out: usize,
}

/// What is in a file.
#[derive(Debug)]
pub(crate) enum Content {
    /// All of it, and when it was last changed.
    Bytes(Vec<u8>, Option<Timestamp>),
    /// More than any reset file has.
    TooLarge,
    /// A link, a pipe, a folder, a device.
    NotAFile,
    /// The system's words.
    Unreadable(String),
    /// It is not in that folder any more.
    Gone(Identity),
    /// The folder is not there any more, or cannot be read.
    NoFolder,
}

/// Looks at the folder itself.
///
/// # Errors
/// [`NoFolder`].
pub(crate) fn look(folder: &Path) -> Result<Place, NoFolder> {
    let opened = open(folder)?;
    let identity = identity(&opened)?;
    let found = rustix::fs::fstatfs(&opened).map_err(unreadable)?;
    // The field's type is the architecture's; all known numbers fit 32 bits.
    let magic = u32::try_from(i128::from(found.f_type) & 0xffff_ffff).unwrap_or_default();
    Ok(Place { identity, kind: file_system(magic) })
}

/// By the numbers of Linux' `magic.h` and of the drivers that virtual machines bring.
const fn file_system(magic: u32) -> FileSystem {
    match magic {
        0x6969 => FileSystem::Remote("nfs"),
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => FileSystem::Remote("cifs"),
        // Also virtiofs, sshfs, mergerfs and what desktop programs for containers lend.
        0x6573_5546 => FileSystem::Remote("fuse"),
        0x0102_1997 => FileSystem::Remote("9p"),
        0x00c3_6400 => FileSystem::Remote("ceph"),
        0x0bd0_0bd0 => FileSystem::Remote("lustre"),
        0x4750_4653 => FileSystem::Remote("gpfs"),
        0x5346_414f | 0x6b41_4653 => FileSystem::Remote("afs"),
        0x7375_7245 => FileSystem::Remote("coda"),
        0x0116_1970 => FileSystem::Remote("gfs2"),
        0x7461_636f => FileSystem::Remote("ocfs2"),
        0x786f_4256 => FileSystem::Remote("vboxsf"),
        0xbacb_acbc => FileSystem::Remote("vmhgfs"),
        0x7c7c_6673 => FileSystem::Remote("prlfs"),
        // overlay, aufs, ecryptfs
        0x794c_7630 | 0x6175_6673 | 0xf15f => FileSystem::Layered,
        _ => FileSystem::Local,
    }
}

fn open(folder: &Path) -> Result<OwnedFd, NoFolder> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    rustix::fs::open(folder, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::NOENT => NoFolder::Missing,
        other => unreadable(other),
    })
}

fn unreadable(errno: Errno) -> NoFolder {
    NoFolder::Unreadable(words(errno))
}

fn words(errno: Errno) -> String {
    std::io::Error::from(errno).to_string()
}

fn identity(opened: &OwnedFd) -> Result<Identity, NoFolder> {
    let found = rustix::fs::fstat(opened).map_err(unreadable)?;
    // Both fields' types are the architecture's.
    let number = |of: i128| u64::try_from(of).unwrap_or(u64::MAX);
    Ok(Identity {
        device: number(i128::from(found.st_dev)),
        inode: number(i128::from(found.st_ino)),
        made: made(opened),
    })
}

fn made(opened: &OwnedFd) -> Option<(i64, u32)> {
    let found = rustix::fs::statx(opened, "", AtFlags::EMPTY_PATH, StatxFlags::BTIME).ok()?;
    let is_known = found.stx_mask & StatxFlags::BTIME.bits() != 0;
    is_known.then_some((found.stx_btime.tv_sec, found.stx_btime.tv_nsec))
}

/// The names that fit.
///
/// # Errors
/// [`NoFolder`].
pub(crate) fn list(folder: &Path, patterns: &[FilePattern]) -> Result<Listing, NoFolder> {
    let opened = open(folder)?;
    let identity = identity(&opened)?;
    let (mut found, mut odd) = (Vec::new(), Vec::new());
    for entry in Dir::read_from(&opened).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        match fit(OsStr::from_bytes(entry.file_name().to_bytes()), patterns) {
            Fit::No => {}
            Fit::Odd(readable) if odd.len() < MOST_ODD => odd.push(readable),
            Fit::Odd(_) => {}
            Fit::Yes(name) => {
                let stat = rustix::fs::statat(&opened, &name, AtFlags::SYMLINK_NOFOLLOW);
                // A file that is gone already is noticed when it is read.
                let changed = stat.map_or(0, |stat| i128::from(stat.st_mtime));
                found.push((core::cmp::Reverse(changed), name));
            }
        }
    }
    found.sort();
    let left_out = found.len().saturating_sub(MOST);
    let names = found.into_iter().take(MOST).map(|(_changed, name)| name).collect();
    Ok(Listing { identity, names, odd, left_out })
}

/// Whether a name fits.
pub(crate) enum Fit {
    /// It does not.
    No,
    /// It would, if it were text; made readable.
    Odd(String),
    /// It does.
    Yes(String),
}

/// Whether a name fits.
pub(crate) fn fit(name: &OsStr, patterns: &[FilePattern]) -> Fit {
    let fits = |text: &str| patterns.iter().any(|pattern| pattern.matches(text));
    match name.to_str() {
        Some(text) if !fits(text) => Fit::No,
        Some(text) if is_file_name(text) => Fit::Yes(text.to_owned()),
        Some(text) => Fit::Odd(text.escape_debug().to_string()),
        None if fits(&name.to_string_lossy()) => Fit::Odd(readable(name)),
        None => Fit::No,
    }
}

fn readable(name: &OsStr) -> String {
    let mut readable = String::new();
    for chunk in name.as_bytes().utf8_chunks() {
        readable.extend(chunk.valid().chars().flat_map(char::escape_debug));
        for byte in chunk.invalid() {
            // Writing to a text cannot fail.
            let _written = write!(readable, "\\x{byte:02x}").is_ok();
        }
    }
    readable
}

/// What is in a file of the folder.
pub(crate) fn read(folder: &Path, name: &str) -> Content {
    let Ok(opened) = open(folder) else { return Content::NoFolder };
    // Opening a device or a pipe can do something: what it is comes first.
    match rustix::fs::statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_file() => {}
        Ok(_) => return Content::NotAFile,
        Err(Errno::NOENT) => return gone(&opened),
        Err(errno) => return Content::Unreadable(words(errno)),
    }
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(&opened, name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return gone(&opened),
        Err(Errno::LOOP) => return Content::NotAFile,
        Err(errno) => return Content::Unreadable(words(errno)),
    };
    content(&file).unwrap_or_else(|error| Content::Unreadable(error.to_string()))
}

fn gone(folder: &OwnedFd) -> Content {
    identity(folder).map_or(Content::NoFolder, Content::Gone)
}

fn content(file: &File) -> std::io::Result<Content> {
    let known = file.metadata()?;
    // It may have been put in the other's place meanwhile.
    if !known.is_file() {
        return Ok(Content::NotAFile);
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        return Ok(Content::TooLarge);
    }
    let changed = known.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    Ok(Content::Bytes(bytes, changed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns() -> Vec<FilePattern> {
        vec![FilePattern::parse("reset*.json").unwrap()]
    }

    #[test]
    fn only_names_that_fit_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..3_000 {
            std::fs::write(folder.path().join(format!("other-{number}.db")), "x").unwrap();
        }
        std::fs::write(folder.path().join("reset1.json"), "{}").unwrap();
        std::fs::write(folder.path().join("reset\n.json"), "{}").unwrap();
        let odd = OsStr::from_bytes(b"reset\xff.json");
        std::fs::write(folder.path().join(odd), "{}").unwrap();
        let mut listing = list(folder.path(), &patterns()).unwrap();
        listing.odd.sort();
        assert_eq!(listing.names, ["reset1.json"]);
        assert_eq!(listing.odd, ["reset\\n.json", "reset\\xff.json"]);
        assert_eq!(listing.left_out, 0);
    }

    #[test]
    fn of_too_many_files_the_newest_are_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..MOST + 5 {
            let file = File::create(folder.path().join(format!("reset{number:04}.json"))).unwrap();
            let long_ago = std::time::UNIX_EPOCH + core::time::Duration::from_secs(number as u64);
            file.set_modified(long_ago).unwrap();
        }
        let listing = list(folder.path(), &patterns()).unwrap();
        assert_eq!((listing.names.len(), listing.left_out), (MOST, 5));
        assert_eq!(listing.names[0], format!("reset{:04}.json", MOST + 4));
    }

    #[test]
    fn only_regular_files_of_bearable_size_are_read() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (folder, target) = (folder.path(), elsewhere.path().join("secret"));
        std::fs::write(&target, "secret").unwrap();
        std::os::unix::fs::symlink(&target, folder.join("reset-link.json")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.join("reset-broken.json")).unwrap();
        std::fs::create_dir(folder.join("reset-folder.json")).unwrap();
        let pipe = folder.join("reset-pipe.json");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, 0o644.into(), 0).unwrap();
        for name in ["link", "broken", "folder", "pipe"] {
            let found = read(folder, &format!("reset-{name}.json"));
            assert!(matches!(found, Content::NotAFile), "{name}: {found:?}");
        }
        let large = usize::try_from(LARGEST).unwrap();
        std::fs::write(folder.join("reset1.json"), vec![b' '; large + 1]).unwrap();
        assert!(matches!(read(folder, "reset1.json"), Content::TooLarge));
        std::fs::write(folder.join("reset1.json"), vec![b' '; large]).unwrap();
        assert!(
            matches!(read(folder, "reset1.json"), Content::Bytes(bytes, Some(_)) if bytes.len() == large)
        );
        assert!(matches!(read(folder, "reset2.json"), Content::Gone(_)));
        assert!(matches!(read(&folder.join("not-there"), "reset2.json"), Content::NoFolder));
    }

    #[test]
    fn a_folder_is_told_from_another_one_at_the_same_path() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("data");
        assert_eq!(look(&folder).map(drop), Err(NoFolder::Missing));
        std::fs::create_dir(&folder).unwrap();
        let first = look(&folder).unwrap().identity;
        std::fs::rename(&folder, above.path().join("old")).unwrap();
        std::fs::create_dir(&folder).unwrap();
        assert_ne!(look(&folder).unwrap().identity, first);
        std::fs::write(above.path().join("file"), "").unwrap();
        assert!(matches!(look(&above.path().join("file")), Err(NoFolder::Unreadable(_))));
    }

    #[test]
    fn where_others_write_unnoticed_is_known() {
        assert_eq!(file_system(0x6969), FileSystem::Remote("nfs"));
        assert_eq!(file_system(0xff53_4d42), FileSystem::Remote("cifs"));
        assert_eq!(file_system(0x6573_5546), FileSystem::Remote("fuse"));
        assert_eq!(file_system(0x0102_1997), FileSystem::Remote("9p"));
        assert_eq!(file_system(0x794c_7630), FileSystem::Layered);
        assert_eq!(file_system(0xef53), FileSystem::Local);
    }
}
